"""Who the skill is: name, version, title, platform, and the attribution headers that say so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from skillwire.spec.facts import Facts, RawHeader
from skillwire.spec.model import Header, Install, Severity
from skillwire.spec.vocabulary import pattern
from skillwire.spec.wording import Wording

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_SHELL = re.compile(r"\$\{?(\w+)")
# A value to be put in: <platform>, {version}, [skill-name].
_PLACEHOLDER = re.compile(r"[<{[]+[\s$]*[\w-]*(?:platform|version|name)[\s\w-]*[>}\]]+\Z", re.IGNORECASE)
_FROM_FILE = Wording(r"\bfront-?matter|\bfields?\b|\byaml\b|\bthis file|\bmetadata\b|元数据")
_DETECTED = Wording(r"\bdetect|\binstall|\bplatform\b|\bpath\b|安装")
_VERSION = Wording(r"\bversion\b")
_NAME = Wording(r"\bname\b|名称")
_NAMING = re.compile(r"(?:source|name|skill|agent)\Z", re.IGNORECASE)
_VERSIONING = re.compile(r"(?:version|release|build)\Z", re.IGNORECASE)
_SHORTEST = 30  # a description says more than this many characters
_MAX_STEPS = 3  # from one variable to the next
_DASH = re.compile(r"\s+[—–|-]\s+|[:：]\s+")


def platform(facts: Facts, install: Install) -> str:
    """The installer by its own record, else by the rule of the file and the path it lies at, else ``unknown``."""
    if install.installer:
        return install.installer
    path = "/" + facts.source.replace("\\", "/").lstrip("/")
    for where, name in facts.platforms:
        if "/" + where.removeprefix("~").strip("/") + "/" in path:
            return name
    return facts.platform_else


def name(facts: Facts, origins: Mapping[str, tuple[str, str]]) -> str:
    """Frontmatter's name, else the literal value of the header that carries it, else the folder's name."""
    stated = facts.front.values.get("name")
    if isinstance(stated, (str, int)) and str(stated).strip():
        return str(stated).strip()
    literal = [
        (header, value) for header, (origin, value) in origins.items() if origin == "literal" and _SLUG.match(value)
    ]
    literal.sort(key=lambda pair: not _NAMING.search(pair[0]))
    if literal:
        return literal[0][1]
    path = PurePosixPath(facts.source.replace("\\", "/"))
    return path.parent.name if path.name.upper() == "SKILL.MD" and path.parent.name else path.stem


def version(facts: Facts, install: Install, override: str | None) -> str | None:
    """The override, else the installer's record, else the frontmatter; ``None`` when nobody says."""
    stated = facts.front.values.get("version")
    if stated is None and isinstance(metadata := facts.front.values.get("metadata"), dict):
        stated = metadata.get("version")
    written = str(stated).strip() if isinstance(stated, (str, int, float)) and str(stated).strip() else None
    if install.version and written and install.version != written:
        message = f"the file says version {written}, the installer recorded {install.version}, which counts"
        line = facts.front.lines.get("version", 1)
        facts.report(
            "version-disagrees", Severity.WARNING, message, line, "install the skill again or correct the version"
        )
    return override or install.version or written


def title(facts: Facts, skill: str) -> tuple[str, int | None]:
    """The display name, else the line of the body that reads as the name, else the first heading, else the name."""
    shown = facts.front.values.get("displayName") or facts.front.values.get("title")
    if isinstance(shown, str) and shown.strip():
        return shown.strip(), facts.front.lines.get("displayName")
    page = facts.page
    key = _squeeze(skill)
    for heading in page.headings:
        if heading.level == 1 and heading.text:
            return heading.text, heading.line
    for i, line in enumerate(page.text.split("\n")):
        if 3 < len(line) < 120 and key and _squeeze(_DASH.split(line)[0]) == key:
            return line.strip(), page.document.body + i + 1
    return (page.headings[0].text, page.headings[0].line) if page.headings else (skill, None)


def description(facts: Facts, title_line: int | None) -> str:
    """Frontmatter's description; in a file that has no such key, the paragraph below the title."""
    stated = facts.front.values.get("description")
    if "description" in facts.front.values:
        return stated.strip() if isinstance(stated, str) else ""
    page = facts.page
    if title_line is None:
        return ""
    for unit in page.units:
        if unit.kind not in ("text", "heading") or unit.end < title_line:
            continue
        lines = page.slice(unit).split("\n")
        if unit.line <= title_line:  # the title itself; in a file without blank lines the next line follows at once
            lines = lines[title_line - unit.line + 1 :][:1] if unit.kind == "text" else []
        text = " ".join(line.strip(" >") for line in lines)
        if len(text) > _SHORTEST:
            return text
    return ""


def header_origins(facts: Facts) -> dict[str, tuple[str, str]]:
    """Header name → (origin, literal value): the first mention of each that says what its value is."""
    result: dict[str, tuple[str, str]] = {}
    for header in facts.headers:
        if header.value is None:
            continue
        found = _origin(facts, header.value, 0, header.name)
        known = result.get(header.name)
        if known is None:
            result[header.name] = found
        elif known[0] == found[0] == "literal" and known[1] != found[1]:
            message = f"{header.name} is {found[1]!r} here and {known[1]!r} elsewhere; the first counts"
            facts.report("header-disagrees", Severity.WARNING, message, header.line, "use one value")
    return result


def headers(
    facts: Facts, origins: Mapping[str, tuple[str, str]], values: Mapping[str, str | None]
) -> tuple[Header, ...]:
    """Headers in the order of the file, values resolved."""
    found = []
    for raw in _first_stated(facts.headers):
        if raw.name not in origins:
            message = f"the header {raw.name} is asked for, but nothing says what its value is"
            facts.report("header-without-value", Severity.WARNING, message, raw.line, "state its value")
            continue
        origin, literal = origins[raw.name]
        value = literal if origin == "literal" else values[origin]
        if value is not None and not (value.isprintable() and value.isascii()):
            message = f"the value of {raw.name} cannot be sent in a header"
            facts.report("bad-header-value", Severity.ERROR, message, raw.line, "use printable ASCII")
            value = None
        found.append(Header(raw.name, value, origin, raw.line))
    return tuple(found)


def _first_stated(found: list[RawHeader]) -> list[RawHeader]:
    """One mention of each header: the first with a value, or the first at all."""
    best: dict[str, RawHeader] = {}
    for header in found:
        known = best.get(header.name)
        if known is None or (known.value is None and header.value is not None):
            best[header.name] = header
    return sorted(best.values(), key=lambda header: header.line)


def _origin(facts: Facts, value: str, depth: int, header: str) -> tuple[str, str]:
    """What a header's wording says its value is; ``header`` tells which field "from frontmatter" means."""
    shell = _SHELL.match(value)
    if shell:
        variable = shell[1]
        known = facts.variables.get(variable)
        usual = next((o for o in ("version", "platform", "name") if pattern(f"variables.{o}").search(variable)), None)
        if known and depth < _MAX_STEPS and (usual is None or len(known.value.split()) == 1):
            return _origin(facts, known.value, depth + 1, header)
        return (usual, "") if usual else ("literal", value)
    words = value.split()
    if len(words) == 1 and words[0] not in ("version", "name") and not _PLACEHOLDER.match(value):
        return "literal", words[0]
    lower = value.lower()
    version = _VERSION.search(value, lower)
    if not version and _DETECTED.search(value, lower):
        return "platform", ""
    if version or "版本" in value:
        return "version", ""
    if _NAME.search(value, lower):
        return "name", ""
    if _FROM_FILE.search(value, lower):
        return ("version" if _VERSIONING.search(header) else "name"), ""
    return "literal", words[0].rstrip(",;") if words else ""


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()
