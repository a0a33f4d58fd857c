"""Carries requests over ``httpx`` and brings answers back as the engine's records. The only file that imports httpx_sse.

Bounds, documented here because a skill states none of them: 10 s to connect, 60 s for a plain answer from its first byte to
its last (an hour when files go along), 16 MiB of JSON, 8 KiB of any other text, five redirects of a download, and no redirect
at all of an API call.
"""

from __future__ import annotations

import json
import queue
import socket
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import httpx
import httpx_sse

from skillwire.engine.effects import Closed, Failed, Fetched, Frame, Reply, Request, Silence
from skillwire.engine.wording import plain
from skillwire.errors import OutputFailed, TransportFailed
from skillwire.spec.marks import secret_header

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 60.0
SENDING_TIMEOUT = 3600.0
MOST_JSON = 16 * 1024 * 1024
MOST_TEXT = 8 * 1024
MOST_REDIRECTS = 5
SECRET_LENGTH = 8
"""Characters from which on a token is looked for in answers; a shorter one would tear ordinary words apart."""
READ_QUIET = 60.0
"""Seconds without a byte after which a download or a plain answer counts as broken."""

_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class Wire:
    """One connection pool to one agent. Use as a context manager."""

    def __init__(self, transport: httpx.BaseTransport, base_url: str) -> None:
        # trust_env off: a proxy or a .netrc of the environment must never see or add a credential.
        self._client = httpx.Client(transport=transport, base_url=base_url, follow_redirects=False, trust_env=False)
        self._stream: _Stream | None = None
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._secrets: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop an open stream and all connections."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._client.close()

    def build(self, request: Request, files: ExitStack | None = None) -> httpx.Request:
        """The request as ``httpx`` will send it. Files are opened, and closed with ``files``; without it only named."""
        self._secrets |= {value.rsplit(" ", 1)[-1] for name, value in request.headers if secret_header(name)}
        parts: list[tuple[str, tuple[str, Any]]] = []
        for path in request.files:
            content = files.enter_context(path.open("rb")) if files is not None else b""
            parts.append((request.file_field or "file", (path.name, content)))
        timeout = httpx.Timeout(request.timeout or READ_QUIET, connect=CONNECT_TIMEOUT)
        return self._client.build_request(
            request.method,
            request.url,
            headers=list(request.headers),
            json=request.json,
            files=parts or None,
            timeout=timeout,
            extensions={"skillwire_call": request.call, "trace": self._trace},
        )

    def _trace(self, name: str, info: dict[str, Any]) -> None:
        """Take note of the sockets that httpcore says it opens; a deadline needs them."""
        if name == "connection.connect_tcp.complete":
            opened = info["return_value"].get_extra_info("socket")
            if opened is not None:
                self._sockets.add(opened)

    @contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        """Break the connection after ``seconds``: httpx bounds each read, so a server that drips bytes would hold us."""
        late = threading.Event()

        def cut() -> None:
            late.set()
            for opened in list(self._sockets):
                with suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (httpx.HTTPError, httpx.StreamError) as error:
            if late.is_set():
                raise _TooLongError("no answer in time") from error
            raise
        finally:
            timer.cancel()

    def send(self, request: Request) -> Reply | Failed:
        """Send a request and read its whole answer, within its time."""
        seconds = request.timeout or (SENDING_TIMEOUT if request.files else ANSWER_TIMEOUT)
        try:
            with self._deadline(seconds), ExitStack() as stack:
                response = self._client.send(self.build(request, stack), stream=True)
                stack.callback(response.close)
                return self._reply(response)
        except OSError as error:
            raise TransportFailed(
                f"cannot read the file ({error.strerror})", where=str(error.filename or "")
            ) from error
        except _UNSENT as error:
            return Failed(_reason(error), sent=False)
        except (httpx.HTTPError, httpx.StreamError, _TooLongError) as error:
            return Failed(_reason(error))

    def _reply(self, response: httpx.Response) -> Reply:
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = self._without_secrets(_read(response).decode(errors="replace"))
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return Reply(response.status_code, headers, None, plain(body[:MOST_TEXT]))
        return Reply(response.status_code, headers, data)

    def _without_secrets(self, text: str) -> str:
        """``text`` without the tokens that were sent: a service that repeats one must not get it into a message or a file."""
        for secret in self._secrets:
            if len(secret) >= SECRET_LENGTH:
                text = text.replace(secret, "***")
        return text

    # -- streams -------------------------------------------------------------------------------------------------

    def open_stream(self, request: Request) -> Reply | Failed:
        """Send a request and, when its answer is an event stream, keep it open for ``next_frame``."""
        try:
            with self._deadline(request.timeout or ANSWER_TIMEOUT):
                response = self._client.send(self.build(request), stream=True)
        except _UNSENT as error:
            return Failed(_reason(error), sent=False)
        except (httpx.HTTPError, _TooLongError) as error:
            return Failed(_reason(error))
        if response.status_code < 400 and response.headers.get("content-type", "").startswith("text/event-stream"):
            self._stream = _Stream(response, self._without_secrets)
            return Reply(response.status_code, dict(response.headers), streaming=True)
        try:
            with self._deadline(ANSWER_TIMEOUT):
                return self._reply(response)
        except (httpx.HTTPError, httpx.StreamError, _TooLongError) as error:
            return Failed(_reason(error))
        finally:
            response.close()

    def next_frame(self, seconds: float) -> Frame | Silence | Closed:
        """The next frame of the open stream, or ``Silence`` when none came in ``seconds``."""
        if self._stream is None:
            return Closed(0.0)
        answer = self._stream.next(seconds)
        if isinstance(answer, Closed):
            self._stream.close()
            self._stream = None
        return answer

    # -- downloads -----------------------------------------------------------------------------------------------

    def download(
        self, request: Request, target: Path
    ) -> Generator[tuple[int, int | None], None, Fetched | Reply | Failed]:
        """Write a file to ``target``, yielding (bytes so far, bytes in all or ``None``).

        ``target`` is a scratch name of the caller's; it is whole only when ``Fetched`` is returned. A broken download goes
        on where it stopped if the server can. Headers of the request go only to the service's own origin.
        Raises ``OutputFailed`` when it cannot be written.
        """
        tries, done = 0, 0
        while True:
            before = done
            outcome = yield from self._download_once(request, target, done)
            if not isinstance(outcome, Failed):
                return outcome
            with suppress(OSError):
                done = target.stat().st_size
            tries = 0 if done > before else tries + 1
            if tries > 2 or not outcome.sent:
                return outcome

    def _download_once(
        self, request: Request, target: Path, start: int
    ) -> Generator[tuple[int, int | None], None, Fetched | Reply | Failed]:
        try:
            with ExitStack() as stack:
                response = self._follow(request, start, stack)
                if isinstance(response, Failed):
                    return response
                if response.status_code >= 400:
                    with self._deadline(ANSWER_TIMEOUT):
                        return self._reply(response)
                start = start if response.status_code == 206 else 0
                length = response.headers.get("content-length", "")
                total = start + int(length) if length.isdigit() else None
                done = start
                with target.open("ab" if start else "wb") as out:
                    for chunk in response.iter_raw(1 << 20):
                        out.write(chunk)
                        done += len(chunk)
                        yield done, total
                if total is not None and done != total:
                    return Failed(f"{done} of {total} bytes came")
                return Fetched(target, done)
        except (httpx.HTTPError, _TooLongError) as error:
            return Failed(_reason(error), sent=not isinstance(error, _UNSENT))
        except OSError as error:
            raise OutputFailed(
                f"the result cannot be written ({error.strerror})",
                where=str(target.parent),
                fix="free some space there",
            ) from error

    def _follow(self, request: Request, start: int, stack: ExitStack) -> httpx.Response | Failed:
        url = self._client.base_url.join(request.url)
        for _ in range(MOST_REDIRECTS + 1):
            own = _origin(url) == _origin(self._client.base_url)
            if not own and url.scheme != "https":
                return Failed(f"the file lies at {plain(url.host)}, which is neither the service nor https", sent=False)
            headers = list(request.headers) if own else []
            if start:
                headers.append(("Range", f"bytes={start}-"))
            headers.append(("Accept-Encoding", "identity"))
            outgoing = self._client.build_request(
                "GET",
                url,
                headers=headers,
                timeout=httpx.Timeout(READ_QUIET, connect=CONNECT_TIMEOUT),
                extensions={"skillwire_call": request.call, "trace": self._trace},
            )
            response = self._client.send(outgoing, stream=True)
            stack.callback(response.close)
            if not response.has_redirect_location:
                return response
            url = url.join(response.headers["location"])
        return Failed("it redirects without end", sent=False)


class _TooLongError(Exception):
    """An answer of more bytes, or over more time, than any honest service needs."""


class _Stream:
    """Reads events on a thread, so that the caller can wait with a bound and a user's Ctrl-C is heard at once."""

    def __init__(self, response: httpx.Response, clean: Callable[[str], str]) -> None:
        self._response = response
        self._clean = clean
        self._queue: queue.Queue[Frame | Closed] = queue.Queue(maxsize=1000)
        self._opened = time.monotonic()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="skillwire-stream", daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> Frame | Silence | Closed:
        try:
            return self._queue.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return Silence(self._elapsed())

    def close(self) -> None:
        self._closing.set()
        with suppress(Exception):
            self._response.close()
        with suppress(queue.Empty):
            while True:  # a pump that waits for room in the queue must see the end
                self._queue.get_nowait()
        self._thread.join(timeout=2)

    def _elapsed(self) -> float:
        return time.monotonic() - self._opened

    def _pump(self) -> None:
        end = None
        try:
            for event in httpx_sse.EventSource(self._response).iter_sse():
                self._put(Frame(self._clean(event.data), self._elapsed(), event.event))
                if self._closing.is_set():
                    return
            end = Closed(self._elapsed())
        except Exception as error:  # noqa: BLE001 - whatever breaks the stream is told, on the caller's thread
            end = Closed(self._elapsed(), clean=False, reason=_reason(error))
        self._put(end)

    def _put(self, item: Frame | Closed) -> None:
        while not self._closing.is_set():
            with suppress(queue.Full):
                self._queue.put(item, timeout=0.2)
                return


def _read(response: httpx.Response) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > MOST_JSON:
            raise _TooLongError(f"an answer of more than {MOST_JSON} bytes")
    return b"".join(chunks)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _reason(error: Exception) -> str:
    """What broke, in a few words and without addresses or library names."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    text = plain(str(error)).strip()
    for words, told in (
        ("refused", "connection refused"),
        ("reset", "connection reset"),
        ("certificate", "bad certificate"),
    ):
        if words in text.lower():
            return told
    return text[:200] or type(error).__name__
