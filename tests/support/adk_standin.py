"""A small server with the routes and JSON shapes of ADK's ``api_server``, scripted, for tests that need no real one."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from support.standin import FINISHED, Seen, sse

APP = "editor"


def event(*parts: dict, role: str = "model", artifacts: dict | None = None, **more: object) -> dict:
    """An ADK event of these parts."""
    actions = {"stateDelta": {}, "artifactDelta": artifacts or {}}
    return {"content": {"role": role, "parts": list(parts)}, "author": APP, "actions": actions, **more}


@dataclass
class Turn:
    """What the agent does with one message: events it says, files it saves (name → bytes or a part), state it sets."""

    said: list[dict]
    files: dict[str, bytes | dict] = field(default_factory=dict)
    state: dict = field(default_factory=dict)


def usual(_parts: list[dict]) -> Turn:
    said = [
        event({"functionCall": {"id": "1", "name": "cut", "args": {}}}),
        event({"text": "Removed "}, partial=True),
        event({"text": "the audio."}, partial=True),
        event({"text": "Removed the audio."}),
    ]
    return Turn(said, {"silent.mp4": FINISHED})


@dataclass
class AdkStandIn:
    """``script`` makes a ``Turn`` of a message's parts. ``faults``: dicts with ``path`` (a pattern), ``nth`` (1-based or
    "all"), ``status`` and ``json``.
    """

    script: Callable[[list[dict]], Turn] = usual
    faults: list[dict] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    sessions: dict[str, dict] = field(default_factory=dict)
    artifacts: dict[tuple[str, str], list[dict]] = field(default_factory=dict)

    def __enter__(self):
        self._counts: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.stand_in = self
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.agent = f"adk:{self.url}#{APP}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def messages(self) -> list[dict]:
        """Bodies of all messages sent."""
        return [seen.json for seen in self.seen if seen.path == "/run_sse"]

    def fault(self, path: str) -> dict | None:
        """The fault that is due for a request."""
        for one in self.faults:
            if re.fullmatch(one["path"], path):
                number = self._counts[one["path"]] = self._counts.get(one["path"], 0) + 1
                return one if one.get("nth", 1) in (number, "all") else None
        return None

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, object]:
        """Status and JSON value (or bytes of a stream)."""
        if target == "/run_sse":
            return self._run(json.loads(body))
        if target == "/list-apps":
            return 200, [APP]
        parts = urlsplit(target)
        found = re.fullmatch(r"/apps/([^/]+)/users/[^/]+/sessions(?:/([^/]+)(/artifacts/(.+))?)?", parts.path)
        if found is None:
            return 404, {"detail": "Not Found"}
        if method == "POST":
            number = f"s{len(self.sessions) + 1}"
            self.sessions[number] = {"id": number, "appName": found[1], "state": {}, "events": []}
            return 200, self.sessions[number]
        if found[2] not in self.sessions:
            return 404, {"detail": "Session not found"}
        if found[3] is None:
            return 200, self.sessions[found[2]]
        saved = self.artifacts.get((found[2], unquote(found[4])))
        version = int(parse_qs(parts.query).get("version", ["-1"])[0])
        return (200, saved[version]) if saved else (404, {"detail": "Artifact not found"})

    def _run(self, body: dict) -> tuple[int, object]:
        session = self.sessions.get(body["session_id"])
        if session is None:
            return 404, {"detail": f"Session not found: {body['session_id']}"}
        turn = self.script(body["new_message"]["parts"])
        saved = {}
        for name, content in turn.files.items():
            data = content if isinstance(content, dict) else None
            if data is None:
                # The URL-safe alphabet, as ADK writes bytes.
                encoded = base64.urlsafe_b64encode(content).decode()
                data = {"inlineData": {"data": encoded, "mimeType": "video/mp4"}}
            versions = self.artifacts.setdefault((session["id"], name), [])
            versions.append(data)
            saved[name] = len(versions) - 1
        session["events"] += [event(*body["new_message"]["parts"], role="user"), event(artifacts=saved), *turn.said]
        session["state"] |= turn.state
        return 200, sse(*turn.said)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._serve()

    def do_POST(self):
        self._serve()

    def _serve(self):
        stand_in = self.server.stand_in
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        stand_in.seen.append(Seen("", self.command, self.path, headers, body))
        fault = stand_in.fault(self.path)
        status, value = (fault["status"], fault["json"]) if fault else stand_in.answer(self.command, self.path, body)
        streamed = isinstance(value, bytes)
        payload = value if streamed else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8" if streamed else "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)
