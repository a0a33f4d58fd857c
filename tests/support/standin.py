"""A stand-in for the skills' service on a real loopback socket: the happy path by default, faults where a test wants them.

Independent of the studio: it does no video work and shares no code with it, so that the engine is tested against two servers.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FINISHED = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 64
"""What every export gives: the head of an MP4 and bytes that can be compared."""

CALLS = (
    ("token", "POST", r"/api/auth/anonymous-token"),
    ("session", "POST", r"/api/tasks/me/with-session/nemo_agent"),
    ("message", "POST", r"/run_sse"),
    ("upload", "POST", r"/api/upload-video/nemo_agent/me/[^/]+"),
    ("credits", "GET", r"/api/credits/balance/simple"),
    ("state", "GET", r"/api/state/nemo_agent/me/[^/]+/latest"),
    ("export", "POST", r"/api/render/proxy/lambda"),
    ("export_status", "GET", r"/api/render/proxy/lambda/[^/]+"),
    ("download", "GET", r"/files/.+"),
    ("fallback", "GET", r"/api/render/proxy/[^/]+/download"),
)


def draft(*, sound: bool, seconds: float = 5.0) -> dict:
    track = {"d": int(seconds * 1000), "m": {"name": "clip"}}
    tracks = [{"tt": 0, "sg": [track]}]
    if sound:
        tracks.append({"tt": 1, "sg": [dict(track)]})
    return {"t": tracks}


def sse(*events: object) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def say(text: str, **more: object) -> dict:
    return {"content": {"role": "model", "parts": [{"text": text}]}, "author": "nemo_agent", **more}


@dataclass
class Seen:
    """A request as it came in."""

    call: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class StandIn:
    """``faults``: dicts with ``call``, ``nth`` (1-based, or "all") and what happens instead of the usual answer:

    ``json``/``text``/``status``/``headers``; ``raw`` bytes of a stream; ``reset: true``; ``cut: N`` bytes of the answer and
    then the connection drops; ``kill: before`` or ``after`` kills the ``victim`` process around the usual answer.
    """

    faults: list[dict] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    sound: bool = True
    edits: bool = True
    issued: list[str] = field(default_factory=list)
    victim: subprocess.Popen | None = None

    def __enter__(self):
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.stand_in = self
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def calls(self) -> list[str]:
        return [request.call for request in self.seen]

    def take_fault(self, call: str) -> dict | None:
        with self._lock:
            number = self._counts[call] = self._counts.get(call, 0) + 1
        return next((f for f in self.faults if f["call"] == call and f.get("nth", 1) in (number, "all")), None)

    def usual(self, call: str) -> dict:
        """The happy answer to a call."""
        if call == "token":
            self.issued.append(f"nmv_usr_{len(self.issued)}secret")
            return {"json": {"code": 0, "data": {"token": self.issued[-1], "credits": 100}}}
        if call == "session":
            number = self.calls.count("session")
            return {"json": {"code": 0, "data": {"task_id": f"t{number}", "session_id": f"s{number}"}}}
        if call == "message":
            return {"raw": sse(say("Removed the "), say("Removed the audio track.")), "type": "text/event-stream"}
        answers = {
            "upload": {"json": {"code": 0, "data": {"files": ["clip"]}}},
            "credits": {"json": {"code": 0, "data": {"available": 90, "frozen": 0, "total": 100}}},
            "state": {"json": {"code": 0, "data": {"state": {"draft": draft(sound=self.sound), "video_infos": []}}}},
            "export": {"json": {"code": 0, "data": {}}},
            "export_status": {"json": {"status": "completed", "output": {"url": "/files/out.mp4"}}},
            "download": {"raw": FINISHED, "type": "video/mp4"},
            "fallback": {"raw": FINISHED, "type": "video/mp4"},
        }
        return answers[call]


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
        call = next((n for n, m, p in CALLS if m == self.command and re.fullmatch(p, self.path)), "unknown")
        headers = {name.lower(): value for name, value in self.headers.items()}
        stand_in.seen.append(Seen(call, self.command, self.path, headers, body))
        if call == "unknown":
            self._answer({"status": 404, "json": {"code": 404, "message": "no such path"}})
            return
        fault = stand_in.take_fault(call)
        kill = fault.get("kill") if fault else None
        if kill == "before":
            self._kill()
            return
        answer = fault if fault and not kill else stand_in.usual(call)
        if call == "message" and ("sse" in answer or "raw" in answer):
            stand_in.sound = stand_in.sound and not stand_in.edits
        self._answer(answer)
        if kill == "after":
            self._kill()

    def _kill(self):
        self.server.stand_in.victim.kill()
        self.server.stand_in.victim.wait()
        self.close_connection = True

    def _answer(self, answer):
        if answer.get("reset"):
            # Linger 0: the kernel sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        payload, kind = payload_of(answer)
        start, status = 0, answer.get("status", 200)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and answer.get("ranges"):
            start, status = int(wanted[1]), 206
        self.send_response(status)
        self.send_header("Content-Type", answer.get("type", kind))
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(payload) - 1}/{len(payload)}")
        self.send_header("Content-Length", str(len(payload) - start))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(payload[start:][: answer.get("cut")])
            self.wfile.flush()
        if "cut" in answer:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)


def payload_of(answer: dict) -> tuple[bytes, str]:
    """Body and content type of an answer."""
    if "json" in answer:
        return json.dumps(answer["json"]).encode(), "application/json"
    if "sse" in answer:
        return sse(*answer["sse"]), "text/event-stream"
    if "raw" in answer:
        raw = answer["raw"]
        return (raw if isinstance(raw, bytes) else raw.encode()), "application/octet-stream"
    return answer.get("text", "").encode(), "text/html"
