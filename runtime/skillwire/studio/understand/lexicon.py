"""The words of editing in each language, read from ``words_<language>.json`` on first use."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from skillwire.language.normalise import fold
from skillwire.language.numbers import words_of_number
from skillwire.language.phrases import LATIN, flatten, whole_words
from skillwire.language.times import words_of_time
from skillwire.studio.understand.typos import Typos

LANGUAGES: Final = ("en", "zh", "es", "de", "fr", "ja", "pt")

# Punctuation that parts clauses. A full stop counts only before a space or the end: "song.mp3" and "2.5x" stay whole.
_MARKS: Final = r"[,;!?。，；！？、…\n|+:()]|\.(?=\s|$)|\s[-/]+\s"


# Kinds whose words are worth correcting: what an operation hangs on, not what stands between.
_WORTH: Final = frozenset(
    {
        "remove",
        "removed",
        "mute",
        "audio",
        "music",
        "background",
        "blur",
        "transparent",
        "text",
        "speedup",
        "slowdown",
        "speed",
    }
    | {
        "volume",
        "louder",
        "quieter",
        "resolution",
        "aspect",
        "undo",
        "cut",
        "rotate",
        "replace",
        "keep",
        "ratio",
        "position",
        "noun",
    }
)
_LATIN: Final = tuple(language for language in LANGUAGES if language not in {"zh", "ja"})
_WORD: Final = re.compile(f"[{LATIN}]+")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's phrases.

    ``phrases``: phrase in the form of ``normalise.fold`` → (kind, value), such as ``"vertical"`` → ``("aspect", "9:16")``.
    ``pattern``: finds the longest phrase or clause mark; the group ``mark`` tells the two apart.
    ``typos``: corrects slips in its words.
    """

    language: str
    phrases: dict[str, tuple[str, str]]
    pattern: re.Pattern[str]
    typos: Typos


@cache
def _phrases(language: str) -> dict[str, tuple[str, str]]:
    entries: dict[str, tuple[str, str]] = {}
    for name in (language, "shared"):
        text = files(__package__).joinpath(f"words_{name}.json").read_text(encoding="utf-8")
        for phrase, meaning in flatten(json.loads(text)).items():
            entries.setdefault(fold(phrase), meaning)
    return entries


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of one of ``LANGUAGES``, with the words that all languages share."""
    entries = _phrases(language)
    pattern = re.compile(f"(?P<mark>{_MARKS})|{whole_words(p for p, (kind, _) in entries.items() if kind != 'noun')}")
    known = (
        {word for phrase in entries for word in _WORD.findall(phrase)}
        | words_of_time(language)
        | words_of_number(language)
    )
    # Only what is a word in itself: "equal sides" is no reason to turn "equals" into "equal".
    targets = {phrase for phrase, (kind, _) in entries.items() if kind in _WORTH and _WORD.fullmatch(phrase)}
    targets |= {word for word in words_of_time(language) if len(word) >= 5}
    targets |= {word for word in words_of_number(language) if len(word) >= 6}
    return Lexicon(language, entries, pattern, Typos(targets, known))


@cache
def _votes() -> dict[str, tuple[tuple[str, float], ...]]:
    """Word → what it says for each language written in Latin letters; a word that many share says little."""
    owners: dict[str, set[str]] = {}
    for language in _LATIN:
        for word in {phrase for phrase in _phrases(language) if phrase.isalpha()} | words_of_time(language):
            owners.setdefault(word, set()).add(language)
    return {
        word: tuple((language, 1 / len(of)) for language in of) for word, of in owners.items() if len(of) < len(_LATIN)
    }


def likely_languages(low: str, first: str) -> list[str]:
    """The languages that a text in the form of ``normalise.fold`` may be in, likeliest first.

    ``first``: what its common words say; the words of editing have the other half of the say.
    """
    if first in {"zh", "ja"}:
        return [first]
    words = _WORD.findall(low)
    own = lexicon(first).typos
    if words and all(own.knows(word) for word in words):
        return [first]
    score = dict.fromkeys(_LATIN, 0.0)
    score[first] += 0.5
    votes = _votes()
    for word in words:
        for language, weight in votes.get(word, ()):
            score[language] += weight
    return sorted(_LATIN, key=lambda language: -score[language])
