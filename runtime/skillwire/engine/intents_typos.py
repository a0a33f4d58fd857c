"""Misspelt words: which known word was meant.

An index of all words with one letter left out finds the known words one slip away: a letter dropped, doubled, swapped
with its neighbour or replaced. A replaced letter is believed only where slips of that kind are common, since it more
often makes another real word.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

_SHORTEST: Final = 4  # letters of a word worth mending: shorter ones are too often other words
NEVER: Final = 9.0
_VOWELS: Final = frozenset("aeiouy")
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _beside() -> frozenset[str]:
    """Pairs of letters that lie side by side on a keyboard."""
    pairs = {a + b for row in _ROWS for a, b in pairwise(row)}
    return frozenset(pairs | {pair[::-1] for pair in pairs})


_NEIGHBOURS: Final = _beside()


class Typos:
    """Mends single slips against a vocabulary of lower-case words."""

    def __init__(self, words: Iterable[str], real: Iterable[str] = ()) -> None:
        """``words`` may be meant; ``real`` words are never taken for slips."""
        self._real = frozenset(real)
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
        best, cost = "", NEVER
        if word in self._real:
            return best
        for variant in _shortened(word):
            for candidate in self._index.get(variant, ()):
                price = _price(word, candidate)
                if price < cost:
                    best, cost = candidate, price
        return best


def _shortened(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _price(typed: str, meant: str) -> float:
    """How unlikely this slip is; ``NEVER`` when it is not believed."""
    if abs(len(typed) - len(meant)) > 1 or min(len(typed), len(meant)) < 2:
        return NEVER
    if len(typed) == len(meant):
        return _changed(typed, meant)
    return _extra(typed, meant) if len(typed) > len(meant) else _missing(typed, meant)


def _changed(typed: str, meant: str) -> float:
    places = [place for place in range(len(typed)) if typed[place] != meant[place]]
    if len(places) == 2 and places[1] == places[0] + 1:
        first, second = places
        swapped = typed[first] == meant[second] and typed[second] == meant[first]
        return 1.0 if swapped else NEVER
    if len(places) != 1 or places[0] == 0 or len(typed) < 5:
        return NEVER
    pair = typed[places[0]] + meant[places[0]]
    if pair in _NEIGHBOURS:
        return 1.6
    if set(pair) <= _VOWELS and len(typed) >= 6:
        return 1.8
    return 2.5 if len(typed) >= 7 else NEVER


def _extra(typed: str, meant: str) -> float:
    place = _left_out(typed, meant)
    if place < 0 or place == 0:
        return NEVER
    if typed[place] in {typed[place - 1], typed[place + 1 : place + 2]}:
        return 1.1 if len(meant) >= _SHORTEST else NEVER
    return 1.5 if place < len(typed) - 1 and len(meant) >= 5 else NEVER


def _missing(typed: str, meant: str) -> float:
    place = _left_out(meant, typed)
    if place <= 0:
        return NEVER
    vowel = meant[place] in _VOWELS
    doubled = meant[place] == meant[place - 1]
    if doubled and len(meant) >= _SHORTEST:
        return 1.1
    if len(meant) < _SHORTEST + 1 and not vowel and place < len(meant) - 1:
        return NEVER
    return 1.3 if vowel else 1.5


def _left_out(longer: str, shorter: str) -> int:
    """Where ``longer`` has the one letter that ``shorter`` lacks; -1 when they differ otherwise."""
    place = next((at for at in range(len(shorter)) if shorter[at] != longer[at]), len(shorter))
    return place if longer[:place] + longer[place + 1 :] == shorter else -1
