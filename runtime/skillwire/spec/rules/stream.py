"""Message streams: what to show while only heartbeats come, when to give up, and edits that end without text."""

from __future__ import annotations

import re

from skillwire.spec.blocks import Page
from skillwire.spec.facts import Facts
from skillwire.spec.model import StreamRule
from skillwire.spec.polls import seconds
from skillwire.spec.vocabulary import near, pattern
from skillwire.spec.wording import Wording

_UNIT = r"(seconds?|secs?|s|minutes?|mins?|min|m|秒|分钟)"
_EVERY = re.compile(rf"(?:every|每隔?)\s*(\d+(?:\.\d+)?)\s*{_UNIT}(?![a-z])", re.IGNORECASE)
_REACH = 400  # characters around "every 2 min" in which heartbeats and the notice are spoken of
_QUOTED = re.compile(r"[\"“]([^\"”]{3,80})[\"”]")
_KEEPALIVE = Wording(
    r"\bheart-?beats?\b|\bkeep-?alives?\b|\bempty\s+data\b|\bstill\s+working\b|\bpings?\b|心跳",
)
_HEARTBEAT = re.compile(r"heart-?beat|keep-?alive|ping")
_BEFORE_ONLY = re.compile(
    rf"(\d+(?:\.\d+)?)\s*{_UNIT}\s*(?:of\s+)?(?:nothing but\s+|only\s+)?\Z",
    re.IGNORECASE,
)
# After "2 minutes of nothing but heartbeats": words to be said, which makes it no reason to give up.
_TOLD = re.compile(
    r"[a-z-]+[\s,:]+(?:just |please )?(?:say|tell|show|write|post|send)s?\b[^.\n\"“]{0,20}[\"“]([^\"”\n]{3,80})[\"”]",
    re.IGNORECASE,
)
_BESIDE = 50  # characters around a word of a sentence on silent edits
_MAX_BEFORE = 60  # characters
_GIVE_UP = re.compile(
    rf"(?:give up|giving up|stop (?:waiting|listening|reading)|abort|cut (?:it|the stream) off|放弃)\s+(?:after|at)?\s*(\d+(?:\.\d+)?)\s*{_UNIT}(?![a-z])"
)
_STREAM = Wording(r"\bsse\b|\bstream|\bheart-?beats?\b|\bevents\b|心跳|流")
_EVENT_CELL = Wording(
    r"\btext\b|\btool\b|\bheart-?beats?\b|\bdata:|\bstream\b|\bclose|\berror\s+event|\bping|\bdone\b|文本|工具|心跳|关闭",
)


def read(facts: Facts) -> None:
    """Fill ``facts.stream`` and claim the table of events."""
    page = facts.page
    for table in page.tables:
        if table.line in facts.consumed or not 2 <= len(table.header) <= 3 or not table.rows:
            continue
        if len([cell for cell in table.column(0) if _EVENT_CELL.search(cell)]) * 2 > len(table.rows):
            facts.consume(range(table.line, table.end + 1))
    every, notice, line = _notice(facts)
    timed = any(request.streaming and request.timeout for request in facts.requests)
    only, silent, late = _only(page), _silent(page), None if timed else _give_up(page)
    if only and every is None and (told := _TOLD.match(page.text, only.end())):
        every, notice, line, only = seconds(only[1], only[2]), told[1], page.line_at(only.start()), None
    lines = [page.line_at(match.start()) for match in (only, silent, late) if match]
    facts.consume(lines)
    facts.stream = StreamRule(
        notice_every=every,
        notice=notice,
        heartbeats_only=seconds(only[1], only[2]) if only else None,
        timeout=seconds(late[1], late[2]) if late else None,
        silent_edit=silent is not None,
        line=line or min(lines, default=None),
    )


def _notice(facts: Facts) -> tuple[float | None, str, int | None]:
    """Seconds between notices, the notice and its line, from the statement that speaks of heartbeats."""
    page = facts.page
    for at in page.places(near("every")):
        match = _EVERY.match(page.text, at)
        if match is None:
            continue
        unit = page.unit_of(at)
        start, stop = page.line_span(at) if unit.kind == "table" else (unit.start, unit.stop)
        start, stop = max(start, at - _REACH), min(stop, at + _REACH)
        if _KEEPALIVE.search_in(page.text, page.lower, start, stop):
            quoted = {
                min(abs(q.start() - at), abs(q.end() - at)): q[1] for q in _QUOTED.finditer(page.text, start, stop)
            }
            line = page.line_at(at)
            facts.consume([line])
            notice = " ".join(quoted[min(quoted)].split()) if quoted else ""
            return seconds(match[1], match[2]), notice, line
    return None, "", None


def _only(page: Page) -> re.Match[str] | None:
    """The time that nothing but heartbeats may come, said right before them."""
    for at in page.places(near("heartbeats")):
        start = max(page.unit_of(at).start, at - _MAX_BEFORE)
        if _HEARTBEAT.match(page.lower, at) and (match := _BEFORE_ONLY.search(page.text, start, at)):
            return match
    return None


def _give_up(page: Page) -> re.Match[str] | None:
    """The time after which a stream is no longer listened to, in a statement or a section on streams."""
    for at in page.places(near("give_up")):
        match = _GIVE_UP.match(page.lower, at)
        if match is None:
            continue
        heading, unit = page.heading_above(page.line_at(at)), page.unit_of(at)
        if _STREAM.search(f"{heading.text if heading else ''} {page.text[unit.start : unit.stop]}"):
            return match
    return None


def _silent(page: Page) -> re.Match[str] | None:
    wording = pattern("silent_edit")
    for at in page.places(near("silent_edit")):
        unit = page.unit_of(at)
        start, stop = max(unit.start, at - _BESIDE), min(unit.stop, at + _BESIDE)
        if match := wording.search_in(page.text, page.lower, start, stop):
            return match
    return None
