"""A service built from the API's description alone, strict about what it is sent: every breach of the description is noted.

It keeps accounts, sessions, drafts and renders of its own. ``whims`` make it misbehave: functions by call name that are given
the number of the request (from 1) and the honest answer, and return the answer that goes out, as bytes of HTTP or an ``Answer``.
"""

from __future__ import annotations

import asyncio
import email.policy
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Self

ATTRIBUTION = ("x-skill-source", "x-skill-version", "x-skill-platform")
PAUSE = "pause"
"""Between pieces of a body: wait a moment, so that they arrive apart."""


@dataclass
class Answer:
    """One answer. ``pieces`` of a body go out one by one; ``hang`` then keeps the connection, ``cut`` drops it early."""

    status: int = 200
    pieces: Iterable[bytes | str] = ()
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    framed: bool = True
    hang: bool = False
    cut: bool = False


def of(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, [json.dumps(value).encode()], headers=headers)


def code(number: int, status: int = 200) -> Answer:
    return of({"code": number, "message": f"code {number}"}, status)


def stream(*pieces: bytes | str, **more) -> Answer:
    return Answer(200, pieces, "text/event-stream", **more)


def says(text: str, **more) -> bytes:
    event = {"content": {"role": "model", "parts": [{"text": text}]}, "author": "nemo_agent", "actions": {}, **more}
    return b"data: " + json.dumps(event).encode() + b"\n\n"


@dataclass
class Asked:
    """A request as it came."""

    call: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Service:
    """``video``: the bytes that every render gives. ``edit``: what a message does to a draft, told by ``reply``."""

    def __init__(self, video: bytes, *, edit: Callable[[dict, str], None] | None = None, reply: bytes = b"") -> None:
        self.video, self.edit = video, edit or self._drop_sound
        self.reply = reply or says("All done.")
        self.asked: list[Asked] = []
        self.breaches: list[str] = []
        self.whims: dict[str, Callable[[int, Answer], Answer]] = {}
        self.tokens: dict[str, str] = {}
        self.clients: Counter[str] = Counter()
        self.sessions: dict[str, dict] = {}
        self.uploaded: list[tuple[str, str, bytes]] = []
        self.renders: dict[str, int] = {}
        self.messages: list[str] = []
        self._counts: Counter[str] = Counter()

    # -- running -------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(ready)), daemon=True)
        self._thread.start()
        ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _main(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=1 << 26)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        asked = Asked(self._call(method, target), method, target, headers, body)
        self.asked.append(asked)
        self._counts[asked.call] += 1
        answer = self.honest(asked)
        whim = self.whims.get(asked.call)
        answer = whim(self._counts[asked.call], answer) if whim else answer
        lengthless = answer.hang or answer.cut or not answer.framed or answer.kind == "text/event-stream"
        pieces = list(answer.pieces) if not lengthless else answer.pieces
        writer.write(f"HTTP/1.1 {answer.status} X\r\nContent-Type: {answer.kind}\r\n".encode())
        if not lengthless:
            answer.headers.setdefault("Content-Length", str(sum(map(len, pieces))))
        elif answer.framed and "Content-Length" not in answer.headers:
            answer.headers["Transfer-Encoding"] = "chunked"
        else:
            answer.headers["Connection"] = "close"
        writer.write("".join(f"{name}: {value}\r\n" for name, value in answer.headers.items()).encode() + b"\r\n")
        chunked = answer.headers.get("Transfer-Encoding") == "chunked"
        for piece in pieces:
            if piece == PAUSE:
                await asyncio.sleep(0.05)
                continue
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked and piece else piece)
            await writer.drain()
        if answer.hang:
            await self._stop.wait()
        if chunked and not answer.cut:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return not lengthless or (chunked and not answer.cut)

    # -- the API -------------------------------------------------------------------------------------------------

    _PATHS = (
        ("token", "POST", r"/api/auth/anonymous-token"),
        ("session", "POST", r"/api/tasks/me/with-session/nemo_agent"),
        ("message", "POST", r"/run_sse"),
        ("upload", "POST", r"/api/upload-video/nemo_agent/me/([^/]+)"),
        ("credits", "GET", r"/api/credits/balance/simple"),
        ("state", "GET", r"/api/state/nemo_agent/me/([^/]+)/latest"),
        ("export", "POST", r"/api/render/proxy/lambda"),
        ("poll", "GET", r"/api/render/proxy/lambda/([^/]+)"),
        ("fallback", "GET", r"/api/render/proxy/([^/]+)/download"),
        ("file", "GET", r"/out/[^?]+"),
    )

    def _call(self, method: str, target: str) -> str:
        found = next((n for n, m, p in self._PATHS if m == method and re.fullmatch(p, target)), None)
        if found is None:
            self.breaches.append(f"unknown request {method} {target}")
        return found or "unknown"

    def _breach(self, *, unless: object, what: str) -> None:
        if not unless:
            self.breaches.append(what)

    def honest(self, asked: Asked) -> Answer:
        """The answer of a service in good order."""
        for secret in self.tokens:
            leaked = secret in asked.target or secret.encode() in asked.body
            self._breach(unless=not leaked, what=f"a token outside its header in {asked.call}")
        missing = [name for name in ATTRIBUTION if not asked.headers.get(name)]
        if asked.call == "token":
            return self._token(asked)
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if asked.call == "file":
            return self._file(asked)
        self._breach(unless=scheme == "Bearer" and not missing, what=f"{asked.call} without its headers: {missing}")
        if token not in self.tokens:
            return code(1001)
        return getattr(self, f"_{asked.call}", lambda _: code(404, 404))(asked)

    def _token(self, asked: Asked) -> Answer:
        self._breach(unless="authorization" not in asked.headers, what="authorization on the token call")
        client = asked.headers.get("x-client-id", "")
        if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", client):
            return code(400, 400)
        self.clients[client] += 1
        if self.clients[client] > 1:
            return code(429, 429)
        token = f"nmv_usr_{len(self.tokens)}_{client[:8]}"
        self.tokens[token] = client
        return of({"code": 0, "data": {"token": token, "credits": 100}})

    def _session(self, asked: Asked) -> Answer:
        body = json.loads(asked.body)
        fits = body.get("task_name") == "project" and re.fullmatch("[a-z]{2}", body.get("language", ""))
        self._breach(unless=fits, what=f"session {body}")
        sid = f"sid-{len(self.sessions)}"
        self.sessions[sid] = {"draft": {"t": []}, "language": body.get("language")}
        return of({"code": 0, "data": {"task_id": f"task-{sid}", "session_id": sid}})

    def _upload(self, asked: Asked) -> Answer:
        sid = asked.target.rsplit("/", 1)[1]
        if sid not in self.sessions:
            return code(1002)
        kind = asked.headers.get("content-type", "")
        if kind.startswith("application/json"):
            body = json.loads(asked.body)
            self._breach(unless=body.get("source_type") == "url" and body.get("urls"), what=f"upload {body}")
            taken = [(url, b"") for url in body["urls"]]
        else:
            message = BytesParser(policy=email.policy.HTTP).parsebytes(
                b"Content-Type: " + kind.encode() + b"\r\n\r\n" + asked.body
            )
            parts = list(message.iter_parts())
            fields = {part.get_param("name", header="content-disposition") for part in parts}
            self._breach(unless=fields == {"files"}, what=f"upload fields {fields}")
            taken = [(part.get_filename() or "", part.get_payload(decode=True)) for part in parts]
        for name, content in taken:
            self.uploaded.append((sid, name, content))
            clip = {"d": 5000, "m": {"name": name}}
            self.sessions[sid]["draft"]["t"] += [{"tt": 0, "sg": [clip]}, {"tt": 1, "sg": [dict(clip)]}]
        return of({"code": 0, "data": {"files": [name for name, _ in taken]}})

    def _message(self, asked: Asked) -> Answer:
        body = json.loads(asked.body)
        session = self.sessions.get(body.get("session_id"))
        if session is None:
            return code(1002)
        fits = (body.get("app_name"), body.get("user_id")) == ("nemo_agent", "me")
        self._breach(unless=fits and "text/event-stream" in asked.headers.get("accept", ""), what=f"message {body}")
        text = body["new_message"]["parts"][0]["text"]
        self.messages.append(text)
        self.edit(session["draft"], text)
        return stream(self.reply)

    @staticmethod
    def _drop_sound(draft: dict, _text: str) -> None:
        draft["t"] = [track for track in draft["t"] if track["tt"] != 1]

    def _credits(self, _asked: Asked) -> Answer:
        return of({"code": 0, "data": {"available": 70, "frozen": 5, "total": 75}})

    def _state(self, asked: Asked) -> Answer:
        session = self.sessions.get(asked.target.split("/")[-2])
        if session is None:
            return code(1002)
        state = {"draft": session["draft"], "video_infos": [], "generated_media": {}, "canvas_config": {}}
        return of({"code": 0, "data": {"state": state}})

    def _export(self, asked: Asked) -> Answer:
        body = json.loads(asked.body)
        if any(not asked.headers.get(name) for name in ATTRIBUTION):
            return code(402, 402)
        session = self.sessions.get(body.get("sessionId"), {})
        fits = body.get("output") == {"format": "mp4", "quality": "high"} and body.get("draft") == session.get("draft")
        self._breach(unless=fits and any(t["sg"] for t in body["draft"]["t"]), what="export of another draft")
        self.renders[body["id"]] = 0
        return of({"code": 0, "data": {"id": body["id"]}})

    def _poll(self, asked: Asked) -> Answer:
        job = asked.target.rsplit("/", 1)[1]
        if job not in self.renders:
            return code(404, 404)
        self.renders[job] += 1
        status = ("pending", "processing", "completed")[min(self.renders[job], 3) - 1]
        return of({"status": status, **({"output": {"url": f"/out/{job}.mp4"}} if status == "completed" else {})})

    def _fallback(self, asked: Asked) -> Answer:
        return self._file(asked)

    def _file(self, asked: Asked) -> Answer:
        start = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("range", ""))
        headers = {"ETag": '"v1"', "Accept-Ranges": "bytes"}
        if start is None:
            return Answer(200, [self.video], "video/mp4", headers)
        at, size = int(start[1]), len(self.video)
        headers["Content-Range"] = f"bytes {at}-{size - 1}/{size}"
        return Answer(206, [self.video[at:]], "video/mp4", headers)
