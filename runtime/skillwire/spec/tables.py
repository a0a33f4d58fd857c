"""Tables as people leave them: a tolerant line scanner, linear in the text.

Wherever a CommonMark parser finds a table, this one finds the same header and cells. It also finds those that lost their
blank lines (swallowed by a list or a paragraph), whose delimiter row is short or long, whose rows lack the leading pipe,
whose rows are glued onto one line or set apart by blank lines, and those without a delimiter row at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from skillwire.spec.marks import plain

# More rows than any skill declares; a longer table is read up to here.
MAX_ROWS = 2000

_CONTAINER = re.compile(r"\s*(?:(?:>|[-*+]|\d{1,9}[.)])(?:\s+|(?=\|)))*")
_DELIMITER = re.compile(r"\s*+\|?\s*+:?-++:?\s*+(?:\|\s*+:?-++:?\s*+)*+\|?\s*\Z")
_LONG_DELIMITER_CELL = re.compile(r":?-{3,}:?\Z")
_GLUED_DELIMITER = re.compile(r"\|\s*:?-{3,}:?\s*\|")
# What ends a table though it holds a pipe: a fence, a heading, a quotation, a list item.
_ENDS = re.compile(r"\s{0,3}(?:```|~~~|#{1,6}\s|>|[-*+]\s|1[.)]\s)")
_PIPE = re.compile(r"(?<!\\)\|")


class Row:
    """Cells of a row as written (outer blanks stripped), however many there are; ``line`` is 1-based.

    ``plain`` are the same cells without marks of code and bold.
    """

    __slots__ = ("cells", "line", "plain")

    def __init__(self, cells: tuple[str, ...], line: int, plain: tuple[str, ...]) -> None:
        self.cells = cells
        self.line = line
        self.plain = plain


@dataclass(slots=True)
class Table:
    """``line`` and ``end`` are its first and last line (1-based); ``width`` the columns of its delimiter row, 0 without one.

    ``header`` and the cells of ``rows`` are as written, ``titles`` the header without marks.
    """

    header: tuple[str, ...]
    rows: list[Row]
    line: int
    end: int
    width: int
    titles: tuple[str, ...]

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
    return line.strip().strip("|").count("|") + 1


def scan(lines: Sequence[str], at: int) -> Table | None:
    """The table whose header is ``lines[at]`` (0-based), if one starts there."""
    head = lines[at]
    if "|" not in head:
        return None
    start = at + 1
    if start < len(lines) and not lines[start].strip():
        start += 1
    below = lines[start] if start < len(lines) else ""
    glued = _glued(head, at)
    if glued and not delimiter_width(below):
        return _with_rows(glued, lines, at + 1, spaced=False)
    quoted = below.lstrip().startswith(">")
    if quoted:
        below = _CONTAINER.sub("", below, count=1)
    width = delimiter_width(below) if "|" in below else 0
    if not width:
        if quoted or start > at + 1 or not _bare(head, below):
            return None
        table = _with_rows(_table(split_cells(head), at, at, 0), lines, start, spaced=False)
        return table if table.rows else None
    header = split_cells(head)
    if quoted or (len(header) != width and not head.lstrip().startswith(">")):
        header = split_cells(_CONTAINER.sub("", head, count=1))  # inside a list item or a quotation
    first, *others = (
        [header] if width == 1 else _unglue(header, width)
    )  # rows that lost the line break after the header
    if start > at + 1 and (not head.lstrip().startswith("|") or len(first) < 2):
        return None
    if not any(first) or (len(first) != width and delimiter_width(head)):
        return None
    table = _table(first, at, start, width)
    table.rows += [_row(cells, at + 1) for cells in others]
    return _with_rows(table, lines, start + 1, spaced=start > at + 1)


def _bare(head: str, below: str) -> bool:
    """Whether two lines fenced in pipes, with as many cells, make a table without a delimiter row."""
    head, below = head.strip(), below.strip()
    if not (head[0] == head[-1] == "|" and below[:1] == below[-1:] == "|"):
        return False
    return len(split_cells(head)) == len(split_cells(below)) >= 2


def _with_rows(table: Table, lines: Sequence[str], start: int, *, spaced: bool) -> Table:
    """The table with the rows that stand from the index ``start`` on."""
    rows, width = table.rows, len(table.header)
    head = lines[table.line - 1]
    # Where CommonMark sees the same table, its rows go on whatever stands in them.
    exact = table.end == table.line + 1 and table.width == width and (head[0] == "|" or len(split_cells(head)) == width)
    quoted = head.lstrip().startswith(">") and not table.header[0].startswith(">")
    most = 2 * width  # cells; a line with more may be several rows
    for at in range(start, len(lines)):
        line = lines[at]
        if not line.startswith("|"):
            if not line.strip():
                if _goes_on(lines, at + 1, width, spaced=spaced):
                    exact = False  # CommonMark ends the table here, so another one may begin below
                    continue
                break
            if _ends(line, quoted=quoted):
                break
        if not exact and _heads_another(lines, at, table):
            break
        if quoted:
            line = _CONTAINER.sub("", line, count=1)
        table.end = at + 1
        if len(rows) < MAX_ROWS:
            cells = split_cells(line)
            if len(cells) <= most:
                rows.append(_row(cells, at + 1))
            else:
                rows += [_row(row, at + 1) for row in _unglue(cells, width)]
    return table


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


def _table(header: list[str], at: int, delimiter: int, width: int) -> Table:
    """A table that has no rows yet: the indices of its header and of the line below which they stand."""
    written = tuple(header)
    return Table(written, [], at + 1, delimiter + 1, width, _plain(written))


def _row(cells: list[str], line: int) -> Row:
    written = tuple(cells)
    return Row(written, line, _plain(written))


def _plain(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Cells without marks of code and bold; no cell holds a line end, so all are rid of them at once."""
    text = "\n".join(cells)
    bare = plain(text)
    return cells if bare == text else tuple(bare.split("\n"))


def _unglue(cells: list[str], width: int) -> list[list[str]]:
    """Rows that lost the line break between them: ``a | b || c | d`` in a table of two columns."""
    if len(cells) > 2 * width and (len(cells) + 1) % (width + 1) == 0 and not any(cells[width :: width + 1]):
        return [cells[i : i + width] for i in range(0, len(cells), width + 1)]
    return [cells]


def _glued(line: str, at: int) -> Table | None:
    """A whole table on one line: header, delimiter row and perhaps rows, all in pipes."""
    if "---" not in line or not _GLUED_DELIMITER.search(line):
        return None
    cells = split_cells(line)
    marks = [i for i, cell in enumerate(cells) if _LONG_DELIMITER_CELL.match(cell)]
    if not marks or marks[0] == 0:
        return None
    width = next((n for n, mark in enumerate(marks) if mark != marks[0] + n), len(marks))
    header = [cell for cell in cells[: marks[0]] if cell]
    if len(header) < 2:
        return None
    rest = cells[marks[0] + width :]
    if rest and not rest[0]:
        del rest[0]
    table = _table(header, at, at, width)
    table.rows += [_row(row, at + 1) for row in _unglue(rest, len(header))[:MAX_ROWS] if any(row)]
    return table
