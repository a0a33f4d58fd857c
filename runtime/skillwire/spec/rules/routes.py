"""The routing table: rows of quoted phrases and events, each with an action, the last one taking all the rest."""

from __future__ import annotations

import re
from collections.abc import Callable

from skillwire.spec.facts import Facts, RawRoute
from skillwire.spec.marks import plain
from skillwire.spec.tables import Row, Table
from skillwire.spec.vocabulary import nears, ordered, pattern

_QUOTED = re.compile(
    r"\"([^\"]+)\"|„([^“”]+)[“”]|“([^”]+)”|「([^」]+)」|『([^』]+)』|«\s*([^»]+?)\s*»|‘([^’]+)’|(?<!\w)'([^']+)'(?!\w)|`([^`]+)`"
)
_STRAIGHT = re.compile(r"\"([^\"]+)\"")
_OTHER_QUOTES = "'`“„「『«‘"
_STEPS = re.compile("→|->|=>|⇒|➜|➡️?")
_STEP_STARTS = "→-=⇒➜➡"
_BETWEEN = re.compile(r"\s*(?:[/,;|、，；]|\bor\b|或)\s*")
_SECTION = re.compile(r"§\s*\d")


def read(facts: Facts) -> None:
    """Add every table whose shape is that of a routing table."""
    found = [
        (table, columns, _sure(table, columns))
        for table in facts.page.tables
        if table.rows and table.line not in facts.consumed and (columns := _columns(table))
    ]
    least = any(sure for _, _, sure in found)
    for table, columns, sure in found:
        if sure < least:
            continue
        facts.consume(range(table.line, table.end + 1))
        streams = _asks_for_streams(table, columns[2])
        rows = [_row(row, columns, streams=streams) for row in table.rows]
        facts.routing.append((table, [row for row in rows if row]))


def quoted(cell: str) -> tuple[list[str], str]:
    """The quoted phrases of a cell, and what stands outside the quotes."""
    marks = _QUOTED
    if not _otherwise_quoted(cell):
        marks = _STRAIGHT
        parts = cell.split('"')
        if len(parts) % 2 and "" not in parts[1::2]:  # in pairs, as nearly always
            return [phrase for part in parts[1::2] if (phrase := part.strip())], " / ".join(parts[::2])
    phrases = [match[match.lastindex or 0].strip() for match in marks.finditer(cell)]
    return [phrase for phrase in phrases if phrase], marks.sub(" / ", cell)


def _quotes(cell: str) -> bool:
    """Whether a cell holds a quotation; in straight quotes, most often."""
    if '"' in cell and _STRAIGHT.search(cell):
        return True
    return _otherwise_quoted(cell) and _QUOTED.search(cell) is not None


def _otherwise_quoted(cell: str) -> bool:
    """Whether a cell holds quotes that are not straight."""
    for mark in "'`" if cell.isascii() else _OTHER_QUOTES:  # noqa: SIM110 - any() over a generator takes twice as long
        if mark in cell:
            return True
    return False


def _columns(table: Table) -> tuple[int, int, int | None] | None:
    """Indices of the phrase, action and skip columns, ``None`` when the table is something else."""
    width = len(table.header)
    if not 2 <= width <= 4:
        return None
    skip = _skip_column(table)
    rest = [i for i in range(width) if i != skip]
    titles = table.titles
    users = next((i for i in rest if pattern("columns.user").search(titles[i])), None)
    said = rest[0] if users is None else users
    action = next(
        (i for i in rest if i != said and pattern("columns.action").search(titles[i])),
        next((i for i in rest if i != said), None),
    )
    if action is None or (action <= said and skip is None):
        return None
    if pattern("columns.service").search(titles[said]) and skip is None:
        return None
    phrases, actions = [row.cells[said] if said < len(row.cells) else "" for row in table.rows], table.column(action)
    score = 2 * (skip is not None) + (users is not None)
    score += _share(actions, _leads_on)
    score += _share(phrases, _quotes)
    if score < 1:
        return None
    words = table.column(said)
    person = pattern("columns.person").search(titles[said])
    if skip is None and not person and _retold(words) and not _takes_the_rest(words):
        return None  # what a reply says of buttons, not what the user says
    if score < 2 and _takes_the_rest(words):
        score += 1
    return (said, action, skip) if score >= 2 else None


def _sure(table: Table, columns: tuple[int, int, int | None]) -> bool:
    """Whether a table says itself that it is about users: by its header, a column of yes and no, or a row for all the rest."""
    said, _, skip = columns
    if skip is not None or pattern("columns.person").search(table.titles[said]):
        return True
    return _takes_the_rest(table.column(said))


def _takes_the_rest(words: list[str]) -> bool:
    """Whether a row is for everything that no other row takes; mostly the last one."""
    return any(map(_is_fallback, reversed(words)))


def _is_fallback(cell: str) -> bool:
    return nears("fallback", cell) or pattern("fallback").match(cell) is not None


def _retold(words: list[str]) -> bool:
    """Whether at least half of the cells of a column speak of buttons and panels."""
    return sum(map(bool, map(pattern("gui_gestures").search, words))) * 2 >= len(words)


def _skip_column(table: Table) -> int | None:
    """The column whose cells all say yes or no."""
    yes, no = pattern("marked_yes"), pattern("marked_no")
    for i in range(len(table.header) - 1, 0, -1):
        marked = False
        for cell in filter(None, table.column(i)):
            marked = bool(yes.match(cell) or no.match(cell))
            if not marked:
                break
        if marked:
            return i
    return None


def _leads_on(cell: str) -> bool:
    """Whether a cell starts with an arrow or refers to a section."""
    return bool((cell and cell[0] in _STEP_STARTS and _STEPS.match(cell)) or ("§" in cell and _SECTION.search(cell)))


def _share(cells: list[str], test: Callable[[str], bool]) -> bool:
    return sum(map(test, cells)) * 2 >= len(cells)


def _asks_for_streams(table: Table, skip: int | None) -> bool:
    """Whether a yes in the column of yes and no means that there is a stream, not that none is needed."""
    title = table.titles[skip] if skip is not None else ""
    return bool(title and pattern("columns.streams").search(title) and not pattern("columns.skip").search(title))


def _row(row: Row, columns: tuple[int, int, int | None], *, streams: bool) -> RawRoute | None:
    said, action, skip = columns
    cells, words = row.cells, row.plain
    if len(cells) <= max(said, action):
        return (
            RawRoute((), (), (), (), None, fallback=False, line=row.line, raw=" | ".join(cells)) if any(cells) else None
        )
    steps = tuple([step for part in _STEPS.split(words[action]) if (step := part.strip())])
    mark = words[skip] if skip is not None and skip < len(cells) else ""
    skips = None
    if mark:
        skips = (
            not streams if pattern("marked_yes").match(mark) else streams if pattern("marked_no").match(mark) else None
        )
    if _is_fallback(words[said]):
        return RawRoute((), (), (), steps, skips, fallback=True, line=row.line, raw=" | ".join(cells))
    phrases, outside = quoted(cells[said])
    events: list[str] = []
    conditions: list[str] = []
    for part in _BETWEEN.split(plain(outside)) if outside.strip(" /") else ():
        bare = part.strip(" .…\"'()")
        if not bare:
            continue
        event = next((name for name, regex in ordered("events") if regex.search(bare)), None)
        (events if event else conditions).append(event or bare)
    return RawRoute(
        tuple(dict.fromkeys(phrases)),
        tuple(dict.fromkeys(events)),
        tuple(conditions),
        steps,
        skips,
        fallback=False,
        line=row.line,
        raw=" | ".join(cells),
    )
