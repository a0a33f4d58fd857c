"""Reads the values back out of a bound path or body: the inverse of ``engine.binding``, for agents that speak another API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from skillwire.engine.binding import bind, bind_path, placeholders
from skillwire.spec.model import Call

# Letters and digits pass through percent-encoding unchanged, so that a slot is found again in a bound path.
_SLOT = "Qx{number}Slot{number}xQ"


def values_of(call: Call, raw_path: str, body: Any) -> dict[str, Any]:
    """The values, by canonical name, that a request of ``call`` was bound with.

    ``raw_path`` is the request's path with its query, percent-encoded; a prefix before the call's own path is passed over.
    ``body`` is its JSON value, ``None`` when it has none. What does not fit the call's templates is left out.
    """
    names = sorted(placeholders([call.path, call.body, call.url_body]))
    slots = {_SLOT.format(number=number): name for number, name in enumerate(names)}
    filled = {name: slot for slot, name in slots.items()}
    parts = urlsplit(bind_path(call.path, filled, where=call.path))
    found = _match(f"{parts.path}?{parts.query}" if parts.query else parts.path, raw_path, slots, whole=False)
    values: dict[str, Any] = {name: unquote(value) for name, value in found.items()}
    for template in (call.body, call.url_body):
        if template is not None and body is not None:
            values |= _read(bind(template, filled, where=call.path), body, slots)
    return values


def _read(template: Any, value: Any, slots: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(template, str):
        if template in slots:
            return {slots[template]: value}
        return dict(_match(template, value, slots)) if isinstance(value, str) else {}
    pairs: list[tuple[Any, Any]] = []
    if isinstance(template, Mapping) and isinstance(value, Mapping):
        pairs = [(template[key], value[key]) for key in template if key in value]
    elif isinstance(template, list) and isinstance(value, list):
        if len(template) == 1 and isinstance(template[0], str) and template[0] in slots:
            return {slots[template[0]]: value}  # such a list takes all items of a list value
        pairs = list(zip(template, value, strict=False))
    found: dict[str, Any] = {}
    for inner, held in pairs:
        found |= _read(inner, held, slots)
    return found


def _match(template: str, text: str, slots: Mapping[str, str], *, whole: bool = True) -> dict[str, str]:
    pattern = re.escape(template)
    names: dict[str, str] = {}
    for slot, name in slots.items():
        if slot in pattern:
            names[f"v{len(names)}"] = name
            held = f"(?P<v{len(names) - 1}>{'.+?' if whole else '[^/?&]+'})"
            pattern = pattern.replace(slot, held, 1).replace(slot, f"(?P=v{len(names) - 1})")
    found = re.fullmatch(pattern if whole else f".*?{pattern}", text, re.DOTALL)
    return {} if found is None else {name: found[group] for group, name in names.items()}
