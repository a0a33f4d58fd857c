"""A skill's Markdown → that of a variant: only the asked-for values change, at the lines they were read from.

The result is compiled again and held against the original, fact by fact; a change that would bring another one with it is
refused, so a variant never says anything that nobody asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from skillwire.errors import BadInput, SkillNotRunnable
from skillwire.spec.agentskills import MAX_DESCRIPTION
from skillwire.spec.build import Compiled, compile_skill, load
from skillwire.spec.compare import Difference, compare
from skillwire.spec.front_edit import set_key, set_metadata
from skillwire.spec.model import Header, Skill
from skillwire.spec.variant_changes import Changes, check
from skillwire.spec.variant_phrases import add_phrase


@dataclass(frozen=True, slots=True)
class Variant:
    """The variant's Markdown, the skill it compiles to, and ``adapt``, which renames and rehosts any text beside it."""

    text: str
    skill: Skill
    adapt: Callable[[str], str]


def vary(data: bytes, changes: Changes, *, source: str = "SKILL.md") -> Variant:
    """The variant of the skill in ``data`` that has exactly these changes.

    Raises ``BadInput`` for a change that cannot be made, ``SkillNotRunnable`` when the variant could not run, and
    ``SkillUnreadable``.
    """
    original = compile_skill(data, source=source)
    changes = replace(
        changes,
        title=changes.title and changes.title.strip(),
        description=changes.description and " ".join(changes.description.split()),
    )
    check(original.skill, changes)
    adapt = _adapter(original.skill, changes)
    lines = _with_version([adapt(line) for line in original.document.lines], original.skill, changes)
    _change_attribution(lines, original, changes)
    for action, words in reversed(changes.phrases):  # each goes right after the row's own, so the last one first
        add_phrase(lines, original, action, words)
    if changes.title is not None:
        _change_title(lines, original, changes.title)
    text = _with_front(lines, original, changes)
    made = load(text.encode(), source=source)
    _hold_against(_expected(data, original, changes, adapt), made, adapt)
    if made.missing:
        raise SkillNotRunnable(f"the variant could not run: {made.missing[0]}", where=source)
    return Variant(text, made, adapt)


def _adapter(skill: Skill, changes: Changes) -> Callable[[str], str]:
    """Renames and rehosts a text. A name of one word may be an ordinary word, so only names with a hyphen are followed."""
    steps: list[tuple[re.Pattern[str], str]] = []
    if changes.base_url is not None and skill.base_url is not None:
        old, new = skill.base_url.rstrip("/"), changes.base_url.rstrip("/")
        host, new_host = (url.partition("://")[2].partition("/")[0] for url in (old, new))
        steps.append((re.compile(rf"{re.escape(old)}(?![\w-]|\.\w|:\d)", re.IGNORECASE), new))
        steps.append((re.compile(rf"(?<![\w.@/-]){re.escape(host)}(?![\w-]|\.\w|:\d)", re.IGNORECASE), new_host))
    if "-" in skill.name:
        steps.append((_token(skill.name), changes.name))

    def adapt(text: str) -> str:
        for pattern, to in steps:
            text = _replace(pattern, to, text)
        return text

    return adapt


def _with_version(lines: list[str], skill: Skill, changes: Changes) -> list[str]:
    """Links and install commands that pass the skill's version along (``…_version=1.0.0``, ``name@1.0.0``)."""
    new = changes.settings.get("version")
    if new is None or skill.version is None:
        return lines
    led = rf"(?:(?<=[?&_]version=)|(?<={re.escape(changes.name)}@))"
    old = re.compile(rf"{led}{re.escape(skill.version)}(?![\w-]|\.\w)", re.IGNORECASE)
    return [_replace(old, new, line) for line in lines]


def _token(name: str) -> re.Pattern[str]:
    """A skill's name on its own: not part of a longer name, a path, a host or a file name."""
    return re.compile(rf"(?<![\w./-]){re.escape(name)}(?![\w/-]|\.\w)")


def _change_attribution(lines: list[str], original: Compiled, changes: Changes) -> None:
    """Literal header values that repeat the name or the version, on the line of the header or of its shell variable."""
    skill = original.skill
    for header in skill.headers:
        for old, new in ((skill.name, changes.name), (skill.version, changes.settings.get("version"))):
            if not (old and new and header.line and _repeats(header, old)):
                continue
            stated = original.document.lines[header.line - 1]
            variables = [known.line for name, known in original.facts.variables.items() if _uses(stated, name)]
            for at in (header.line, *variables):
                before, mark, after = lines[at - 1].partition(header.name if at == header.line else "=")
                lines[at - 1] = before + mark + _replace(_token(old), new, after, count=1)


def _uses(line: str, variable: str) -> bool:
    return re.search(rf"\$\{{?{re.escape(variable)}\b", line) is not None


def _replace(pattern: re.Pattern[str], to: str, text: str, count: int = 0) -> str:
    """Matches (all, or the first ``count``) replaced by ``to`` as it stands, backslashes included."""
    return pattern.sub(lambda _match: to, text, count=count)


def _repeats(header: Header, value: str | None) -> bool:
    return value is not None and header.origin == "literal" and header.value == value


def _change_title(lines: list[str], original: Compiled, title: str) -> None:
    """Put the title where the body says it: headings of the first level, and the line it was read from."""
    skill = original.skill
    at = _title_headings(original) | {line for line in [skill.lines.get("title", 0)] if line > original.document.body}
    for number in at:
        lines[number - 1] = lines[number - 1].replace(skill.title, title)


def _title_headings(original: Compiled) -> set[int]:
    title = original.skill.title
    return {heading.line for heading in original.page.headings if heading.level == 1 and heading.text == title}


def _with_front(lines: list[str], original: Compiled, changes: Changes) -> str:
    document, skill = original.document, original.skill
    front = [lines[i] for i in document.front or ()]
    set_key(front, "name", changes.name)
    if "version" in changes.settings:
        set_key(front, "version", changes.settings["version"])
    shown = next((key for key in ("displayName", "title") if key in skill.frontmatter), None)
    if shown is None and not _title_headings(original):
        shown = "displayName"  # the title was told by its likeness to the name, which is another now
        set_key(front, shown, lines[skill.lines["title"] - 1].strip() if "title" in skill.lines else skill.title)
    if changes.title is not None and shown is not None:
        set_key(front, shown, changes.title)
    if changes.description is not None:
        set_key(front, "description", changes.description)
    elif "description" not in skill.frontmatter and skill.description:
        set_key(front, "description", skill.description[:MAX_DESCRIPTION])
    if env := _undeclared(original):
        declared = {"openclaw": {"requires": {"env": [env]}, "primaryEnv": env}}
        front.append(f"metadata: {json.dumps(declared)}")
    rest = {f"skillwire.{key}": value for key, value in changes.settings.items() if key != "version"}
    if rest:
        set_metadata(front, rest)
    body = lines[document.body :]
    gap = [""] if body and body[0].strip() else []
    return "\n".join(("---", *front, "---", *gap, *body)).rstrip("\n") + "\n"


def _expected(data: bytes, original: Compiled, changes: Changes, adapt: Callable[[str], str]) -> Skill:
    """The original with the changes made to its facts instead of its text."""
    skill = original.skill
    base = load(data, source=skill.source, overrides=changes.settings)
    routes = [replace(row, phrases=tuple(map(adapt, row.phrases))) for row in base.routes]
    for action, words in changes.phrases:
        at = next(i for i, row in enumerate(routes) if row.action == action and not row.fallback)
        routes[at] = replace(routes[at], phrases=(*routes[at].phrases, words))
    headers = []
    for header in base.headers:
        value = header.value
        if _repeats(header, skill.version):
            value = changes.settings.get("version", value)
        if value == skill.name and header.origin in ("literal", "name"):
            value = changes.name
        headers.append(replace(header, value=value))
    return replace(
        base,
        name=changes.name,
        title=base.title if changes.title is None else changes.title,
        description=base.description if changes.description is None else changes.description,
        base_url=base.base_url if changes.base_url is None else changes.base_url.rstrip("/"),
        routes=tuple(routes),
        headers=tuple(headers),
        requires=replace(base.requires, env=(env,), primary_env=env)
        if (env := _undeclared(original))
        else base.requires,
    )


def _undeclared(original: Compiled) -> str | None:
    """The token's variable, of a page that names it and has no frontmatter to declare it in."""
    auth = original.skill.auth
    return auth.env if original.document.front is None and auth.line is not None else None


def _hold_against(expected: Skill, made: Skill, adapt: Callable[[str], str]) -> None:
    """Raise ``BadInput`` when the variant says anything else than expected; adapted wording is no difference."""
    for difference in compare(expected, made, prose=True):
        left, right = difference.left, difference.right
        if left and right and _leaves(left.value, adapt) == right.value:
            continue
        line = next((side.line for side in (right, left) if side and side.line), None)
        raise BadInput(
            f"the change would also change {difference.subject}: {_told(difference)}",
            where=f"{made.source}:{line}" if line else made.source,
            fix="copy the file and edit it by hand",
        )


def _leaves(value: Any, adapt: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return adapt(value)
    if isinstance(value, Mapping):
        return {key: _leaves(inner, adapt) for key, inner in value.items()}
    if isinstance(value, list):
        return [_leaves(inner, adapt) for inner in value]
    return value


def _told(difference: Difference) -> str:
    sides = (difference.left, difference.right)
    return " → ".join("nothing" if side is None else repr(side.value)[:80] for side in sides)
