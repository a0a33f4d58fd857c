"""Reading packets and frames, going on past damage: what decodes is used, what does not is counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.errors import JobFailed
from skillwire.studio.media.probe import open_media, start_of, video_stream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

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

    @property
    def has_showing_times(self) -> bool:
        """Whether packets say when they are shown. AVI stores decoding order only."""
        return self.stream.type != "video" or self.container.format.name != "avi"

    @property
    def offset(self) -> int:
        """What the stream's clock shows at the start of the file, in ticks. ``packets`` and ``seek`` count from there."""
        return round(start_of(self.container) / self.stream.time_base) if self.stream.time_base else 0

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
    """The stream's packets in decoding order, their times from the start of the file; a broken tail ends them."""
    import av  # noqa: PLC0415 - slow import

    offset = source.offset
    demuxer = source.container.demux(source.stream)
    while True:
        try:
            packet = next(demuxer)
        except StopIteration:
            return
        except (av.error.InvalidDataError, av.error.EOFError):
            source.damage.cut_off = True
            return
        if packet.is_corrupt:  # cut off in its middle: what is copied must decode
            source.damage.cut_off = True
        elif packet.size:
            if offset:
                packet.pts = None if packet.pts is None else packet.pts - offset
                packet.dts = None if packet.dts is None else packet.dts - offset
            yield packet


def seek(source: Source, seconds: float) -> None:
    """Goes to the last keyframe at or before ``seconds`` from the start of the file; a file that cannot seek is read from its start.

    So is one whose pictures are reordered but that does not tell when they are shown: which is which is known from its start only.
    """
    import av  # noqa: PLC0415 - slow import

    if not source.has_showing_times and source.stream.codec_context.has_b_frames:
        source.container.seek(0)
        return
    try:
        ticks = max(0, int(seconds / source.stream.time_base)) + source.offset
        source.container.seek(ticks, stream=source.stream)
    except av.error.FFmpegError:
        source.container.seek(0)


def frames(source: Source) -> Iterator[Any]:
    """The stream's frames (``VideoFrame`` or ``AudioFrame``) in showing order, each with a ``pts``.

    What does not decode is left out. Raises ``JobFailed`` when not a single frame decodes.
    """
    import av  # noqa: PLC0415 - slow import

    with closing(source):
        clock = _Clock(source)
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
            clock.sent(packet)
            for frame in decoded:
                if clock.stamp(frame):
                    yield frame
        if clock.last is None:
            raise JobFailed("nothing in this file could be decoded", where=source.name, fix="check that it plays")


def _with_flush(feed: Iterator[Packet[Any]]) -> Iterator[Packet[Any] | None]:
    yield from feed
    yield None


class _Clock:
    """Gives every frame a timestamp that grows.

    Frames without one continue at the stream's rate. Where packets carry decoding times only, frames, which come in
    showing order, take these times in turn. Frames that go backwards are refused: no player would show them either.
    """

    def __init__(self, source: Source) -> None:
        stream = source.stream
        rate = getattr(stream, "average_rate", None) or Fraction(25)
        self._step = max(1, round(1 / rate / stream.time_base)) if stream.time_base else 1
        self._time_base = stream.time_base
        self._times: deque[int] | None = None if source.has_showing_times else deque()
        self.last: int | None = None

    def sent(self, packet: Packet[Any] | None) -> None:
        if self._times is not None and packet is not None and packet.dts is not None:
            self._times.append(packet.dts)

    def stamp(self, frame: Any) -> bool:
        frame.time_base = self._time_base  # frames that come out of the decoder at its end have none
        if self._times:
            frame.pts = self._times.popleft()
        elif frame.pts is None or self._times is not None:
            step = frame.samples if hasattr(frame, "samples") else frame.duration or self._step
            frame.pts = 0 if self.last is None else self.last + step
        if self.last is not None and frame.pts <= self.last:
            return False
        self.last = frame.pts
        return True
