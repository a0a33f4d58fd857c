"""A request as a row of items: what stands where, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from skillwire.language.phrases import CJK, LATIN

from .lexicon import Lexicon

# Full-width ASCII, the ideographic space and typographic apostrophes and dashes, one character for one character.
_FOLD: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；！？"} | {
    0x3000: 0x20,
    0x00A0: 0x20,
    0x202F: 0x20,
    0x2019: 0x27,
    0x2018: 0x27,
    0x00B4: 0x27,
    0x2010: 0x2D,
    0x2011: 0x2D,
    0x2012: 0x2D,
    0x2013: 0x2D,
    0x2014: 0x2D,
    0x2212: 0x2D,
    0x301C: 0x7E,
}
_SPACES: Final = re.compile(r"[ \t\r\f\v]+")
_HYPHEN: Final = re.compile(f"(?<=[{LATIN}])-(?=[{LATIN}])")
_WORDS: Final = re.compile(f"[^\\W_](?:.*[\\w%#'.)])?|[{CJK}]", re.DOTALL)


class Item(NamedTuple):
    """A stretch of the text and its meaning.

    ``kind``: a kind of the lexicon, ``mark`` for punctuation, ``word`` for words that it does not hold.
    ``value``: the lexicon's value, or what was read (a number, a window of time).
    """

    kind: str
    value: Any
    start: int
    end: int


class Scanned(NamedTuple):
    """``shown``: the text as the user wrote it, spaces and widths evened out. ``items``: left to right, no overlaps."""

    shown: str
    items: list[Item]


def even_out(text: str) -> str:
    """Full-width forms, dashes, apostrophes and runs of spaces brought to one form; letters keep their case."""
    return _SPACES.sub(" ", text.translate(_FOLD)).strip()


def matching_form(shown: str) -> str:
    """``shown`` in lower case and of the same length, hyphens between letters as spaces."""
    low = shown.lower()
    if len(low) != len(shown):
        low = "".join(char.lower() if len(char.lower()) == 1 else char for char in shown)
    return _HYPHEN.sub(" ", low)


def scan(text: str, words: Lexicon) -> Scanned:
    """Everything a text holds, by one language's lexicon. Time is linear in its length."""
    shown = even_out(text)
    return Scanned(shown, list(_items(shown, matching_form(shown), words)))


def _items(shown: str, low: str, words: Lexicon) -> Iterator[Item]:
    at = 0
    for found in words.pattern.finditer(low):
        start, end = found.span()
        yield from _unknown(shown, at, start)
        if found["mark"] is not None:
            yield Item("mark", found["mark"].strip(), start, end)
        else:
            kind, value = words.phrases[found[0]]
            yield Item(kind, value, start, end)
        at = end
    yield from _unknown(shown, at, len(shown))


def _unknown(shown: str, start: int, end: int) -> Iterator[Item]:
    words = _WORDS.search(shown, start, end)
    if words is not None:
        yield Item("word", words[0], *words.span())
