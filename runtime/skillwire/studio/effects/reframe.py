"""Filling a canvas of other proportions: as much of the picture as fits, around what matters in it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.ahead import ahead
from skillwire.studio.effects.framing import Look, places
from skillwire.studio.effects.planes import empty_frame, planes_of
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
    scale = min(upright[0] / size[0], upright[1] / size[1])
    axis = 0 if upright[0] / size[0] > upright[1] / size[1] else 1
    with closing(ahead(shaped(), _DEPTH)) as decoded:
        for frame, place in places(decoded, size[axis] * scale, axis, look):
            yield _cut(frame, size, scale, (place, 0.0) if axis == 0 else (0.0, place))


def _size_to_cut_from(shown: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The size of pictures that ``size`` is cut from: as they are, or made smaller where they are larger than needed."""
    cover = max(Fraction(size[0], shown[0]), Fraction(size[1], shown[1]))
    if cover >= 1:
        return max(2, shown[0] // 2 * 2), max(2, shown[1] // 2 * 2)
    return max(size[0], round(shown[0] * cover / 2) * 2), max(size[1], round(shown[1] * cover / 2) * 2)


def _cut(frame: VideoFrame, size: tuple[int, int], scale: float, corner: tuple[float, float]) -> VideoFrame:
    """The part of a frame that begins at ``corner``, ``scale`` times ``size`` large, drawn at ``size``; places need not be whole."""
    cv2 = opencv()

    result = empty_frame(size, frame)
    how = cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
    for n, (source, target) in enumerate(zip(planes_of(frame).each(), planes_of(result).each(), strict=True)):
        part = 2 if n else 1
        # The middle of the first pixel wanted, counted from the middle of the first one there is.
        left, top = (edge / part + scale / 2 - 0.5 for edge in corner)
        matrix = np.asarray([[scale, 0, left], [0, scale, top]], np.float64)
        drawn = cv2.warpAffine(source, matrix, target.shape[::-1], flags=how, borderMode=cv2.BORDER_REPLICATE)
        np.copyto(target, drawn)
    return result
