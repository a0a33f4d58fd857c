"""Where one person ends and another begins who shows behind them: to a network for portraits both are one.

The border is where the picture changes most between what is surely the one's and what is surely the other's: a watershed (Meyer, 1992).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.boxes import Boxes, area, padded
from skillwire.studio.effects.planes import Plane, Planes
from skillwire.studio.effects.removal.cutout import free_of
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# From this byte of the matte on a pixel may be theirs, and from this one on it is.
_HINT, _BODY = 40, 128
# Room around the others' boxes, in sides; what lies in there to this part and touches nothing else is the others'.
_ROOM, _STRANGE = 0.1, 0.6
# What is sure of the one outside the others' boxes is this part of theirs.
_LARGE = 0.05
# What lies further from the one than this part of the furthest is surely the other's, and what lies nearer than that surely their own.
_SURELY_OTHER, _SURELY_OWN = 0.7, 0.22
# Of the other's box the part (of its sides) in which there is more of them than of what is behind them, and that in which they surely
# are when nobody is before them.
_SIDES, _HEAD, _FEET = 0.1, 0.08, 0.7
_MIDDLE = 0.3
# A box that is filled by people beyond this part shows none but the one before; the other lies no deeper in them than this part of its width.
_HIDDEN, _DEEP = 0.8, 0.5
# So many pixels the other must reach beyond the one. So wide are the brushes that the one's outline is drawn with, also beside the
# other, and that it is narrowed with where the other is before them.
_REACH, _RIM, _DOUBT, _EDGE = 3, 5, 7, 3
# What is further than this from anybody is the scene; room around what is worked on, in pixels.
_BEYOND, _MARGIN = 7, 8
_OWN, _OTHERS, _SCENE = 1, 2, 3


def own_part(matte: Plane, picture: Planes, others: Sequence[Boxes], *, behind: bool = False) -> Plane:
    """255 where the largest person of a matte shows, a little widened, and nobody of ``others``: half the picture's size, as the matte.

    ``others``: boxes in the picture's pixels; ``behind``: that person stands behind them, not before.
    """
    cv2 = opencv()
    whole = (0, 0, 2 * matte.shape[1], 2 * matte.shape[0])
    strange = cv2.bitwise_not(free_of([padded(box, _ROOM) for box in others], whole))
    hint = _without(cv2.threshold(matte, _HINT - 1, 255, cv2.THRESH_BINARY)[1], strange)
    mask = cv2.dilate(hint, _square(_RIM))
    sure = cv2.bitwise_and(cv2.threshold(matte, _BODY, 255, cv2.THRESH_BINARY)[1], cv2.bitwise_not(strange))
    for box in others:
        # What is a hand of theirs beyond their box is small.
        body = _parts_of(sure, _LARGE * float(area(box)) / 4)
        if cv2.countNonZero(body):
            _part(mask, hint, body, picture, box, behind=behind)
    return np.asarray(mask, np.uint8)


def _without(hint: Plane, strange: Plane) -> Plane:
    """What somebody may be without all but the largest part that lies where the others are."""
    cv2 = opencv()
    count, parts, stats, _ = cv2.connectedComponentsWithStats(hint)
    if count <= 2:
        return hint
    sizes = stats[:, cv2.CC_STAT_AREA]
    foreign = np.bincount(parts[strange > 0], minlength=count) > _STRANGE * sizes
    foreign[[0, 1 + int(np.argmax(sizes[1:]))]] = False
    return np.asarray(np.where(foreign[parts], 0, hint), np.uint8)


def _parts_of(mask: Plane, least: float) -> Plane:
    """The parts of a mask that have so many pixels at least."""
    cv2 = opencv()
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    large = stats[:, cv2.CC_STAT_AREA] >= least
    return np.where(large[parts], mask, 0).astype(np.uint8)


def _part(mask: Plane, hint: Plane, body: Plane, picture: Planes, box: Boxes, *, behind: bool) -> None:
    """Takes off the mask of the one what is the other's, in their box. ``hint``: where anybody may be; ``body``: where the one surely is."""
    cv2 = opencv()
    around, inner = _window(padded(box, _ROOM), _MARGIN, mask.shape), _window(padded(box, _ROOM), 0, mask.shape)
    if inner is None or around is None or not hint[inner].any():
        return
    own = cv2.erode(body[around], _square(3))
    if behind:
        others = _core(box, mask.shape, _MIDDLE)[around] > 0
    else:
        core = _core(box, mask.shape, _SIDES)[around] > 0
        away = cv2.distanceTransform(cv2.bitwise_not(body[around]), cv2.DIST_L2, 5)
        furthest = float(away[core].max(initial=0))
        if furthest < _REACH or np.count_nonzero(hint[inner]) > _HIDDEN * hint[inner].size:
            return
        own[(away < _SURELY_OWN * furthest) & (hint[around] > 0)] = 255
        deep = cv2.distanceTransform(hint[around], cv2.DIST_L2, 5)
        others = core & (away > _SURELY_OTHER * furthest) & (deep <= _DEEP * float(box[2] - box[0]) / 2)
    marks = np.zeros(own.shape, np.int32)
    marks[cv2.dilate(hint[around], _square(_BEYOND)) == 0] = _SCENE
    marks[others] = _OTHERS
    marks[own > 0] = _OWN
    rows, columns = around
    part = picture.crop((2 * columns.start, 2 * rows.start, 2 * columns.stop, 2 * rows.stop))
    cv2.watershed(_stacked(part), marks)
    # In doubt the one before is whole: of one behind nothing is kept that may be a rim of the other.
    theirs = (marks == _OWN).astype(np.uint8) * 255
    kept = cv2.erode(theirs, _square(_EDGE)) if behind else cv2.dilate(theirs, _square(_DOUBT))
    found = mask.copy()
    found[around] = cv2.bitwise_and(mask[around], kept)
    mask[inner] = found[inner]


def _core(box: Boxes, shape: tuple[int, ...], sides: float) -> Plane:
    """The part of a box in which somebody is, without so much of its width at either side."""
    left, top, right, bottom = (float(edge) / 2 for edge in box)
    wide, tall = right - left, bottom - top
    core = np.zeros(shape, np.uint8)
    rows = slice(max(0, round(top + _HEAD * tall)), max(0, round(top + _FEET * tall)))
    core[rows, max(0, round(left + sides * wide)) : max(0, round(right - sides * wide))] = 255
    return core


def _stacked(part: Planes) -> NDArray[np.uint8]:
    """Planes as one picture of half size, smoothed a little."""
    cv2 = opencv()
    luma = cv2.resize(part.y, part.u.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(np.dstack([luma, part.u, part.v]), (3, 3), 0), np.uint8)


def _square(side: int) -> Plane:
    return np.ones((side, side), np.uint8)


def _window(box: Boxes, margin: int, shape: tuple[int, ...]) -> tuple[slice, slice] | None:
    """The half-size pixels of a box with a margin, as rows and columns of a mask; ``None`` when there are none."""
    edges = [round(float(edge) / 2) for edge in box]
    rows = slice(max(0, edges[1] - margin), min(shape[0], edges[3] + margin))
    columns = slice(max(0, edges[0] - margin), min(shape[1], edges[2] + margin))
    return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None
