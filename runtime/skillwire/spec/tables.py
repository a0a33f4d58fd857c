"""Tables as people leave them: a tolerant line scanner, linear in the text.

Wherever a CommonMark parser finds a table, this one finds the same header and cells. It also finds those that lost their
blank lines (swallowed by a list or a paragraph), whose delimiter row is short or long, whose rows lack the leading pipe,
whose rows are glued onto one line or set apart by blank lines, and those without a delimiter row at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from skillwire.spec.marks import plain

# More rows than any skill declares; a longer table is read up to here.
MAX_ROWS = 2000

_CONTAINER = re.compile(r"\s*(?:(?:>|[-*+]|\d{1,9}[.)])(?:\s+|(?=\|)))*")
_DELIMITER = re.compile(r"\s*[|:-][|:\s-]*\Z")
_DELIMITER_CELL = re.compile(r":?-+:?\Z")
_LONG_DELIMITER_CELL = re.compile(r":?-{3,}:?\Z")
_GLUED_DELIMITER = re.compile(r"\|\s*:?-{3,}:?\s*\|")
# What ends a table though it holds a pipe: a fence, a heading, a quotation, a list item.
_ENDS = re.compile(r"\s{0,3}(?:```|~~~|#{1,6}\s|>|[-*+]\s|1[.)]\s)")
_PIPE = re.compile(r"(?<!\\)\|")


class Row(NamedTuple):
    """Cells of a row as written (outer blanks stripped), however many there are; ``line`` is 1-based.

    ``plain`` are the same cells without marks of code and bold.
    """

    cells: tuple[str, ...]
    line: int
    plain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """``line`` and ``end`` are its first and last line (1-based); ``width`` the columns of its delimiter row, 0 without one.

    ``header`` and the cells of ``rows`` are as written, ``titles`` the header without marks.
    """

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    line: int
    end: int
    width: int
    titles: tuple[str, ...] = ()

    def column(self, index: int) -> list[str]:
        """Plain cells of a column, empty where a row is too short."""
        return [row.plain[index] if index < len(row.plain) else "" for row in self.rows]


def split_cells(line: str) -> list[str]:
    """Cells of one line: split at pipes that no backslash precedes, outer empty cells dropped."""
    text = line.strip()
    cells = text.split("|") if "\\" not in text else [c.replace("\\|", "|") for c in _PIPE.split(text)]
    if not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return [cell.strip() for cell in cells]


def delimiter_width(line: str) -> int:
    """Columns of a delimiter row (``|---|:-:|``), 0 when the line is none."""
    if "-" not in line or not _DELIMITER.match(line):
        return 0
    cells = split_cells(line)
    return len(cells) if cells and all(map(_DELIMITER_CELL.match, cells)) else 0


def scan(lines: Sequence[str], at: int) -> Table | None:
    """The table whose header is ``lines[at]`` (0-based), if one starts there."""
    head = lines[at]
    if "|" not in head:
        return None
    start = at + 1
    while start < len(lines) and start < at + 2 and not lines[start].strip():
        start += 1
    glued = _glued(head, at)
    if glued and not (start < len(lines) and delimiter_width(lines[start])):
        return _with_rows(glued, lines, at + 1, spaced=False)
    if start == len(lines):
        return None
    below = _CONTAINER.sub("", lines[start], count=1) if lines[start].lstrip()[:1] == ">" else lines[start]
    width = delimiter_width(below)
    header = tuple(split_cells(head))
    quoted = below is not lines[start]
    if quoted or (len(header) != width and "|" in below and head.lstrip()[:1] != ">"):
        header = tuple(split_cells(_CONTAINER.sub("", head, count=1)))  # inside a list item or a quotation
    if width and header and "|" in below:
        header, *first = (
            _unglue(list(header), width) if width > 1 else [header]
        )  # rows that lost the line break after the header
        if start > at + 1 and (not head.lstrip().startswith("|") or len(header) < 2):
            return None
        if not any(header) or (len(header) != width and delimiter_width(head)):
            return None
        table = Table(header, tuple(_row(cells, at) for cells in first), at + 1, start + 1, width)
        return _with_rows(table, lines, start + 1, spaced=start > at + 1)
    if start == at + 1 and _bare(head, lines[start]):
        table = _with_rows(Table(header, (), at + 1, at + 1, 0), lines, start, spaced=False)
        return table if table.rows else None
    return None


def _bare(head: str, below: str) -> bool:
    """Whether two lines fenced in pipes, with as many cells, make a table without a delimiter row."""
    head, below = head.strip(), below.strip()
    if not (head[0] == head[-1] == "|" and below[:1] == below[-1:] == "|"):
        return False
    return len(split_cells(head)) == len(split_cells(below)) >= 2


def _with_rows(table: Table, lines: Sequence[str], start: int, *, spaced: bool) -> Table:
    rows = list(table.rows)
    exact = table.end == table.line + 1 and table.width == len(table.header)
    quoted = lines[table.line - 1].lstrip()[:1] == ">" and not table.header[0].startswith(">")
    end = table.end
    at = start
    total = len(lines)
    width = len(table.header)
    most = 2 * width  # cells; a line with more may be several rows
    while at < total:
        line = lines[at]
        if line[:1] != "|" and not line.strip():
            if not _goes_on(lines, at + 1, width, spaced=spaced):
                break
        elif (line[:1] != "|" and _ends(line, quoted=quoted)) or (not exact and _heads_another(lines, at, table)):
            break
        else:
            if quoted:
                line = _CONTAINER.sub("", line, count=1)
            end = at + 1
            if len(rows) < MAX_ROWS:
                cells = split_cells(line)
                marked = "`" in line or "**" in line or "&" in line
                found = [tuple(cells)] if len(cells) <= most else _unglue(cells, width)
                rows += [Row(row, end, _plain(row) if marked else row) for row in found]
        at += 1
    return Table(table.header, tuple(rows), table.line, end, table.width, _plain(table.header))


def _ends(line: str, *, quoted: bool) -> bool:
    """Whether a line below a table, one that no pipe opens, is no row of it."""
    return "|" not in line or (bool(_ENDS.match(line)) and not (quoted and line.lstrip()[0] == ">"))


def _heads_another(lines: Sequence[str], at: int, table: Table) -> bool:
    """Whether a line below a table without a fitting delimiter row is the header of one that has it."""
    width = delimiter_width(lines[at + 1]) if at + 1 < len(lines) else 0
    return bool(width) and (not table.width or width == len(split_cells(lines[at])))


def _goes_on(lines: Sequence[str], at: int, width: int, *, spaced: bool) -> bool:
    """Whether a table goes on after a blank line: with a row in pipes that is not the header of another table."""
    line = lines[at].strip() if at < len(lines) else ""
    if len(line) < 2 or not line.startswith("|") or not (spaced or line.endswith("|")):
        return False
    below = lines[at + 1] if at + 1 < len(lines) else ""
    if delimiter_width(below) or (not below.strip() and delimiter_width(lines[min(at + 2, len(lines) - 1)])):
        return False
    return spaced or (len(split_cells(line)) == width and not (below.strip() and _bare(line, below) and not spaced))


def _row(cells: tuple[str, ...], at: int) -> Row:
    return Row(cells, at + 1, _plain(cells))


def _plain(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Cells without marks of code and bold; no cell holds a line end, so all are rid of them at once."""
    return tuple(plain("\n".join(cells)).split("\n")) if cells else ()


def _unglue(cells: list[str], width: int) -> list[tuple[str, ...]]:
    """Rows that lost the line break between them: ``a | b || c | d`` in a table of two columns."""
    if len(cells) <= 2 * width:
        return [tuple(cells)]
    count, rest = divmod(len(cells) + 1, width + 1)
    if count > 1 and rest == 0 and not any(cells[width :: width + 1]):
        return [tuple(cells[i : i + width]) for i in range(0, len(cells), width + 1)]
    return [tuple(cells)]


def _glued(line: str, at: int) -> Table | None:
    """A whole table on one line: header, delimiter row and perhaps rows, all in pipes."""
    if "---" not in line or not _GLUED_DELIMITER.search(line):
        return None
    cells = split_cells(line)
    marks = [i for i, cell in enumerate(cells) if _LONG_DELIMITER_CELL.match(cell)]
    if not marks or marks[0] == 0:
        return None
    width = next((n for n, mark in enumerate(marks) if mark != marks[0] + n), len(marks))
    header = tuple(cell for cell in cells[: marks[0]] if cell)
    if len(header) < 2:
        return None
    rest = cells[marks[0] + width :]
    if rest and not rest[0]:
        del rest[0]
    rows = tuple(_row(row, at) for row in _unglue(rest, len(header))[:MAX_ROWS] if any(row)) if rest else ()
    return Table(header, rows, at + 1, at + 1, width)
