"""Copying packets from one container to another, their bytes and times as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.studio.media.read import Source, open_video, packets

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream


def copied(source: Source, target: Stream) -> Iterator[Packet[Any]]:
    """The stream's packets addressed to ``target``, which was made from the stream as its template."""
    with closing(source):
        for packet in packets(source):
            packet.stream = target
            yield packet


def showing_order(path: Path, name: str) -> list[int] | None:
    """For each packet in decoding order its place in showing order, found by decoding; ``None`` when any does not decode.

    For H.264 in AVI: the container has no showing times, and with B-frames they differ from the decoding times.
    """
    import av  # noqa: PLC0415 - slow import

    source = open_video(path, name)
    shown: list[int] = []
    count = 0
    with closing(source):
        source.stream.codec_context.copy_opaque = True
        try:
            for packet in source.container.demux(source.stream):
                if packet.size:
                    packet.opaque = count
                    count += 1
                shown += [frame.opaque for frame in source.stream.decode(packet)]
        except av.error.FFmpegError:
            return None
    if sorted(shown) != list(range(count)):
        return None
    order = [0] * count
    for place, number in enumerate(shown):
        order[number] = place
    return order


def reordered(source: Source, target: Stream, order: list[int]) -> Iterator[Packet[Any]]:
    """``copied`` for a stream without showing times: packet n is shown at the ``order[n]``-th of the decoding times.

    Decoding times move ahead as far as needed for no packet to be shown before it is decoded.
    """
    times = [packet.dts or 0 for packet in packets(source)]
    lead = max((time - times[place] for time, place in zip(times, order, strict=True)), default=0)
    lengths = [after - before for before, after in pairwise(times)]
    lengths.append(lengths[-1] if lengths else 1)
    source.container.seek(0)
    for packet, time, place in zip(copied(source, target), times, order, strict=True):
        packet.pts, packet.dts, packet.duration = times[place], time - lead, lengths[place]
        yield packet
