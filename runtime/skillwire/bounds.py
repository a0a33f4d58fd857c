"""What holds of every exchange: how long it may take, how much may come, and what is said of one that broke.

A skill states none of these, so they are documented here: 10 s to connect, 60 s for a plain answer from its first byte to
its last (an hour when files go along), 60 s without a byte of a download and an hour for all of it, 16 MiB of JSON, 8 KiB of
any other text, 64 MiB of a stream, 8 GiB of a download, five redirects of a download, and no redirect at all of an API call.
"""

from __future__ import annotations

import socket
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from skillwire.engine.wording import plain

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 60.0
SENDING_TIMEOUT = 3600.0
DOWNLOAD_TIMEOUT = 3600.0
READ_QUIET = 60.0
"""Seconds without a byte after which a download or a plain answer counts as broken."""
MOST_JSON = 16 * 1024 * 1024
MOST_TEXT = 8 * 1024
MOST_STREAM = 64 * 1024 * 1024
MOST_DOWNLOAD = 8 * 1024**3
MOST_REDIRECTS = 5

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
"""Errors after which the service has surely seen nothing of a request."""
_OPENED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class TooLongError(Exception):
    """An answer of more bytes, or over more time, than any honest service needs."""


class Deadlines:
    """Breaks connections that take too long: httpx bounds each read, so a server that drips bytes would hold us."""

    def __init__(self) -> None:
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def trace(self, name: str, info: dict[str, Any]) -> None:
        """For the ``trace`` extension of httpx: takes note of the sockets that are opened. TLS puts a new one in the first's place."""
        if name in _OPENED:
            opened = info["return_value"].get_extra_info("socket")
            if opened is not None:
                self._sockets.add(opened)

    def cut(self) -> None:
        """Break all connections now."""
        for opened in list(self._sockets):
            with suppress(OSError, ValueError):
                # Not the TLS socket's own method, which would first talk to the other side.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What is done inside must end in ``seconds``. Raises ``TooLongError``, or whatever broke it before that."""
        late = threading.Event()

        def cut() -> None:
            late.set()
            self.cut()

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            if late.is_set():
                raise TooLongError("no answer in time") from error
            raise
        finally:
            timer.cancel()
        if late.is_set():
            # An answer without a length looks whole when its connection ends.
            raise TooLongError("no answer in time")


def reason(error: Exception) -> str:
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
