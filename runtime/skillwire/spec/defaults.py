"""Documented defaults of known APIs, for what a skill of the same API leaves out (``api_defaults.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from skillwire.spec.model import Call, DraftMap, ErrorRule, Poll, Recovery, StreamRule, Verb
from skillwire.spec.naming import Named, shape
from skillwire.spec.vocabulary import families


class Family:
    """The documented defaults of one API, as the records that a skill is made of."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.agree: int = data["agree"]
        self.calls = {name: _call(name, call) for name, call in data["calls"].items()}
        self.shapes = {name: shape(call.path) for name, call in self.calls.items()}
        self.auth: Mapping[str, str] = data["auth"]
        self.base_url_env: str = data["base_url_env"]
        self.errors = tuple(_error(row) for row in data["errors"])
        self.poll = _poll(data["poll"])
        self.stream = _stream(data["stream"])
        self.draft = DraftMap(data["draft"]["keys"], data["draft"]["track_types"])
        self.formats: tuple[str, ...] = tuple(data["formats"])
        self.max_bytes: int = data["max_megabytes"] * 1024 * 1024


def recognise(named: Mapping[str, Named]) -> Family | None:
    """The API whose requests the file states: enough of them, and none of its names stated otherwise."""
    for family in _known():
        agreeing = 0
        for name, call in family.calls.items():
            stated = named.get(name)
            if stated is None:
                continue
            if stated.main.method not in ("", call.method) or shape(stated.path) != family.shapes[name]:
                break
            agreeing += 1
        else:
            if agreeing >= family.agree:
                return family
    return None


def agrees(fields: tuple[str, ...], body: Any) -> bool:
    """Whether every body field that prose names is one of the documented body."""
    return all(isinstance(body, dict) and name.split(".")[0].split("[")[0] in body for name in fields)


@cache
def _known() -> tuple[Family, ...]:
    return tuple(Family(data) for data in families())


def _call(name: str, data: Mapping[str, Any]) -> Call:
    return Call(
        name=name,
        verb=Verb(data["verb"]),
        method=data["method"],
        path=data["path"],
        body=data.get("body"),
        file_field=data.get("file_field"),
        url_body=data.get("url_body"),
        headers=tuple((header, value) for header, value in data.get("headers", ())),
        returns=tuple(data.get("returns", ())),
        timeout=float(data["timeout"]) if "timeout" in data else None,
        default=True,
    )


def _error(row: Mapping[str, Any]) -> ErrorRule:
    return ErrorRule(**{**row, "recovery": Recovery(row["recovery"]), "line": None})


def _poll(data: Mapping[str, Any]) -> Poll:
    return Poll(**{**data, "every": float(data["every"]), "failed": tuple(data["failed"])})


def _stream(data: Mapping[str, Any]) -> StreamRule:
    seconds = {name: float(data[name]) for name in ("notice_every", "timeout", "heartbeats_only")}
    return StreamRule(**{**data, **seconds})
