"""Writing a film: beside its place under another name, moved there when whole, an MP4 with the index in front (faststart)."""

from __future__ import annotations

import errno
import heapq
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.errors import OutputFailed
from skillwire.studio.media.forms import MP4, form_of

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EROFS, errno.EPERM}


@contextmanager
def film_output(target: Path) -> Iterator[OutputContainer]:
    """A film to mux into, of the kind that the suffix names. It appears at ``target`` only when the block ends well; otherwise
    nothing is left behind.

    Raises ``OutputFailed`` when the disk is full or the folder cannot be written to.
    """
    import av  # noqa: PLC0415 - slow import

    part = target.with_name(f".{target.name}.part")
    form = form_of(target)
    options = {"movflags": "+faststart"} if form is MP4 else {}
    try:
        with av.open(f"file:{part}", "w", format=form.name, options=options) as output:
            yield output
        _check_whole(part)
        part.replace(target)
    except OSError as error:
        if error.errno in _FULL:
            raise OutputFailed(
                "the disk is full", where=str(target.parent), fix="free some space, export again"
            ) from error
        if error.errno in _GONE and not os.access(target.parent, os.W_OK):
            raise OutputFailed("the folder for renders is gone or not writable", where=str(target.parent)) from error
        raise
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _check_whole(part: Path) -> None:
    """Reads the index back: a buffered write that failed late shows here and nowhere else."""
    import av  # noqa: PLC0415 - slow import

    try:
        with av.open(f"file:{part}") as written:
            if not written.streams:
                raise OutputFailed("the render holds no stream", where=part.name)
    except av.error.InvalidDataError as error:
        raise OutputFailed(
            "the render could not be written whole", where=str(part.parent), fix="check the disk's free space"
        ) from error


def mux(output: OutputContainer, feeds: Iterable[Iterator[Packet[Any]]], on_time: Callable[[float], None]) -> int:
    """Muxes packets of all feeds in decoding order, pulling each only as far as needed, so that memory stays bounded.

    A packet's ``stream`` is the output stream it goes to. ``on_time`` is told the time reached, in seconds.
    Returns the number of packets written.
    """
    queue: list[tuple[Fraction, int, Packet[Any], Iterator[Packet[Any]]]] = []

    def pull(order: int, feed: Iterator[Packet[Any]]) -> None:
        packet = next(feed, None)
        if packet is not None:
            heapq.heappush(queue, (_time(packet), order, packet, feed))

    for order, feed in enumerate(feeds):
        pull(order, feed)
    count = 0
    while queue:
        time, order, packet, feed = heapq.heappop(queue)
        output.mux(packet)
        count += 1
        on_time(float(time))
        pull(order, feed)
    return count


def _time(packet: Any) -> Fraction:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return stamp * packet.time_base if stamp is not None and packet.time_base else Fraction(0)
