"""Environment variables: what the text uses and what the frontmatter declares should be the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillwire.lint.context import Context, pattern
from skillwire.lint.registry import Hit, check
from skillwire.spec import templates, vocabulary
from skillwire.spec.marks import plain
from skillwire.spec.model import Severity

_ASSIGNED = re.compile(r"(?:^|[\s;(])(?:export\s+)?([A-Z][A-Z0-9_]*)=")
_SHELL = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)\}?")
_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_REQUIRED = re.compile(r"(?:yes|required|true|✅|是|必需|必填)\Z", re.IGNORECASE)
_PLACES = ("metadata.openclaw.requires.env", "metadata.requires.env", "metadata.openclaw.requires", "metadata.requires",
           "metadata.openclaw", "metadata")  # fmt: skip


@check("undeclared-env")
def undeclared_env(context: Context) -> Iterator[Hit]:
    """Variables that the skill cannot do without and does not declare."""
    if not context.front.present:
        return
    requires = context.skill.requires
    optional = _optional(context)
    for name, line in _used(context).items():
        if name in requires.env or name in optional:
            continue
        if name == requires.primary_env:
            message = f"{name} is used here and declared as primaryEnv, but not as required"
            yield Hit(line, message, severity=Severity.INFO)
        else:
            yield Hit(line, f"{name} is used here, but the frontmatter does not declare it")


@check("unused-env")
def unused_env(context: Context) -> Iterator[Hit]:
    """Variables that are declared and never spoken of."""
    text = f"{context.page.text}\n{context.skill.description}"
    for name in context.skill.requires.env:
        if not re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text):
            line = context.line_of(name, context.key_line(*_PLACES))
            yield Hit(line, f"{name} is declared as required, but the text never uses it")


def _used(context: Context) -> dict[str, int]:
    """Environment variables with the line of their first use."""
    used = dict(context.facts.env_used)
    for stated in context.facts.token_env:
        used[stated.value] = min(stated.line, used.get(stated.value, stated.line))
    own = {name for _, match in context.matches(_ASSIGNED) for name in match.groups()} - {
        stated.value for stated in context.facts.token_env
    }
    own |= set(context.facts.variables)
    own |= _bound_by_requests(context)
    return {name: line for name, line in used.items() if name not in own and not _made_by_the_skill(name)}


def _bound_by_requests(context: Context) -> set[str]:
    """Shell variables that stand for what earlier answers gave: a field that a request returns, the id of a job."""
    fields = {part for request in context.facts.requests for field in request.returns for part in field.split(".")}
    known = {re.sub(r"\W|_", "", field).lower() for field in fields}
    calls = context.skill.calls.values()
    texts = {text: call for call in calls for text in (call.path, *templates.strings(call.body))}
    found = {(match[1], call.name) for text, call in texts.items() for match in _SHELL.finditer(text)}
    return {name for name, call in found if name.replace("_", "").lower() in known or call.endswith("_status")}


def _made_by_the_skill(name: str) -> bool:
    roles = (vocabulary.pattern(f"variables.{role}") for role in ("name", "version", "platform"))
    return bool(pattern("own_variable").search(name)) or any(role.search(name) for role in roles)


def _optional(context: Context) -> set[str]:
    """Variables with a default, or listed in a table of variables as not required."""
    text = context.page.text
    optional = {match[1] for match in re.finditer(r"\$\{([A-Z][A-Z0-9_]*):?[-=+]", text)}
    optional |= {match[1] for match in re.finditer(r"\b[Ee]nv(?:ironment)?\s+([A-Z][A-Z0-9_]*)\s+if set\b", text)}
    for table in context.page.tables:
        for row in table.rows:
            name, *rest = [plain(cell).strip() for cell in row.cells] or [""]
            if rest and _NAME.match(name) and not any(map(_REQUIRED.match, rest)):
                optional.add(name)
    return optional
