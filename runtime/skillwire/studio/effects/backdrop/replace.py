"""Frames of a clip → the same frames with another background. Decoding, matting and composing overlap; memory is bounded."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.ahead import ahead
from skillwire.studio.effects.backdrop import background as sources
from skillwire.studio.effects.backdrop.choices import Background
from skillwire.studio.effects.backdrop.composite import Compositor, lifted
from skillwire.studio.effects.backdrop.glimpses import Glimpses, Told
from skillwire.studio.effects.backdrop.matte import Matte
from skillwire.studio.effects.backdrop.people import STEP, Detect, PeopleMatter, detector, matte_of
from skillwire.studio.effects.backdrop.segmenter import Segmenter
from skillwire.studio.effects.planes import alpha_of, empty_frame, matrix_of, planes_of

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Frames that wait between two stages.
_DEPTH = 4
_BLACK = (16, 128, 128)


def replaced(
    frames: Iterator[VideoFrame],
    behind: sources.Behind,
    *,
    clean: bool = True,
    detect: Detect | None = None,
    told: Told | None = None,
) -> Generator[VideoFrame, None, None]:
    """The frames (yuv420p, one size, even sides, limited range) with ``behind`` wherever nobody is.

    ``clean``: frees the edge from the old background. ``detect``: finds people, the package's own detector by default.
    ``told``: what the frames are of, so that what is found in them is kept, or need not be looked for again.
    """
    compose = Compositor(clean=clean)
    with closing(_matted(frames, detect, told)) as matted:
        for frame, matte in matted:
            planes = planes_of(frame)
            back = behind(frame, planes, matte)
            result = empty_frame((frame.width, frame.height), frame)
            into = planes_of(result)
            if matte is None:
                for target, plane in zip(into.each(), back.each(), strict=True):
                    np.copyto(target, plane)
            else:
                compose(planes, matte, back, into)
            yield result


def cut_out(
    frames: Iterator[VideoFrame], *, detect: Detect | None = None, told: Told | None = None
) -> Generator[VideoFrame, None, None]:
    """The frames as yuva420p: the people in their own colours, everything else transparent and black. Arguments as of ``replaced``."""
    with closing(_matted(frames, detect, told)) as matted:
        for frame, matte in matted:
            result = empty_frame((frame.width, frame.height), frame, "yuva420p")
            into, alpha = planes_of(result), alpha_of(result)
            for target, level in zip(into.each(), _BLACK, strict=True):
                target[:] = level
            alpha[:] = 0
            if matte is not None:
                lifted(planes_of(frame), matte, into)
                x0, y0, x1, y1 = matte.region
                np.copyto(alpha[y0:y1, x0:x1], matte.full)
            yield result


def replaced_by(
    chosen: Background,
    frames: Iterator[VideoFrame],
    like: VideoFrame,
    size: tuple[int, int],
    frames_of: Callable[[str], Iterator[VideoFrame]],
    *,
    alpha: bool = False,
    told: Told | None = None,
) -> Generator[VideoFrame, None, None]:
    """Frames of ``size`` with the chosen background; ``like`` has their colour tags, ``frames_of`` is as in ``behind_of``.

    ``alpha``: whether they may be yuva420p, where the background is to be transparent. ``told`` as of ``replaced``.
    """
    if chosen.kind == "transparent" and alpha:
        return cut_out(frames, told=told)
    behind = behind_of(chosen, size, matrix_of(like), frames_of)
    # A blur is made of the picture's own colours: there is nothing to clean its edges of.
    return replaced(frames, behind, clean=chosen.kind != "blur", told=told)


def behind_of(
    chosen: Background, size: tuple[int, int], colorspace: int, frames_of: Callable[[str], Iterator[VideoFrame]]
) -> sources.Behind:
    """What ``chosen`` shows in frames of that size; ``frames_of`` opens a file of the session by its id, again and again."""
    if chosen.kind == "colour":
        return sources.colour(chosen.value, size, colorspace)
    if chosen.kind == "blur":
        return sources.blur(chosen.value)
    if chosen.kind == "transparent":
        return sources.checks(size)
    if chosen.kind == "scene":
        return sources.scene(chosen.value, size, colorspace)
    return sources.video(lambda: frames_of(chosen.value), size)


def _matted(
    frames: Iterator[VideoFrame], detect: Detect | None, told: Told | None
) -> Generator[tuple[VideoFrame, Matte | None], None, None]:
    # People are looked for in one of so many frames, and none is matted before the next look.
    with closing(ahead(frames, STEP)) as decoded:
        first = next(decoded, None)
        if first is None:
            return
        glimpses = None if told is None else Glimpses(told, (first.width, first.height))
        with closing(ahead(_looked_at(chain([first], decoded), matrix_of(first), detect, glimpses), _DEPTH)) as matted:
            yield from matted


def _looked_at(
    frames: Iterator[VideoFrame], matrix: int, detect: Detect | None, glimpses: Glimpses | None
) -> Iterator[tuple[VideoFrame, Matte | None]]:
    """Frames with their mattes, of what was glimpsed in them before, or else of what is seen in them now."""
    known = glimpses.kept(frames) if glimpses else None
    if known is not None:
        yield from ((frame, matte_of(seen, planes_of(frame))) for frame, seen in known)
        return
    found = PeopleMatter(Segmenter(matrix), detect or detector(), matrix).glimpsed(frames)
    if glimpses is None:
        yield from ((frame, matte) for frame, _, matte in found)
    else:
        yield from glimpses.keeping(found)
