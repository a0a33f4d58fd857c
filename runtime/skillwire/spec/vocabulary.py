"""The two data files of the room, read once: ``vocabulary.yaml`` (wording) and ``api_defaults.yaml`` (known APIs)."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def words() -> dict[str, Any]:
    """``vocabulary.yaml`` as plain data."""
    return _load("vocabulary.yaml")  # type: ignore[no-any-return]


@cache
def families() -> list[dict[str, Any]]:
    """``api_defaults.yaml`` as plain data, one mapping an API."""
    return _load("api_defaults.yaml")  # type: ignore[no-any-return]


class Wording:
    """A vocabulary entry: ``regex`` (without regard to case), asked only where a quick look does not rule it out.

    The quick look is the same expression without its word boundaries, in lower case: it finds whatever ``regex`` finds
    and more, and runs some ten times faster, since it may skip to the letters that a word can start with.
    """

    __slots__ = ("_quick", "regex")

    def __init__(self, source: str) -> None:
        spaced = source.replace(" ?", r"\s?").replace(" ", r"\s+")  # words may be set apart by the end of a line
        self.regex = re.compile(spaced, re.IGNORECASE)
        small = re.sub(r"(?<!\\)[A-Z]", lambda letter: letter[0].lower(), spaced)  # \W keeps its meaning
        self._quick = re.compile(small.replace(r"\b", "")).search

    def search(self, text: str) -> re.Match[str] | None:
        """The first match anywhere."""
        return self.regex.search(text) if self._quick(text.lower()) else None

    def search_in(self, text: str, lower: str, start: int, stop: int) -> re.Match[str] | None:
        """The first match between two offsets; ``lower`` is ``text`` in lower case, of the same length."""
        return self.regex.search(text, start, stop) if self._quick(lower, start, stop) else None

    def match(self, text: str) -> re.Match[str] | None:
        """The match at the start."""
        return self.regex.match(text)


@cache
def pattern(name: str) -> Wording:
    """The pattern of a vocabulary entry; ``columns.user`` names a nested one."""
    return Wording(_entry(name))


@cache
def ordered(name: str) -> tuple[tuple[str, Wording], ...]:
    """The patterns of an ordered vocabulary list, as (meaning, pattern)."""
    return tuple((what, Wording(source)) for what, source in _entry(name))


@cache
def meaning(name: str, of: str) -> Wording:
    """The pattern of one meaning in an ordered vocabulary list."""
    return dict(ordered(name))[of]


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
    for word in near(name):  # a plain loop: a generator costs more than the search
        if word in lower:
            return True
    return False


@lru_cache(maxsize=4096)
def first(name: str, text: str) -> str | None:
    """The meaning of the first entry of an ordered list that matches ``text``.

    Remembered, since skills of one vendor share most of their wording.
    """
    for what, wording in ordered(name):
        if wording.search(text):
            return what
    return None


def _load(name: str) -> Any:
    # The loader is one of PyYAML's two safe ones.
    return yaml.load((_HERE / name).read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
