"""Requests: as labelled lines, numbered lists, tables, curl and http fences, inline curl, prose.

A request shows by its own shape, a method before a path or an address, or a path and a method in the cells of a row.
What it sends and what comes back is read from the statement around it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from skillwire.spec import statements
from skillwire.spec.blocks import Page, Unit
from skillwire.spec.facts import Facts, Request, Stated
from skillwire.spec.marks import lowered
from skillwire.spec.tables import Table
from skillwire.spec.vocabulary import nears, pattern

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# By the letter before its "T", which each has: a method, and where in it the "T" stands. Pages hold few of these.
_ON_T: dict[str, list[tuple[str, int]]] = {}
for _name in _METHODS:
    _ON_T.setdefault(_name[_name.index("T") - 1], []).append((_name, _name.index("T")))
_TAIL = r"(?:[^\s\"'|<>{}()\[\],，。；：、—→…\\]++|<[^<>\n]{1,40}>|\{[^{}\n]{1,80}\})*"
_URL = rf"(?:https?://|\$|/(?=[\w<{{:$])){_TAIL}"
_REQUEST = re.compile(
    rf"(?:\s|(?:ing)?(?:\s*(?:\brequests?\b|\bto\b|\ban?\b|\bthe\b|请求|到|至))*\s*[\"'(]*(?<=[\s\"'(到至求]))({_URL})"
)
_CURL = re.compile(r"curl\b((?:(?!\bcurl\b)[^\n\\]|\\[^\n]|\\\n)*)")
_CURL_URL = re.compile(rf"[\s\"']({_URL})")
_CURL_SENDS = re.compile(r"\s(?:-d|--data\S*|--json|-F|--form)\b")
_BARE = re.compile(rf"https?://[^\s/\"')]+/{_TAIL}")
_BARE_LEAD = re.compile(r"\b(?:via|from|at|through|using|calling)\s+\Z")
_PATH_CELL = re.compile(r"(?:https?://|\$|/(?=[\w<{:$]))\S*\Z")
_MARKER = re.compile(r"\s*(?:>\s*)*(?:[-*+•]\s+|(\d{1,3})[.)]\s+)?")
_COMMAND = re.compile(r"curl\b.*\Z", re.DOTALL)
# Here and in like expressions what a match may start with comes first, so that the engine can skip to it.
_LABEL_END = re.compile(
    r"[:：—–\s{,;，](?:(?<=[:：—–])|(?<=\s)-\s|(?<=\{)\s*\"|(?<=[,;，])\s*(?i:body|json|multipart)\b)"
)
_SENTENCE = re.compile(r"[.;。；]\s")
_TRAILING = ".,;:!?*"
# More requests than any skill states; those beyond are not read.
MAX_REQUESTS = 200
_MAX_URL = 500
# How far before, after or below a request its explanation may go on, in characters.
_REACH = 2000
_NEXT = 300


class _Spot(NamedTuple):
    """Where a request stands in ``Page.text``: from its method (or its URL) to the end of its URL."""

    start: int
    end: int
    method: str
    url: str


def read(facts: Facts) -> None:
    """Add every request of the page to ``facts.requests``, in the order of the file."""
    page = facts.page
    found, rows = _from_tables(facts)
    spots = sorted([*_explicit(page.text), *_from_curl(page.text)])[:MAX_REQUESTS]
    for i, spot in enumerate(spots):
        line = page.line_at(spot.start)
        unit = page.unit_at(line)
        if line in rows:  # in the purpose of an endpoint: where its job is polled
            row = slice(spot.end, page.line_span(spot.end)[1])
            request = _make(page, spot, line, ())
            statements.fill(request, page.text[row], page.lower[row], "poll", "poll")
        else:
            request = _in_unit(page, unit, spots, i)
            facts.consume(range(unit.line, unit.end + 1) if unit.kind != "table" else (line,))
        found.append(request)
    if not any(map(is_token_request, found)):
        found += _from_bare(page)
    found.sort(key=lambda request: request.line)
    for order, request in enumerate(found):
        request.order = order
        if request.headers and is_token_request(request):
            fresh = [name for name, value in request.headers if value == statements.FRESH_ID]
            facts.client_header.append(Stated((fresh or [request.headers[0][0]])[0], request.line))
    facts.requests = found


def is_token_request(request: Request) -> bool:
    """Whether a request looks like the one that hands out a token: by its path, or by what it sends and gives back."""
    if request.method not in ("", "POST") or request.authorized:
        return False
    if request.method and not request.streaming and not request.uploading and _introduces(request):
        return True
    path = request.path.partition("?")[0].rstrip("/")
    if not nears("token", path.lower()):
        return False
    return statements.names("token", " ".join(path.replace("-", "/").replace("_", "/").rsplit("/", 4)[-4:]))


def _introduces(request: Request) -> bool:
    """Whether a request is one by which a stranger gets a secret: nothing but a new id goes out, or a secret comes back."""
    if not request.headers and not request.body:
        return False
    secret = pattern("secret_field").search
    gives = any(secret(name.rpartition(".")[2]) for name in request.returns)
    if request.body:
        return gives and "uuid" in str(request.body).lower()
    if gives or request.returns:
        return gives
    once = pattern("once").search
    sends = any(value == statements.FRESH_ID and not once(name) for name, value in request.headers)
    return sends and _says_so(request)


def _says_so(request: Request) -> bool:
    guests = pattern("guest")
    return bool(guests.search(request.path.replace("-", " ")) or any(map(guests.search, request.labels)))


def _explicit(text: str) -> list[_Spot]:
    """Requests with a method."""
    spots = []
    passed = dict.fromkeys(_METHODS, 0)
    at = text.find("T")
    while at >= 0:
        for method, place in _ON_T.get(text[at - 1], ()):
            start = at - place
            if start < passed[method] or not text.startswith(method, start):
                continue
            end = start + len(method)
            if not text[start - 1 : start].isalnum() and (match := _REQUEST.match(text, end, end + _MAX_URL)):
                spots.append(_Spot(start, match.end(), method, match[1]))
                end = match.end()
            passed[method] = end
        at = text.find("T", at + 1)
    return spots


def _from_curl(text: str) -> list[_Spot]:
    """Curl commands that name no method: a body makes them POST, else they are GET."""
    spots = []
    at = text.find("curl")
    while at >= 0:
        following = text.find("curl", at + 4)
        command = _CURL.match(text, at, min(at + 5 * _MAX_URL, following if following > 0 else len(text)))
        at = following
        if command is None or re.search(r"-X\s*[A-Z]|--request", command[1]):
            continue
        url = _CURL_URL.search(command[1])
        if url and "/" in url[1]:
            start = command.start(1) + url.start(1)
            method = "POST" if _CURL_SENDS.search(command[1]) else "GET"
            spots.append(_Spot(start, start + len(url[1]), method, url[1]))
    return spots


def _in_unit(page: Page, unit: Unit, spots: list[_Spot], i: int) -> Request:
    """The request at ``spots[i]`` with the words around it, up to the requests before and after."""
    spot = spots[i]
    begin = max(unit.start, spots[i - 1].end) if i else unit.start
    if begin > unit.start and unit.kind == "fence":  # the options of the command above are its own
        begin = min(_command_end(page.text, begin), spot.start)
    stop = unit.stop
    if i + 1 < len(spots) and spots[i + 1].start < stop:
        stop = spots[i + 1].start
        sentence = max(page.text.rfind(". ", spot.end, stop), page.text.rfind("\n", spot.end, stop))
        stop = sentence if sentence >= 0 else stop  # the words before the next request are its own
        comment = page.text.rfind("\n#", spot.end, stop) if unit.kind == "fence" else -1
        if comment >= 0 and "\n" not in page.text[comment + 1 : stop].strip():
            stop = comment
    following = spots[i + 1].start if i + 1 < len(spots) else None
    if unit.kind == "heading":  # a section about one request: all of it is the statement
        stop = _below(page, unit, following).stop
    before, after = slice(max(begin, spot.start - _REACH), spot.start), slice(spot.end, min(stop, spot.end + _REACH))
    head, statement = page.text[before], page.text[after]
    lead = _lead(page, unit) if unit.kind == "fence" else ""
    if unit.kind == "heading":
        labels: tuple[str, ...] = (_label(statement.partition("\n")[0].strip(" —–-:")), _label(head.strip("# ")))
    else:
        labels = _labels(page, unit, lead or head, spot.start, first=begin == unit.start)
    request = _make(page, spot, page.line_at(spot.start), labels)
    statements.fill(request, statement, page.lower[after], head, page.lower[before])
    request.lead = lead
    if "curl" in head:
        request.span = range(page.line_at(spot.start), page.line_at(_command_end(page.text, spot.end)) + 1)
    else:
        request.span = range(unit.line, unit.end + 1)
        if unit.kind == "fence":
            statements.header_lines(request, statement)
    number = _MARKER.match(head) if begin == unit.start and unit.kind == "item" else None
    request.number = int(number[1]) if number and number[1] else None
    if unit.kind == "fence" or "curl" in head:
        below = _below(page, unit, following)
        statements.complete(request, page.text[below], page.lower[below])
    elif not request.returns and is_token_request(request):  # what to keep is often said in the next bullet
        below = _below(page, unit, following)
        below = slice(below.start, min(below.stop, below.start + _NEXT))
        request.returns = statements.returned(request, page.text[below], page.lower[below])
    return request


def _make(page: Page, spot: _Spot, line: int, labels: Iterable[str]) -> Request:
    heading = page.heading_above(line)
    section = heading.number if heading else ""
    return Request(spot.method, spot.url.rstrip(_TRAILING), line, tuple(filter(None, labels)), section=section)


def _labels(page: Page, unit: Unit, head: str, at: int, *, first: bool) -> tuple[str, ...]:
    """Texts that may name the request at ``at``, nearest first: its own label, the comment above it in a fence, the line
    that leads to the fence, the heading.
    """
    labels = []
    if unit.kind == "fence":
        if comment := _comment(page.text, unit.start, at):
            labels.append(comment)
        if head.endswith((":", "：")):
            labels.append(_label(head.rpartition(". ")[2]))
    elif first:
        labels.append(_label(_COMMAND.sub("", head) if "curl" in head else head))
    else:
        labels.append(_label(head.rpartition(". ")[2]))
    heading = page.heading_above(unit.line)
    if heading:
        labels.append(heading.text)
    return tuple(labels)


def _comment(text: str, start: int, at: int) -> str:
    """The shell comment on the line above the one that holds ``at``, if there is one."""
    line = text.rfind("\n", start, at)
    above = text[max(text.rfind("\n", start, line) + 1, start) : line].lstrip() if line > start else ""
    return _label(above.lstrip("#! ")) if above.startswith("#") else ""


def _command_end(text: str, at: int) -> int:
    """Where a shell command ends: at the first line end without a backslash before it."""
    end = text.find("\n", at)
    while end > 0 and text[end - 1] == "\\":
        end = text.find("\n", end + 1)
    return end if end >= 0 else len(text)


def _lead(page: Page, unit: Unit) -> str:
    """The paragraph right above a fence."""
    at = bisect_right(page.starts, unit.start) - 2
    if at >= 0 and page.units[at].kind in ("text", "item") and page.units[at].end >= unit.line - 2:
        return page.slice(page.units[at]).strip()
    return ""


def _label(text: str) -> str:
    """What a text starts with, its bullet left out, up to a colon or a dash."""
    marker = _MARKER.match(text) if not text[:1].isalpha() else None
    start = marker.end() if marker else 0
    cut = _LABEL_END.search(text, start)
    return " ".join(text[start : cut.start() if cut else len(text)].split())[:80]


def _below(page: Page, unit: Unit, limit: int | None) -> slice:
    """Where in the text something is said below a command: up to the next request or heading."""
    stop = min(unit.stop + _REACH, len(page.text) if limit is None else max(limit, unit.stop))
    at = bisect_right(page.heading_lines, unit.line)
    if at < len(page.headings):
        stop = min(stop, page.offsets[page.headings[at].line - page.document.body - 1])
    return slice(unit.stop, max(stop, unit.stop))


def _from_bare(page: Page) -> list[Request]:
    """An address with a token path in prose that says no method."""
    for match in _BARE.finditer(page.text):
        if _BARE_LEAD.search(page.text, max(match.start() - 12, 0), match.start()):
            spot = _Spot(match.start(), match.end(), "", match[0])
            request = _make(page, spot, page.line_at(match.start()), ())
            if is_token_request(request):
                return [request]
    return []


def _from_tables(facts: Facts) -> tuple[list[Request], set[int]]:
    """Requests of rows that hold a path and a method, and the lines of these rows."""
    found: list[Request] = []
    lines: set[int] = set()
    for table in facts.page.tables:
        where = _endpoint_columns(table)
        if where is None:
            continue
        facts.consume(range(table.line, table.end + 1))
        path_at, method_at = where
        for row in table.rows:
            cells = row.plain
            if len(cells) <= max(where):
                continue
            path = cells[path_at]
            if method := _method(path):
                path = path[len(method) :].lstrip()
            else:
                method = cells[method_at].upper()
            if method not in _METHODS or not _PATH_CELL.match(path):
                continue  # a word that is no method is for lint to tell
            rest = [cell for i, cell in enumerate(cells) if i not in where]
            labels = [_label(rest[0]) if rest else "", *(_SENTENCE.split(cell, maxsplit=1)[0][:80] for cell in rest)]
            spot = _Spot(0, 0, method, path)
            request = _make(facts.page, spot, row.line, dict.fromkeys(labels))
            statement = " ".join(rest)
            statements.fill(request, statement, lowered(statement), "", "")
            found.append(request)
            lines.add(row.line)
    return found[:MAX_REQUESTS], lines


def _endpoint_columns(table: Table) -> tuple[int, int] | None:
    """Indices of the path and method columns (the same one when a cell holds both)."""
    width = len(table.header)
    both, paths, methods = [0] * width, [0] * width, [0] * width
    for row in table.rows:
        for i, cell in enumerate(row.plain[:width]):
            first = cell[:1]
            if first in "h$/":
                paths[i] += _PATH_CELL.match(cell) is not None
            elif first in "GPDgpd" and (method := _method(cell)):
                (methods if len(method) == len(cell) else both)[i] += 1
    least = len(table.rows) // 2 + 1
    if max(both, default=0) >= least:
        at = both.index(max(both))
        return at, at
    if max(paths, default=0) >= least and max(methods, default=0) >= least:
        return paths.index(max(paths)), methods.index(max(methods))
    return None


def _method(cell: str) -> str:
    """The method that a cell names, alone or with a single word after it, in capitals; empty if it names none."""
    words = cell.split(None, 2)
    method = words[0].upper() if 0 < len(words) < 3 else ""
    return method if method in _METHODS else ""
