"""Which of the seven languages a short text is in: scripts first, then votes of frequent words and letters.

Words and letters are data (``languages.json``). English is the answer when nothing speaks for another language.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from skillwire.language.data import load

LANGUAGES: Final = ("en", "zh", "es", "de", "fr", "ja", "pt")

_Weights = dict[str, tuple[tuple[str, float], ...]]

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z\u00c0-\u024f]+")


@cache
def _votes() -> tuple[_Weights, _Weights]:
    data = load("languages.json")
    return _weighted(data["words"]), _weighted(data["letters"])


@cache
def _japanese() -> re.Pattern[str]:
    data = load("languages.json")
    return re.compile("|".join([f"[{data['japanese_only']}]", *data["japanese_words"]]))


def _weighted(groups: dict[str, str]) -> _Weights:
    """Word → (language, weight); a word shared by languages counts less for each of them."""
    owners: dict[str, list[str]] = {}
    for language, words in groups.items():
        for word in set(words.split()):
            owners.setdefault(word, []).append(language)
    return {
        word: tuple((language, 1.0 / len(languages)) for language in languages) for word, languages in owners.items()
    }


def detect(text: str) -> str:
    """The language code of ``text`` (one of ``LANGUAGES``); mask quotes first where they may be in another language."""
    if not text.isascii():
        if _KANA.search(text):
            return "ja"
        if _HAN.search(text):
            return "ja" if _japanese().search(text) else "zh"
    words, letters = _votes()
    score: dict[str, float] = {}
    low = text.lower()
    for word in _WORD.findall(low):
        for language, weight in words.get(word, ()):
            score[language] = score.get(language, 0.0) + weight
    if not low.isascii():
        for char in low:
            for language, weight in letters.get(char, ()):
                score[language] = score.get(language, 0.0) + weight
    if not score:
        return "en"
    best = max(score, key=score.__getitem__)
    return "en" if score.get("en", 0.0) >= score[best] else best
