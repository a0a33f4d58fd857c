"""Fills the placeholders of a skill's paths and bodies, in whatever style the file writes them.

``<sid>``, ``{sid}``, ``:sid`` (in paths) and ``$SID`` name the same value. A value given whole (``"<json>"``) keeps its
JSON type; inside a longer string (``"render_<ts>"``) it becomes text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from skillwire.errors import SkillNotRunnable
from skillwire.spec.naming import abbreviates

# One name per value; the rest are what skill files call it.
ALIASES: Mapping[str, str] = {
    alias: name
    for name, aliases in {
        "session_id": ("sid", "session", "sessionid"),
        "language": ("lang", "detected", "detected_language", "locale"),
        "message": ("msg", "text", "prompt", "user_message", "query"),
        "draft": ("json", "draft_json", "state_draft"),
        "timestamp": ("ts", "time", "now", "unix_ts", "epoch"),
        "job_id": ("id", "render_id", "export_id", "job"),
        "url": ("file_url", "media_url", "link"),
        "client_id": ("uuid", "client", "client_uuid"),
        "task_id": ("task",),
        "token": ("access_token", "api_token", "bearer"),
    }.items()
    for alias in aliases
}
_PLACEHOLDER = re.compile(r"<([A-Za-z][\w .-]{0,40})>|\$?\{([A-Za-z][\w.-]{0,40})\}|\$([A-Za-z]\w{0,40})")
_PATH_SEGMENT = re.compile(r"(?<=/):([A-Za-z]\w{0,40})")


def canonical(name: str) -> str:
    """The one name of a placeholder: ``Session-ID`` and ``sid`` are both ``session_id``."""
    slug = re.sub(r"\W+", "_", name.strip()).lower().strip("_")
    return ALIASES.get(slug, slug)


def placeholders(template: Any) -> frozenset[str]:
    """Canonical names of all placeholders in a path or a JSON template."""
    if isinstance(template, str):
        found = {next(filter(None, match.groups())) for match in _PLACEHOLDER.finditer(template)}
        if template.startswith("/"):
            found.update(_PATH_SEGMENT.findall(template))
        return frozenset(map(canonical, found))
    if isinstance(template, Mapping):
        return frozenset().union(*(placeholders(value) for value in template.values()))
    if isinstance(template, Sequence):
        return frozenset().union(*(placeholders(value) for value in template))
    return frozenset()


def bind_path(path: str, values: Mapping[str, Any], *, where: str) -> str:
    """``path`` with every placeholder replaced, percent-encoded so that a value stays within its segment.

    Raises ``SkillNotRunnable`` naming the placeholder that has no value.
    """

    def replace(match: re.Match[str]) -> str:
        return quote(str(_value(next(filter(None, match.groups())), values, where)), safe="")

    return _PATH_SEGMENT.sub(replace, _PLACEHOLDER.sub(replace, path))


def bind(template: Any, values: Mapping[str, Any], *, where: str) -> Any:
    """A JSON template with every placeholder replaced.

    A list whose only item is one placeholder takes all items of a list value: ``["<url>"]`` becomes all URLs.
    Raises ``SkillNotRunnable`` naming the placeholder that has no value.
    """
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template)
        if whole:
            return _value(next(filter(None, whole.groups())), values, where)
        return _PLACEHOLDER.sub(lambda match: str(_value(next(filter(None, match.groups())), values, where)), template)
    if isinstance(template, Mapping):
        return {key: bind(value, values, where=where) for key, value in template.items()}
    if isinstance(template, Sequence):
        bound = [bind(value, values, where=where) for value in template]
        return bound[0] if len(bound) == 1 and isinstance(bound[0], list) else bound
    return template


def _value(name: str, values: Mapping[str, Any], where: str) -> Any:
    key = canonical(name)
    if key not in values:
        likely = [known for known in values if abbreviates(key, known)]
        if len(likely) == 1:
            return values[likely[0]]
        raise SkillNotRunnable(
            f"nothing gives a value to the placeholder <{name}>",
            where=where,
            fix="name it after a field that an earlier call returns",
        )
    return values[key]


def dig(data: Any, path: str) -> Any:
    """The value at a dotted field of a JSON answer, or ``None``.

    The field may be named from the root (``data.token``) or by its last part alone (``session_id``), in which case the
    envelope ``data`` is looked through as well.
    """
    for root in (data, data.get("data") if isinstance(data, Mapping) else None):
        value = root
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def scalars(data: Any) -> dict[str, Any]:
    """Named scalar values of an answer and of its ``data`` envelope, by canonical name."""
    found: dict[str, Any] = {}
    for root in (data, data.get("data") if isinstance(data, Mapping) else None):
        if isinstance(root, Mapping):
            found.update({canonical(k): v for k, v in root.items() if isinstance(v, (str, int)) and k != "code"})
    return found
