"""Answers every call the way the skill says its service does, and sends nothing: the requests are what a dry run is for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.engine.binding import canonical
from skillwire.spec.marks import secret_header
from skillwire.spec.model import Call, DraftMap, Skill, Verb

if TYPE_CHECKING:
    import httpx

STAND_IN_URL = "https://skill.invalid"
"""Shown for a skill that names no host; the ``.invalid`` domain never resolves (RFC 2606)."""


class Dry:
    """An agent that makes up answers of the declared shape; no socket is ever opened."""

    name = "dry"
    service = "dry"
    loopback = True
    user_token = True
    dry = True
    outlives_us = False
    poll_every: float | None = 0.0

    def __init__(self, skill: Skill) -> None:
        self._skill = skill
        self.base_url: str | None = skill.base_url or STAND_IN_URL
        self._edits = 0

    def transport(self) -> httpx.BaseTransport:
        import httpx  # noqa: PLC0415 - slow to load

        return httpx.MockTransport(self._answer)

    def hand_over(self, path: Path) -> str | None:  # noqa: ARG002 - the protocol's signature
        return None

    def close(self) -> None:
        return

    def _answer(self, request: httpx.Request) -> httpx.Response:
        import httpx  # noqa: PLC0415 - slow to load

        call = self._skill.calls.get(request.extensions.get("skillwire_call", ""))
        if call is None:  # the download
            return httpx.Response(200, headers={"content-type": "application/octet-stream"}, content=b"")
        if call.verb is Verb.STREAM:
            self._edits += 1
            return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=b"data: {}\n\n")
        return httpx.Response(200, json=self._body(call))

    def _body(self, call: Call) -> dict[str, Any]:
        body: dict[str, Any] = {"code": 0, "data": {}}
        for name in call.returns:
            put(body, name if name.startswith("data.") else f"data.{name}", f"<{canonical(name.rsplit('.', 1)[-1])}>")
        if call.name == "token":
            body["data"].setdefault("token", "<token>")
        if call.name == "session":
            body["data"].setdefault("session_id", "<session_id>")
        if call.name == "state":
            field = next((f for f in call.returns if f.endswith("draft")), "data.draft")
            put(body, field if field.startswith("data.") else f"data.{field}", draft(self._skill.draft, self._edits))
        if call.name.endswith("_status") and self._skill.poll is not None:
            put(body, self._skill.poll.status_field, self._skill.poll.until)
            put(body, self._skill.poll.url_field, "/<result>")
        return body


def draft(draft_map: DraftMap, edits: int) -> dict[str, Any]:
    """A draft with one clip in the skill's own short keys, which every edit changes: the run must reach its export."""
    short = {prose.split("(")[0].strip(): key for key, prose in draft_map.keys.items()}
    tracks, segments = short.get("tracks", "tracks"), short.get("segments", "segments")
    return {tracks: [{segments: [{"name": "clip", "edits": edits}]}]}


def put(body: dict[str, Any], field: str, value: Any) -> None:
    """Set a dotted field of a JSON object, making the objects on the way."""
    *parents, last = field.split(".")
    for part in parents:
        inner = body.get(part)
        if not isinstance(inner, dict):
            inner = body[part] = {}
        body = inner
    body[last] = value


def mask(value: str) -> str:
    """A secret header's value with its secret hidden: ``Bearer ***``."""
    scheme, space, _ = value.partition(" ")
    return f"{scheme} ***" if space else "***"


def shown_headers(pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Headers as a dry run shows them: names as sent, secrets masked, the transport's own left out."""
    hidden = {"host", "accept-encoding", "connection", "user-agent", "content-length"}
    return {name: mask(value) if secret_header(name) else value for name, value in pairs if name.lower() not in hidden}


def shown_body(content: bytes) -> Any:
    """A JSON request body as an object; anything else as its size."""
    try:
        return json.loads(content) if content else None
    except ValueError:
        return f"{len(content)} bytes"
