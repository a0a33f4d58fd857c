"""``Skill`` → a clean SKILL.md that compiles to the same skill again.

Everything is said in prose and tables, as people write them. What prose cannot say exactly (a call whose usual words mean
another one, an odd number of bytes) is pinned in ``metadata.skillwire.*``. Documented defaults are left out: they come
back by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from skillwire.spec.build import load
from skillwire.spec.model import Call, GuiAction, Skill, Verb
from skillwire.spec.settings import settable, text
from skillwire.spec.vocabulary import first

_LABELS = {
    "session": "Create session",
    "message": "Send message (SSE)",
    "credits": "Credits",
    "state": "Session state",
    "upload": "Upload",
    "export": "Export",
}
_MEGABYTE = 1024 * 1024
_GUI = {
    GuiAction.EXECUTE: "Execute via API",
    GuiAction.STATE: "Query session state",
    GuiAction.MESSAGE: "Send edit via SSE",
    GuiAction.SUMMARY: "Show track summary",
    GuiAction.EXPORT: "Execute export workflow",
    GuiAction.CREDITS: "Check credits",
}
_LONGEST_HEADING = 100  # a longer title is prose gone astray, and may be read as more than a name
_ATTEMPTS = 3  # prose, pins, and pins for what the pins brought to light


def emit(skill: Skill) -> str:
    """Markdown with frontmatter, such that ``load(emit(skill).encode(), source=skill.source)`` has the same facts.

    Equal is everything but lines, source, digest, problems, the frontmatter as such and the wording of GUI rows that
    refer to sections (``§3.5``) or labels, which a new file numbers and words otherwise.
    """
    pins: dict[str, str] = {}
    unsaid: set[str] = set()
    page = _file(skill, pins, unsaid)
    for _ in range(_ATTEMPTS):
        made = load(page.encode(), source=skill.source)
        wrong = {name for name in made.calls if name not in skill.calls}
        if wrong:  # a label that was taken for another call
            unsaid |= {name for name in skill.calls if name not in made.calls or name in wrong} or set(skill.calls)
        wanted, got = settable(skill), settable(made)
        more = {key: value for key, value in wanted.items() if got.get(key) != value and pins.get(key) != value}
        if not more and not wrong:
            break
        pins |= more
        page = _file(skill, pins, unsaid)
    return page


def _file(skill: Skill, pins: Mapping[str, str], unsaid: set[str]) -> str:
    heading = skill.title if len(skill.title) <= _LONGEST_HEADING else skill.name
    parts = [_front(skill, pins), f"# {heading}", *_setup(skill, unsaid), *_routes(skill), *_api(skill, unsaid)]
    parts += [*_headers(skill), *_errors(skill), *_translations(skill), *_stream(skill), *_limits(skill)]
    return "\n\n".join(parts) + "\n"


def _front(skill: Skill, pins: Mapping[str, str]) -> str:
    needs = skill.requires
    lists = {"env": needs.env, "bins": needs.bins, "anyBins": needs.any_bins, "config": needs.config}
    claw: dict[str, Any] = {"requires": {key: list(value) for key, value in lists.items() if value}}
    claw |= {"os": list(needs.os), "always": needs.always, "primaryEnv": needs.primary_env}
    metadata: dict[str, Any] = {"openclaw": {key: value for key, value in claw.items() if value}}
    metadata |= {f"skillwire.{key}": value for key, value in sorted(pins.items())}
    front = {
        "name": skill.name,
        "version": skill.version,
        "displayName": skill.title,
        "description": skill.description,
        "metadata": {key: value for key, value in metadata.items() if value},
    }
    kept = {key: value for key, value in front.items() if value or key == "description"}
    return f"---\n{yaml.safe_dump(kept, allow_unicode=True, sort_keys=False, width=100)}---"


def _setup(skill: Skill, unsaid: set[str]) -> Iterator[str]:
    if skill.examples:
        yield "**Try saying:**"
        yield "\n".join(f'- "{example}"' for example in skill.examples)
    if skill.wording.connecting:
        yield f'Show "{skill.wording.connecting}" while connecting.'
    if skill.auth.env:
        yield f"The token is read from the `{skill.auth.env}` environment variable."
    token = skill.calls.get("token")
    if token and not token.default and "token" not in unsaid:
        yield f"**Token**: generate a UUID, then {_request(skill, token)}"
    if skill.wording.ready:
        yield f'Then say "{skill.wording.ready}" to the user.'


def _routes(skill: Skill) -> Iterator[str]:
    if not skill.routes:
        return
    skips = any(route.skip_sse is not None for route in skill.routes)
    rows = [("User says", "Action", *(("Skip SSE?",) if skips else ()))]
    for route in skill.routes:
        said = [f'"{phrase}"' if '"' not in phrase else f"“{phrase}”" for phrase in route.phrases]
        said += ["user sends file" if event == "file" else event for event in route.events]
        said += route.conditions
        cell = "Everything else" if route.fallback else " / ".join(said)
        mark = {True: "✅", False: "❌", None: ""}[route.skip_sse]
        rows.append((cell, "→ " + " → ".join((route.action, *route.then)), *((mark,) if skips else ())))
    yield "## Which request for which words"
    yield _table(rows)


def _api(skill: Skill, unsaid: set[str]) -> Iterator[str]:
    yield "## Requests"
    if skill.base_url:
        env = skill.base_url_env if "base_url_env" not in skill.defaulted else None
        yield f"**API base**: `{f'${{{env}:-{skill.base_url}}}' if env else skill.base_url}`"
    for call in skill.calls.values():
        if call.default or call.name in unsaid or call.name == "token" or _parent(skill, call):
            continue
        yield f"**{_LABELS.get(call.name, call.name.replace('_', ' '))}**: {_request(skill, call)}"
    if skill.auth.env:
        yield f"Every request carries `{_authorization(skill)}`."


def _parent(skill: Skill, call: Call) -> Call | None:
    job = skill.calls.get(call.name.removesuffix("_status")) if call.name.endswith("_status") else None
    return job if job and job.verb is Verb.JOB else None


def _request(skill: Skill, call: Call) -> str:
    parts = [f"{call.method} `{call.path}`"]
    said = {name: getattr(call, name) for name in ("body", "file_field", "url_body", "headers", "returns", "timeout")}
    said = {name: value for name, value in said.items() if value and name not in call.defaulted}
    if "body" in said:
        parts.append(f"— body `{_json(said['body'])}`")
    if "file_field" in said:
        parts.append(f'— file: multipart `-F "{said["file_field"]}=@/path"`')
    if "url_body" in said:
        parts.append(f"— URL: `{_json(said['url_body'])}`")
    parts += [f"with header `{name}: {value}`" for name, value in said.get("headers", ())]
    if "returns" in said:
        parts.append("— returns " + ", ".join(f"`{name}`" for name in said["returns"]))
    sentence = " ".join(parts) + "."
    if "timeout" in said:
        sentence += f" Timeout: {text(said['timeout'])} seconds."
    return sentence + (_polling(skill, call) if call.verb is Verb.JOB else "")


def _polling(skill: Skill, job: Call) -> str:
    status = skill.calls.get(f"{job.name}_status")
    poll = skill.poll
    if poll is None:
        return ""
    said = {name: getattr(poll, name) for name in ("every", "times", "until", "url_field", "fallback_path", "failed")}
    said = {name: value for name, value in said.items() if value and name not in poll.defaulted}
    sentence = f" Poll {status.method} `{status.path}`" if status and not status.default else " Poll its status"
    if "every" in said:
        sentence += f" every {text(said['every'])} seconds"
    if "times" in said:
        sentence += f", at most {said['times']} times,"
    if "until" in said:
        field = f"`{poll.status_field}` is " if "status_field" not in poll.defaulted else ""
        sentence += f" until {field}" + " or ".join(f"`{value}`" for value in (said["until"], *said.get("failed", ())))
    sentence += "."
    if "url_field" in said:
        sentence += f" Download URL at `{said['url_field']}`."
    return sentence + (f" Fallback: `{said['fallback_path']}`." if "fallback_path" in said else "")


def _headers(skill: Skill) -> Iterator[str]:
    pairs = [f"`{path}` → `{name}`" for path, name in skill.platform_rule if path]
    pairs += [f"else `{name}`" for path, name in skill.platform_rule if not path]
    platform = f"detect from install path ({', '.join(pairs)})"
    if pairs and not any(header.origin == "platform" for header in skill.headers):
        yield f"The platform: {platform}."
    if not skill.headers:
        return
    words = {"name": "frontmatter `name`", "version": "frontmatter `version`", "platform": platform}
    yield "These headers go with every request:"
    rows = [(f"`{header.name}`", words.get(header.origin, f"`{header.value}`")) for header in skill.headers]
    yield _table([("Header", "Value"), *rows])


def _errors(skill: Skill) -> Iterator[str]:
    if skill.errors and "errors" not in skill.defaulted:
        yield "## Error codes"
        yield _table([("Code", "Meaning", "Action"), *((str(e.code), e.meaning, e.text) for e in skill.errors)])


def _translations(skill: Skill) -> Iterator[str]:
    if not skill.translations:
        return
    yield "## What replies about a screen stand for"
    rows = [("Backend says", "You do")]
    for row in skill.translations:
        alone = GuiAction(first("gui", row.text) or GuiAction.EXECUTE)  # a section or a label may say otherwise
        done = row.text if row.text and "§" not in row.text and alone is row.action else _GUI[row.action]
        rows.append((" / ".join(f'"{phrase}"' for phrase in row.match), done))
    yield _table(rows)


def _stream(skill: Skill) -> Iterator[str]:
    rule, unstated = skill.stream, skill.defaulted
    if rule.notice_every and "stream.notice_every" not in unstated:
        notice = f': "{rule.notice}"' if rule.notice else ""
        yield f"While heartbeats come, keep waiting. Every {text(rule.notice_every)} seconds{notice}"
    if rule.heartbeats_only and "stream.heartbeats_only" not in unstated:
        yield f"After {text(rule.heartbeats_only)} seconds of only heartbeats, give up."
    if rule.silent_edit and "stream.silent_edit" not in unstated:
        yield "Some edits return no text: query the session state and tell what changed."


def _limits(skill: Skill) -> Iterator[str]:
    if skill.draft.keys and "draft" not in skill.defaulted:
        keys = skill.draft.keys
        types = ", ".join(f"{number}={name}" for number, name in skill.draft.track_types.items())
        typed = next((key for key in keys if "type" in keys[key]), None) or next(
            (k for k in keys if "(" not in keys[k]), ""
        )
        pairs = [f"`{key}`={_meaning(meaning, types if key == typed else '')}" for key, meaning in keys.items()]
        yield f"**Draft field mapping**: {', '.join(pairs)}."
    if skill.formats and "formats" not in skill.defaulted:
        yield f"Supported formats: {', '.join(skill.formats)}."
    if skill.max_bytes and "max_bytes" not in skill.defaulted and skill.max_bytes % _MEGABYTE == 0:
        yield f"Max file size is {skill.max_bytes // _MEGABYTE}MB."


def _authorization(skill: Skill) -> str:
    scheme = f"{skill.auth.scheme} " if skill.auth.scheme else ""
    return f"{skill.auth.header}: {scheme}<{skill.auth.env}>"


def _meaning(meaning: str, types: str) -> str:
    if types:
        return f"{meaning} ({types})"
    return meaning.replace(" (", "(")


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
