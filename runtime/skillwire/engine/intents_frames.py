"""Frames: what a request looks like, as a pattern over classes of words.

A frame is a line of elements. ``GIVE`` a class, ``GIVE|LET`` either, ``update`` (lower case) that very word, ``~EDIT`` any
word but those of the class; ``?`` and ``*`` as in regular expressions; ``..`` up to four words, ``...`` up to nine, ``^`` the beginning and
``$`` the end of the clause; ``END`` nothing up to the end that could change the meaning. ``@2.5`` at the end of the line
weighs the frame (3 otherwise). Macros stand for unions, or for
several elements in a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from skillwire.engine.intents_lexicon import Lexicon

DEFAULT_WEIGHT: Final = 3.0


@dataclass(slots=True)
class Frame:
    """A compiled frame. ``need``: sets of symbols of which one each must occur, the rarest first.

    ``weight`` is the score of a clause in which it fits.
    """

    source: str
    need: tuple[frozenset[str], ...]
    pattern: str
    weight: float = DEFAULT_WEIGHT
    compiled: re.Pattern[str] | None = field(default=None)

    def search(self, symbols: str, present: frozenset[str]) -> re.Match[str] | None:
        """The first place where the frame fits. The index has tried the two rarest needs already."""
        for wanted in self.need[2:]:
            if wanted.isdisjoint(present):
                return None
        if self.compiled is None:
            self.compiled = re.compile(self.pattern)
        return self.compiled.search(symbols)


class FrameIndex:
    """All frames of a grammar as bits of one number, found by the two rarest words that each needs."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._first: dict[str, int] = {}
        self._second: dict[str, int] = {}
        self._no_first = self._no_second = 0

    def add(self, frames: Iterable[Frame]) -> int:
        """Takes frames in, by falling weight; the answer is the number whose bits stand for them."""
        mask = 0
        for frame in sorted(frames, key=lambda frame: -frame.weight):
            bit = 1 << len(self.frames)
            self.frames.append(frame)
            mask |= bit
            for symbol in frame.need[0] if frame.need else ():
                self._first[symbol] = self._first.get(symbol, 0) | bit
            for symbol in frame.need[1] if len(frame.need) > 1 else ():
                self._second[symbol] = self._second.get(symbol, 0) | bit
            self._no_first |= 0 if frame.need else bit
            self._no_second |= 0 if len(frame.need) > 1 else bit
        return mask

    def candidates(self, present: frozenset[str]) -> int:
        """The frames that could fit a clause with these symbols."""
        first, second = self._no_first, self._no_second
        get_first, get_second = self._first.get, self._second.get
        for symbol in present:
            first |= get_first(symbol, 0)
            second |= get_second(symbol, 0)
        return first & second


class Clues:
    """A clause's symbols with the frames that could fit it."""

    __slots__ = ("_candidates", "_frames", "present", "symbols")

    def __init__(self, index: FrameIndex, symbols: str) -> None:
        self.symbols = symbols
        self.present = frozenset(symbols)
        self._frames = index.frames
        self._candidates = index.candidates(self.present)

    def first(self, mask: int) -> tuple[Frame, re.Match[str]] | None:
        """The weightiest frame of ``mask`` (see ``FrameIndex.add``) that fits, and where."""
        left = self._candidates & mask
        while left:
            lowest = left & -left
            frame = self._frames[lowest.bit_length() - 1]
            match = frame.search(self.symbols, self.present)
            if match is not None:
                return frame, match
            left ^= lowest
        return None

    def fits(self, mask: int) -> bool:
        """Whether any frame of ``mask`` fits."""
        return self.first(mask) is not None


class FrameCompiler:
    """Turns frame lines into expressions for one lexicon. ``safe``: symbols that ``END`` passes over."""

    def __init__(self, lexicon: Lexicon, macros: Mapping[str, str], safe: str) -> None:
        self._lexicon = lexicon
        self._macros = macros
        self._safe = f"[{safe}]*$"

    def compile(self, sources: Iterable[str]) -> list[Frame]:
        """The frames whose words and classes this lexicon has; the others can never fit and are left out."""
        lines = (line for source in sources for line in self._spelled(source.split()))
        return [frame for line in lines if (frame := self.one(line)) is not None]

    def _spelled(self, elements: list[str]) -> list[str]:
        """A line with every "A|MACRO" written out, where the macro is several elements long."""
        for place, element in enumerate(elements):
            parts = element.split("|")
            long = [part for part in parts if " " in self._macros.get(part, "")]
            if long and len(parts) > 1:
                rest = "|".join(part for part in parts if part not in long)
                return [
                    line
                    for choice in [*long, rest]
                    if choice
                    for line in self._spelled([*elements[:place], choice, *elements[place + 1 :]])
                ]
        return [" ".join(elements)]

    def one(self, source: str) -> Frame | None:
        """One line as a frame; ``None`` when a word or class that it needs is unknown."""
        pattern: list[str] = []
        need: list[frozenset[str]] = []
        weight = DEFAULT_WEIGHT
        for element in self._spliced(source):
            if element in {"^", "$"}:
                pattern.append(element)
            elif element[0] == "@":
                weight = float(element[1:])
            elif element == "..":
                pattern.append(".{0,4}?")
            elif element == "...":
                pattern.append(".{0,9}?")
            elif element == "END":
                pattern.append(self._safe)
            else:
                repeat = element[-1] if element[-1] in "?*" else ""
                symbols = self._symbols(element.rstrip("?*").lstrip("~"))
                if not symbols:
                    if not repeat and element[0] != "~":
                        return None
                    continue
                if element[0] == "~":
                    pattern.append(f"[^{symbols}]{repeat}")
                    continue
                pattern.append(f"[{symbols}]{repeat}")
                if not repeat:
                    need.append(frozenset(symbols))
        return Frame(source, tuple(sorted(need, key=len)), "".join(pattern), weight)

    def _spliced(self, source: str) -> list[str]:
        """The elements of a line, macros of several elements written out."""
        out: list[str] = []
        for element in source.split():
            text = self._macros.get(element, "")
            out.extend(self._spliced(text) if " " in text else [element])
        return out

    def _symbols(self, element: str) -> str:
        names: list[str] = []
        for name in element.split("|"):
            names.extend(self._macros[name].split("|") if name in self._macros else [name])
        return self._lexicon.having(*(name if name[:1].isupper() else f"={name}" for name in names))
