"""Another planner behind the seam: asked only when configured, believed only when valid, replaced when it fails."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest

from skillwire.studio.understand import planners
from skillwire.studio.understand.planners import understand_with
from skillwire.studio.understand.read import understand

KEY = "sk-very-secret"


def _completion(content):
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


class _Endpoint(BaseHTTPRequestHandler):
    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b""
    seen: ClassVar[list] = []
    hold: ClassVar[threading.Event] = threading.Event()
    held: ClassVar[bool] = False

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.seen.append((self.path, dict(self.headers), json.loads(self.rfile.read(length))))
        if type(self).held:
            self.hold.wait(5)
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        try:
            self.wfile.write(self.body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    handler = type("Endpoint", (_Endpoint,), {"seen": [], "hold": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield handler, {"SKILLWIRE_PLANNER_URL": f"http://127.0.0.1:{server.server_port}/v1", "SKILLWIRE_PLANNER_KEY": KEY}
    handler.hold.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_without_configuration_the_rules_answer():
    assert understand_with("mute it", {}) == understand("mute it")
    assert (
        understand_with(
            "mute it", {"SKILLWIRE_PLANNER": "rules", "SKILLWIRE_PLANNER_URL": "https://example.org"}
        ).planner
        == "rules"
    )


def test_a_valid_answer_is_taken(endpoint):
    handler, environ = endpoint
    handler.body = _completion('{"ops": [{"op": "speed", "factor": 2}]}')
    reading = understand_with("pretty please go berserk", environ)
    assert (reading.ops, reading.planner, reading.note) == (({"op": "speed", "factor": 2},), "chat", "")
    path, headers, body = handler.seen[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body["messages"][-1] == {"role": "user", "content": "pretty please go berserk"}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, _completion('{"ops": [{"op": "delete_disk"}]}'), "schema"),
        (200, _completion('{"ops": [{"op": "speed", "factor": 0}]}'), "schema"),
        (200, _completion('{"ops": "mute"}'), "no list"),
        (200, _completion("sure, I muted it!"), "not the JSON"),
        (200, b"<html>", "not the JSON"),
        (200, b"[" * 60000, "not the JSON"),
        (200, b" " * 70000, "longer than"),
        (500, b"", "HTTP 500"),
        (307, b"", "HTTP 307"),
    ],
)
def test_any_other_answer_leaves_it_to_the_rules_and_says_why(endpoint, status, body, reason):
    handler, environ = endpoint
    handler.status, handler.body = status, body
    reading = understand_with("mute it", environ)
    assert (reading.ops, reading.planner) == (({"op": "remove_audio"},), "rules")
    assert reason in reading.note
    assert KEY not in reading.note


def test_silence_is_waited_for_only_so_long(endpoint):
    handler, environ = endpoint
    handler.held = True
    reading = understand_with("mute it", environ | {"SKILLWIRE_PLANNER_TIMEOUT": "0.2"})
    assert reading.ops == ({"op": "remove_audio"},)
    assert "0.2 seconds" in reading.note


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/v1",
        "ftp://127.0.0.1/",
        "https://me:pw@example.org",
        "nonsense",
        "http://[::1",
        "http://127.0.0.1.example.org",
    ],
)
def test_addresses_that_would_send_text_in_the_clear_are_refused(url):
    reading = understand_with("mute it", {"SKILLWIRE_PLANNER_URL": url})
    assert reading.ops == ({"op": "remove_audio"},)
    assert "SKILLWIRE_PLANNER_URL" in reading.note


def test_an_unknown_planner_is_named_with_those_there_are():
    assert "chat" in understand_with("mute it", {"SKILLWIRE_PLANNER": "oracle"}).note


class _Foreign:
    def __init__(self, environ):
        self.environ = environ

    def plan(self, text):
        if "boom" in text:
            raise ZeroDivisionError
        return [{"op": "undo"}]


def test_a_package_adds_a_planner_by_entry_point(monkeypatch):
    point = EntryPoint("foreign", f"{__name__}:_Foreign", planners.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda _: _Foreign)
    monkeypatch.setattr(planners, "entry_points", lambda group: [point] if group == planners.GROUP else [])
    environ = {"SKILLWIRE_PLANNER": "foreign"}
    assert understand_with("anything", environ).ops == ({"op": "undo"},)
    broken = understand_with("boom: mute it", environ)
    assert broken.planner == "rules"
    assert "ZeroDivisionError" in broken.note
