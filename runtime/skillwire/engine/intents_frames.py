"""Frames: what a request looks like, as a pattern over classes of words.

A frame is a line of elements. ``GIVE`` a class, ``GIVE|LET`` either, ``update`` (lower case) that very word, ``~EDIT`` any
word but those of the class; ``?`` and ``*`` as in regular expressions; ``..`` up to four words, ``^`` the beginning and
``$`` the end of the clause; ``END`` nothing up to the end that could change the meaning. Macros stand for unions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from skillwire.engine.intents_lexicon import Lexicon


@dataclass(slots=True)
class Frame:
    """A compiled frame. ``need``: sets of symbols of which one each must occur, a quick test before the expression."""

    source: str
    need: tuple[frozenset[str], ...]
    pattern: str
    compiled: re.Pattern[str] | None = field(default=None)

    def search(self, symbols: str, present: set[str]) -> re.Match[str] | None:
        """The first place where the frame fits."""
        for wanted in self.need:
            if wanted.isdisjoint(present):
                return None
        if self.compiled is None:
            self.compiled = re.compile(self.pattern)
        return self.compiled.search(symbols)


class FrameCompiler:
    """Turns frame lines into expressions for one lexicon. ``safe``: symbols that ``END`` passes over."""

    def __init__(self, lexicon: Lexicon, macros: Mapping[str, str], safe: str) -> None:
        self._lexicon = lexicon
        self._macros = macros
        self._safe = f"[{safe}]*$"

    def compile(self, sources: Iterable[str]) -> list[Frame]:
        """The frames whose words and classes this lexicon has; the others can never fit and are left out."""
        return [frame for source in sources if (frame := self._one(source)) is not None]

    def _one(self, source: str) -> Frame | None:
        pattern: list[str] = []
        need: list[frozenset[str]] = []
        for element in source.split():
            if element in {"^", "$"}:
                pattern.append(element)
            elif element == "..":
                pattern.append(".{0,4}?")
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
        return Frame(source, tuple(sorted(need, key=len)), "".join(pattern))

    def _symbols(self, element: str) -> str:
        names: list[str] = []
        for name in element.split("|"):
            names.extend(self._macros[name].split("|") if name in self._macros else [name])
        return self._lexicon.having(*(name if name[:1].isupper() else f"={name}" for name in names))
