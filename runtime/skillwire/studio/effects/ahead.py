"""Working ahead: an iterator that runs in a thread of its own, so that decoding, matting and encoding overlap."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

T = TypeVar("T")


class _End:
    """What ends a queue: how the iterator ended."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(items: Iterator[T], depth: int) -> Generator[T, None, None]:
    """The same items in the same order, at most ``depth`` of them made before they are asked for.

    An error of ``items`` is raised here, in its place. Closing this closes ``items`` in its thread, and waits for that.
    """
    made: queue.Queue[T | _End] = queue.Queue(depth)
    stopped = threading.Event()

    def put(item: T | _End) -> bool:
        while not stopped.is_set():
            try:
                made.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not put(item):
                    break
        except BaseException as caught:  # noqa: BLE001 - it is raised where the items are taken
            error = caught
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
        put(_End(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while not isinstance(item := made.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()
