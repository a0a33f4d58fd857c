"""Requests: as labelled lines, numbered lists, tables, curl and http fences, inline curl, prose.

A request shows by its own shape, a method before a path or an address, or a path and a method in the cells of a row.
What it sends and what comes back is read from the statement around it.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from skillwire.spec import statements
from skillwire.spec.blocks import Page, Unit, plain
from skillwire.spec.facts import Facts, Request, Stated
from skillwire.spec.tables import Table

_URL = r"(?:https?://|\$|/(?=[\w<{:$]))(?:<[^<>\n]{1,40}>|\{[^{}\n]{1,80}\}|[^\s\"'|<>{}()\[\],，。；：、—→…\\])*"
_REQUEST = re.compile(
    rf"\b(GET|POST|PUT|PATCH|DELETE)(?:ing)?(?:\s*(?:\brequests?\b|\bto\b|\ban?\b|\bthe\b|请求|到|至))*\s*[\"'(]*(?<=[\s\"'(到至求])({_URL})"
)
_CURL = re.compile(r"\bcurl\b((?:[^\n\\]|\\[^\n]|\\\n)*)")
_BARE = re.compile(rf"\b(?:via|from|at|through|using|calling)\s+(https?://[^\s/\"')]+/{_URL[_URL.index('(?:<') :]})")
_PATH_CELL = re.compile(r"(?:https?://|\$|/(?=[\w<{:$]))\S*\Z")
_METHOD_CELL = re.compile(r"(GET|POST|PUT|PATCH|DELETE)\Z", re.IGNORECASE)
_BOTH_CELL = re.compile(r"(GET|POST|PUT|PATCH|DELETE)\s+(\S+)\Z", re.IGNORECASE)
_MARKER = re.compile(r"\s*(?:>\s*)*(?:[-*+•]\s+|(\d{1,3})[.)]\s+)?")
_COMMAND = re.compile(r"\bcurl\b.*\Z", re.DOTALL)
_LABEL_END = re.compile(r"\s*(?:[:：]|—|–|\s-\s)")
_TRAILING = ".,;:!?*"


def read(facts: Facts) -> None:
    """Add every request of the page to ``facts.requests``, in the order of the file."""
    page = facts.page
    found: list[Request] = []
    rows = _from_tables(page, facts, found)
    spots = [(m.start(), m.end(), m[1], m[2]) for m in _REQUEST.finditer(page.text)]
    spots += _from_curl(page.text, [spot[0] for spot in spots])
    spots.sort()
    starts = [spot[0] for spot in spots]
    for i, (start, end, method, url) in enumerate(spots):
        line = page.line_at(start)
        unit = page.unit_at(line)
        if unit.kind == "heading":
            continue
        if line in rows:
            stop = page.text.find("\n", end)
            found.append(
                _make(
                    page, method, url, line, (), page.text[end : stop if stop >= 0 else len(page.text)], before="poll"
                )
            )
            continue
        begin = max(unit.start, spots[i - 1][1]) if i and spots[i - 1][0] >= unit.start else unit.start
        stop = starts[i + 1] if i + 1 < len(starts) and starts[i + 1] < unit.stop else unit.stop
        if stop < unit.stop:  # the words before the next request are its own
            stop = (
                max(page.text.rfind(". ", end, stop), page.text.rfind("\n", end, stop), end)
                if page.text[end:stop].strip()
                else end
            )
        head = page.text[begin:start]
        statement = page.text[end:stop]
        labels = _labels(page, unit, head, first=begin == unit.start)
        request = _make(page, method, url, line, labels, statement, before=head)
        number = _MARKER.match(head) if begin == unit.start else None
        request.number = int(number[1]) if number and number[1] else None
        if unit.kind == "fence" or "curl" in head:
            after = _following(page, unit, starts, i)
            statements.complete(request, after)
        found.append(request)
        facts.consume(range(unit.line, unit.end + 1))
    if not any(is_token_request(request) for request in found):
        found += _from_bare(page)
    found.sort(key=lambda request: request.line)
    for order, request in enumerate(found):
        request.order = order
        if request.headers and is_token_request(request):
            facts.client_header.append(Stated(request.headers[0][0], request.line))
    facts.requests = found


def is_token_request(request: Request) -> bool:
    """Whether a request looks like the one that hands out a token."""
    tail = "/".join(request.path.split("?")[0].rstrip("/").split("/")[-2:])
    named = _token().search(tail.replace("-", " ").replace("_", " ").replace("/", " "))
    return bool(request.method in ("", "POST") and named and "Authorization" not in request.text)


def _token() -> re.Pattern[str]:
    return next(regex for name, regex in statements.call_names() if name == "token")


def _make(
    page: Page, method: str, url: str, line: int, labels: tuple[str, ...], statement: str, *, before: str = ""
) -> Request:
    url = url.rstrip(_TRAILING)
    heading = page.heading_above(line)
    request = Request(method.upper(), url, line, labels, section=heading.number if heading else "")
    statements.fill(request, statement, before)
    return request


def _labels(page: Page, unit: Unit, head: str, *, first: bool) -> tuple[str, ...]:
    """Texts that may name a request, nearest first: its own label, the line above a fence, the heading."""
    labels = []
    if unit.kind == "fence":
        at = bisect_right(page.units, unit.line, key=lambda other: other.line) - 2
        if at >= 0 and page.units[at].kind in ("text", "item") and page.units[at].end >= unit.line - 2:
            above = page.slice(page.units[at]).strip()
            if above.endswith((":", "：")):
                labels.append(_label(above))
    elif first:
        labels.append(_label(_COMMAND.sub("", head)))
    else:
        labels.append(_label(head.rpartition(". ")[2]))
    heading = page.heading_above(unit.line)
    if heading:
        labels.append(heading.text)
    return tuple(label for label in labels if label)


def _label(text: str) -> str:
    text = text[_MARKER.match(text).end() :] if text else ""  # type: ignore[union-attr]
    cut = _LABEL_END.search(text)
    return " ".join((text[: cut.start()] if cut else text).split())[:80]


def _following(page: Page, unit: Unit, starts: list[int], i: int) -> str:
    """What is said below a command, up to the next request or heading."""
    limit = starts[i + 1] if i + 1 < len(starts) else len(page.text)
    at = bisect_right(page.headings, unit.line, key=lambda heading: heading.line)
    if at < len(page.headings):
        line = page.headings[at].line - page.document.body - 1
        limit = min(limit, page.offsets[line])
    return page.text[unit.stop : min(limit, unit.stop + 1500)]


def _from_curl(text: str, known: list[int]) -> list[tuple[int, int, str, str]]:
    """Curl commands that name no method: a body makes them POST, else they are GET."""
    spots = []
    for command in _CURL.finditer(text):
        at = bisect_right(known, command.start())
        if at < len(known) and known[at] < command.end():
            continue
        url = re.search(rf"[\s\"']({_URL})", command[1])
        if url and "/" in url[1]:
            sends = re.search(r"\s(?:-d|--data\S*|--json|-F|--form)\b", command[1])
            start = command.start(1) + url.start(1)
            spots.append((start, start + len(url[1]), "POST" if sends else "GET", url[1]))
    return spots


def _from_bare(page: Page) -> list[Request]:
    """An address with a token path in prose that says no method."""
    result = []
    for match in _BARE.finditer(page.text):
        request = _make(page, "", match[1], page.line_at(match.start()), (), "")
        if is_token_request(request):
            result.append(request)
    return result[:1]


def _from_tables(page: Page, facts: Facts, found: list[Request]) -> set[int]:
    """Rows that hold a path and a method; returns their lines."""
    lines: set[int] = set()
    for table in page.tables:
        where = _endpoint_columns(table)
        if where is None:
            continue
        facts.consume(range(table.line, table.end + 1))
        path_at, method_at = where
        for row in table.rows:
            cells = [plain(cell) for cell in row.cells]
            if len(cells) <= max(path_at, method_at):
                continue
            both = _BOTH_CELL.match(cells[path_at])
            method, path = (both[1], both[2]) if both else (cells[method_at], cells[path_at])
            rest = [cell for i, cell in enumerate(cells) if i not in where]
            purpose = " ".join(rest)
            labels = tuple(dict.fromkeys([_label(rest[0]) if rest else "", *(_sentence(cell) for cell in rest)]))
            lines.add(row.line)
            found.append(_make(page, method, path, row.line, tuple(filter(None, labels)), purpose))
    return lines


def _endpoint_columns(table: Table) -> tuple[int, int] | None:
    """Indices of the path and method columns (the same one when a cell holds both)."""
    width = len(table.header)
    rows = [[plain(cell) for cell in row.cells] for row in table.rows]
    if not rows:
        return None

    def column(test: re.Pattern[str]) -> int | None:
        counts = [sum(1 for cells in rows if i < len(cells) and test.match(cells[i])) for i in range(width)]
        best = max(range(width), key=counts.__getitem__) if counts else 0
        return best if counts and counts[best] * 2 > len(rows) else None

    both = column(_BOTH_CELL)
    if both is not None:
        return both, both
    path, method = column(_PATH_CELL), column(_METHOD_CELL)
    return (path, method) if path is not None and method is not None else None


def _sentence(text: str) -> str:
    return re.split(r"[.;。；]\s", text, maxsplit=1)[0][:80]
