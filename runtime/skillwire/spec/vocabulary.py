"""The two data files of the room, read once: ``vocabulary.yaml`` (wording) and ``api_defaults.yaml`` (known APIs)."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

import skillwire.spec
from skillwire.spec.wording import Wording

_HERE = Path(skillwire.spec.__file__).parent  # of the package: this module may lie elsewhere, compiled
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def words() -> dict[str, Any]:
    """``vocabulary.yaml`` as plain data."""
    return _load("vocabulary.yaml")  # type: ignore[no-any-return]


@cache
def families() -> list[dict[str, Any]]:
    """``api_defaults.yaml`` as plain data, one mapping an API."""
    return _load("api_defaults.yaml")  # type: ignore[no-any-return]


@cache
def pattern(name: str) -> Wording:
    """The pattern of a vocabulary entry; ``columns.user`` names a nested one."""
    return _spaced(_entry(name))


@cache
def ordered(name: str) -> tuple[tuple[str, Wording], ...]:
    """The patterns of an ordered vocabulary list, as (meaning, pattern)."""
    return tuple((what, wording) for what, wording, _ in _sifted(name))


@cache
def meaning(name: str, of: str) -> Wording:
    """The pattern of one meaning in an ordered vocabulary list."""
    return dict(ordered(name))[of]


def _spaced(source: str) -> Wording:
    """An entry, its blanks standing for any white space: words may be set apart by the end of a line."""
    return Wording(source.replace(" ?", r"\s?").replace(" ", r"\s+"))


def _entry(name: str) -> Any:
    entry: Any = words()
    for part in name.split("."):
        entry = entry[part]
    return entry


@cache
def near(name: str) -> tuple[str, ...]:
    """Words (in lower case) one of which stands in every statement of this kind."""
    return tuple(words()["near"][name])


def nears(name: str, lower: str) -> bool:
    """Whether ``lower`` (text in lower case) holds any of the words of ``near(name)``."""
    for word in near(name):  # noqa: SIM110 - any() over a generator takes twice as long
        if word in lower:
            return True
    return False


@cache
def _sifted(name: str) -> tuple[tuple[str, Wording, tuple[str, ...]], ...]:
    """As ``ordered``, with the plain words one of which stands in whatever the pattern finds (none where it has none)."""
    return tuple((what, _spaced(source), tuple(*beside)) for what, source, *beside in _entry(name))


@lru_cache(maxsize=4096)
def first(name: str, text: str) -> str | None:
    """The meaning of the first entry of an ordered list that matches ``text``.

    Remembered, since skills of one vendor share most of their labels.
    """
    lower = text.lower()
    for what, wording, beside in _sifted(name):
        for word in beside:
            if word in lower:
                break
        else:
            if beside:
                continue
        if wording.search(text, lower):
            return what
    return None


def _load(name: str) -> Any:
    # The loader is one of PyYAML's two safe ones.
    return yaml.load((_HERE / name).read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
