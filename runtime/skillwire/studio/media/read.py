"""Reading packets and frames, going on past damage: what decodes is used, what does not is counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.errors import JobFailed
from skillwire.studio.media.probe import open_media, video_stream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

# A stream that yields nothing but errors is given up after this many in a row.
_MAX_BAD_PACKETS = 500


@dataclass(slots=True)
class Damage:
    """What was met while reading: packets that did not decode, and whether the file ended before its end."""

    bad_packets: int = 0
    cut_off: bool = False


@dataclass(slots=True)
class Source:
    """An open file and one stream of it. Closing it ends its iterators."""

    container: InputContainer
    stream: Any
    name: str
    damage: Damage = field(default_factory=Damage)

    def close(self) -> None:
        """Closes the file."""
        self.container.close()


def open_video(path: Path, name: str) -> Source:
    """The pictures of a file. Raises ``BadInput`` when it cannot be read, ``JobFailed`` when it has none."""
    container = open_media(path)
    stream = video_stream(container)
    if stream is None:
        container.close()
        raise JobFailed("the file has no video stream", where=name, fix="upload a clip with pictures")
    stream.thread_type = "AUTO"
    return Source(container, stream, name)


def open_audio(path: Path, name: str) -> Source:
    """The sound of a file. Raises ``BadInput`` when it cannot be read, ``JobFailed`` when it has none."""
    container = open_media(path)
    stream = container.streams.best("audio")
    if stream is None:
        container.close()
        raise JobFailed("the file has no audio stream", where=name)
    return Source(container, stream, name)


def packets(source: Source) -> Iterator[Packet[Any]]:
    """The stream's packets in decoding order; a broken tail ends them."""
    import av  # noqa: PLC0415 - slow import

    demuxer = source.container.demux(source.stream)
    while True:
        try:
            packet = next(demuxer)
        except StopIteration:
            return
        except (av.error.InvalidDataError, av.error.EOFError):
            source.damage.cut_off = True
            return
        if packet.size:
            yield packet


def copied(source: Source, target: Stream) -> Iterator[Packet[Any]]:
    """The stream's packets as they are, addressed to ``target`` (made from the stream as its template)."""
    with closing(source):
        for packet in packets(source):
            packet.stream = target
            yield packet


def frames(source: Source) -> Iterator[Any]:
    """The stream's frames (``VideoFrame`` or ``AudioFrame``) in showing order, each with a ``pts``; what does not decode is left out.

    Raises ``JobFailed`` when not a single frame decodes.
    """
    import av  # noqa: PLC0415 - slow import

    with closing(source):
        clock = _Clock(source.stream)
        in_a_row = 0
        for packet in _with_flush(packets(source)):
            try:
                decoded = source.stream.decode(packet)
            except av.error.EOFError:
                break
            except av.error.FFmpegError:
                source.damage.bad_packets += 1
                in_a_row += 1
                if in_a_row > _MAX_BAD_PACKETS:
                    source.damage.cut_off = True
                    break
                continue
            in_a_row = 0
            for frame in decoded:
                if clock.stamp(frame):
                    yield frame
        if clock.last is None:
            raise JobFailed("nothing in this file could be decoded", where=source.name, fix="check that it plays")


def _with_flush(feed: Iterator[Packet[Any]]) -> Iterator[Packet[Any] | None]:
    yield from feed
    yield None


class _Clock:
    """Gives frames without a timestamp one, and refuses such as go backwards, which no player would show either."""

    def __init__(self, stream: Any) -> None:
        rate = getattr(stream, "average_rate", None) or Fraction(25)
        self._step = max(1, round(1 / rate / stream.time_base)) if stream.time_base else 1
        self.last: int | None = None

    def stamp(self, frame: Any) -> bool:
        step = frame.duration or (frame.samples if hasattr(frame, "samples") else self._step)
        if frame.pts is None:
            frame.pts = 0 if self.last is None else self.last + step
        if self.last is not None and frame.pts <= self.last:
            return False
        self.last = frame.pts
        return True
