"""GUI wording: what a reply that speaks of buttons and panels stands for, as a table or as bullets with arrows."""

from __future__ import annotations

import re

from skillwire.spec.facts import Facts
from skillwire.spec.marks import plain
from skillwire.spec.model import GuiAction, Translation
from skillwire.spec.rules.routes import quoted
from skillwire.spec.tables import Table
from skillwire.spec.vocabulary import first, near, pattern

_ARROW = re.compile(r"→|->|=>|⇒")
_SAYING = r"(?:\"[^\"\n]{1,60}\"|“[^”\n]{1,60}”|「[^」\n]{1,60}」)"
_PAIR = re.compile(
    rf"({_SAYING}(?:\s*(?:/|,|or|、|或)\s*{_SAYING})*)\s*(?:→|->|=>|⇒|=|\bmeans?\b|\bstands? for\b|\bbecomes?\b|\bis\b|:|表示|即)\s*"
    r"((?:(?!\"|“|「)[^;；.。\n])+)"
)
_BULLET = re.compile(r"\s*(?:>\s*)*[-*+•]\s*(?=[\"“'`「])")
_ACTIONS = {action.value: action for action in GuiAction}
_MARKS = ">-*+•"  # with which such a bullet starts


def read(facts: Facts) -> None:
    """Add every row, in the order of the file: of tables, else of bullets, else of a sentence."""
    for table in facts.page.tables:
        if table.line not in facts.consumed and table.rows and _retells(facts, table):
            facts.consume(range(table.line, table.end + 1))
            for row in table.rows:
                if row.cells:
                    _add(facts, row.cells[0], row.cells[1] if len(row.cells) > 1 else "", row.line)
    if not facts.translations:
        _from_bullets(facts)
    if not facts.translations:
        _from_prose(facts)


def _retells(facts: Facts, table: Table) -> bool:
    """Whether a table pairs quoted sayings with what they stand for: by its header, by the buttons they speak of, or,
    when another table has the routes, by the meanings alone.
    """
    if len(table.header) != 2:
        return False
    cells = [row.cells[0] if row.cells else "" for row in table.rows]
    if len([cell for cell in cells if quoted(cell)[0]]) * 2 <= len(cells):
        return False
    if pattern("columns.service").search(table.titles[0]):
        return True
    return _of_gestures(table.column(0)) or (bool(facts.routing) and _all_known(table))


def _from_bullets(facts: Facts) -> None:
    rows = []
    lines = facts.page.document.lines
    for unit in facts.page.units:
        if unit.kind != "item" or unit.line in facts.consumed:
            continue
        raw = lines[unit.line - 1].strip()
        if unit.end > unit.line:
            raw = " ".join([raw, *map(str.strip, lines[unit.line : unit.end])])
        bullet = _BULLET.match(raw) if raw[:1] in _MARKS else None
        arrow = _ARROW.search(raw, bullet.end()) if bullet else None
        if bullet and arrow:
            said = raw[bullet.end() : arrow.start()].rstrip()
            if quoted(said)[0]:
                rows.append((said, raw[arrow.end() :].lstrip(), unit))
    if len(rows) > 1 and _of_gestures([said for said, _, _ in rows]):
        for said, done, unit in rows:
            _add(facts, said, done, unit.line)
            facts.consume(range(unit.line, unit.end + 1))


def _of_gestures(sayings: list[str]) -> bool:
    """Whether at least half of these speak of buttons and panels."""
    gestures = pattern("gui_gestures")
    return len([said for said in sayings if gestures.search(said)]) * 2 >= len(sayings)


def _all_known(table: Table) -> bool:
    """Whether every row of a table is paired with something that a reply can stand for."""
    return all(first("gui", done) for done in table.column(1))


def _from_prose(facts: Facts) -> None:
    """The first statement that pairs several quoted sayings about buttons and panels with what they stand for."""
    page = facts.page
    for unit in page.units_with(near("gui_prose")):
        if unit.kind not in ("text", "item"):
            continue
        pairs = [pair for pair in _PAIR.finditer(page.text, unit.start, unit.stop) if first("gui", pair[2])]
        if len(pairs) < 2 or not _of_gestures([pair[1] for pair in pairs]):
            continue
        for pair in pairs:
            _add(facts, pair[1], pair[2].strip(), page.line_at(pair.start()))
        facts.consume(range(unit.line, unit.end + 1))
        return


def _add(facts: Facts, said: str, done: str, line: int) -> None:
    phrases = quoted(said)[0] or [plain(said)]
    text = plain(done)
    action = _ACTIONS[first("gui", text) or "execute"]
    facts.translations.append(Translation(tuple(dict.fromkeys(phrases)), action, line, text))
