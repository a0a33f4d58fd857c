"""The strokes of a line of text inside its box, and how transparent they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.lettering.lines import Glass
from skillwire.studio.effects.planes import Plane, Planes
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skillwire.studio.effects.boxes import Boxes

# A pixel belongs to a stroke when it lies so far from what surrounds it: in bytes, in deviations of what surrounds the line, and in parts of the
# line's own contrast, in Y, U and V; colour is blurred by its half size.
_APART, _DEVIATIONS, _SOFT = 7.0, 3.5, (0.14, 0.45, 0.45)
# Window that tells what surrounds a stroke, and how far strokes are widened for their soft edges, in heights of the line.
_WINDOW, _WIDER = 0.9, 0.02
# Pictures compared, and the part of them in which a stroke need not stand out.
_COMPARED, _NEARLY = 12, 0.3
# A line's colours: cells (Y, U, V) in which they are counted, how many there are, what is as good as one of them, and
# the part of a line that must have them.
_CELL = np.asarray((24, 12, 12), np.uint8)
_COLOURS, _COLOURED = 2, 0.45
_ALIKE = np.asarray((30, 14, 14), np.int16)
# Room in the box's surroundings in which strokes may lie, in heights: descenders and outlines.
_ROOM = 0.16
# A picture without the line shows the same place when around the line it differs by no more than this, in bytes.
_STILL = 3.5
# Pictures from which transparency is told, and the deviation in bytes that what is behind must have over them.
_LEAST_PICTURES, _LEAST_CHANGE = 8, 7.0
# Text that lets through less than this is opaque; a line's strokes must be explained so well by a veil.
_LEAST_GAIN, _EXPLAINED = 0.2, 0.75
# A pixel's own transparency counts against that of the whole line as much as it has changed.
_SHRINK = 0.5


def correlation(one: Plane, other: Plane) -> float:
    """How well the fine structure of two pictures of one place agrees, -1 to 1."""
    if one.shape != other.shape or min(one.shape) < 4:
        return 0.0
    a, b = fine(one), fine(other)
    return float((a * b).sum() / (np.sqrt(float((a * a).sum()) * float((b * b).sum())) + 1e-3))


def fine(plane: Plane) -> NDArray[np.float32]:
    """A picture without its slow changes and its noise."""
    cv2 = opencv()
    full = plane.astype(np.float32)
    side = max(5, min(plane.shape) // 2) | 1
    return np.asarray(cv2.blur(full, (3, 3)) - cv2.blur(full, (side, side)), np.float32)


def still_clean(
    pictures: Sequence[tuple[float, Planes]], clean: Sequence[tuple[float, Planes]], box: Boxes
) -> list[tuple[Planes, Planes]]:
    """Pairs of pictures with and without the line, between which nothing around the line (``box``) moved."""
    pairs = []
    for time, without in clean:
        _, shown = min(pictures, key=lambda one: abs(one[0] - time))
        ring = _box_mask(shown.y.shape, box, 4) == 0
        if ring.any() and float(np.abs(shown.y[ring].astype(np.int16) - without.y[ring]).mean()) < _STILL:
            pairs.append((shown, without))
    return pairs


def strokes_of(pictures: Sequence[Planes], box: Boxes, tall: float, pairs: Sequence[tuple[Planes, Planes]]) -> Plane:
    """A mask (255) of the strokes, at full size. ``box``: the line in pixels of the pictures, ``tall``: its height.

    ``pairs``: the same place with and without the line, where there is such.
    """
    cv2 = opencv()
    shape = pictures[0].y.shape
    room = _box_mask(shape, box, round(_ROOM * tall) + 2)
    compared = pictures[:: max(1, len(pictures) // _COMPARED)]

    def apart_in(n: int) -> NDArray[np.float32]:
        if pairs:
            return np.asarray(np.min([_difference(*pair, n) for pair in pairs], axis=0), np.float32)
        return _standing_out([planes.each()[n] for planes in compared], tall / (2 if n else 1))

    ring = room == 0
    likely = np.zeros(shape, np.uint8)
    for n, soft in enumerate(_SOFT):
        apart = apart_in(n)
        if n:
            apart = cv2.resize(apart, shape[::-1], interpolation=cv2.INTER_LINEAR)
        quiet = float(np.median(apart[ring])) * 1.5 if ring.any() else 2.0
        contrast = float(np.quantile(apart[room > 0], 0.9))
        likely[(apart > max(_APART, _DEVIATIONS * quiet, soft * contrast)) & (room > 0)] = 255
    if not pairs:
        likely = _of_its_colours(likely, pictures)
    side = 1 + int(_WIDER * tall)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * side + 1, 2 * side + 1))
    wide = cv2.dilate(_without_specks(likely, tall), kernel)
    return np.asarray(np.minimum(wide, cv2.dilate(room, kernel)), np.uint8)


def _of_its_colours(likely: Any, pictures: Sequence[Planes]) -> Any:
    """What has one of the line's one or two colours, or lies right beside it; all, where it has no such colours."""
    cv2 = opencv()
    size = likely.shape[::-1]
    middle = [np.median(np.stack([planes.each()[n] for planes in pictures]), axis=0).astype(np.uint8) for n in range(3)]
    colours = np.dstack([middle[0], *(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in middle[1:])])
    inside = likely > 0
    cells, counts = np.unique(colours[inside] // _CELL, axis=0, return_counts=True)
    if not len(cells):
        return likely
    near = np.zeros(likely.shape, bool)
    for n in np.argsort(-counts)[:_COLOURS]:
        middle_of = np.median(colours[inside & (colours // _CELL == cells[n]).all(axis=2)], axis=0)
        near |= (np.abs(colours - middle_of.astype(np.int16)) <= _ALIKE).all(axis=2)
    core = inside & near
    if np.count_nonzero(core) < _COLOURED * np.count_nonzero(inside):
        return likely
    beside = cv2.dilate(core.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(inside & beside, 255, 0).astype(np.uint8)


def _without_specks(mask: Any, tall: float) -> Any:
    cv2 = opencv()
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    least = max(3, round(0.004 * tall * tall))
    large = np.zeros(count, np.uint8)
    large[1:] = np.where(stats[1:, cv2.CC_STAT_AREA] >= least, 255, 0)
    return large[parts]


def _difference(one: Planes, other: Planes, number: int) -> NDArray[np.float32]:
    cv2 = opencv()
    apart = cv2.absdiff(one.each()[number], other.each()[number]).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(apart, (3, 3), 0.7), np.float32)


def _standing_out(planes: Sequence[Plane], tall: float) -> NDArray[np.float32]:
    """How far each pixel lies from what surrounds it, to the same side in nearly all pictures of a plane."""
    cv2 = opencv()
    size = int(np.clip(round(_WINDOW * tall) | 1, 3, 255))
    apart = np.stack([plane.astype(np.int16) - cv2.medianBlur(plane, size) for plane in planes])
    low, high = np.quantile(apart, (_NEARLY, 1 - _NEARLY), axis=0)
    return np.asarray(np.maximum(np.maximum(low, -high), 0), np.float32)


def _box_mask(shape: tuple[int, int], box: Boxes, room: int) -> Plane:
    mask = np.zeros(shape, np.uint8)
    x0, y0, x1, y1 = (round(float(edge)) for edge in box)
    mask[max(0, y0 - room) : y1 + room, max(0, x0 - room) : x1 + room] = 255
    return mask


def half(mask: Plane) -> Plane:
    """A mask at half size: 255 where any of four pixels is set."""
    return np.asarray(np.maximum.reduce([mask[y::2, x::2] for y in (0, 1) for x in (0, 1)]), np.uint8)


def glass_of(pictures: Sequence[Planes], mask: Plane) -> Glass | None:
    """How transparent the strokes are, told from how they follow what is behind them; ``None`` where they do not, or it never changes."""
    if len(pictures) < _LEAST_PICTURES or not mask.any():
        return None
    cv2 = opencv()
    masks = (mask, half(mask), half(mask))
    gains: list[NDArray[np.float32]] = []
    veils: list[NDArray[np.float32]] = []
    for n, hole in enumerate(masks):
        seen = np.stack([planes.each()[n] for planes in pictures]).astype(np.float32)
        behind = np.stack([cv2.inpaint(planes.each()[n], hole, 3, cv2.INPAINT_TELEA) for planes in pictures]).astype(
            np.float32
        )
        inside = hole > 0
        mean_seen, mean_behind = seen.mean(axis=0), behind.mean(axis=0)
        spread = ((behind - mean_behind) ** 2).mean(axis=0)
        along = ((behind - mean_behind) * (seen - mean_seen)).mean(axis=0)
        if n == 0:
            if float(np.sqrt(np.mean(spread[inside]))) < _LEAST_CHANGE:
                return None
            slope = float(along[inside].sum() / spread[inside].sum())
            rest = float(((seen - mean_seen) ** 2).mean(axis=0)[inside].sum())
            explained = slope * float(along[inside].sum()) / max(rest, 1e-3)
            if slope < _LEAST_GAIN or explained < _EXPLAINED:
                return None
            usual = float(spread[inside].mean())
            gain = (_smooth(along, inside) + _SHRINK * slope * usual) / (_smooth(spread, inside) + _SHRINK * usual)
            gain = np.clip(gain, 0.0, 1.0)
        else:
            gain = cv2.resize(gains[0], hole.shape[::-1], interpolation=cv2.INTER_AREA)
        gains.append(np.where(inside, gain, 1.0).astype(np.float32))
        veils.append(np.where(inside, mean_seen - gains[-1] * mean_behind, 0.0).astype(np.float32))
    return Glass(tuple(gains), tuple(veils))


def _smooth(values: NDArray[Any], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    cv2 = opencv()
    weight = inside.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), 1.0) + 1e-3
    return np.asarray(cv2.GaussianBlur(values.astype(np.float32) * weight, (0, 0), 1.0) / total, np.float32)
