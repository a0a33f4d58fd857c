"""Slips of the keyboard in the words that matter: "remvoe", "vertcal", "bakground"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from skillwire.language.normalise import fold
from skillwire.language.phrases import LATIN

# Shorter words have too many neighbours that are words of their own.
_SHORTEST: Final = 4
_SUBSTITUTABLE: Final = 7
_WORD: Final = re.compile(f"[{LATIN}A-Z]{{{_SHORTEST},24}}")


class Typos:
    """Corrects words that are one slip away from a known one.

    A slip is two letters swapped, or one letter missing, doubled or struck beside inside the word; in long words also
    one wrong letter. The first letter must be right, and only a missing last one is put back: endings are what inflection changes.
    """

    def __init__(self, targets: Iterable[str], known: Iterable[str]) -> None:
        """``targets``: words worth correcting to. ``known``: all words that are right as they stand. Both folded."""
        self._known = frozenset(known)
        self._targets = frozenset(word for word in targets if len(word) >= _SHORTEST)
        self._missing: dict[str, str] = {}
        self._wrong: dict[str, str] = {}
        for word in sorted(self._targets):
            inner = range(1, len(word) - 1)
            self._missing |= {word[:n] + word[n + 1 :]: word for n in inner if len(word) > _SHORTEST}
            if len(word) > _SHORTEST + 1:
                self._missing[word[:-1]] = word
            self._missing |= {word[:n] + word[n + 1] + word[n] + word[n + 2 :]: word for n in inner}
            if len(word) >= _SUBSTITUTABLE:
                self._wrong |= {f"{word[:n]}?{word[n + 1 :]}": word for n in inner}

    def knows(self, word: str) -> bool:
        """Whether a folded word is one of the language's own."""
        return word in self._known

    def correct(self, text: str) -> str:
        """``text`` with its slips put right; known words stay, and so does all that is no word."""
        return _WORD.sub(self._word, text)

    def _word(self, found: re.Match[str]) -> str:
        written = found[0]
        word = fold(written)
        if word in self._known:
            return written
        return self._missing.get(word) or self._without_extra(word) or self._with_wrong(word) or written

    def _without_extra(self, word: str) -> str | None:
        if len(word) <= _SHORTEST + (word[-1] != word[-2]):
            return None
        # A doubled last letter is a slip, another one more likely an ending.
        last = len(word) if word[-1] == word[-2] else len(word) - 1
        shorter = (word[:n] + word[n + 1 :] for n in range(1, last))
        return next((candidate for candidate in shorter if candidate in self._targets), None)

    def _with_wrong(self, word: str) -> str | None:
        if len(word) < _SUBSTITUTABLE:
            return None
        wild = (f"{word[:n]}?{word[n + 1 :]}" for n in range(1, len(word) - 1))
        return next((self._wrong[pattern] for pattern in wild if pattern in self._wrong), None)
