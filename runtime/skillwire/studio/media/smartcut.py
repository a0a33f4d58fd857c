"""Trims of H.264 that copy every whole group of pictures and encode only the broken ones at the edges.

The encoded parts come with parameter sets under ids that the film does not use, put beside the film's own into the MP4's
configuration record (ISO/IEC 14496-15, 5.3.3), so a decoder changes from one to the other at the instantaneous refresh between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.studio.media.pictures import Span, span_frames
from skillwire.studio.media.read import Source, open_video, packets, seek

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet

    from skillwire.studio.media.encode import Quality

# Close to the film around it, which nothing else is lost from.
_CRF = 17
_IDR, _SPS, _PPS = 5, 7, 8


@dataclass(frozen=True, slots=True)
class Refresh:
    """A picture before and after which nothing depends on each other; times in ticks of the stream."""

    pts: int
    dts: int


@dataclass(frozen=True, slots=True)
class Cut:
    """What becomes of ``[begin, end)`` of a film, in ticks: encoded up to ``first``, copied up to ``last``, encoded from there.

    ``end`` and ``last`` are ``None`` when the film is kept to its end. ``number`` is the id of the new parameter sets.
    """

    path: Path
    name: str
    begin: int
    end: int | None
    first: Refresh
    last: Refresh | None
    number: int


def planned(path: Path, name: str, source_in: Fraction, source_out: Fraction | None) -> Cut | None:
    """How to cut from ``source_in`` to ``source_out`` (seconds); ``None`` when there is no whole group of pictures to copy,
    or the film is not of a kind that can be joined.
    """
    source = open_video(path, name)
    with closing(source):
        stream, context = source.stream, source.stream.codec_context
        record = bytes(context.extradata or b"")
        usable = (
            context.name == "h264"
            and context.pix_fmt == "yuv420p"
            and not (context.width % 2 or context.height % 2)
            and record[:1] == b"\x01"
            and source.has_showing_times
            and not _interlaced(source)
        )
        if not usable:
            return None
        begin = round(source_in / stream.time_base)
        end = None if source_out is None else round(source_out / stream.time_base)
        number = _free_number(record)
        first = last = None
        seek(source, _before(source, begin))
        for refresh in _refreshes(source, _length_size(record)):
            if end is not None and refresh.pts > end:
                break
            if first is None and refresh.pts >= begin:
                first = refresh
            last = refresh
        if number is None or first is None or (end is not None and (last is None or last.pts <= first.pts)):
            return None
        return Cut(path, name, begin, end, first, last if end is not None else None, number)


def smart_cut(output: OutputContainer, cut: Cut, quality: Quality) -> tuple[list[Source], Iterator[Packet[Any]]]:
    """Adds the film's stream to ``output``. Returns the sources that are read and the packets of the cut."""
    sources = [open_video(cut.path, cut.name) for _ in range(3)]
    head, middle, tail = sources
    stream: Any = output.add_stream_from_template(middle.stream)
    record = bytes(middle.stream.codec_context.extradata)
    rate = middle.stream.time_base
    encoder = _Encoder(middle, quality, cut.number, _length_size(record))
    stream.codec_context.extradata = _joined(record, encoder.parameter_sets())

    def all_packets() -> Iterator[Packet[Any]]:
        first, last = cut.first, cut.last
        if first.pts > cut.begin:
            span = Span(cut.begin * rate, first.pts * rate, Fraction(0), Fraction(1))
            yield from encoder.encoded(span_frames(head, span, rate), first.pts - first.dts)
        yield from _between(middle, cut)
        if last is not None and cut.end is not None and cut.end > last.pts:
            span = Span(last.pts * rate, cut.end * rate, (last.pts - cut.begin) * rate, Fraction(1))
            yield from encoder.encoded(span_frames(tail, span, rate), last.pts - last.dts)

    def addressed() -> Iterator[Packet[Any]]:
        for packet in all_packets():
            packet.stream = stream
            yield packet

    return sources, addressed()


class _Encoder:
    """Encodes single groups of pictures, without reordering, into samples as the film's record describes them."""

    def __init__(self, film: Source, quality: Quality, number: int, length_size: int) -> None:
        self._film = film
        self._preset = quality.preset
        self._number = number
        self._length_size = length_size

    def parameter_sets(self) -> list[bytes]:
        """The sequence and picture parameter set of what is encoded."""
        context = self._context(global_header=True)
        return list(_start_coded(bytes(context.extradata)))

    def encoded(self, frames: Iterator[Any], lead: int) -> Iterator[Packet[Any]]:
        """Packets, each decoded ``lead`` ticks before it is shown, as the film's are around them."""
        context = self._context(global_header=True)
        for frame in frames:
            frame.pict_type = 0
            yield from (self._sample(packet, lead) for packet in context.encode(frame))
        yield from (self._sample(packet, lead) for packet in context.encode(None))

    def _sample(self, packet: Any, lead: int) -> Any:
        from av.packet import Packet  # noqa: PLC0415 - slow import

        units = (unit for unit in _start_coded(bytes(packet)) if unit[0] & 31 not in (_SPS, _PPS))
        made: Any = Packet(b"".join(len(unit).to_bytes(self._length_size, "big") + unit for unit in units))
        made.pts, made.dts, made.duration = packet.pts, packet.pts - lead, packet.duration
        made.time_base, made.is_keyframe = packet.time_base, packet.is_keyframe
        return made

    def _context(self, *, global_header: bool) -> Any:
        import av  # noqa: PLC0415 - slow import
        from av.codec.context import Flags  # noqa: PLC0415 - slow import

        like = self._film.stream.codec_context
        context: Any = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = like.width, like.height, "yuv420p"
        context.thread_type = "FRAME"  # see encode.video_stream
        context.time_base = self._film.stream.time_base
        context.framerate = self._film.stream.average_rate or Fraction(25)
        for tag in ("color_primaries", "color_trc", "colorspace", "color_range"):
            setattr(context, tag, getattr(like, tag))
        if aspect := (self._film.stream.sample_aspect_ratio or like.sample_aspect_ratio):
            context.sample_aspect_ratio = aspect
        if global_header:
            context.flags |= Flags.global_header
        context.options = {
            "crf": str(_CRF),
            "preset": self._preset,
            "bf": "0",
            "x264-params": f"sps-id={self._number}:keyint=infinite:scenecut=0",
        }
        context.open()
        return context


def _between(source: Source, cut: Cut) -> Iterator[Packet[Any]]:
    """The packets from the first refresh to the last, in decoding order, moved so that the cut begins at 0."""
    seek(source, _before(source, cut.begin))
    inside = False
    for packet in packets(source):
        if packet.is_keyframe and packet.pts == cut.first.pts:
            inside = True
        if cut.last is not None and packet.is_keyframe and packet.pts == cut.last.pts:
            return
        if inside and packet.pts is not None and packet.dts is not None:
            packet.pts -= cut.begin
            packet.dts -= cut.begin
            yield packet


def _refreshes(source: Source, length_size: int) -> Iterator[Refresh]:
    for packet in packets(source):
        if not packet.is_keyframe or packet.pts is None or packet.dts is None:
            continue
        if any(unit[0] & 31 == _IDR for unit in _length_coded(bytes(packet), length_size)):
            yield Refresh(packet.pts, packet.dts)


def _before(source: Source, begin: int) -> float:
    """Seconds shortly before a time in ticks: right after a jump Matroska's packets have no decoding times yet."""
    return max(0.0, float((begin - 1) * source.stream.time_base) - 0.001)


def _interlaced(source: Source) -> bool:
    import av  # noqa: PLC0415 - slow import

    with suppress(av.error.FFmpegError):
        frame = next(source.container.decode(source.stream), None)
        return frame is None or bool(frame.interlaced_frame)
    return True


def _length_coded(data: bytes, size: int) -> Iterator[bytes]:
    at = 0
    while at + size < len(data):
        end = at + size + int.from_bytes(data[at : at + size], "big")
        if end > len(data) or end == at + size:
            return
        yield data[at + size : end]
        at = end


def _start_coded(data: bytes) -> Iterator[bytes]:
    """NAL units between start codes (ITU-T H.264, annex B)."""
    return (unit.rstrip(b"\x00") for unit in re.split(b"\x00\x00\x01", data)[1:] if unit.rstrip(b"\x00"))


def _length_size(record: bytes) -> int:
    return (record[4] & 3) + 1


def _sets(record: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """Sequence parameter sets, picture parameter sets and what follows them in a configuration record."""
    at = 5
    found: list[list[bytes]] = []
    for mask in (31, 255):
        count, at = record[at] & mask, at + 1
        units = []
        for _ in range(count):
            length = int.from_bytes(record[at : at + 2], "big")
            units.append(record[at + 2 : at + 2 + length])
            at += 2 + length
        found.append(units)
    return found[0], found[1], record[at:]


def _joined(record: bytes, new: list[bytes]) -> bytes:
    """The configuration record with more parameter sets."""
    sequence, picture, rest = _sets(record)
    sequence += [unit for unit in new if unit[0] & 31 == _SPS]
    picture += [unit for unit in new if unit[0] & 31 == _PPS]
    out = bytearray(record[:5])
    # The record tells the highest level of all its parameter sets.
    out[3] = max(unit[3] for unit in sequence)
    for marks, units in ((0xE0, sequence), (0, picture)):
        out.append(marks | len(units))
        for unit in units:
            out += len(unit).to_bytes(2, "big") + unit
    return bytes(out + rest)


def _free_number(record: bytes) -> int | None:
    """An id that none of the film's parameter sets has; ``None`` when the record cannot be read or is full."""
    with suppress(IndexError):
        sequence, picture, _ = _sets(record)
        if not sequence or not picture or len(sequence) > 30 or len(picture) > 254:
            return None
        taken = {_leading_number(unit[4:]) for unit in sequence} | {_leading_number(unit[1:]) for unit in picture}
        return next((number for number in range(31, -1, -1) if number not in taken), None)
    return None


def _leading_number(data: bytes) -> int:
    """The unsigned Exp-Golomb number that data begins with (ITU-T H.264, 9.1)."""
    bits = "".join(f"{byte:08b}" for byte in data[:8])
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1] or "1", 2) - 1
