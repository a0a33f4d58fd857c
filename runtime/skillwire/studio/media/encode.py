"""Encoding: pictures to H.264 with their timestamps, colour tags, sample aspect and rotation; sound to AAC.

Where pictures may be transparent: VP9 with Opus, or ProRes 4444 with PCM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
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
    for frame in frames:
        if last is not None and frame.pts <= last:
            continue  # clips that overlap: the earlier one stays
        last, shown = frame.pts, frame.duration or 0
        frame.pict_type = 0  # the decoder's choice of I, P, B would be forced on the encoder
        yield from stream.encode(frame)
    for packet in stream.encode(None):
        # Encoders tell no lengths, and the last picture has none that follows: it would be shown for a usual one.
        if packet.pts == last and shown > 1 and packet.time_base == stream.time_base:
            packet.duration = shown
        yield packet


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
