"""Encoding: pictures to H.264 with their timestamps, colour tags, sample aspect and rotation; sound to AAC.

Where pictures may be transparent: VP9 with Opus, or ProRes 4444 with PCM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

from skillwire.studio.media.forms import MOV, MP4, WEBM, Form
from skillwire.studio.media.shape import is_full_range
from skillwire.studio.media.sound import RATE

if TYPE_CHECKING:
    import numpy as np
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

# PCM has the rate it has.
_SOUND_BITS_PER_SECOND = {"aac": 192_000, "libopus": 160_000}


@dataclass(frozen=True, slots=True)
class Quality:
    """x264 settings: constant rate factor and preset. ``vp9``: libvpx's quality (0 to 63, lower is better) and speed (0 to 8)."""

    crf: int
    preset: str
    vp9: tuple[int, int] = (31, 7)


# Constant rate factors around x264's default of 23; presets as fast as the picture allows.
QUALITIES = {
    "draft": Quality(28, "ultrafast", (40, 8)),
    "standard": Quality(23, "superfast"),
    "high": Quality(19, "veryfast", (24, 6)),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """What the pictures of a stream have in common. ``clock`` is the time base, ``matrix`` the display matrix."""

    size: tuple[int, int]
    clock: Fraction
    rate: Fraction
    sample_aspect: Fraction | None = None
    matrix: tuple[int, ...] | None = None


def video_stream(
    output: OutputContainer, picture: Picture, quality: Quality, tagged_like: VideoFrame, form: Form = MP4
) -> Any:
    """Adds a stream of the codec that ``form`` has; colour tags are taken from a frame of the source.

    Frames may be yuv420p or, where ``form`` holds transparency, yuva420p.
    """
    codec, pixels, options = _codec(form, quality)
    stream: Any = output.add_stream(codec, rate=picture.rate, options=options)
    stream.width, stream.height = picture.size
    stream.pix_fmt = pixels
    context = stream.codec_context
    # PyAV asks for slices: pictures cut in as many parts as there are processors. Whole ones, several at a time, compress better.
    context.thread_type = "FRAME"
    context.time_base = stream.time_base = picture.clock
    context.color_primaries = tagged_like.color_primaries
    context.color_trc = tagged_like.color_trc
    context.colorspace = tagged_like.colorspace
    context.color_range = 1 if is_full_range(tagged_like) else tagged_like.color_range  # 1: limited
    if picture.sample_aspect:
        context.sample_aspect_ratio = picture.sample_aspect.limit_denominator(10_000)
    if picture.matrix is not None:
        stream.set_display_matrix(picture.matrix)
    return stream


def _codec(form: Form, quality: Quality) -> tuple[str, str, dict[str, str]]:
    """Name, pixel format and options of an encoder."""
    if form is MOV:
        return "prores_aw", "yuva444p10le", {"profile": "4"}  # 4444
    if form is WEBM:
        crf, speed = quality.vp9
        # Frames that only serve others (auto-alt-ref) cannot carry alpha.
        options = {"crf": crf, "b": 0, "deadline": "realtime", "cpu-used": speed, "row-mt": 1, "auto-alt-ref": 0}
        return "libvpx-vp9", "yuva420p", {name: str(value) for name, value in options.items()}
    return "libx264", "yuv420p", {"crf": str(quality.crf), "preset": quality.preset}


def encoded_video(stream: Any, frames: Iterator[Any]) -> Iterator[Packet[Any]]:
    """Video frames with times in the stream's clock → packets."""
    last: int | None = None
    shown = 0
    lead: int | None = None
    held: Any = None
    for frame in chain(frames, [None]):
        if frame is not None:
            if last is not None and frame.pts <= last:
                continue  # clips that overlap: the earlier one stays
            last, shown = frame.pts, frame.duration or 0
            frame.pict_type = 0  # the decoder's choice of I, P, B would be forced on the encoder
        for packet in stream.encode(frame):
            if held is not None:
                yield held
            if lead is None:
                lead = packet.pts - packet.dts  # now: what has been written counts in another clock
            if frame is None and packet.pts == last:
                _lasts(packet, shown, stream)
            held = packet
    if held is not None:
        if last is not None and shown > 1:
            _ends_with(held, last + shown, lead or 0, stream)
        yield held


def _lasts(packet: Any, length: int, stream: Any) -> None:
    """Encoders tell no lengths; packets get theirs from what follows, but nothing follows the picture shown last."""
    if length > 1 and packet.time_base == stream.codec_context.time_base:
        packet.duration = length


def _ends_with(packet: Any, end: int, lead: int, stream: Any) -> None:
    """Makes the packet written last reach the end of the film; ``lead``: how long before it is shown the first one is decoded.

    MP4 counts a track's length in decoding times. Where pictures come at uneven times and are reordered, the last of these lies
    long before the last picture, and players would stop there.
    """
    if packet.time_base != stream.codec_context.time_base:
        return
    missing = end - packet.dts - lead
    if packet.pts + missing > end:
        packet.dts = packet.pts
        missing = end - packet.pts
    packet.duration = missing


def audio_stream(output: OutputContainer, form: Form = MP4) -> Any:
    """Adds a stereo stream of the codec that ``form`` has."""
    stream: Any = output.add_stream(form.sound, rate=RATE)
    stream.codec_context.layout = "stereo"
    if form.sound in _SOUND_BITS_PER_SECOND:
        stream.codec_context.bit_rate = _SOUND_BITS_PER_SECOND[form.sound]
    return stream


def encoded_audio(stream: Any, blocks: Iterator[NDArray[np.float32]]) -> Iterator[Packet[Any]]:
    """Blocks of float32 samples, shape (2, n), in order from time 0 → packets."""
    from av.audio.frame import AudioFrame  # noqa: PLC0415 - slow import

    pts = 0
    for block in blocks:
        frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, pts, Fraction(1, RATE)
        pts += block.shape[1]
        yield from stream.encode(frame)
    yield from stream.encode(None)
