"""Placeholders: each must have a value by the time its request is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillwire.lint.context import Context, pattern
from skillwire.lint.registry import Hit, check
from skillwire.spec import templates
from skillwire.spec.model import Call, Verb
from skillwire.spec.naming import abbreviates

_PLACEHOLDER = re.compile(r"<([A-Za-z][\w .-]{0,40})>|(?<!\$)\{([A-Za-z][\w.-]{0,40})\}|\$\{?([A-Za-z]\w{0,40})\}?")
_SEGMENT = re.compile(r"(?<=/):([A-Za-z]\w{0,40})")
_ORIGIN = re.compile(r"\A(?:https?://[^/]*|\$\{[^}]*\}|\$\w+)")


@check("unbound-placeholder")
def unbound_placeholder(context: Context) -> Iterator[Hit]:
    """Placeholders that no request returns, no sentence explains and no run knows by itself."""
    parts = {part for field in _returned(context) for part in field.split(".")}
    returned = {_squeeze(part) for part in parts}
    reported = set()
    for call in context.skill.calls.values():
        if call.default or call.line is None:
            continue
        job = _job_id(context, call)
        for written, name in _placeholders(call):
            if written == job:
                continue
            slug = re.sub(r"\W+", "_", name.strip()).lower()
            if slug in reported or pattern("given").search(slug) or _squeeze(name) in returned:
                continue
            if name in context.facts.variables or name in context.facts.env_used or _explained(context, name):
                continue
            if any(abbreviates(name, part) for part in parts):
                continue
            reported.add(slug)
            yield Hit(
                context.line_of(written, call.line), f"nothing gives a value to {written} of the request {call.name!r}"
            )


def _job_id(context: Context, call: Call) -> str | None:
    """The placeholder of a status path that stands for the job: the last one."""
    parent = context.skill.calls.get(call.name.removesuffix("_status"))
    if not call.name.endswith("_status") or parent is None or parent.verb is not Verb.JOB:
        return None
    written = [match.group() for match in (*_PLACEHOLDER.finditer(call.path), *_SEGMENT.finditer(call.path))]
    return written[-1] if written else None


def _returned(context: Context) -> Iterator[str]:
    for call in context.skill.calls.values():
        yield from call.returns
    for request in context.facts.requests:
        yield from request.returns


def _placeholders(call: Call) -> Iterator[tuple[str, str]]:
    """Each placeholder as written and by name, of path, bodies and headers; defaulted parts left out."""
    path = _ORIGIN.sub("", call.path)
    texts = [path]
    if "body" not in call.defaulted:
        texts += templates.strings(call.body)
    if "url_body" not in call.defaulted:
        texts += templates.strings(call.url_body)
    if "headers" not in call.defaulted:
        texts += [value for _, value in call.headers]
    for text in texts:
        for match in _PLACEHOLDER.finditer(text):
            yield match.group(), next(filter(None, match.groups()))
    for match in _SEGMENT.finditer(path):
        yield match.group(), match[1]


def _explained(context: Context, name: str) -> bool:
    """Whether the file says what a placeholder stands for: it stands alone as code, or a verb of meaning follows."""
    quoted = rf"[<{{$:]{{1,2}}{re.escape(name)}[>}}]?"
    alone = rf"`{quoted}`"
    meant = rf"{quoted}[\"'`)]*\s*(?:is|are|being|means|stands|comes|holds|=|:|：|为|是|表示)(?=\W|\Z|[a-z ])"
    called = rf"(?:\bas|\bcalled|\bfor|\bof|\bthe|\bits|称为|即)\s+[\"'`(]*{quoted}"
    return any(re.search(f"{alone}|{meant}|{called}", context.lines[n - 1]) for n in context.body)


def _squeeze(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
