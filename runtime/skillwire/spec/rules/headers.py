"""Attribution headers: names with what their value is, as bullets, a table, prose, a fence or ``-H`` options."""

from __future__ import annotations

import re

from skillwire.spec.blocks import plain
from skillwire.spec.facts import Facts, RawHeader
from skillwire.spec.vocabulary import pattern

_NAME = r"[A-Z][A-Za-z0-9]*(?:-[A-Z0-9][A-Za-z0-9]*)+"
_X_NAME = re.compile(r"(?<![\w/-])(X-[A-Z0-9]\w*(?:-[A-Z0-9]\w*)*)")
_ITEM_NAME = re.compile(rf"\s*(?:[-*+•]\s+)?`({_NAME})`\s*[:=]")
_FENCE_NAME = re.compile(rf"\s*({_NAME}):\s*(\S.*)\Z")
_VALUE = re.compile(
    r"\s*(?:\||[:：=]|→|->|\bis set to\b|\bis\b|\bcomes? from\b|\bset to\b|\bdepends on\b|\bequals\b|为|来自)\s*",
    re.IGNORECASE,
)
_STOP = re.compile(r"\"\s|\"\Z|[.。;；](?:\s|\Z)|\n|\s\||,\s+(?:and\s+)?(?=X-)|,\s+(?:and\s+)?[\"'`]?X-")
_PAIR = re.compile(
    r"([~./\w-]*/?\.[\w-]+(?:/[\w.-]+)*/?|~/[\w./-]+)\s*(?:→|->|=>|=|:|⇒|为)+\s*[\"']?([a-z][\w-]*)[\"']?"
)
_ELSE = re.compile(
    r"\b(?:else|otherwise|fallback|default(?:s to)?|if none)\b[:,]?\s*[\"']?([a-z][\w-]*)|否则(?:为)?\s*([a-z][\w-]*)",
    re.IGNORECASE,
)
_ALTERNATIVES = re.compile(r"\b([a-z][\w-]*)(?:\s*/\s*([a-z][\w-]*))+")
# Headers of HTTP itself; a skill's own are whatever else it names.
_STANDARD = frozenset({"Content-Type", "User-Agent", "Retry-After", "Last-Event-Id", "Content-Length", "Cache-Control"})


def read(facts: Facts) -> None:
    """Add the headers that go with every request, and how the platform is told."""
    client = {stated.value for stated in facts.client_header}
    skip = client | _STANDARD | {"Authorization", "Accept"}
    _from_tables(facts, skip)
    _from_fences(facts, skip)
    _from_text(facts, skip)
    _read_platforms(facts)


def _from_tables(facts: Facts, skip: set[str]) -> None:
    for table in facts.page.tables:
        names = [plain(row.cells[0]) if row.cells else "" for row in table.rows]
        shaped = [bool(re.fullmatch(_NAME, name)) for name in names]
        titled = pattern("columns.header").search(plain(table.header[0]))
        if not shaped or sum(shaped) * 2 < len(shaped) or not (titled or any(name.startswith("X-") for name in names)):
            continue
        facts.consume(range(table.line, table.end + 1))
        for name, row in zip(names, table.rows, strict=True):
            if name not in skip and len(row.cells) > 1 and re.fullmatch(_NAME, name):
                facts.headers.append(RawHeader(name, plain(row.cells[1]), row.line))


def _from_fences(facts: Facts, skip: set[str]) -> None:
    """Fences that hold nothing but header lines; the requests' own (``POST …`` above them) are no such fence."""
    for fence in facts.page.fences:
        lines = [(i, line) for i, line in enumerate(fence.lines, fence.line + 1) if line.strip()]
        matches = [
            (i, _FENCE_NAME.match(line) or re.match(r"\s*(Authorization|Accept):\s*(.*)", line)) for i, line in lines
        ]
        if not lines or not all(match for _, match in matches):
            continue
        facts.consume(range(fence.line, fence.end + 1))
        facts.headers += [RawHeader(m[1], m[2].strip(), i) for i, m in matches if m and m[1] not in skip]


def _from_text(facts: Facts, skip: set[str]) -> None:
    page = facts.page
    in_tables = {n for table in page.tables for n in range(table.line, table.end + 1)}
    for match in _X_NAME.finditer(page.text):
        line = page.line_at(match.start())
        if match[1] in skip or line in in_tables:
            continue
        facts.headers.append(RawHeader(match[1], _value(page.text, match.end()), line))
        facts.consume([line])
    for i in range(page.document.body, len(page.document.lines)):
        raw = page.document.lines[i]
        item = _ITEM_NAME.match(raw) if "`" in raw else None
        if item and item[1] not in skip and not item[1].startswith("X-"):
            facts.headers.append(
                RawHeader(item[1], _value(plain(raw), plain(raw).index(item[1]) + len(item[1])), i + 1)
            )


def _value(text: str, at: int) -> str | None:
    lead = _VALUE.match(text, at)
    if not lead:
        return None
    line_end = text.find("\n", lead.end())
    value = text[lead.end() : line_end if line_end >= 0 else len(text)]
    stop = _STOP.search(value)
    value = (value[: stop.start()] if stop else value).strip().strip("\"'").rstrip(",;")
    return value or None


def _read_platforms(facts: Facts) -> None:
    """The pairs ``~/.installer/`` → ``name`` of the sentence that tells how the platform is found."""
    for i, line in enumerate(facts.page.text.split("\n")):
        if "/." not in line and not re.search(r"\binstall(?:ation)?[- ]path\b|安装路径", line, re.IGNORECASE):
            continue
        pairs = [(path, name) for path, name in _PAIR.findall(line) if "." in path]
        if not pairs and "install" in line:
            listed = _ALTERNATIVES.search(line)
            names = re.findall(r"[a-z][\w-]*", listed[0]) if listed else []
            pairs = [(f"/.{name}/", name) for name in names[:-1]]
            if names:
                facts.platform_else = names[-1]
        if pairs:
            facts.platforms = tuple(pairs)
            facts.platform_line = facts.page.document.body + i + 1
            other = _ELSE.search(line)
            if other:
                facts.platform_else = other[1] or other[2]
            return
