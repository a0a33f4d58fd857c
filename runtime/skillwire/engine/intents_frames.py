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

    def search(self, symbols: str, present: set[str]) -> re.Match[str] | None:
        """The first place where the frame fits."""
        for wanted in self.need:
            if wanted.isdisjoint(present):
                return None
        if self.compiled is None:
            self.compiled = re.compile(self.pattern)
        return self.compiled.search(symbols)


class FrameSet:
    """Frames by falling weight, indexed by their rarest element, so that a clause meets only those that could fit."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = sorted(frames, key=lambda frame: -frame.weight)
        self._always = 0
        self._bits: dict[str, int] = {}
        for place, frame in enumerate(self._frames):
            if not frame.need:
                self._always |= 1 << place
            else:
                for symbol in frame.need[0]:
                    self._bits[symbol] = self._bits.get(symbol, 0) | 1 << place

    def __bool__(self) -> bool:
        return bool(self._frames)

    def first(self, symbols: str, present: set[str]) -> tuple[Frame, re.Match[str]] | None:
        """The weightiest frame that fits, and where."""
        candidates = self._always
        bits = self._bits
        for symbol in present:
            if symbol in bits:
                candidates |= bits[symbol]
        while candidates:
            lowest = candidates & -candidates
            frame = self._frames[lowest.bit_length() - 1]
            match = frame.search(symbols, present)
            if match is not None:
                return frame, match
            candidates ^= lowest
        return None


class FrameCompiler:
    """Turns frame lines into expressions for one lexicon. ``safe``: symbols that ``END`` passes over."""

    def __init__(self, lexicon: Lexicon, macros: Mapping[str, str], safe: str) -> None:
        self._lexicon = lexicon
        self._macros = macros
        self._safe = f"[{safe}]*$"

    def compile(self, sources: Iterable[str]) -> FrameSet:
        """The frames whose words and classes this lexicon has; the others can never fit and are left out."""
        lines = (line for source in sources for line in self._spelled(source.split()))
        return FrameSet(frame for line in lines if (frame := self.one(line)) is not None)

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
