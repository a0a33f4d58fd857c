"""A request as a row of items: what stands where, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from skillwire.language.normalise import fold
from skillwire.language.numbers import Number, find_numbers
from skillwire.language.phrases import CJK, LATIN, is_cjk
from skillwire.language.quotes import Quote, find_quotes
from skillwire.language.times import find_windows
from skillwire.studio.understand.lexicon import Lexicon
from skillwire.studio.understand.shapes import find_shapes

# Full-width ASCII, spaces, typographic apostrophes and dashes, one character for one character, so that places in the
# evened text are places in the user's text; arrows part clauses or lead to what follows, as a comma does.
_ALIKE: Final = {
    " ": "\u3000\u00a0\u202f\u2009",
    "'": "\u2019\u2018\u00b4",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2212",
    ":": "→",
    "~": "〜",
    ",": "・",
}
_EVEN: Final = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；！？"},
    **{ord(char): plain for plain, chars in _ALIKE.items() for char in chars},
}
_SPACES: Final = re.compile(r"[ \t\r\f\v\u3000]+")
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)
_HYPHEN: Final = re.compile(f"(?<=[{LATIN}])-(?=[{LATIN}])")
_WORDS: Final = re.compile(f"#?[^\\W_](?:.*[\\w%#'.)])?|[{CJK}]", re.DOTALL)
_DECADE: Final = re.compile(r"(?<!\d)(?:19|20)?[2-9]0'?s ([a-z]+)")
_QUOTE_MARKS: Final = frozenset("\"“”„‘’«»「」『』《》`'")


class Item(NamedTuple):
    """A stretch of the text and its meaning.

    ``kind``: a kind of the lexicon; ``mark`` for punctuation; ``quote``, ``window``, ``height``, ``ratio_value`` and the
    kinds of numbers for what was read as one; ``word`` for anything else. ``value``: what was read.
    """

    kind: str
    value: Any
    start: int
    end: int


class Scanned(NamedTuple):
    """``shown``: the text as the user wrote it, spaces evened out. ``items``: left to right, without overlaps."""

    shown: str
    items: list[Item]


def even_out(text: str) -> str:
    """The text without invisible characters and runs of spaces; all else stays as written."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


def quotes_in(text: str) -> list[Quote]:
    """What stands in quotation marks in a text."""
    if _QUOTE_MARKS.isdisjoint(text):
        return []
    return [quote for quote in find_quotes(text) if quote.marked and quote.inner]


def scan(text: str, quotes: list[Quote], words: Lexicon) -> Scanned:
    """Everything that a text (evened out, with its quotes) holds, by one language's lexicon. Linear in its length."""
    text, quotes = _corrected(text, quotes, words)
    plain = text.translate(_EVEN)
    found = [Item("quote", quote.inner, quote.start, quote.end) for quote in quotes]
    low = _HYPHEN.sub(" ", fold(_cover(plain, found)))
    shapes = [Item(*shape) for shape in find_shapes(low)]
    shapes += [Item("genre", "", *span) for span in _decades(low, words)]
    found += shapes
    low = _cover(low, shapes)
    windows = [
        Item("window", window, window.begin, window.stop) for window in find_windows(low, words.language) if window.sure
    ]
    found += windows
    low = _cover(low, windows)
    numbers = [Item(*number) for number in find_numbers(low, words.language) if _stands_alone(number, low)]
    found += numbers
    low = _cover(low, numbers)
    return Scanned(text, list(_items(text, low, sorted(found, key=lambda item: item.start), words)))


def _corrected(text: str, quotes: list[Quote], words: Lexicon) -> tuple[str, list[Quote]]:
    """The text with its slips put right, but for what is quoted, and the quotes in it."""
    if not quotes:
        return words.typos.correct(text), quotes
    pieces, moved, at, grown = [], [], 0, 0
    for quote in quotes:
        piece = words.typos.correct(text[at : quote.start])
        grown += len(piece) - (quote.start - at)
        pieces += [piece, text[quote.start : quote.end]]
        moved.append(replace(quote, start=quote.start + grown, end=quote.end + grown))
        at = quote.end
    pieces.append(words.typos.correct(text[at:]))
    return "".join(pieces), moved


def _decades(low: str, words: Lexicon) -> Iterator[tuple[int, int]]:
    """Of "80s" before a style of music the place: it is a decade, not a length."""
    for found in _DECADE.finditer(low):
        style = words.pattern.match(low, found.start(1))
        if style is not None and words.phrases.get(style[0], ("",))[0] in {"genre", "music"}:
            yield found.start(), found.start(1) - 1


def _stands_alone(number: Number, low: str) -> bool:
    """Whether a number is to be set apart: "4" of "4k" and numbers in words stay with their neighbours."""
    if number.kind in {"word", "plus"} or (
        number.kind == "plain"
        and low[number.start - 1 : number.start].isascii()
        and low[number.start - 1 : number.start].isalpha()
    ):
        return False
    return number.kind != "plain" or not low[number.end : number.end + 1].isalpha() or is_cjk(low[number.end])


def _cover(text: str, items: list[Item]) -> str:
    for item in items:
        text = text[: item.start] + "\0" * (item.end - item.start) + text[item.end :]
    return text


def _items(shown: str, low: str, known: list[Item], words: Lexicon) -> Iterator[Item]:
    at = 0
    waiting = iter([*known, None])
    following = next(waiting)
    for found in words.pattern.finditer(low):
        start, end = found.span()
        while following is not None and following.start < start:
            yield from _unknown(shown, at, following.start)
            yield following
            at, following = following.end, next(waiting)
        yield from _unknown(shown, at, start)
        if found["mark"] is not None:
            yield Item("mark", found["mark"].strip(), start, end)
        else:
            yield Item(*words.phrases[found[0]], start, end)
        at = end
    while following is not None:
        yield from _unknown(shown, at, following.start)
        yield following
        at, following = following.end, next(waiting)
    yield from _unknown(shown, at, len(shown))


def _unknown(shown: str, start: int, end: int) -> Iterator[Item]:
    words = _WORDS.search(shown, start, end)
    if words is not None:
        yield Item("word", words[0], *words.span())
