"""Author overrides: values of the compiled config given outright, in frontmatter or on the command line.

Keys are paths in the compiled config, values are scalars (lists as comma-separated text):

    metadata:
      skillwire.base_url: https://api.example.com
      skillwire.poll.every: "10"
      skillwire.calls.export.path: /v2/render
      skillwire.headers.X-Team: editing

The keys that may be given, and what their values look like, are ``$defs.overrides`` of ``skill.schema.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from skillwire.spec import config, templates
from skillwire.spec.facts import Facts
from skillwire.spec.model import Call, Header, Poll, Severity, Skill, Verb

_PREFIX = "skillwire"
_SIZE = re.compile(r"(\d+)\s*(?:([kmg])i?b?)?\Z", re.IGNORECASE)
_POWER = {"": 0, "k": 1, "m": 2, "g": 3}


def stated(facts: Facts) -> dict[str, tuple[str, int]]:
    """Overrides of the frontmatter: key → (value as text, line). Both spellings are read, dotted keys and a block."""
    metadata = facts.front.values.get("metadata")
    if not isinstance(metadata, dict):
        return {}
    found: dict[str, tuple[str, int]] = {}
    for key, value in metadata.items():
        if key == _PREFIX or key.startswith(f"{_PREFIX}."):
            _flatten(facts, key.removeprefix(_PREFIX).lstrip("."), f"metadata.{key}", value, found)
    return found


def check(given: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with each of these overrides, by key; empty when all are good."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - slow to import, and most skills have no overrides

    whole = config.schema()
    validator = Draft202012Validator({"$ref": "#/$defs/overrides", "$defs": whole["$defs"]})
    wrong: dict[str, str] = {}
    for error in validator.iter_errors(dict(given)):
        if error.validator == "additionalProperties":
            known = re.compile("|".join(f"(?:{regex})" for regex in error.schema.get("patternProperties", {})))
            extra = [key for key in given if key not in error.schema["properties"] and not known.search(key)]
            wrong.update(dict.fromkeys(extra, "there is no such key"))
        elif error.path:
            key = str(error.path[0])
            wrong.setdefault(key, f"{given[key]!r} is not {error.schema.get('description', 'a value it can have')}")
    return wrong


def apply(skill: Skill, values: Mapping[str, str], lines: Mapping[str, int]) -> Skill:
    """``skill`` with the (valid) overrides in place of what was read; ``lines`` are those of the keys."""
    for key, value in values.items():
        head, _, rest = key.partition(".")
        line = lines.get(key)
        if head in _GROUPS:
            skill = _GROUPS[head](skill, rest, value, line)
        elif head in _SCALARS:
            skill = replace(skill, **{head: _SCALARS[head](value)})
        if line is not None:
            skill = replace(skill, lines={**skill.lines, key: line})
        skill = replace(skill, defaulted=tuple(name for name in skill.defaulted if name != key))
    return skill


def report(facts: Facts, wrong: Mapping[str, str], lines: Mapping[str, int]) -> None:
    """Add a problem for each bad override, on the line of its key."""
    for key, message in wrong.items():
        fix = "see $defs.overrides of the config's JSON Schema for the keys and values"
        facts.report("bad-override", Severity.ERROR, f"skillwire.{key}: {message}", lines.get(key, 1), fix)


def _flatten(facts: Facts, key: str, path: str, value: Any, found: dict[str, tuple[str, int]]) -> None:
    if isinstance(value, dict):
        for inner, below in value.items():
            _flatten(facts, f"{key}.{inner}" if key else inner, f"{path}.{inner}", below, found)
        return
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    if isinstance(value, bool):
        text = text.lower()
    found[key] = (text, facts.front.lines.get(path, facts.front.line))


def _items(value: str) -> tuple[str, ...]:
    return tuple(item for item in (part.strip() for part in value.split(",")) if item)


def _bytes(value: str) -> int:
    match = _SIZE.match(value.strip())
    return int(match[1]) * 1024 ** _POWER[(match[2] or "").lower()] if match else 0


def _true(value: str) -> bool:
    return value.lower() == "true"


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "version": str,
    "title": str,
    "platform": str,
    "base_url": lambda value: value.rstrip("/"),
    "base_url_env": str,
    "formats": lambda value: tuple(item.lower().lstrip(".") for item in _items(value)),
    "max_bytes": _bytes,
}
_FIELDS: Mapping[str, Callable[[str], Any]] = {
    "every": float,
    "times": int,
    "failed": _items,
    "notice_every": float,
    "timeout": float,
    "heartbeats_only": float,
    "silent_edit": _true,
    "returns": _items,
    "verb": Verb,
    "body": templates.parse,
    "url_body": templates.parse,
}


def _convert(name: str, value: str) -> Any:
    return _FIELDS.get(name, str)(value)


def _auth(skill: Skill, name: str, value: str, line: int | None) -> Skill:
    return replace(skill, auth=replace(skill.auth, line=line or skill.auth.line, **{name: value}))


def _stream(skill: Skill, name: str, value: str, _line: int | None) -> Skill:
    return replace(skill, stream=replace(skill.stream, **{name: _convert(name, value)}))


def _wording(skill: Skill, name: str, value: str, line: int | None) -> Skill:
    return replace(skill, wording=replace(skill.wording, line=line or skill.wording.line, **{name: value}))


def _poll(skill: Skill, name: str, value: str, line: int | None) -> Skill:
    poll = skill.poll or Poll(every=0, until="", line=line)
    defaulted = tuple(key for key in poll.defaulted if key != name)
    return replace(skill, poll=replace(poll, defaulted=defaulted, **{name: _convert(name, value)}))


def _calls(skill: Skill, path: str, value: str, line: int | None) -> Skill:
    name, field, header = (*path.split(".", 2), "")[:3]
    call = skill.calls.get(name) or Call(name, Verb.CALL, "GET", "/", line=line)
    defaulted = tuple(key for key in call.defaulted if key != field)
    found: Any = _convert(field, value)
    if header:
        found = (*(pair for pair in call.headers if pair[0] != header), (header, value))
    changed = replace(call, default=False, line=line or call.line, defaulted=defaulted, **{field: found})
    return replace(skill, calls={**skill.calls, name: changed})


def _headers(skill: Skill, name: str, value: str, line: int | None) -> Skill:
    header = Header(name, value, "literal", line)
    if any(known.name == name for known in skill.headers):
        return replace(skill, headers=tuple(header if known.name == name else known for known in skill.headers))
    return replace(skill, headers=(*skill.headers, header))


_GROUPS: Mapping[str, Callable[[Skill, str, str, int | None], Skill]] = {
    "auth": _auth,
    "stream": _stream,
    "poll": _poll,
    "wording": _wording,
    "calls": _calls,
    "headers": _headers,
}


def settable(skill: Skill) -> dict[str, str]:
    """Every stated value of a skill that an author override can give, by its key, as the override's text."""
    found: dict[str, Any] = {
        "base_url": skill.base_url,
        "base_url_env": skill.base_url_env,
        "formats": ", ".join(skill.formats),
        "max_bytes": skill.max_bytes,
        "auth.env": skill.auth.env,
        "auth.scheme": skill.auth.scheme,
        "auth.client_id_header": skill.auth.client_id_header,
        "auth.header": skill.auth.header,
        "wording.connecting": skill.wording.connecting,
        "wording.ready": skill.wording.ready,
    }
    found |= {f"headers.{header.name}": header.value for header in skill.headers if header.origin == "literal"}
    for name in ("notice_every", "notice", "timeout", "heartbeats_only", "silent_edit"):
        found[f"stream.{name}"] = getattr(skill.stream, name)
    for name in ("every", "until", "times", "status_field", "url_field", "failed", "fallback_path"):
        if skill.poll and name not in skill.poll.defaulted:
            found[f"poll.{name}"] = getattr(skill.poll, name)
    for call in skill.calls.values():
        if not call.default:
            found |= _settable_call(call)
    return {key: text(value) for key, value in found.items() if value and key not in skill.defaulted}


def _settable_call(call: Call) -> dict[str, Any]:
    fields = ("method", "path", "verb", "timeout", "file_field", "returns", "body", "url_body")
    found = {f"calls.{call.name}.{name}": getattr(call, name) for name in fields if name not in call.defaulted}
    if "headers" not in call.defaulted:
        found |= {f"calls.{call.name}.headers.{name}": value for name, value in call.headers}
    return found


def text(value: Any) -> str:
    """A value as the text of an override."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
