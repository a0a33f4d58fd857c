"""GUI wording: what a reply that speaks of buttons and panels stands for, as a table or as bullets with arrows."""

from __future__ import annotations

import re

from skillwire.spec.facts import Facts
from skillwire.spec.marks import plain
from skillwire.spec.model import GuiAction, Severity, Translation
from skillwire.spec.rules.routes import quoted
from skillwire.spec.vocabulary import first, pattern

_ARROW = re.compile(r"\s*(?:→|->|=>|⇒)\s*")
_BULLET = re.compile(r"\s*(?:>\s*)*[-*+•]\s*(?=[\"“'`「])")


def read(facts: Facts) -> None:
    """Add every row, in the order of the file."""
    page = facts.page
    for table in page.tables:
        if table.line in facts.consumed or len(table.header) != 2 or not table.rows:
            continue
        cells = [row.cells[0] if row.cells else "" for row in table.rows]
        gestures = sum(1 for cell in table.column(0) if pattern("gui_gestures").search(cell))
        spoken = sum(1 for cell in cells if quoted(cell)[0])
        titled = bool(pattern("columns.service").search(table.titles[0]))
        if spoken * 2 <= len(cells) or gestures + titled * len(cells) < len(cells) / 2:
            continue
        facts.consume(range(table.line, table.end + 1))
        for row in table.rows:
            if row.cells:
                _add(facts, row.cells[0], row.cells[1] if len(row.cells) > 1 else "", row.line)
    if facts.translations:
        return
    rows = []
    for unit in page.units:
        if unit.kind != "item" or unit.line in facts.consumed:
            continue
        raw = " ".join(line.strip() for line in page.document.lines[unit.line - 1 : unit.end])
        bullet = _BULLET.match(raw)
        parts = _ARROW.split(raw[bullet.end() :], maxsplit=1) if bullet else []
        if len(parts) == 2 and quoted(parts[0])[0]:
            rows.append((parts[0], parts[1], unit))
    if sum(1 for said, _, _ in rows if pattern("gui_gestures").search(said)) * 2 >= len(rows) > 1:
        for said, done, unit in rows:
            _add(facts, said, done, unit.line)
            facts.consume(range(unit.line, unit.end + 1))


def _add(facts: Facts, said: str, done: str, line: int) -> None:
    phrases = quoted(said)[0] or [plain(said)]
    text = plain(done)
    action = first("gui", text)
    if action is None:
        action = "execute"
        if "§" not in text:  # a reference to a request is followed once the requests are known
            message = f"nothing says what {phrases[0]!r} stands for; it is taken as an action to carry out"
            facts.report("unknown-gui-action", Severity.WARNING, message, line, "name a call, the state or a summary")
    facts.translations.append(Translation(tuple(dict.fromkeys(phrases)), GuiAction(action), line, text))
