"""The two data files of the room, read once: ``vocabulary.yaml`` (wording) and ``api_defaults.yaml`` (known APIs)."""

from __future__ import annotations

import re
from functools import cache
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


@cache
def pattern(name: str) -> re.Pattern[str]:
    """The compiled pattern of a vocabulary entry; ``columns.user`` names a nested one."""
    entry: Any = words()
    for part in name.split("."):
        entry = entry[part]
    return re.compile(entry, re.IGNORECASE)


@cache
def ordered(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The compiled patterns of an ordered vocabulary list, as (meaning, pattern)."""
    entry: Any = words()
    for part in name.split("."):
        entry = entry[part]
    return tuple((meaning, re.compile(regex, re.IGNORECASE)) for meaning, regex in entry)


def first(name: str, text: str) -> str | None:
    """The meaning of the first entry of an ordered list that matches ``text``."""
    return next((meaning for meaning, regex in ordered(name) if regex.search(text)), None)


def _load(name: str) -> Any:
    # The loader is one of PyYAML's two safe ones.
    return yaml.load((_HERE / name).read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
