"""Encoding frames to H.264 and AAC, keeping their timestamps, colour tags, sample aspect and rotation."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from skillwire.studio.media.read import Source, frames
from skillwire.studio.media.write import Quality

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame

# Output is up to 1080 pixels on the short side.
MAX_SHORT_SIDE = 1080
# AAC-LC at these rates only; others are resampled to 48 kHz.
_AAC_RATES = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}
_AAC_BITS_PER_CHANNEL = 96_000
_MAX_CHANNELS = 6


def fitted(width: int, height: int, short_side: int = MAX_SHORT_SIDE) -> tuple[int, int]:
    """The even size for a picture: as it is (odd sides lose a row), or scaled so that its short side fits."""
    short = min(width, height)
    if short <= short_side:
        return max(2, width // 2 * 2), max(2, height // 2 * 2)
    scale = Fraction(short_side, short)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


class VideoEncoder:
    """Frames of one source → packets of an H.264 stream. Set up from the first frame, before the output's header."""

    def __init__(self, output: OutputContainer, source: Source, quality: Quality) -> None:
        self._frames = frames(source)
        first = next(self._frames)
        context = source.stream.codec_context
        width, height = fitted(first.width, first.height)
        stream: Any = output.add_stream(
            "libx264",
            rate=source.stream.average_rate or 25,
            options={"crf": str(quality.crf), "preset": quality.preset},
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        # The source's own clock: every timestamp, also of a variable frame rate, is carried over exactly.
        stream.codec_context.time_base = stream.time_base = source.stream.time_base
        stream.codec_context.color_primaries = first.color_primaries
        stream.codec_context.color_trc = first.color_trc
        stream.codec_context.colorspace = first.colorspace
        stream.codec_context.color_range = first.color_range
        aspect = source.stream.sample_aspect_ratio or context.sample_aspect_ratio
        if aspect:
            # A pixel's shape changes where the even size is not the exact scale of the source's.
            stream.codec_context.sample_aspect_ratio = aspect
            if min(first.width, first.height) > MAX_SHORT_SIDE:
                exact = aspect * Fraction(first.width * height, first.height * width)
                stream.codec_context.sample_aspect_ratio = exact.limit_denominator(10_000)
        matrix = display_matrix(first)
        if matrix is not None:
            stream.set_display_matrix(matrix)
        self.stream = stream
        self._first = first
        self._fit = _Fit(width, height)

    def packets(self) -> Iterator[Packet[Any]]:
        """Encodes everything, lazily."""
        yield from self._encode(self._first)
        for frame in self._frames:
            yield from self._encode(frame)
        yield from self.stream.encode(None)

    def _encode(self, frame: VideoFrame) -> list[Packet[Any]]:
        fitted_frame = self._fit(frame)
        fitted_frame.pict_type = 0  # the decoder's choice of I, P, B would be forced on the encoder
        return self.stream.encode(fitted_frame)  # type: ignore[no-any-return]


class _Fit:
    """Frames of any size and pixel format → yuv420p of one even size. Odd sides are cropped, larger sizes scaled."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._key: tuple[Any, ...] | None = None
        self._graph: Any = None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        if (frame.width, frame.height) == self._size and frame.format.name == "yuv420p":
            return frame
        key = (frame.width, frame.height, frame.format.name, frame.color_range, frame.colorspace)
        if key != self._key:
            self._graph, self._key = self._build(frame), key
        self._graph.vpush(frame)
        fitted_frame: VideoFrame = self._graph.vpull()
        return fitted_frame

    def _build(self, frame: VideoFrame) -> Any:
        from av.filter import Graph  # noqa: PLC0415 - slow import

        width, height = self._size
        graph = Graph()
        chain = [
            graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
        ]
        if 0 <= frame.width - width <= 1 and 0 <= frame.height - height <= 1:
            chain.append(graph.add("crop", f"{width}:{height}:0:0:exact=1"))
        else:
            chain.append(graph.add("scale", f"{width}:{height}:flags=bicubic"))
        # Where the source is full range, so is the output: tag and samples stay in step.
        full = frame.format.name.startswith("yuvj") or frame.color_range == 2
        chain.append(graph.add("scale", f"out_range={'pc' if full else 'tv'}"))
        chain.append(graph.add("format", "yuv420p"))
        chain.append(graph.add("buffersink"))
        graph.link_nodes(*chain).configure()
        return graph


class AudioEncoder:
    """Frames of one source → packets of an AAC stream, gaps in the timestamps filled with silence."""

    def __init__(self, output: OutputContainer, source: Source) -> None:
        self._frames = frames(source)
        first = next(self._frames)
        rate = first.sample_rate if first.sample_rate in _AAC_RATES else 48_000
        layout = first.layout.name if first.layout.nb_channels <= _MAX_CHANNELS else "stereo"
        stream: Any = output.add_stream("aac", rate=rate)
        stream.codec_context.layout = layout
        stream.codec_context.bit_rate = _AAC_BITS_PER_CHANNEL * stream.codec_context.layout.nb_channels
        self.stream = stream
        self._first = first
        self._graph = self._build(first, rate, layout)

    def packets(self) -> Iterator[Packet[Any]]:
        """Encodes everything, lazily."""
        yield from self._encode(self._first)
        for frame in self._frames:
            yield from self._encode(frame)
        self._graph.push(None)
        yield from self._pull()
        yield from self.stream.encode(None)

    def _encode(self, frame: AudioFrame) -> Iterator[Packet[Any]]:
        self._graph.push(frame)
        yield from self._pull()

    def _pull(self) -> Iterator[Packet[Any]]:
        import av  # noqa: PLC0415 - slow import

        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield from self.stream.encode(frame)

    def _build(self, first: AudioFrame, rate: int, layout: str) -> Any:
        from av.filter import Graph  # noqa: PLC0415 - slow import

        graph = Graph()
        nodes = [
            graph.add_abuffer(
                sample_rate=first.sample_rate,
                format=first.format.name,
                layout=first.layout.name,
                time_base=first.time_base,
            ),
            graph.add("aresample", f"{rate}:async=1"),
            graph.add("aformat", f"sample_fmts=fltp:sample_rates={rate}:channel_layouts={layout}"),
            graph.add("asetnsamples", "1024:p=0"),  # AAC frames are 1024 samples
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph


def display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    """The frame's 3×3 display matrix in the container's 16.16 and 2.30 fixed point, or ``None``."""
    side_data: Any = frame.side_data.get("DISPLAYMATRIX")
    return None if side_data is None else struct.unpack("=9i", bytes(side_data)[:36])
