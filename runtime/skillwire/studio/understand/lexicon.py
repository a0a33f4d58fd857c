"""The words of editing in each language, read from ``words_<language>.json`` on first use."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from skillwire.language.normalise import fold
from skillwire.language.phrases import flatten, whole_words

LANGUAGES: Final = ("en", "zh", "es", "de", "fr", "ja", "pt")

# Punctuation that parts clauses. A full stop counts only before a space or the end: "song.mp3" and "2.5x" stay whole.
_MARKS: Final = r"[,;!?。，；！？、…\n|+:()]|\.(?=\s|$)|\s[-/]+\s"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's phrases.

    ``phrases``: phrase in the form of ``normalise.fold`` → (kind, value), for example ``"vertical"`` → ``("aspect", "9:16")``.
    ``pattern``: finds the longest phrase or clause mark; the group ``mark`` tells the two apart.
    """

    language: str
    phrases: dict[str, tuple[str, str]]
    pattern: re.Pattern[str]


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of one of ``LANGUAGES``, with the words that all languages share."""
    entries: dict[str, tuple[str, str]] = {}
    for name in (language, "shared"):
        text = files(__package__).joinpath(f"words_{name}.json").read_text(encoding="utf-8")
        for phrase, meaning in flatten(json.loads(text)).items():
            entries.setdefault(fold(phrase), meaning)
    pattern = re.compile(f"(?P<mark>{_MARKS})|{whole_words(entries)}")
    return Lexicon(language, entries, pattern)
