"""Requests: their methods, whether anything leads to them, and whether what repeats comes to an end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from skillwire.lint.context import Context, pattern, words
from skillwire.lint.registry import Hit, check
from skillwire.spec import vocabulary
from skillwire.spec.marks import plain
from skillwire.spec.model import Call, Recovery, Severity, Verb

_BEFORE_PATH = re.compile(
    r"(?<![\w/.-])([A-Za-z][A-Za-z]{1,9})(?:\s+to)?\s+[\"'(`]*(?=(?:https?://|\$\{?\w+\}?)?/[\w<{:$])"
)
# Where nothing but a method can stand: in code before a path, or between a bold label and a path.
_IN_PLACE = re.compile(
    r"`([A-Z]{2,10})\s+(?=/[\w<{:])"
    r"|\*\*[^*\n]{1,60}\*\*(?:\s*\([^()\n]{0,60}\))?\s*(?:[:—–-]\s*)([A-Z]{2,10}|[a-z]{3,8})\s+(?=`?(?:https?://[\w.-]+)?/[\w<{:])"
)
_OPTION = re.compile(r"\bcurl\b[^\n]{0,300}?\s(?:-X|--request)[ =]?\s*[\"']?([A-Za-z]+)")
_PATH_CELL = re.compile(r"(?:https?://|/)\S+\Z")
_WORD = re.compile(r"[A-Za-z]{2,10}\Z")
_ITEM_CODE = re.compile(r"\s*[-*+•]\s+(\S{1,12})\s*(?:—|–|:|→|->)")
_SENTENCE = re.compile(r"[.!?。！？]\s|\n")
_FAR = 200
_LINE = re.compile(r"\(line (\d+)\)")
_INFRASTRUCTURE = frozenset({"token", "session", "message", "upload", "state"})


@check("bad-method")
def bad_method(context: Context) -> Iterator[Hit]:
    """Words in the place of a method that HTTP does not know."""
    for line, match in context.matches(_BEFORE_PATH):
        if match[1].isupper() and _poses_as_method(match[1]):
            yield _not_a_method(line, match[1])
    for number in context.body:
        for match in _IN_PLACE.finditer(context.lines[number - 1]):
            word = match[1] or match[2]
            if word not in words()["methods"] and word.upper() not in words()["not_methods"]:
                yield _not_a_method(number, word)
    for line, match in context.matches(_OPTION):
        if match[1].upper() not in words()["methods"]:
            yield _not_a_method(line, match[1])
    for table in context.page.tables:
        column = _method_column(table.header, [tuple(map(plain, row.cells)) for row in table.rows])
        for row in table.rows if column is not None else ():
            cell = plain(row.cells[column]) if column is not None and column < len(row.cells) else ""
            if cell and cell.upper() not in words()["methods"] and _WORD.match(cell):
                yield _not_a_method(row.line, cell)


def _not_a_method(line: int, word: str) -> Hit:
    if word.upper() in words()["methods"]:
        return Hit(line, f"the method {word} is not written in capitals", f"write {word.upper()}", Severity.WARNING)
    return Hit(line, f"{word} is no HTTP method")


def _poses_as_method(word: str) -> bool:
    """Whether a word in capitals before a path is meant as a method: a typing error of one, or a verb that is none."""
    known = words()
    if word in known["methods"] or word in known["not_methods"]:
        return False
    alike = (SequenceMatcher(None, word, method).ratio() for method in known["methods"][:5])
    return word in known["false_methods"] or max(alike) >= 0.75 or sorted(word) in map(sorted, known["methods"])


def _method_column(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> int | None:
    """The column that mostly holds methods, in a table that has paths as well."""
    if not any(_PATH_CELL.match(cell) for row in rows for cell in row):
        return None
    for column in range(len(header)):
        cells = [row[column] for row in rows if column < len(row)]
        known = sum(1 for cell in cells if cell.upper() in words()["methods"])
        if known * 2 > len(cells):
            return column
    return None


@check("unused-call")
def unused_call(context: Context) -> Iterator[Hit]:
    """Requests that no row, no answer of the service and no other request leads to."""
    skill = context.skill
    if not skill.routes:
        return
    led = {action for route in skill.routes for action in (route.action, *route.then)}
    led |= {translation.action.value for translation in skill.translations}
    told = " ".join([*(rule.text for rule in skill.errors), *(row.text for row in skill.translations)]).lower()
    for name, call in skill.calls.items():
        if call.default or call.line is None or call.verb is Verb.ACQUIRE or name in led | _INFRASTRUCTURE:
            continue
        if name.endswith("_status") and name.removesuffix("_status") in skill.calls:
            continue
        if name.replace("_", " ") in told or _hands_out_a_secret(call) or _answers_elsewhere(context, call):
            continue
        yield Hit(call.line, f"nothing leads to the request {name!r}")


def _hands_out_a_secret(call: Call) -> bool:
    """Whether a request gets a key or token: that is set-up, to which no words of the user lead."""
    return any(vocabulary.pattern("variables.secret").search(field) for field in call.returns)


def _answers_elsewhere(context: Context, call: Call) -> bool:
    """Whether a placeholder anywhere takes a value that this request returns."""
    fields = [re.escape(field.rpartition(".")[2]) for field in call.returns]
    return bool(fields) and bool(re.search(rf"[<{{$](?:{'|'.join(fields)})\b", context.page.text))


@check("cannot-run")
def cannot_run(context: Context) -> Iterator[Hit]:
    """What a run would lack; a missing version has rules of its own."""
    if not (context.skill.calls or context.skill.routes):
        return  # instructions for a model alone, never meant to run
    for reason in context.skill.missing:
        if context.skill.version is None and "version" in reason:
            continue
        line = _LINE.search(reason)
        yield Hit(
            int(line[1]) if line else context.body.start,
            f"the skill cannot run: {reason.partition('; ')[0]}",
            reason.partition("; ")[2],
        )


@check("endless-poll")
def endless_poll(context: Context) -> Iterator[Hit]:
    """Polls with neither a last status nor a largest number; with one but not for failure, a remark."""
    polls = [request.polling for request in context.facts.requests if request.polling and request.polling.every]
    if not polls or any(polling.times for polling in polls):
        return
    line = min(polling.line for polling in polls)
    if not any(polling.until for polling in polls) and not pattern("ends_poll").search(context.page.text):
        yield Hit(line, "the poll has no end: neither a status that ends it nor a largest number of polls")
    elif not any(polling.failed for polling in polls) and not pattern("polls_failure").search(context.page.text):
        yield Hit(line, "a job that fails would be polled for ever", severity=Severity.INFO)


@check("bad-code")
def bad_code(context: Context) -> Iterator[Hit]:
    """Items of a list of codes that begin with something else; rows of tables are checked by the compiler."""
    items = [unit for unit in context.page.units if unit.kind == "item"]
    codes = {context.page.unit_at(error.line).line for error in context.facts.errors}
    for before, unit, after in zip(items, items[1:], [*items[2:], None], strict=False):
        start = _ITEM_CODE.match(context.page.slice(unit))
        beside = {before.line} | ({after.line} if after and after.line == unit.end + 1 else set())
        if start and unit.line not in codes and beside & codes and before.end == unit.line - 1:
            yield Hit(unit.line, f"the error code {start[1]!r} is not a number")


@check("unbounded-retry")
def unbounded_retry(context: Context) -> Iterator[Hit]:
    """Retries without a number, in rows of codes and in prose."""
    reported = set()
    for error in context.facts.errors:
        if error.recovery is Recovery.RETRY and error.times is None and error.line not in reported:
            reported.add(error.line)
            yield Hit(error.line, f"code {error.code} is retried without a limit")
    for line, match in context.matches(pattern("endless_retry")):
        if line in reported:
            continue
        before, after = _around(context.page.text, match)
        if not pattern("bounded").search(f"{before}{match.group()}{after}") and not pattern("never_before").search(
            before
        ):
            reported.add(line)
            yield Hit(line, f"{match.group().strip()!r} sets no limit")


def _around(text: str, match: re.Match[str]) -> tuple[str, str]:
    """The rest of the sentence before and after a match, as far as a reader would look."""
    before = text[max(0, match.start() - _FAR) : match.start()]
    after = text[match.end() : match.end() + _FAR]
    return _SENTENCE.split(before)[-1], _SENTENCE.split(after)[0]
