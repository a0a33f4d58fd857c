"""Message streams: what to show while only heartbeats come, when to give up, and edits that end without text."""

from __future__ import annotations

import re

from skillwire.spec.blocks import plain
from skillwire.spec.facts import Facts
from skillwire.spec.model import StreamRule
from skillwire.spec.statements import seconds
from skillwire.spec.vocabulary import pattern

_UNIT = r"(seconds?|secs?|s|minutes?|mins?|min|m|秒|分钟)"
_EVERY = re.compile(rf"(?:\bevery|每隔?)\s*(\d+(?:\.\d+)?)\s*{_UNIT}(?![a-z])", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“]([^\"”\n]{3,80})[\"”]")
_KEEPALIVE = re.compile(
    r"\bheart-?beats?\b|\bkeep-?alives?\b|\bempty data\b|\bstill working\b|\bpings?\b|心跳", re.IGNORECASE
)
_ONLY = re.compile(
    rf"(\d+(?:\.\d+)?)\s*{_UNIT}\s*(?:of\s+)?(?:nothing but\s+|only\s+)?(?:heart-?beats?|keep-?alives?|pings?)[- ]?(?:only)?",
    re.IGNORECASE,
)
_EVENT_CELL = re.compile(
    r"\btext\b|\btool\b|\bheart-?beats?\b|\bdata:|\bstream\b|\bclose|\berror event|\bping|\bdone\b|文本|工具|心跳|关闭",
    re.IGNORECASE,
)


def read(facts: Facts) -> None:
    """Fill ``facts.stream`` and claim the table of events."""
    page = facts.page
    for table in page.tables:
        if table.line in facts.consumed or not 2 <= len(table.header) <= 3 or not table.rows:
            continue
        events = sum(1 for row in table.rows if row.cells and _EVENT_CELL.search(plain(row.cells[0])))
        if events * 2 > len(table.rows):
            facts.consume(range(table.line, table.end + 1))
    every, notice, line = _notice(facts)
    only = _ONLY.search(page.text)
    silent = pattern("silent_edit").search(page.text)
    marks = [match.start() for match in (only, silent) if match]
    facts.consume(page.line_at(at) for at in marks)
    facts.stream = StreamRule(
        notice_every=every,
        notice=notice,
        heartbeats_only=seconds(only[1], only[2]) if only else None,
        silent_edit=silent is not None,
        line=line or (page.line_at(min(marks)) if marks else None),
    )


def _notice(facts: Facts) -> tuple[float | None, str, int | None]:
    """Seconds between notices, the notice and its line, from the statement that speaks of heartbeats."""
    page = facts.page
    for match in _EVERY.finditer(page.text):
        line = page.line_at(match.start())
        start = page.text.rfind("\n", 0, match.start()) + 1
        stop = page.text.find("\n", match.end())
        stop = len(page.text) if stop < 0 else stop
        unit = page.unit_at(line)
        around = page.text[start:stop] if unit.kind == "table" else page.text[unit.start : unit.stop]
        offset = match.start() - (start if unit.kind == "table" else unit.start)
        if not _KEEPALIVE.search(around):
            continue
        quoted = _QUOTED.finditer(around)
        nearest = min(quoted, key=lambda m: min(abs(m.start() - offset), abs(m.end() - offset)), default=None)
        facts.consume([line])
        return seconds(match[1], match[2]), nearest[1] if nearest else "", line
    return None, "", None
