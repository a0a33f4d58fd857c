"""Attribution headers: names with what their value is, as bullets, a table, prose, a fence or ``-H`` options."""

from __future__ import annotations

import re

from skillwire.spec.blocks import Unit
from skillwire.spec.facts import Facts, RawHeader
from skillwire.spec.openings import matches
from skillwire.spec.vocabulary import near, pattern
from skillwire.spec.wording import Wording

_NAME = r"[A-Z][A-Za-z0-9]*(?:-[A-Z0-9][A-Za-z0-9]*)+"
_HEADER_NAME = re.compile(_NAME)
_X_NAME = re.compile(r"X-[A-Z0-9]\w*(?:-[A-Z0-9]\w*)*")
_ITEM_NAME = re.compile(rf"\s*(?:[-*+•]\s+)`({_NAME})`\s*[:=]")
_BULLETS = " \t-*+•"
_LISTED_NAME = re.compile(rf"`({_NAME})`[:=]")
_FENCE_LINE = re.compile(rf"\s*({_NAME}|Authorization|Accept):\s*(\S.*)\Z")
_VALUE = re.compile(
    r"\s*(?:\||[:：=]|→|->|\bis set to\b|\bis\b|\bcomes? from\b|\bset to\b|\bdepends on\b|\bequals\b|\b(?:carries|holds|gets|takes|must be|should be)\b|\b(?:as|is)?\s*\bits\b(?=\s+[\"'`]?(?:name|version)\b)|为|来自"
    r"|\bfrom\b(?=\s+(?:the\s+|this\s+|its\s+)?(?:front-?matter|yaml|file|metadata|install|version)))\s*",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"[\".。;；\s,](?:(?<=[\".。;；])(?:\s|\Z)|(?<=\s)\||(?<=,)\s+(?:and\s+)?[\"'`]?"
    r"(?=X-|[A-Z][A-Za-z0-9]*(?:-[A-Z0-9][A-Za-z0-9]*)+\s*[:=]))"
)
_PAIR = re.compile(
    r"([~./\w-]*/?\.[\w-]+(?:/[\w.-]+)*/?|~/[\w./-]+)\s*(?:(?:→|->|=>|=|:|⇒|为)+|\b(?:means?|gives?|is|counts as|stands for|表示)\b)\s*[\"']?([a-z][\w-]*)[\"']?"
)
_ELSE = Wording(
    r"\b(?:else|otherwise|fallback|default(?:s to)?|if none)\b[:,]?\s*[\"']?([a-z][\w-]*)|否则(?:为)?\s*([a-z][\w-]*)",
)
_INSTALL_PATH = Wording(r"\binstall(?:ation)?[- ]path\b|安装路径")
_ALTERNATIVES = re.compile(r"\b[a-z][\w-]*(?:\s*/\s*[a-z][\w-]*)+")
_PLATFORM = re.compile(r"[a-z][\w-]*")
_MAX_MENTIONS = 1000
_MAX_VALUE = 300  # a sentence on where a value comes from is no longer
# Headers of HTTP itself; a skill's own are whatever else it names.
_STANDARD = frozenset({"Authorization", "Accept", "Content-Type", "User-Agent", "Retry-After", "Last-Event-Id"})


def read(facts: Facts) -> None:
    """Add the headers that go with every request, and how the platform is told."""
    skip = _STANDARD | {stated.value for stated in facts.client_header}
    _from_tables(facts, skip)
    _from_fences(facts, skip)
    _from_text(facts, skip)
    _read_platforms(facts)


def _from_tables(facts: Facts, skip: frozenset[str]) -> None:
    for table in facts.page.tables:
        names = table.column(0)
        shaped = [name for name in names if "-" in name and _HEADER_NAME.fullmatch(name)]
        if len(shaped) * 2 <= len(names) or len(table.header) < 2:
            continue
        if not (pattern("columns.header").search(table.titles[0]) or any(name.startswith("X-") for name in names)):
            continue
        facts.consume(range(table.line, table.end + 1))
        for name, row in zip(names, table.rows, strict=True):
            if name in shaped and name not in skip:
                facts.headers.append(RawHeader(name, row.plain[1] if len(row.plain) > 1 else None, row.line))


def _from_fences(facts: Facts, skip: frozenset[str]) -> None:
    """Fences that hold nothing but header lines; those of one request have its method above them."""
    for fence in facts.page.fences:
        lines = [(i, line) for i, line in enumerate(fence.lines, fence.line + 1) if line.strip()]
        matches = [(i, match) for i, line in lines if (match := _FENCE_LINE.match(line))]
        if matches and len(matches) == len(lines):
            facts.consume(range(fence.line, fence.end + 1))
            facts.headers += [RawHeader(m[1], m[2].strip(), i) for i, m in matches if m[1] not in skip]


def _from_text(facts: Facts, skip: frozenset[str]) -> None:
    page = facts.page
    own: dict[str, dict[range, RawHeader]] = {}
    said = {header.name for header in facts.headers}
    carriers = [(request.span, dict(request.headers)) for request in facts.requests if request.headers]
    for match in matches(_X_NAME, "X", page.text)[:_MAX_MENTIONS]:
        before = page.text[match.start() - 1 : match.start()]
        if match[0] in skip or before.isalnum() or before in ("-", "/", "_"):
            continue
        line = page.line_at(match.start())
        if page.unit_at(line).kind == "table":
            continue
        header = RawHeader(match[0], _value(page.text, match.end()), line)
        span = next((span for span, headers in carriers if match[0] in headers and line in span), None)
        if span:
            own.setdefault(match[0], {}).setdefault(span, header)
        else:
            said.add(match[0])
            facts.headers.append(header)
            facts.consume([line])
    for name, spans in own.items():  # what every command repeats goes with every request, the rest with its own alone
        if name in said or len(spans) * 2 > len(facts.requests):
            facts.headers.extend(spans.values())
    for unit in page.units:
        if unit.kind in ("item", "text") and "`" in (raw := page.document.lines[unit.line - 1]):
            for name in _told(unit, raw):
                if name not in skip:
                    at = page.text.index(name, unit.start) + len(name)
                    line = page.line_at(at)
                    facts.headers.append(RawHeader(name, _value(page.text, at), line))
                    facts.consume([line])


def _told(unit: Unit, raw: str) -> list[str]:
    """Headers without ``X-`` that a list item starts with, or of which a statement lists several; ``raw`` is its first line."""
    item = _ITEM_NAME.match(raw) if unit.kind == "item" and raw.lstrip(_BULLETS)[:1] == "`" else None
    listed = _LISTED_NAME.findall(raw) if "`:" in raw or "`=" in raw else []
    names = [item[1]] if item else listed if len(listed) > 1 else []
    return [name for name in names if not name.startswith("X-")] if names else names


def _value(text: str, at: int) -> str | None:
    lead = _VALUE.match(text, at)
    if not lead:
        return None
    value = text[lead.end() : lead.end() + _MAX_VALUE].partition("\n")[0]
    stop = _STOP.search(value)
    value = value[: stop.start()] if stop else value
    return value.strip().strip("\"'").rstrip(",;") or None


def _paths_named(line: str) -> list[tuple[str, str]]:
    """Each path of a line with the name it is paired with; looked for from the word that holds its first dot or ``~/``."""
    dot, home = line.find("."), line.find("~/")
    start = line.rfind(" ", 0, min(dot, home) if home >= 0 else dot) + 1
    return [
        (path, name) for path, name in _PAIR.findall(line, start) if "." in path and ("/" in path or path[0] == ".")
    ]


def _read_platforms(facts: Facts) -> None:
    """The pairs ``~/.installer/`` → ``name`` of the sentence that tells how the platform is found."""
    page = facts.page
    for unit in page.units_with(near("platforms")):
        lines = page.slice(unit).split("\n")
        for line in lines if unit.kind == "table" else [" ".join(lines)]:
            pairs = _paths_named(line) if "/." in line else []
            names: list[str] = []
            if not pairs and _INSTALL_PATH.search(line):
                listed = _ALTERNATIVES.search(line)
                names = _PLATFORM.findall(listed[0]) if listed else []
                pairs = [(f"/.{name}/", name) for name in names[:-1]]
            if pairs:
                facts.platforms = tuple(pairs)
                other = _ELSE.search(line)
                facts.platform_else = next(filter(None, other.groups())) if other else names[-1] if names else "unknown"
                return
