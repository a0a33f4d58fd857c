"""Patterns of known words, asked only where a quick look does not rule them out."""

from __future__ import annotations

import re
from collections.abc import Iterable


class Wording:
    """A regular expression without regard to case.

    The quick look is the same expression without its word boundaries, on the text in lower case. It finds whatever
    ``regex`` finds and more (so the expression must hold no negative lookaround that ends in a boundary), and it is
    some ten times faster: in lower case the engine can skip to the letters with which a word can start.
    """

    __slots__ = ("_quick", "regex")

    def __init__(self, source: str) -> None:
        self.regex = re.compile(source, re.IGNORECASE)
        small = re.sub(r"(?<!\\)[A-Z]", lambda letter: letter[0].lower(), source)  # \W keeps its meaning
        self._quick = re.compile(small.replace(r"\b", "")).search

    def search(self, text: str, lower: str | None = None) -> re.Match[str] | None:
        """The first match anywhere; ``lower`` is ``text`` in lower case, where that is at hand."""
        hit = self._quick(lower or text.lower())
        return self.regex.search(text, hit.start() if lower and len(lower) == len(text) else 0) if hit else None

    def search_in(self, text: str, lower: str, start: int, stop: int) -> re.Match[str] | None:
        """The first match between two offsets; ``lower`` has the same length as ``text``."""
        hit = self._quick(lower, start, stop)
        return self.regex.search(text, hit.start(), stop) if hit else None

    def finditer(self, text: str, lower: str) -> Iterable[re.Match[str]]:
        """All matches, in order."""
        return self.regex.finditer(text) if self._quick(lower) else ()

    def match(self, text: str) -> re.Match[str] | None:
        """The match at the start."""
        return self.regex.match(text)
