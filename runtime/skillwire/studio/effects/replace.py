"""Frames of a clip → the same frames with another background. Decoding, matting and composing overlap; memory is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects import background as sources
from skillwire.studio.effects.ahead import ahead
from skillwire.studio.effects.choices import VIDEOS, Background
from skillwire.studio.effects.composite import compose, corrections, shifted
from skillwire.studio.effects.people import Detect, Matte, PeopleMatter, detector
from skillwire.studio.effects.planes import Planes, alpha_of, empty_frame, planes_of
from skillwire.studio.effects.segmenter import Segmenter

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Frames that wait between two stages.
_DEPTH = 4


def replaced(
    frames: Iterator[VideoFrame],
    behind: sources.Behind,
    *,
    clean: bool = True,
    detect: Detect | None = None,
) -> Iterator[VideoFrame]:
    """The frames (yuv420p, one size, even sides, limited range) with ``behind`` wherever nobody is.

    ``clean``: frees the edge from the old background. ``detect``: finds people, the package's own detector by default.
    """
    for frame, matte in _matted(frames, detect):
        planes = planes_of(frame)
        back = behind(frame, planes, matte)
        result = empty_frame((frame.width, frame.height), frame)
        into = planes_of(result)
        if matte is None:
            for target, plane in zip(into.each(), back.each(), strict=True):
                np.copyto(target, plane)
        else:
            compose(planes, matte, back, into, clean=clean)
        yield result


def cut_out(frames: Iterator[VideoFrame], *, detect: Detect | None = None) -> Iterator[VideoFrame]:
    """The frames as yuva420p: the people in their own colours, everything else transparent."""
    for frame, matte in _matted(frames, detect):
        result = empty_frame((frame.width, frame.height), frame, "yuva420p")
        into, alpha = planes_of(result), alpha_of(result)
        for target, level in zip(into.each(), (16, 128, 128), strict=True):
            target[:] = level
        alpha[:] = 0
        if matte is not None:
            _put(planes_of(frame), matte, into)
            np.copyto(alpha, matte.full)
        yield result


def behind_of(
    chosen: Background, size: tuple[int, int], colorspace: int, file_of: Callable[[Background], tuple[Path, str]]
) -> sources.Behind:
    """What ``chosen`` shows in frames of that size. ``file_of`` tells path and name of a chosen file.

    Raises ``JobFailed`` or ``BadInput`` when its file cannot be read.
    """
    if chosen.kind == "colour":
        return sources.colour(chosen.value, size, colorspace)
    if chosen.kind == "blur":
        return sources.blur(chosen.value)
    if chosen.kind == "scene":
        return sources.scene(chosen.value, size, colorspace)
    path, name = file_of(chosen)
    if path.suffix.lower() not in VIDEOS:
        return sources.picture(path, name, size, colorspace)
    from skillwire.studio.media.read import frames, open_video  # noqa: PLC0415 - wanted for videos only

    return sources.video(lambda: frames(open_video(path, name)), size)


def _matted(frames: Iterator[VideoFrame], detect: Detect | None) -> Iterator[tuple[VideoFrame, Matte | None]]:
    with closing(ahead(frames, _DEPTH)) as decoded:
        first = next(decoded, None)
        if first is None:
            return
        matter = PeopleMatter(Segmenter(first.colorspace), detect or detector(), first.colorspace)

        def all_frames() -> Iterator[VideoFrame]:
            yield first
            yield from decoded

        with closing(ahead(matter.over(all_frames()), _DEPTH)) as matted:
            yield from matted


def _put(planes: Planes, matte: Matte, into: Planes) -> None:
    x0, y0, x1, y1 = matte.region
    half = matte.half[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
    person, target = planes.crop(matte.region), into.crop(matte.region)
    shifts = corrections(person, half, None)
    for source, shift, out in zip(person.each(), shifts, target.each(), strict=True):
        np.copyto(out, shifted(source, shift))
