"""Misspelt words: which known word was meant.

An index of all words with one letter left out finds the known words one slip away: a letter dropped, doubled, swapped
with its neighbour or replaced. A replaced letter is believed only where slips of that kind are common, since it more
often makes another real word.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_SHORTEST: Final = 4  # letters of a word worth mending: shorter ones are too often other words
_VOWELS: Final = frozenset("aeiouy")
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _beside() -> frozenset[str]:
    """Pairs of letters that lie side by side on a keyboard."""
    pairs = {a + b for row in _ROWS for a, b in zip(row, row[1:], strict=False)}
    return frozenset(pairs | {pair[::-1] for pair in pairs})


_NEIGHBOURS: Final = _beside()


class Typos:
    """Mends single slips against a vocabulary of lower-case words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [word for word in words if len(word) >= 3 and word.isascii() and word.isalpha()]
        self._index: dict[str, list[str]] | None = None
        self._known: dict[str, str] = {}

    def fix(self, word: str) -> str:
        """The word that was meant, or ``""``."""
        if len(word) < 3 or not word.isascii() or not word.isalpha():
            return ""
        known = self._known.get(word)
        if known is None:
            known = self._search(word)
            if len(self._known) > 4096:
                self._known.clear()
            self._known[word] = known
        return known

    def _search(self, word: str) -> str:
        if self._index is None:
            self._index = {}
            for entry in self._words:
                for variant in _shortened(entry):
                    self._index.setdefault(variant, []).append(entry)
        best, cost = "", 9.0
        for variant in _shortened(word):
            for candidate in self._index.get(variant, ()):
                price = _price(word, candidate)
                if price < cost:
                    best, cost = candidate, price
        return best


def _shortened(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _price(typed: str, meant: str) -> float:
    """How unlikely this slip is; 9 when it is not believed."""
    if typed == meant:
        return 0.0
    shorter = min(len(typed), len(meant))
    if len(typed) == len(meant):
        differing = [place for place in range(len(typed)) if typed[place] != meant[place]]
        if len(differing) == 2 and differing[1] == differing[0] + 1:
            a, b = differing
            swapped = typed[a] == meant[b] and typed[b] == meant[a]
            return 1.0 if swapped else 9.0
        if len(differing) != 1 or shorter < 5 or differing[0] == 0:
            return 9.0
        a, b = typed[differing[0]], meant[differing[0]]
        if a + b in _NEIGHBOURS:
            return 1.6
        return 1.8 if {a, b} <= _VOWELS and shorter >= 6 else (2.5 if shorter >= 7 else 9.0)
    if abs(len(typed) - len(meant)) != 1 or typed[0] != meant[0] or shorter < 2:
        return 9.0
    longer, short = (typed, meant) if len(typed) > len(meant) else (meant, typed)
    place = next((at for at in range(len(short)) if short[at] != longer[at]), len(short))
    if longer[:place] + longer[place + 1 :] != short:
        return 9.0
    doubled = place > 0 and longer[place] == longer[place - 1]
    if doubled:
        return 1.1 if len(meant) >= _SHORTEST else 9.0
    if longer is typed:  # a letter too many
        final = place == len(typed) - 1
        return 9.0 if final or len(meant) < 5 else 1.5
    if len(meant) < _SHORTEST and longer[place] not in _VOWELS:
        return 9.0
    return 1.3 if longer[place] in _VOWELS else 1.5
