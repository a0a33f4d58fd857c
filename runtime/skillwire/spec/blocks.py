"""``Document`` → ``Page``: headings, tables, fences, list items and paragraphs of the body, each with its lines.

One pass over the lines, linear in their number. Where a CommonMark parser sees a heading, a fence or a table, so does
this scanner (the tests hold it against markdown-it-py); it goes on where that one gives up on damaged text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from skillwire.spec import tables
from skillwire.spec.fences import Fence, Fences
from skillwire.spec.marks import lowered_utf8, plain, plain_utf8
from skillwire.spec.source import Document
from skillwire.spec.tables import Table

# More tables than any skill has; what comes after them is not read as facts.
MAX_TABLES = 200

_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*\Z")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
_ITEM = re.compile(r"\s*(?:>\s*)*(?:[-*+•]|\d{1,4}[.)])\s")
_BULLETS = ("- ", "* ")  # with which an item starts, most often
_NUMBER = re.compile(r"(?:§\s*)?(\d+(?:\.\d+)*)[.)]?\s+")
_LABEL = re.compile(r"\s*(?:>\s*)*(\*\*)?\w[^:.!?\"|]{0,60}(?(1):?\*\*(?:\s*\([^)]*\))?:?|:)\s*(\S+)?")
_CAPITALISED = re.compile(r"(?!GET|POST|PUT|PATCH|DELETE)[A-Z][A-Za-z]*(?:[\s:]|\Z)")
_DEEPEST = 6  # level of a heading
_INDENTED = 3  # blanks before a heading; more make it code
_WRAPPED = 70  # a shorter line was ended on purpose, not by an editor that wraps
_REQUEST = re.compile(r"`?(?:GET|POST|PUT|PATCH|DELETE|https?:)")


class Heading:
    """``number`` is the section number it starts with (``3.5``), empty without one; ``text`` the rest."""

    __slots__ = ("level", "line", "number", "text")

    def __init__(self, level: int, number: str, text: str, line: int) -> None:
        self.level = level
        self.number = number
        self.text = text
        self.line = line


class Unit:
    """A stretch of text that says one thing: a paragraph, a list item, a labelled line, a heading, a fence, a table.

    ``line`` and ``end`` are its first and last line (1-based), ``start`` and ``stop`` its offsets in ``Page.text``.
    """

    __slots__ = ("end", "kind", "line", "start", "stop")

    def __init__(self, kind: str, line: int, end: int, start: int, stop: int) -> None:
        self.kind = kind
        self.line = line
        self.end = end
        self.start = start
        self.stop = stop


@dataclass(frozen=True, slots=True)
class Page:
    """The body of a skill file.

    ``text`` is the body with the marks of bold and code removed, so that damaged and healthy files read the same;
    ``lower`` is the same with ASCII letters in lower case and blanks for line ends. ``offsets`` holds where each of its lines starts
    and, last, where another one would; ``starts`` where each unit does; ``heading_lines`` the lines (1-based) of the headings.
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
        return self.unit_of(self.offsets[line - 1 - self.document.body])

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
        index = bisect_right(self.starts, offset)
        return self.units[index - 1 if index else 0]

    def line_span(self, offset: int) -> tuple[int, int]:
        """Start and end of the line of ``text`` that holds ``offset``."""
        at = bisect_right(self.offsets, offset)
        return self.offsets[at - 1], self.offsets[at] - 1

    def slice(self, unit: Unit) -> str:
        """A unit's text, marks removed."""
        return self.text[unit.start : unit.stop]

    def heading_above(self, line: int) -> Heading | None:
        """The nearest heading above a line (1-based)."""
        at = bisect_right(self.heading_lines, line)
        return self.headings[at - 1] if at else None


def parse(document: Document) -> Page:
    """Find the parts of the body."""
    lines, raw = document.lines, document.raw
    if b"<!--" in raw:
        body = _without_comments(raw.decode())
        lines = (*lines[: document.body], *body.split("\n"))
        raw = body.encode()
    raw = plain_utf8(raw)
    text = raw.decode()
    offsets = _line_starts(text)
    scanner = _Scanner(lines, document.body, offsets)
    scanner.scan()
    return Page(
        document,
        text,
        lowered_utf8(raw),
        tuple(offsets),
        tuple(scanner.headings),
        tuple(scanner.tables),
        tuple(scanner.fences),
        tuple(scanner.units),
        tuple([unit.start for unit in scanner.units]),
        tuple([heading.line for heading in scanner.headings]),
    )


def _line_starts(text: str) -> list[int]:
    """Where each line starts, and where another one after the last would."""
    starts = [0]
    end = text.find("\n")
    while end >= 0:
        starts.append(end + 1)
        end = text.find("\n", end + 1)
    starts.append(len(text) + 1)
    return starts


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

    __slots__ = ("fences", "first", "headings", "lines", "offsets", "open", "tables", "units")

    def __init__(self, lines: tuple[str, ...], first: int, offsets: list[int]) -> None:
        self.lines = lines
        self.first = first  # index of the line that starts at the first of the offsets
        self.offsets = offsets
        self.headings: list[Heading] = []
        self.tables: list[Table] = []
        self.fences: list[Fence] = []
        self.units: list[Unit] = []
        self.open: Unit | None = None  # the last unit, where it is text that the next line may continue

    def scan(self) -> None:
        """Read from the first line to the end."""
        lines = self.lines
        fences = Fences(lines)
        at, total = self.first, len(lines)
        while at < total:
            line = lines[at]
            first = line[0] if line else ""
            if first and (first < "!" or (first > "~" and first.isspace())):
                first = line.lstrip()[:1]
            if not first:
                self.open = None
            elif "|" in line and (table := tables.scan(lines, at)):
                if len(self.tables) < MAX_TABLES:
                    self.tables.append(table)
                self._add("table", at, table.end)
                at = table.end
                continue
            elif first.isalpha():  # none of the marks below
                self._text(at, line)
            elif ("```" in line or "~~~" in line) and (fence := fences.scan(at)):
                self.fences.append(fence)
                self._add("fence", at, fence.end)
                at = fence.end
                continue
            elif first == "#" and (level := _level(line)):
                self._heading(level, _unclosed(line.lstrip(" ")[level:]), at)
                self._add("heading", at, at + 1)
            elif first in "=-*_" and line.rstrip()[-1] == first and self._ruled(at, line, first):
                pass
            elif line[:2] in _BULLETS or ((first in "-*+•>" or first.isdigit()) and _ITEM.match(line)):
                self.open = self._add("item", at, at + 1)
            else:
                self._text(at, line)
            at += 1

    def _add(self, kind: str, start: int, end: int) -> Unit:
        """Add the unit of the lines from index ``start`` up to ``end``."""
        offsets, first = self.offsets, self.first
        unit = Unit(kind, start + 1, end, offsets[start - first], offsets[end - first] - 1)
        self.units.append(unit)
        self.open = None
        return unit

    def _ruled(self, at: int, line: str, first: str) -> bool:
        """Whether a line is a thematic break, or underlines a heading."""
        title = self.open
        if title and title.kind == "text" and _UNDERLINE.match(line):
            start = title.line - 1
            self._heading(1 if first == "=" else 2, " ".join([part.strip() for part in self.lines[start:at]]), start)
            self.units.pop()
            self._add("heading", start, at + 1)
        elif not _RULE.match(line):
            return False
        self.open = None
        return True

    def _text(self, at: int, line: str) -> None:
        above = self.open
        if above is None or self._labelled(at, line) or (above.kind == "item" and self._leaves_item(at, line)):
            self.open = self._add("text", at, at + 1)
        else:
            above.end = at + 1
            above.stop = self.offsets[at + 1 - self.first] - 1

    def _labelled(self, at: int, line: str) -> bool:
        """Whether a line opens a statement of its own, though no blank line sets it apart."""
        match = _LABEL.match(line) if ":" in line or "**" in line else None
        if match is None:
            return False
        bold, after = match.groups()
        return bool(bold or (after and _REQUEST.match(after)) or self.lines[at - 1].rstrip()[-1:] in ".!?:;。！？：；")

    def _leaves_item(self, at: int, line: str) -> bool:
        """Whether a line that is not indented starts anew after a short list item, its blank line lost."""
        return len(self.lines[at - 1]) < _WRAPPED and _CAPITALISED.match(line) is not None

    def _heading(self, level: int, text: str, at: int) -> None:
        text = plain(text).strip()
        number = _NUMBER.match(text) if text and (text[0] == "§" or text[0].isdecimal()) else None
        if number:
            self.headings.append(Heading(level, number[1], text[number.end() :], at + 1))
        else:
            self.headings.append(Heading(level, "", text, at + 1))


def _level(line: str) -> int:
    """How many number signs make a line a heading, 0 when it is none."""
    text = line.lstrip(" ")
    level = len(text) - len(text.lstrip("#"))
    if level > _DEEPEST or len(line) - len(text) > _INDENTED:
        return 0
    return level if text[level : level + 1] in ("", " ", "\t") else 0


def _unclosed(heading: str) -> str:
    """The text of a heading without the number signs that close it."""
    text = heading.rstrip(" \t")
    bare = text.rstrip("#")
    return bare.rstrip(" \t") if not bare or bare[-1] in " \t" else text
