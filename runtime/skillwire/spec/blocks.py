"""``Document`` → ``Page``: headings, tables, fences, list items and paragraphs of the body, each with its lines.

One pass over the lines, linear in their number. Where a CommonMark parser sees a heading, a fence or a table, so does
this scanner (the tests hold it against markdown-it-py); it goes on where that one gives up on damaged text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from skillwire.spec import tables
from skillwire.spec.fences import Fence, Fences
from skillwire.spec.marks import lowered, plain
from skillwire.spec.source import Document
from skillwire.spec.tables import Table

# More tables than any skill has; what comes after them is not read as facts.
MAX_TABLES = 200

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|\Z)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*\Z")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
_ITEM = re.compile(r"\s*(?:>\s*)*(?:[-*+•]|\d{1,4}[.)])\s")
_NUMBER = re.compile(r"(?:§\s*)?(\d+(?:\.\d+)*)[.)]?\s+")
_LABEL = re.compile(r"\s*(?:>\s*)*(\*\*)?\w[^:.!?\"|]{0,60}(?(1):?\*\*(?:\s*\([^)]*\))?:?|:)\s*(\S+)?")
_CAPITALISED = re.compile(r"(?!GET|POST|PUT|PATCH|DELETE)[A-Z][A-Za-z]*(?:[\s:]|\Z)")
_WRAPPED = 70  # a shorter line was ended on purpose, not by an editor that wraps
_REQUEST = re.compile(r"`?(?:GET|POST|PUT|PATCH|DELETE|https?:)")


class Heading(NamedTuple):
    """``number`` is the section number it starts with (``3.5``), empty without one; ``text`` the rest."""

    level: int
    number: str
    text: str
    line: int


class Unit(NamedTuple):
    """A stretch of text that says one thing: a paragraph, a list item, a labelled line, a heading, a fence, a table.

    ``line`` and ``end`` are its first and last line (1-based), ``start`` and ``stop`` its offsets in ``Page.text``.
    """

    kind: str
    line: int
    end: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Page:
    """The body of a skill file.

    ``text`` is the body with the marks of bold and code removed, so that damaged and healthy files read the same;
    ``lower`` is the same with ASCII letters in lower case and blanks for line ends. ``offsets`` holds where each of its lines starts,
    ``starts`` each unit, ``heading_lines`` the lines (1-based) of the headings.
    """

    document: Document
    text: str
    lower: str
    offsets: tuple[int, ...]
    headings: tuple[Heading, ...]
    tables: tuple[Table, ...]
    fences: tuple[Fence, ...]
    units: tuple[Unit, ...]
    starts: tuple[int, ...]
    heading_lines: tuple[int, ...]

    def line_at(self, offset: int) -> int:
        """Line of the file (1-based) that holds ``text[offset]``."""
        return self.document.body + bisect_right(self.offsets, offset)

    def unit_at(self, line: int) -> Unit:
        """The unit that holds a line (1-based); the last one before it when the line is blank."""
        return self.units[max(bisect_right(self.starts, self.offsets[line - 1 - self.document.body]) - 1, 0)]

    def units_with(self, words: Iterable[str]) -> list[Unit]:
        """Units that hold any of these words (in lower case), in the order of the file.

        Looking for plain words first is what keeps the rules' patterns off most of the text.
        """
        units, starts, find = self.units, self.starts, self.lower.find
        hits: set[int] = set()
        for word in words:
            at = find(word)
            while at >= 0:
                index = bisect_right(starts, at) - 1
                if index >= 0:
                    hits.add(index)
                    at = find(word, max(units[index].stop, at + 1))
                else:
                    at = find(word, at + 1)
        return [units[index] for index in sorted(hits)]

    def places(self, words: Iterable[str]) -> list[int]:
        """Offsets at which any of these words (in lower case) stands, in order."""
        found = []
        find = self.lower.find
        for word in words:
            at = find(word)
            while at >= 0:
                found.append(at)
                at = find(word, at + 1)
        return sorted(found)

    def unit_of(self, offset: int) -> Unit:
        """The unit that holds ``text[offset]``; the last one before it when it stands between two."""
        return self.units[max(bisect_right(self.starts, offset) - 1, 0)]

    def line_span(self, offset: int) -> tuple[int, int]:
        """Start and end of the line of ``text`` that holds ``offset``."""
        at = bisect_right(self.offsets, offset)
        return self.offsets[at - 1], self.offsets[at] - 1 if at < len(self.offsets) else len(self.text)

    def slice(self, unit: Unit) -> str:
        """A unit's text, marks removed."""
        return self.text[unit.start : unit.stop]

    def heading_above(self, line: int) -> Heading | None:
        """The nearest heading above a line (1-based)."""
        at = bisect_right(self.heading_lines, line)
        return self.headings[at - 1] if at else None


def parse(document: Document) -> Page:
    """Find the parts of the body."""
    lines = document.lines
    body = "\n".join(lines[document.body :])
    if "<!--" in body:
        body = _without_comments(body)
        lines = (*lines[: document.body], *body.split("\n"))
    scanner = _Scanner(lines)
    scanner.scan(document.body)
    return scanner.page(document, plain(body))


def _without_comments(text: str) -> str:
    """Text with HTML comments taken out, of as many lines as before; an unclosed comment is left alone."""
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end + len("-->")
    return "".join([*kept, text[at:]])


class _Scanner:
    """One pass over the lines of a file, from its body on."""

    __slots__ = ("fenced", "fences", "headings", "lines", "open", "spans", "tables")

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines
        self.headings: list[Heading] = []
        self.tables: list[Table] = []
        self.fences: list[Fence] = []
        self.fenced = Fences(lines)
        self.spans: list[tuple[str, int, int]] = []  # kind, first and last index
        self.open = False  # the last span is text that the next line may continue

    def page(self, document: Document, text: str) -> Page:
        """The page of what was found; ``text`` is the body without its marks."""
        offsets = (0, *accumulate([len(line) + 1 for line in text.split("\n")]))
        first = document.body
        units = [
            Unit(kind, start + 1, stop + 1, offsets[start - first], offsets[stop - first + 1] - 1)
            for kind, start, stop in self.spans
        ]
        return Page(
            document,
            text,
            lowered(text),
            offsets[:-1],
            tuple(self.headings),
            tuple(self.tables),
            tuple(self.fences),
            tuple(units),
            tuple([unit.start for unit in units]),
            tuple([heading.line for heading in self.headings]),
        )

    def scan(self, at: int) -> None:
        """Read from the line of this index (0-based) to the end."""
        lines = self.lines
        total = len(lines)
        while at < total:
            line = lines[at]
            first = line[:1]
            if not first or first.isspace():
                first = line.strip()[:1]
                if not first:
                    self.open = False
                    at += 1
                    continue
            if "|" in line and (table := tables.scan(lines, at)):
                if len(self.tables) < MAX_TABLES:
                    self.tables.append(table)
                self._close("table", at, table.end - 1)
                at = table.end
            elif ("```" in line or "~~~" in line) and (fence := self.fenced.scan(at)):
                self.fences.append(fence)
                self._close("fence", at, fence.end - 1)
                at = fence.end
            elif first == "#" and (match := _HEADING.match(line)):
                self._heading(len(match[1]), _unclosed(line[match.end() :]), at)
                self._close("heading", at, at)
                at += 1
            else:
                if first not in "=-*_" or line.rstrip()[-1] != first or not self._ruled(at, line, first):
                    self._text(at, line, first)
                at += 1

    def _ruled(self, at: int, line: str, first: str) -> bool:
        """Whether a line is a thematic break, or underlines a heading."""
        if self.open and _UNDERLINE.match(line) and self.spans[-1][0] == "text":
            _, start, _ = self.spans[-1]
            title = " ".join(part.strip() for part in self.lines[start:at])
            self._heading(1 if first == "=" else 2, title, start)
            self.spans[-1] = ("heading", start, at)
        elif not _RULE.match(line):
            return False
        self.open = False
        return True

    def _text(self, at: int, line: str, first: str) -> None:
        if (first in "-*+•>" or first.isdigit()) and _ITEM.match(line):
            self.spans.append(("item", at, at))
        elif self.open and not self._labelled(at, line) and not self._leaves_item(at, line):
            kind, start, _ = self.spans[-1]
            self.spans[-1] = (kind, start, at)
        else:
            self.spans.append(("text", at, at))
        self.open = True

    def _labelled(self, at: int, line: str) -> bool:
        """Whether a line opens a statement of its own, though no blank line sets it apart."""
        match = _LABEL.match(line) if ":" in line or "**" in line else None
        if match is None:
            return False
        bold, after = match.groups()
        return bool(bold or (after and _REQUEST.match(after)) or self.lines[at - 1].rstrip()[-1:] in ".!?:;。！？：；")

    def _leaves_item(self, at: int, line: str) -> bool:
        """Whether a line that is not indented starts anew after a short list item, its blank line lost."""
        above = self.lines[at - 1]
        return self.spans[-1][0] == "item" and len(above) < _WRAPPED and bool(_CAPITALISED.match(line))

    def _heading(self, level: int, text: str, at: int) -> None:
        text = plain(text).strip()
        number = _NUMBER.match(text)
        if number:
            self.headings.append(Heading(level, number[1], text[number.end() :], at + 1))
        else:
            self.headings.append(Heading(level, "", text, at + 1))

    def _close(self, kind: str, start: int, stop: int) -> None:
        self.spans.append((kind, start, stop))
        self.open = False


def _unclosed(heading: str) -> str:
    """The text of a heading without the number signs that close it."""
    text = heading.rstrip(" \t")
    bare = text.rstrip("#")
    return bare.rstrip(" \t") if not bare or bare[-1] in " \t" else text
