"""Words for the user: own sentences in the user's language, and others' texts without what drives a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter

_CONTROL = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def plain(text: str) -> str:
    """``text`` without control sequences, bidirectional overrides and control characters (newlines and tabs stay)."""
    return _CONTROL.sub("", text)


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    loaded: dict[str, dict[str, str]] = json.loads(
        files("skillwire.engine").joinpath("wording.json").read_text(encoding="utf-8")
    )
    return loaded


def say(key: str, language: str, **values: object) -> str:
    """The sentence ``key`` in ``language`` (ISO 639-1), in English where that language has none."""
    by_language = _sentences()[key]
    return Formatter().vformat(by_language.get(language, by_language["en"]), (), values)
