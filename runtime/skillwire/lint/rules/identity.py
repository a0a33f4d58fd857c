"""Who the skill says it is: the same name and version in frontmatter, headers, links and commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from skillwire.lint.context import Context, pattern
from skillwire.lint.registry import Hit, check
from skillwire.spec.facts import RawHeader

_SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*\Z")
_VERSION = re.compile(r"v?\d+(?:\.\d+)+\Z")
_FLOAT = re.compile(r"\s*version\s*:\s*\d+\.\d+\s*(?:#.*)?\Z")
# A value this close to the name is the name with a slip of the pen; measured as in difflib, 1 is equal.
_ALIKE = 0.75
_TITLE_WORDS = frozenset(
    {"version", "name", "literal", "frontmatter", "metadata", "platform", "unknown", "auto", "detect"}
)


@check("attribution-mismatch")
def attribution_mismatch(context: Context) -> Iterator[Hit]:
    """Headers that carry the skill's name with another value than the frontmatter's."""
    name = _stated(context, "name")
    if name is None:
        return
    seen = set()
    for header in context.facts.headers:
        value = _literal(context, header)
        if value is None or value == name or _VERSION.match(value) or (header.line, header.name) in seen:
            continue
        if pattern("not_name_header").search(header.name):
            continue
        if pattern("name_header").search(header.name) or SequenceMatcher(None, value, name).ratio() >= _ALIKE:
            seen.add((header.line, header.name))
            yield Hit(header.line, f"{header.name} says {value!r}, but the skill's name is {name!r}")


@check("other-skill-named")
def other_skill_named(context: Context) -> Iterator[Hit]:
    """Links and bodies that pass another skill's name along."""
    name = _stated(context, "name")
    if name is None:
        return
    for line, match in (*_everywhere(context, "name_parameter"), *_everywhere(context, "name_in_json")):
        if match[1] != name:
            yield Hit(line, f"this names the skill {match[1]!r}, but the file is {name!r}")


@check("version-mismatch")
def version_mismatch(context: Context) -> Iterator[Hit]:
    """Links, commands and headers with another version than the frontmatter's."""
    version = _stated(context, "version")
    if version is None:
        return
    own = re.compile(rf"(?<![\w-]){re.escape(context.skill.name)}(?![\w-])[^\s\"'`<>)]*\Z")
    found = [*_everywhere(context, "version_parameter")]
    found += [(n, m) for n, m in _everywhere(context, "version_in_path") if own.search(m.string[: m.start()])]
    for line, match in found:
        if match[1] != version:
            yield Hit(line, f"the link says version {match[1]}, the frontmatter {version}")
    for header in context.facts.headers:
        value = _literal(context, header)
        if value and pattern("version_header").search(header.name) and _VERSION.match(value) and value != version:
            yield Hit(header.line, f"{header.name} says {value}, the frontmatter {version}")


@check("version-header-without-version")
def version_header_without_version(context: Context) -> Iterator[Hit]:
    """A header that must carry a version in a file that states none."""
    for header in context.skill.headers:
        if header.origin == "version" and header.value is None and header.line is not None:
            yield Hit(header.line, f"{header.name} must carry the version, and the file states none")


@check("unquoted-version")
def unquoted_version(context: Context) -> Iterator[Hit]:
    """Versions that YAML reads as a number."""
    front = context.compiled.document.front
    for i in front or ():
        if _FLOAT.match(context.lines[i]):
            yield Hit(i + 1, "YAML reads this version as a number, so that 1.10 becomes 1.1")


def _stated(context: Context, key: str) -> str | None:
    """A value of the frontmatter as text; a value the compiler took from elsewhere proves nothing."""
    value = context.front.values.get(key)
    return str(value).strip() or None if isinstance(value, (str, int, float)) else None


def _literal(context: Context, header: RawHeader) -> str | None:
    """A header's value when it is written out, shell variables of the file followed."""
    value = header.value
    for _ in range(3):
        shell = re.fullmatch(r"\$\{?(\w+)\}?", value or "")
        if not shell:
            break
        known = context.facts.variables.get(shell[1])
        value = known.value if known else None
    if value is None or not _SLUG.match(value) or value in _TITLE_WORDS:
        return None
    return value


def _everywhere(context: Context, name: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Matches in every line of the file, frontmatter included, which quotes requests too at times."""
    expression = pattern(name)
    for number, line in enumerate(context.lines, 1):
        for match in expression.finditer(line):
            yield number, match
