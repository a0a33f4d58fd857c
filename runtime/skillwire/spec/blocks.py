"""``Document`` → ``Page``: headings, tables, fences, list items and paragraphs of the body, each with its lines.

One pass over the lines, linear in their number. Where a CommonMark parser sees a heading, a fence or a table, so does
this scanner (the tests hold it against markdown-it-py); it goes on where that one gives up on damaged text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from skillwire.spec import tables
from skillwire.spec.marks import lowered, plain
from skillwire.spec.source import Document
from skillwire.spec.tables import Table

# More tables than any skill has; what comes after them is not read as facts.
MAX_TABLES = 200

_FENCE = re.compile(r"(?P<lead>(?:\s|>|[-*+]\s|\d{1,9}[.)]\s)*)(?P<mark>`{3,}|~{3,})(?P<info>.*)\Z")
_CLOSING = re.compile(r"[\s>]*(`{3,}|~{3,})[ \t]*\Z")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*\Z")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*\Z")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
_ITEM = re.compile(r"\s*(?:>\s*)*(?:[-*+•]|\d{1,4}[.)])\s")
_NUMBER = re.compile(r"(?:§\s*)?(\d+(?:\.\d+)*)[.)]?\s+")
_LABEL = re.compile(r"\s*(?:>\s*)*(\*\*)?\w[^:.!?\"|]{0,60}(?(1):?\*\*(?:\s*\([^)]*\))?:?|:)\s*(\S+)?")
_CAPITALISED = re.compile(r"(?!GET|POST|PUT|PATCH|DELETE)[A-Z][A-Za-z]*(?:[\s:]|\Z)")
_WRAPPED = 70  # a shorter line was ended on purpose, not by an editor that wraps
_REQUEST = re.compile(r"`?(?:GET|POST|PUT|PATCH|DELETE|https?:)")


@dataclass(frozen=True, slots=True)
class Heading:
    """``number`` is the section number it starts with (``3.5``), empty without one; ``text`` the rest."""

    level: int
    number: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: ``line`` of its opening, ``end`` of its closing (1-based), content without the fences."""

    info: str
    lines: tuple[str, ...]
    line: int
    end: int
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
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
    ``lower`` is the same in lower case with blanks for line ends, ``offsets`` holds where each of its lines starts, ``starts`` each unit.
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
        hits: set[int] = set()
        find = self.lower.find
        for word in words:
            at = find(word)
            while at >= 0:
                index = bisect_right(self.starts, at) - 1
                if index >= 0:
                    hits.add(index)
                    at = find(word, max(self.units[index].stop, at + 1))
                else:
                    at = find(word, at + 1)
        return [self.units[index] for index in sorted(hits)]

    def places(self, words: Iterable[str]) -> list[int]:
        """Offsets at which any of these words (in lower case) stands, in order."""
        found = []
        for word in words:
            at = self.lower.find(word)
            while at >= 0:
                found.append(at)
                at = self.lower.find(word, at + 1)
        return sorted(found)

    def line_span(self, offset: int) -> tuple[int, int]:
        """Start and end of the line of ``text`` that holds ``offset``."""
        at = bisect_right(self.offsets, offset)
        return self.offsets[at - 1], self.offsets[at] - 1 if at < len(self.offsets) else len(self.text)

    def slice(self, unit: Unit) -> str:
        """A unit's text, marks removed."""
        return self.text[unit.start : unit.stop]

    def heading_above(self, line: int) -> Heading | None:
        """The nearest heading above a line (1-based)."""
        at = bisect_right(self.headings, line, key=lambda heading: heading.line)
        return self.headings[at - 1] if at else None


def parse(document: Document) -> Page:
    """Find the parts of the body."""
    lines = list(document.lines)
    if any("<!--" in line for line in lines[document.body :]):
        lines[document.body :] = _without_comments(lines[document.body :])
    return _Scanner(document, lines).page()


def _without_comments(lines: list[str]) -> list[str]:
    """Lines with HTML comments taken out, as many as before; an unclosed comment is left alone."""
    text = "\n".join(lines)
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end + len("-->")
    return "".join([*kept, text[at:]]).split("\n")


@dataclass(slots=True)
class _Scanner:
    document: Document
    lines: list[str]
    headings: list[Heading] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    spans: list[tuple[str, int, int]] = field(default_factory=list)  # kind, first and last index
    closers: dict[str, _Closers] | None = None
    open: bool = False  # the last span is text that the next line may continue

    def page(self) -> Page:
        at = self.document.body
        while at < len(self.lines):
            at = self._step(at)
        body = self.lines[self.document.body :]
        text = plain("\n".join(body))
        offsets = [0]
        find = text.find
        while (stop := find("\n", offsets[-1])) >= 0:
            offsets.append(stop + 1)
        first = self.document.body
        ends = [*offsets[1:], len(text) + 1]
        units = tuple(
            Unit(kind, start + 1, stop + 1, offsets[start - first], ends[stop - first] - 1)
            for kind, start, stop in self.spans
        )
        return Page(
            self.document,
            text,
            lowered(text).replace("\n", " "),  # words are found across the ends of lines
            tuple(offsets),
            tuple(self.headings),
            tuple(self.tables),
            tuple(self.fences),
            units,
            tuple(unit.start for unit in units),
        )

    def _step(self, at: int) -> int:
        line = self.lines[at]
        stripped = line.strip()
        if not stripped:
            self.open = False
            return at + 1
        first = stripped[0]
        if "|" in line and (table := tables.scan(self.lines, at)):
            if len(self.tables) < MAX_TABLES:
                self.tables.append(table)
            self._close("table", at, table.end - 1)
            return table.end
        if ("```" in line or "~~~" in line) and (fence := _opening(line)):
            return self._fence(at, fence)
        if first == "#" and (match := _HEADING.match(line)):
            self._heading(len(match[1]), match[2] or "", at)
            self._close("heading", at, at)
            return at + 1
        if first in "=-*_":
            if self.open and _UNDERLINE.match(line) and self.spans[-1][0] == "text":
                _, start, _ = self.spans[-1]
                title = " ".join(part.strip() for part in self.lines[start:at])
                self._heading(1 if first == "=" else 2, title, start)
                self.spans[-1] = ("heading", start, at)
                self.open = False
                return at + 1
            if _RULE.match(line):
                self.open = False
                return at + 1
        self._text(at, line, first)
        return at + 1

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
        match = _LABEL.match(line)
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

    def _fence(self, at: int, opening: re.Match[str]) -> int:
        mark, lead = opening["mark"], opening["lead"]
        end = self._closing(at, mark)
        closed = end < len(self.lines)
        if not closed:  # it would swallow the rest of the file: let it end where its paragraph does
            end = next((i for i in range(at + 1, len(self.lines)) if not self.lines[i].strip()), len(self.lines))
        content = tuple(_dedent(line, len(lead)) for line in self.lines[at + 1 : end])
        last = end if closed else end - 1
        self.fences.append(Fence(opening["info"].strip(), content, at + 1, last + 1, closed))
        self._close("fence", at, last)
        return last + 1

    def _closing(self, at: int, mark: str) -> int:
        """Index of the line that closes a fence, the number of lines when none does."""
        if self.closers is None:
            self.closers = {"`": _Closers(self.lines, "`"), "~": _Closers(self.lines, "~")}
        return self.closers[mark[0]].after(at, len(mark))

    def _close(self, kind: str, start: int, stop: int) -> None:
        self.spans.append((kind, start, stop))
        self.open = False


class _Closers:
    """Lines that can close a fence, asked in one go for the next one that is long enough."""

    def __init__(self, lines: list[str], mark: str) -> None:
        found = [(i, _CLOSING.match(line)) for i, line in enumerate(lines) if mark * 3 in line]
        pairs = [(i, match[1]) for i, match in found if match and match[1][0] == mark]
        self.total = len(lines)
        self.at = [i for i, _ in pairs]
        self.length = [len(text) for _, text in pairs]
        self.longest = list(accumulate(reversed(self.length), max))[::-1]  # from here to the end

    def after(self, at: int, length: int) -> int:
        """Index of the first closing line after ``at`` with ``length`` marks or more, else the number of lines."""
        k = bisect_right(self.at, at)
        if k == len(self.at) or self.longest[k] < length:
            return self.total
        while self.length[k] < length:
            k += 1
        return self.at[k]


def _opening(line: str) -> re.Match[str] | None:
    match = _FENCE.match(line)
    return match if match and not (match["mark"][0] == "`" and "`" in match["info"]) else None


def _dedent(line: str, width: int) -> str:
    lead = len(line) - len(line.lstrip())
    return line[min(lead, width) :]
