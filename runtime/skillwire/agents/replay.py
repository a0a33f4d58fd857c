"""Answers from a cassette, and the transport that records one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from skillwire.agents.base import Agent
from skillwire.agents.cassette import Cassette, Exchange, Redactor, load, save
from skillwire.errors import TransportFailed

_HOP = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "date", "server"})


class Replay:
    """Plays a cassette: each call gets the next recorded answer to that call. Nothing is sent anywhere, nothing is kept.

    Where the recorded run had a token already, so has this one.
    """

    service = ""
    loopback = True
    user_token = False
    dry = False
    outlives_us = False
    poll_every: float | None = 0.0

    def __init__(self, path: Path) -> None:
        """Raises ``UsageError`` when ``path`` holds no cassette."""
        self.name = f"replay:{path}"
        self._path = path
        self._cassette = load(path)
        self._left = list(self._cassette.exchanges)
        if not any(exchange.call == "token" for exchange in self._left):
            self.token = "replayed"  # noqa: S105 - it opens nothing
        self.base_url: str | None = self._cassette.base_url

    def transport(self) -> httpx.BaseTransport:
        return httpx.MockTransport(self._answer)

    def hand_over(self, path: Path) -> str | None:  # noqa: ARG002 - the protocol's signature
        return None

    def close(self) -> None:
        return

    def _answer(self, request: httpx.Request) -> httpx.Response:
        call = request.extensions.get("skillwire_call", "")
        place = next((n for n, e in enumerate(self._left) if e.call == call and e.method == request.method), None)
        if place is None:
            raise TransportFailed(
                f"the cassette holds no further answer to {call or request.url.path}",
                where=str(self._path),
                fix="record it again with --record",
            )
        exchange = self._left.pop(place)
        # A stream, not content: content counts as read already, and a download reads it raw.
        headers = exchange.headers | {"content-length": str(len(exchange.body))}
        return httpx.Response(exchange.status, headers=headers, stream=httpx.ByteStream(exchange.body))


class Recorder:
    """An agent that records another: everything passes through unchanged; the cassette is written when it is closed."""

    def __init__(self, agent: Agent, skill_name: str, base_url: str, path: Path) -> None:
        self._agent = agent
        self._path = path
        self._cassette = Cassette(skill_name, base_url)
        self._redactor = Redactor()
        self.name = agent.name
        self.base_url: str | None = agent.base_url
        self.service = agent.service
        self.loopback = agent.loopback
        self.user_token = agent.user_token
        self.poll_every = agent.poll_every
        self.dry = agent.dry
        self.outlives_us = agent.outlives_us

    def transport(self) -> httpx.BaseTransport:
        return _RecordingTransport(self._agent.transport(), self)

    def hand_over(self, path: Path) -> str | None:
        return self._agent.hand_over(path)

    def close(self) -> None:
        self._agent.close()
        save(self._cassette, self._path)

    def note(self, request: httpx.Request, sent: Any, response: httpx.Response, body: bytes) -> None:
        """Add an exchange, redacted."""
        request_headers = self._redactor.headers(_pairs(request.headers))
        body = self._redactor.body(body)
        self._cassette.exchanges.append(
            Exchange(
                call=request.extensions.get("skillwire_call", ""),
                method=request.method,
                path=self._redactor.text(request.url.raw_path.decode()),
                request_headers=request_headers,
                request_body=None if sent is None else json.loads(self._redactor.text(json.dumps(sent))),
                status=response.status_code,
                headers={
                    name: value
                    for name, value in self._redactor.headers(_pairs(response.headers)).items()
                    if name not in _HOP
                },
                body=body,
            )
        )


class _RecordingTransport(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # A compressed answer could not be redacted, nor read in the cassette.
        request.headers["Accept-Encoding"] = "identity"
        sent = _sent(request)
        response = self._inner.handle_request(request)
        if response.is_stream_consumed:
            # Made with its content, not with a stream: nobody will read it through the tee.
            self._recorder.note(request, sent, response, response.content)
            return response
        response.stream = _Tee(response, lambda body: self._recorder.note(request, sent, response, body))
        return response

    def close(self) -> None:
        self._inner.close()


class _Tee(httpx.SyncByteStream):
    """Passes an answer's bytes on and tells them all when it ends, also when it breaks or is left."""

    def __init__(self, response: httpx.Response, tell: Any) -> None:
        self._stream = response.stream
        self._tell = tell
        self._seen = bytearray()
        self._told = False

    def __iter__(self) -> Iterator[bytes]:
        if not isinstance(self._stream, httpx.SyncByteStream):
            raise TypeError("only answers read synchronously are recorded")
        for chunk in self._stream:
            self._seen += chunk
            yield chunk

    def close(self) -> None:
        if isinstance(self._stream, httpx.SyncByteStream):
            self._stream.close()
        if not self._told:
            self._told = True
            self._tell(bytes(self._seen))


def _pairs(headers: httpx.Headers) -> list[tuple[str, str]]:
    return [(name.decode("ascii", "replace"), value.decode("latin-1")) for name, value in headers.raw]


def _sent(request: httpx.Request) -> Any:
    """A request's JSON body as a value; of files only that they went along."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        size = request.headers.get("content-length", "0")
        return None if size == "0" else f"{size} bytes of {request.headers.get('content-type', 'data').split(';')[0]}"
    return json.loads(request.read())
