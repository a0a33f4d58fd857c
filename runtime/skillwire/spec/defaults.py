"""Documented defaults of known APIs, for what a skill of the same API leaves out (``api_defaults.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skillwire.spec.naming import Named, shape
from skillwire.spec.vocabulary import families

Family = Mapping[str, Any]


def recognise(named: Mapping[str, Named]) -> Family | None:
    """The API whose requests the file states: enough of them, and none of its names stated otherwise."""
    for family in families():
        agreeing = 0
        for name, call in family["calls"].items():
            stated = named.get(name)
            if stated is None:
                continue
            if stated.main.method not in ("", call["method"]) or shape(stated.path) != shape(call["path"]):
                break
            agreeing += 1
        else:
            if agreeing >= family["agree"]:
                return family
    return None


def agrees(fields: tuple[str, ...], body: Any) -> bool:
    """Whether every body field that prose names is one of the documented body."""
    return all(isinstance(body, dict) and name.split(".")[0].split("[")[0] in body for name in fields)
