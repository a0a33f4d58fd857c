"""Carries requests over ``httpx`` and brings answers back as the engine's records, within ``bounds``."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any, Self

import httpx

from skillwire import bounds
from skillwire.download import Download, Moves
from skillwire.engine.effects import Closed, Failed, Frame, Reply, Request, Silence
from skillwire.engine.wording import plain
from skillwire.errors import TransportFailed
from skillwire.eventstream import MIME, EventStream
from skillwire.spec.marks import secret_header

SECRET_LENGTH = 8
"""Characters from which on a token is looked for in answers; a shorter one would tear ordinary words apart."""


class Wire:
    """One connection pool to one agent. Use as a context manager."""

    def __init__(self, transport: httpx.BaseTransport, base_url: str) -> None:
        # trust_env off: a proxy or a .netrc of the environment must never see or add a credential.
        self._client = httpx.Client(transport=transport, base_url=base_url, follow_redirects=False, trust_env=False)
        self._stream: EventStream | None = None
        self._deadlines = bounds.Deadlines()
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

    def build(self, request: Request, files: ExitStack | None = None, sent: _Sent | None = None) -> httpx.Request:
        """The request as ``httpx`` will send it. Files are opened, and closed with ``files``; without it only named."""
        self._secrets |= {value.rsplit(" ", 1)[-1] for name, value in request.headers if secret_header(name)}
        parts: list[tuple[str, tuple[str, Any]]] = []
        for path in request.files:
            content: Any = b""
            if files is not None:
                opened = files.enter_context(path.open("rb"))
                content = opened if sent is None else _Counted(opened, sent)
            # A name on disk need not be text; what goes out has to be.
            name = path.name.encode(errors="replace").decode()
            parts.append((request.file_field or "file", (name, content)))
        timeout = httpx.Timeout(request.timeout or bounds.READ_QUIET, connect=bounds.CONNECT_TIMEOUT)
        return self._client.build_request(
            request.method,
            request.url,
            headers=list(request.headers),
            json=request.json,
            files=parts or None,
            timeout=timeout,
            extensions={"skillwire_call": request.call, "trace": self._deadlines.trace},
        )

    def send(self, request: Request, sent: _Sent | None = None) -> Reply | Failed:
        """Send a request and read its whole answer, within its time. Raises ``TransportFailed`` for an unreadable file."""
        seconds = request.timeout or (bounds.SENDING_TIMEOUT if request.files else bounds.ANSWER_TIMEOUT)
        try:
            with self._deadlines.within(seconds), ExitStack() as stack:
                response = self._client.send(self.build(request, stack, sent), stream=True)
                stack.callback(response.close)
                return self._reply(response)
        except OSError as error:
            raise TransportFailed(
                f"cannot read the file ({error.strerror})", where=str(error.filename or "")
            ) from error
        except bounds.UNSENT as error:
            return Failed(bounds.reason(error), sent=False)
        except (httpx.HTTPError, httpx.StreamError, bounds.TooLongError) as error:
            return Failed(bounds.reason(error))

    def upload(self, request: Request) -> Generator[tuple[int, int | None], None, Reply | Failed]:
        """``send`` for a request with files, yielding (bytes of the files so far, bytes in all) a few times a second.

        Left before its end it breaks the connection. Raises as ``send`` does.
        """
        sent, outcome = _Sent(), _Outcome(lambda: self.send(request, sent))
        try:
            total = sum(path.stat().st_size for path in request.files)
        except OSError as error:
            raise TransportFailed(
                f"cannot read the file ({error.strerror})", where=str(error.filename or "")
            ) from error
        outcome.start()
        try:
            while not outcome.ended(within=0.1):
                yield min(sent.bytes, total), total
            yield min(sent.bytes, total), total
        finally:
            if not outcome.ended(within=0):
                self._deadlines.cut()
                outcome.ended(within=2)
        return outcome.result()

    def _reply(self, response: httpx.Response) -> Reply:
        headers = {name.lower(): value for name, value in response.headers.items()}
        if "retry-after" in headers:
            headers["retry-after"] = _seconds(headers["retry-after"], headers.get("date", ""))
        body = self._without_secrets(_read(response).decode(errors="replace"))
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return Reply(response.status_code, headers, None, plain(body[: bounds.MOST_TEXT]))
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
        started = time.monotonic()
        try:
            with self._deadlines.within(request.timeout or bounds.ANSWER_TIMEOUT):
                response = self._client.send(self.build(request), stream=True)
        except bounds.UNSENT as error:
            return Failed(bounds.reason(error), sent=False)
        except (httpx.HTTPError, bounds.TooLongError) as error:
            return Failed(bounds.reason(error))
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        kind = response.headers.get("content-type", "").lower()
        if response.status_code < 300 and kind.startswith(MIME):
            self._stream = EventStream(response, self._without_secrets, started)
            return Reply(response.status_code, dict(response.headers), streaming=True)
        try:
            with self._deadlines.within(bounds.ANSWER_TIMEOUT):
                return self._reply(response)
        except (httpx.HTTPError, httpx.StreamError, bounds.TooLongError) as error:
            return Failed(bounds.reason(error))
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

    def download(self, request: Request, target: Path) -> Moves:
        """Write a file to ``target``, yielding how far it is; see ``Download``. Headers go only to the service's own origin."""
        return Download(self._client, self._deadlines, request, target, self._reply).run()


class _Sent:
    """Bytes of files that have been handed to the connection."""

    bytes = 0


class _Counted:
    """A file on its way out; whoever reads it moves ``sent``."""

    def __init__(self, file: IO[bytes], sent: _Sent) -> None:
        self._file = file
        self._sent = sent

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._sent.bytes += len(content)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        before = self._file.tell()
        place = self._file.seek(offset, whence)
        self._sent.bytes += place - before
        return place

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Outcome(threading.Thread):
    """What comes of a piece of work on a thread of its own."""

    def __init__(self, work: Callable[[], Reply | Failed]) -> None:
        super().__init__(name="skillwire-upload", daemon=True)
        self._work = work
        self._outcome: Reply | Failed | Exception = Failed("the upload was left")

    def run(self) -> None:
        try:
            self._outcome = self._work()
        except Exception as error:  # noqa: BLE001 - raised again on the caller's thread
            self._outcome = error

    def ended(self, *, within: float) -> bool:
        self.join(within)
        return not self.is_alive()

    def result(self) -> Reply | Failed:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def _seconds(retry_after: str, date: str) -> str:
    """A ``Retry-After`` header in seconds, also where it names a time (RFC 9110, 10.2.3); by the server's clock if it has one."""
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return retry_after
    try:
        now = parsedate_to_datetime(date)
    except ValueError:
        now = datetime.now(UTC)
    if until.tzinfo is None or now.tzinfo is None:  # "-0000": UTC, of unknown origin
        until, now = until.replace(tzinfo=UTC), now.replace(tzinfo=UTC)
    return str(max((until - now).total_seconds(), 0.0))


def _read(response: httpx.Response) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > bounds.MOST_JSON:
            raise bounds.TooLongError(f"an answer of more than {bounds.MOST_JSON} bytes")
    return b"".join(chunks)
