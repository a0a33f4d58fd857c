"""Filling a canvas of other proportions: as much of the picture as fits, around what matters in it."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import closing
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.ahead import ahead
from skillwire.studio.effects.framing import Look, places
from skillwire.studio.effects.planes import Plane, empty_frame, planes_of
from skillwire.studio.effects.vision import opencv
from skillwire.studio.media import shape

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Frames that wait between two stages.
_DEPTH = 4


def reframed(
    frames: Iterator[VideoFrame],
    size: tuple[int, int],
    sample_aspect: Fraction | None,
    turn: int = 0,
    *,
    look: Look | None = None,
) -> Generator[VideoFrame, None, None]:
    """The frames cropped and scaled to ``size``, upright, with square pixels, then turned by ``turn`` degrees.

    ``look``: finds what matters; as in ``framing.places``.
    """
    first = next(frames, None)
    if first is None:
        return
    upright = _size_to_cut_from(shape.display_size(first, sample_aspect, turn), size)
    shaper = shape.CanvasShaper(upright, sample_aspect, turn)

    def shaped() -> Iterator[VideoFrame]:
        yield shaper(first)
        yield from map(shaper, frames)

    if upright == size:
        yield from shaped()
        return
    axis = 0 if upright[0] * size[1] > upright[1] * size[0] else 1
    cut = _Cut(upright, size, axis)
    with closing(ahead(shaped(), _DEPTH)) as decoded:
        for frame, place in places(decoded, cut.window, axis, look):
            yield cut(frame, place)


def _size_to_cut_from(shown: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The size of pictures that ``size`` is cut from: as they are, or made smaller where they are larger than needed."""
    cover = max(Fraction(size[0], shown[0]), Fraction(size[1], shown[1]))
    if cover >= 1:
        return max(2, shown[0] // 2 * 2), max(2, shown[1] // 2 * 2)
    return max(size[0], round(shown[0] * cover / 2) * 2), max(size[1], round(shown[1] * cover / 2) * 2)


class _Cut:
    """Draws a part of pictures of size ``upright`` at ``size``. Places along ``axis`` are met to one pixel of what is drawn."""

    def __init__(self, upright: tuple[int, int], size: tuple[int, int], axis: int) -> None:
        self._size = size
        self._axis = axis
        self._scale = upright[1 - axis] / size[1 - axis]
        self.window = size[axis] * self._scale
        # More than the window is enlarged, so that its edge may lie between two pixels; all even, as colours are halved.
        self._taken = min(upright[axis] // 2 * 2, math.ceil(self.window / 2) * 2 + 4)
        self._drawn = max(size[axis], round(self._taken / self._scale / 2) * 2)
        self._last = upright[axis] // 2 * 2 - self._taken

    def __call__(self, frame: VideoFrame, place: float) -> VideoFrame:
        """The part that begins at ``place`` pixels."""
        cv2 = opencv()

        result = empty_frame(self._size, frame)
        begin = min(int(place) // 2 * 2, self._last)
        skipped = min(round((place - begin) / self._scale), self._drawn - self._size[self._axis])
        for n, (source, target) in enumerate(zip(planes_of(frame).each(), planes_of(result).each(), strict=True)):
            part = 2 if n else 1
            taken = self._along(source, begin // part, self._taken // part)
            drawn = [side // part for side in self._size]
            drawn[self._axis] = self._drawn // part
            if taken.shape[::-1] != tuple(drawn):
                taken = cv2.resize(taken, drawn, interpolation=cv2.INTER_CUBIC)
            np.copyto(target, self._along(taken, skipped // part, self._size[self._axis] // part))
        return result

    def _along(self, plane: Plane, begin: int, length: int) -> Plane:
        return plane[:, begin : begin + length] if self._axis == 0 else plane[begin : begin + length]
