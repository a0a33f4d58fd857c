"""Frames of files as the effects take them: upright, square pixels, yuv420p, of 1080 lines at most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from skillwire.studio.effects.planes import empty_frame, planes_of
from skillwire.studio.media.shape import CanvasShaper, display_matrix, display_size, fitted

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from skillwire.studio.media.read import Source

# A frame with its time in the clip's file, in seconds.
Timed = tuple[float, "VideoFrame"]


def upright(source: Source, raw: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """Frames as yuv420p, turned upright, pixels square, at most 1080 on the short side, without a display matrix."""
    aspect = source.stream.sample_aspect_ratio or source.stream.codec_context.sample_aspect_ratio
    shaper: CanvasShaper | None = None
    for frame in raw:
        if shaper is None:
            shaper = CanvasShaper(fitted(*display_size(frame, aspect)), aspect)
        shaped = shaper(frame)
        if display_matrix(shaped) is not None:
            bare = empty_frame((shaped.width, shaped.height), shaped)
            for to, of in zip(planes_of(bare).each(), planes_of(shaped).each(), strict=True):
                to[:] = of
            shaped = bare
        yield shaped


def seconds_of(frame: Any) -> float:
    """A frame's time, in seconds."""
    return float(frame.pts * frame.time_base)
