"""Server-sent events off an open answer, by the standard: always UTF-8, a byte order mark left out, bounded in size."""

from __future__ import annotations

import codecs
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import httpx_sse

from skillwire import bounds
from skillwire.engine.effects import Closed, Frame, Silence

if TYPE_CHECKING:
    import httpx

MIME = "text/event-stream"
_BOM = "\ufeff"


class EventStream:
    """Reads events on a thread, so that the caller can wait with a bound and a user's Ctrl-C is heard at once.

    ``clean`` takes secrets out of what an event says; ``started`` is when the request went out, in ``time.monotonic``.
    """

    def __init__(self, response: httpx.Response, clean: Callable[[str], str], started: float) -> None:
        self._response = response
        self._clean = clean
        self._queue: queue.Queue[Frame | Closed] = queue.Queue(maxsize=1000)
        self._started = started
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="skillwire-stream", daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> Frame | Silence | Closed:
        """The next event, ``Silence`` when none came in ``seconds``, or how the stream ended."""
        try:
            return self._queue.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return Silence(self._elapsed())

    def close(self) -> None:
        """Drop the stream."""
        self._closing.set()
        with suppress(Exception):
            self._response.close()
        with suppress(queue.Empty):
            while True:  # a pump that waits for room in the queue must see the end
                self._queue.get_nowait()
        self._thread.join(timeout=2)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _pump(self) -> None:
        end = None
        try:
            source = httpx_sse.EventSource(cast("httpx.Response", _Utf8(self._response)))
            for event in source.iter_sse():
                self._put(Frame(self._clean(event.data), self._elapsed(), event.event))
                if self._closing.is_set():
                    return
            end = Closed(self._elapsed())
        except Exception as error:  # noqa: BLE001 - whatever breaks the stream is told, on the caller's thread
            end = Closed(self._elapsed(), clean=False, reason=bounds.reason(error))
        self._put(end)

    def _put(self, item: Frame | Closed) -> None:
        while not self._closing.is_set():
            with suppress(queue.Full):
                self._queue.put(item, timeout=0.2)
                return


class _Utf8:
    """An answer as ``httpx_sse`` reads it, decoded as the standard says whatever charset its header claims."""

    headers: Mapping[str, Any] = {"content-type": MIME}

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    def iter_text(self) -> Iterator[str]:
        decoder, size, begun = codecs.getincrementaldecoder("utf-8")("replace"), 0, False
        for chunk in self._response.iter_bytes():
            size += len(chunk)
            if size > bounds.MOST_STREAM:
                raise bounds.TooLongError(f"a stream of more than {bounds.MOST_STREAM} bytes")
            text = decoder.decode(chunk)
            if text and not begun:
                begun, text = True, text.removeprefix(_BOM)
            if text:
                yield text
        rest = decoder.decode(b"", final=True)
        if rest:
            yield rest
