"""Error codes: rows ``code | meaning | action``, bullets ``1001 — meaning; action``, sentences ``on 429 wait 30 s``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skillwire.spec.facts import Facts, RawError
from skillwire.spec.model import Recovery, Severity
from skillwire.spec.polls import seconds
from skillwire.spec.rules.error_sentences import Told, codes_in
from skillwire.spec.tables import MAX_ROWS, Table
from skillwire.spec.vocabulary import first, pattern

_DIGITS = re.compile(r"\d+")
_CODES = re.compile(r"\W*(?:HTTP\s*)?(\d{1,5}(?:\s*(?:[/,、]|or)\s*\d{1,5})*)\W*\Z", re.IGNORECASE)
# A code that opens a statement, at the start of a line or after a dash in it.
_CODE = r"[ \t]*(?:[-*+•][ \t]*)?(?:HTTP )?(\d{1,5})(?=[ \t]*(—|–|:|：|→|->|-(?=[ \t]))(?!\s*\d))"
_AT_START = re.compile(rf"\s??{_CODE}")
_AT_LINE = re.compile(_CODE)
_STARTS = "-*+•H \t0123456789"  # with which such a line may start, besides digits of other scripts
_SENTENCE = re.compile(
    r"\b(?:on|for|if|when|code|error|status|HTTP)\s+(?:an?\s+)?(?:HTTP\s+|code\s+|error\s+|status\s+)*(\d{3,5})\b[\s,:—–-]*([^.;\n]+)",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[;；→.-](?:(?<=[;；])|(?<=\s→)\s|(?<=\s-)>\s|(?<=\.)\s+(?=[A-Z]))")
_COLON = re.compile(r"[:：]\s")
_AFTER = re.compile(
    r"\b(?:in|after|wait|for)\s+(\d+(?:\.\d+)?)\s*(seconds?|secs?|s|minutes?|mins?|m)\b|(\d+)\s*(秒|分钟)",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"\b(\d+)\s*(?:times|x|attempts|tries)\b|\bup to (\d+)\b(?!\s*(?:s|sec|min))|(\d+)\s*次", re.IGNORECASE
)
_RECOVERIES = {recovery.value: recovery for recovery in Recovery}
_TELL, _CONTINUE = Recovery.TELL, Recovery.CONTINUE
_RETRY, _NEW_CLIENT_ID = Recovery.RETRY, Recovery.NEW_CLIENT_ID
_REFUSED = 300  # from this HTTP status on, a request did not succeed
_LONGEST = 5  # digits of a code
_USUAL = 100  # codes below this one show by what is said to do about each of them


def read(facts: Facts) -> None:
    """Add every error row, in the order of the file."""
    for table in facts.page.tables:
        _from_table(facts, table)
    if not facts.errors:
        _from_bullets(facts)
    if not facts.errors:
        _from_sections(facts)
        _from_sentences(facts)


def rule(code: int, meaning: str, action: str, line: int, ids: Sequence[str] = ()) -> tuple[RawError, bool]:
    """An error row with its recovery, and whether its wording was understood.

    ``ids`` are the names under which this file sends the client id.
    """
    both = f"{meaning}; {action}"
    for name in ids:
        both = both.replace(name, "client id")
    named = first("recoveries.both", both) or first("recoveries.action", action)
    recovery = _RECOVERIES[named] if named else _TELL
    if recovery is _CONTINUE and not 0 <= code < _REFUSED:
        recovery = _TELL
    after: float | None = None
    times: int | None = None
    if recovery is _RETRY or recovery is _NEW_CLIENT_ID:
        said = first("times", action)
        times = int(said) if said else None
        if _DIGITS.search(action):
            if wait := _AFTER.search(action):
                after = seconds(wait[1] or wait[3], wait[2] or wait[4])
            if times is None and (count := _TIMES.search(action)):
                times = int(count[count.lastindex or 0])
    return RawError(code, meaning, action, recovery, line, after, times), named is not None


def _add(facts: Facts, code: int, meaning: str, action: str, line: int) -> None:
    ids = sorted({stated.value for stated in facts.client_header}) if facts.client_header else ()
    error, understood = rule(code, meaning, action, line, ids)
    facts.errors.append(error)
    if not understood:
        message = f"nothing in the row of code {code} says how to recover; its text is told to the user"
        fix = "say retry, re-authenticate, new session, or what to tell the user"
        facts.report("unknown-recovery", Severity.WARNING, message, line, fix)


def _from_table(facts: Facts, table: Table) -> None:
    if table.line in facts.consumed or len(table.header) < 2 or not table.rows:
        return
    at = _code_column(table)
    if at is None:
        return
    rest = [i for i in range(len(table.header)) if i != at]
    titles = table.titles
    last = next((i for i in reversed(rest) if pattern("columns.action").search(titles[i])), rest[-1])
    facts.consume(range(table.line, table.end + 1))
    for row in table.rows:
        cells = row.plain
        if len(cells) <= at:
            continue
        codes = _codes(cells[at])
        if not codes:
            if any(cells):
                message = f"the error code {cells[at]!r} is not a number"
                facts.report(
                    "bad-code", Severity.WARNING, message, row.line, "give the number the service answers with"
                )
            continue
        action = cells[last] if last < len(cells) else ""
        meaning = "; ".join(cells[i] for i in rest if i != last and i < len(cells))
        for code in codes:
            _add(facts, code, meaning, action, row.line)


def _code_column(table: Table) -> int | None:
    titled = pattern("columns.code")
    for i, title in enumerate(table.titles):
        numbers: list[int] = []
        for cell in table.column(i):
            if codes := _codes(cell):
                numbers += codes
        if len(numbers) * 2 >= len(table.rows) and numbers and (max(numbers) >= _USUAL or titled.search(title)):
            return i
    return None


def _codes(cell: str) -> list[int]:
    """The codes that a cell holds, if it holds nothing else: mostly one number."""
    if cell.isdecimal() and len(cell) <= _LONGEST:
        return [int(cell)]
    if len(cell) < 2 or (cell[0].isalpha() and cell[0] not in "Hh"):  # a letter starts no code but "HTTP 404"
        return []
    found = _CODES.match(cell)
    return [int(number) for number in _DIGITS.findall(found[1])] if found else []


def _from_bullets(facts: Facts) -> None:
    page = facts.page
    spots = _bullets(page.text, page.offsets)
    if len(spots) < 2:
        return
    rows: list[tuple[int, str, str, int, int]] = []
    for (_, found), following in zip(spots, [*spots[1:], None], strict=True):
        line = page.line_at(found.start(1))
        unit = page.unit_at(line)
        end = min(unit.stop, following[0] if following else unit.stop)
        meaning, action = _two(" ".join(page.text[found.end(2) : end].split()).rstrip(" -"))
        rows.append((int(found[1]), meaning, action, line, unit.end))
    if max(row[0] for row in rows) < _USUAL and not _recover(rows):
        return  # a numbered list
    for code, meaning, action, line, end in rows:
        _add(facts, code, meaning, action or meaning, line)
        facts.consume(range(line, end + 1))


def _recover(rows: list[tuple[int, str, str, int, int]]) -> bool:
    """Whether every row says what to do, and some of them more than to tell the user."""
    judged = [rule(code, meaning, action, line) for code, meaning, action, line, _ in rows if action]
    more = any(error.recovery not in (Recovery.TELL, Recovery.CONTINUE) for error, _ in judged)
    return more and len(judged) == len(rows) and all(understood for _, understood in judged)


def _bullets(text: str, lines: Sequence[int]) -> list[tuple[int, re.Match[str]]]:
    """Codes that open a statement: where its bullet stands, and the code. ``lines`` are the offsets of the lines."""
    found: dict[int, tuple[int, re.Match[str]]] = {}
    starts = [0]
    dash = text.find(" -")
    while dash >= 0:
        starts.append(dash + 2)
        dash = text.find(" -", dash + 2)
    for start in starts:
        if code := _AT_START.match(text, start):
            found[code.start(1)] = (start, code)
    for start in lines:
        first = text[start] if 0 < start < len(text) else "\n"
        if (first in _STARTS or (first > "~" and first.isdecimal())) and (code := _AT_LINE.match(text, start)):
            found[code.start(1)] = (start, code)
    return [found[at] for at in sorted(found)][:MAX_ROWS]


def _two(text: str) -> tuple[str, str]:
    """What a code means and what is to be done about it; the latter may be unsaid."""
    cut = _SPLIT.search(text) or _COLON.search(text)
    return (text[: cut.start()].rstrip(), text[cut.end() :].lstrip()) if cut else (text, "")


def _from_sections(facts: Facts) -> None:
    """Sections whose sentences speak of several codes, and of most of them in words that say how to recover."""
    sections: dict[int, list[Told]] = {}
    for told in codes_in(facts.page):
        sections.setdefault(told.section, []).append(told)
    for rows in sections.values():
        judged = [rule(told.code, told.meaning, told.action, told.line) for told in rows]
        more = any(error.recovery not in (Recovery.TELL, Recovery.CONTINUE) for error, _ in judged)
        if len({told.code for told in rows}) < 2 or not more or sum(known for _, known in judged) * 2 < len(rows):
            continue
        for told in rows:
            _add(facts, told.code, told.meaning, told.action or told.meaning, told.line)
            facts.consume([told.line])


def _from_sentences(facts: Facts) -> None:
    seen = {error.code for error in facts.errors}
    page = facts.page
    for match in _SENTENCE.finditer(page.text):
        code = int(match[1])
        error, understood = rule(code, "", match[2].strip(), page.line_at(match.start()))
        if understood and code not in seen and code >= 400:
            seen.add(code)
            facts.errors.append(error)
            facts.consume([error.line])
