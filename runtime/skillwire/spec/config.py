"""``Skill`` → the compiled config: plain data, JSON and YAML, the same bytes each time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from skillwire.spec.model import Call, Poll, Skill

SCHEMA_PATH = Path(__file__).with_name("skill.schema.json")

# Keys that are always there, whatever their value; the others are left out when empty.
_ALWAYS = {
    "Auth": ("env", "scheme", "client_id_header"),
    "Header": ("name", "value", "origin", "line"),
    "Call": ("method", "path", "verb"),
    "Route": ("phrases", "events", "action", "skip_sse", "fallback", "line"),
    "ErrorRule": ("code", "meaning", "recovery", "text", "line"),
    "Translation": ("match", "action", "line"),
    "StreamRule": ("notice_every", "timeout", "silent_edit"),
    "DraftMap": ("keys", "track_types"),
    "Poll": ("every", "until"),
    "Problem": ("rule", "severity", "line", "message", "fix"),
}


def to_config(skill: Skill) -> dict[str, Any]:
    """The compiled config as plain data; ``skill.schema.json`` describes it."""
    return {
        "name": skill.name,
        "version": skill.version,
        "title": skill.title,
        "description": skill.description,
        "source": skill.source,
        "platform": skill.platform,
        "platform_rule": [{"path": path, "name": name} for path, name in skill.platform_rule],
        "digest": skill.digest,
        "runnable": skill.runnable,
        "missing": list(skill.missing),
        "auth": _record(skill.auth),
        "headers": [_record(header) for header in skill.headers],
        "base_url": skill.base_url,
        "base_url_env": skill.base_url_env,
        "calls": {name: _call(call) for name, call in skill.calls.items()},
        "routes": [_record(route) for route in skill.routes],
        "errors": [_record(error) for error in skill.errors],
        "translations": [_record(row) for row in skill.translations],
        "stream": _record(skill.stream),
        "draft": _record(skill.draft),
        "formats": list(skill.formats),
        "max_bytes": skill.max_bytes,
        "poll": _poll(skill.poll),
        "examples": list(skill.examples),
        "wording": {"connecting": skill.wording.connecting, "ready": skill.wording.ready},
        "requires": {name: value for name, value in _record(skill.requires).items() if value},
        "lines": dict(sorted(skill.lines.items())),
        "defaulted": list(skill.defaulted),
        "problems": [_record(problem) for problem in skill.problems],
    }


def to_json(skill: Skill) -> str:
    """The compiled config as JSON, indented, with a final newline."""
    return json.dumps(to_config(skill), ensure_ascii=False, indent=2) + "\n"


def to_yaml(skill: Skill) -> str:
    """The compiled config as YAML; it reads back as the same data."""
    import yaml  # noqa: PLC0415 - a skill without frontmatter never needs it

    return yaml.safe_dump(to_config(skill), allow_unicode=True, sort_keys=False, width=120)


def schema() -> dict[str, Any]:
    """The published JSON Schema of the compiled config."""
    data: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    return data


def _call(call: Call) -> dict[str, Any]:
    data = _record(call)
    data.pop("name", None)
    if call.headers:
        data["headers"] = dict(call.headers)
    return data


def _poll(poll: Poll | None) -> dict[str, Any] | None:
    return _record(poll) if poll else None


def _record(record: Any) -> dict[str, Any]:
    always = _ALWAYS.get(type(record).__name__, ())
    data = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name in always or value not in (None, "", (), {}, False):
            data[field.name] = _plain(value)
    return data


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
