"""Patterns of known words, asked only where a quick look does not rule them out."""

from __future__ import annotations

import re
import sys

from skillwire.spec.openings import anchored, openings

_CHARS_A_WORD = 2  # in a text of fewer the quick look is through sooner


class Wording:
    """A regular expression without regard to case.

    The quick look is the same expression without its word boundaries, on the text in lower case. It finds whatever
    ``regex`` finds and more (so the expression must hold no negative lookaround that ends in a boundary), and it is
    some ten times faster: in lower case the engine can skip to the letters with which a word can start.

    Where all that it finds starts with one of a few plain words, ``openings``, a text of some length is searched for
    these, and the expression is tried where they stand and nowhere else. An anchored one is tried at the start alone.
    """

    __slots__ = ("_quick", "_short", "openings", "regex")

    def __init__(self, source: str) -> None:
        self.regex = re.compile(source, re.IGNORECASE)
        small = re.sub(r"(?<!\\)[A-Z]", lambda letter: letter[0].lower(), source)  # \W keeps its meaning
        # A boundary before any word at all stays: without it the expression would be tried at every letter.
        quick = re.compile(re.sub(r"\\b(?!\(\?!|\(?\\w)", "", small))
        self._quick = quick.match if anchored(source) else quick.search
        self.openings = openings(small)
        self._short = _CHARS_A_WORD * len(self.openings) if self.openings else sys.maxsize

    def search(self, text: str, lower: str | None = None) -> re.Match[str] | None:
        """The first match anywhere; ``lower`` is ``text`` in lower case, where that is at hand."""
        if lower is None:
            lower = text.lower()
        size = len(text)
        if len(lower) != size:  # "İ" became two characters
            return self.regex.search(text)
        if size > self._short:
            return self._at_openings(text, lower, 0, size)
        hit = self._quick(lower)
        if hit is None:
            return None
        start = hit.start()
        return self.regex.match(text, start) or self.search_in(text, lower, start + 1, size)

    def search_in(self, text: str, lower: str, start: int, stop: int) -> re.Match[str] | None:
        """The first match between two offsets; ``lower`` has the same length as ``text``."""
        if stop - start > self._short:
            return self._at_openings(text, lower, start, stop)
        quick, match = self._quick, self.regex.match
        hit = quick(lower, start, stop)
        while hit:
            at = hit.start()
            if found := match(text, at, stop):
                return found
            hit = quick(lower, at + 1, stop)
        return None

    def _at_openings(self, text: str, lower: str, start: int, stop: int) -> re.Match[str] | None:
        best: re.Match[str] | None = None
        first = stop  # of the other words only what starts before the best one is of interest
        said = lower if stop - start == len(lower) else lower[start:stop]
        for word in self.openings:
            if word not in said:  # most often none is, and this tells soonest
                continue
            at = lower.find(word, start, stop)
            while 0 <= at < first:
                if found := self.regex.match(text, at, stop):
                    best, first = found, at
                    break
                at = lower.find(word, at + 1, stop)
        return best

    def find_all(self, text: str, lower: str) -> list[re.Match[str]]:
        """All matches, in order."""
        if len(lower) != len(text):
            return list(self.regex.finditer(text))
        found = []
        match = self.search(text, lower)
        while match:
            found.append(match)
            match = self.search_in(text, lower, max(match.end(), match.start() + 1), len(text))
        return found

    def match(self, text: str) -> re.Match[str] | None:
        """The match at the start."""
        return self.regex.match(text)
