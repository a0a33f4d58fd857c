"""Putting the empty scene where a thing is: which pixels are the thing's, and a seam that does not show.

Worked on at half size, where a luma pixel meets its colours and noise is a quarter. What is not covered by the mask keeps its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded, whole
from skillwire.studio.effects.planes import Plane, Planes, Region
from skillwire.studio.effects.vision import opencv

# Room around a box for what a detector leaves out (hands, bags) and for the shadow, in sides of the box and pixels.
PAD = 0.3
PAD_LEAST = 16.0
# How far a pixel must lie from the empty scene to start a mask, and to carry it on: in bytes, and in the noise's deviations.
_START, _START_NOISE = 13.0, 5.0
_CARRY, _CARRY_NOISE = 6.0, 2.8
# Half-size pixels up to which something is thin.
_THIN = 4
# Colours vary less than brightness, so a difference in them says more.
_COLOUR_WEIGHT = 2
# Gaps wider than this many pixels are closed in a smaller picture. Pixels beyond a mask that its soft seam reaches.
_CLOSED, _SEAM = 5, 4


@dataclass(frozen=True, slots=True)
class Hole:
    """A target in one picture. ``box``: where it is. What must stay: boxes of things ``before`` it, and ``behind`` it.

    Where boxes overlap, the one before shows; outside the target's own box each keeps all of its own. Things that belong to the
    scene (``standing``) are in its picture too: of them only goes what differs from it. Of things before, ``shapes`` tells
    outlines where they are known: a box, and a mask (255) that is stretched over it.
    """

    box: Boxes
    before: tuple[Boxes, ...] = ()
    behind: tuple[Boxes, ...] = ()
    standing: tuple[Boxes, ...] = ()
    shapes: tuple[tuple[Boxes, Plane], ...] = ()

    def region(self, size: tuple[int, int]) -> Region | None:
        """The part of the picture that may change: the box with room around it."""
        return whole(self.box_with_room, size)

    @property
    def box_with_room(self) -> Boxes:
        """The box with room around it for what a detector leaves out."""
        return padded(self.box, PAD, PAD_LEAST)


class Scene(Protocol):
    """The scene in a region: at half size, and its full-size luma in a window of the region."""

    @property
    def half(self) -> Planes: ...

    def luma(self, window: Region) -> Plane: ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A scene of which all is at hand. Of ``half`` only the colours are of half size."""

    half: Planes

    def luma(self, window: Region) -> Plane:
        """Full-size luma in a window of the region."""
        return self.half.crop(window).y


def difference(one: Planes, other: Planes) -> Plane:
    """How far two pictures lie apart, at half size: the largest of the planes' differences. Luma of both is full, or half size."""
    import cv2  # noqa: PLC0415 - slow import

    colour = cv2.max(cv2.absdiff(one.u, other.u), cv2.absdiff(one.v, other.v))
    luma = cv2.absdiff(one.y, other.y)
    if luma.shape != colour.shape:
        luma = cv2.resize(luma, colour.shape[::-1], interpolation=cv2.INTER_AREA)
    apart = cv2.max(luma, cv2.convertScaleAbs(colour, alpha=_COLOUR_WEIGHT))
    return np.asarray(cv2.blur(apart, (3, 3)), np.uint8)


def mask_of(
    apart: Plane, hole: Hole, corner: tuple[int, int], free: Plane, fixed: Plane | None = None
) -> tuple[Plane, Plane]:
    """The target's pixels in a region, and those that must stay as they are: half size, 0 or 255.

    ``apart``: the difference from the empty scene, ``corner``: the region's place in the picture, ``free``: 255 where no tracked
    thing is, for the noise. ``fixed``: 255 where the scene was invented and the mask is the box itself.
    """
    cv2 = opencv()
    height, width = apart.shape
    inner = _window(padded(hole.box, 0.04), corner, (width, height))
    kept = _kept(hole, inner, corner, (width, height))
    noise = noise_of(apart, cv2.bitwise_and(free, cv2.bitwise_not(kept)))
    _, carry = cv2.threshold(apart, min(40.0, max(_CARRY, _CARRY_NOISE * noise)), 255, cv2.THRESH_BINARY)
    _, start = cv2.threshold(apart, min(60.0, max(_START, _START_NOISE * noise)), 255, cv2.THRESH_BINARY)
    # Beyond the box what is thin is an edge of the scene that does not lie where it should.
    thick = cv2.morphologyEx(carry, cv2.MORPH_OPEN, np.ones((_THIN, _THIN), np.uint8))
    thick[inner] = carry[inner]
    carry = thick
    if hole.standing:
        same = cv2.dilate(carry, np.ones((3, 3), np.uint8)) == 0
        for box in hole.standing:
            window = _window(box, corner, (width, height))
            kept[window][same[window]] = 255
    stays = cv2.bitwise_not(kept)
    carry = cv2.bitwise_and(carry, stays)
    joined = cv2.bitwise_and(_closed(carry, max(2, round(0.06 * float(hole.box[2] - hole.box[0]) / 2))), stays)
    _, parts = cv2.connectedComponents(joined)
    seeds = parts[inner][(start[inner] & joined[inner]) > 0]
    chosen = np.zeros(int(parts.max()) + 1, np.uint8)
    chosen[seeds] = 255
    chosen[0] = 0
    mask: Any = chosen[parts]
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(mask, outlines, -1, 255, cv2.FILLED)
    if fixed is not None:
        mask = cv2.max(mask, fixed)
    mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    return np.asarray(cv2.bitwise_and(mask, stays), np.uint8), kept


def noise_of(apart: Plane, free: Plane) -> float:
    """The deviation of the noise in a difference of two pictures, where both show the scene."""
    return _median(apart, free) / 0.8 if opencv().countNonZero(free) > 800 else 2.0


def _median(plane: Plane, where: Plane) -> float:
    """The median of a plane's bytes where a mask is set."""
    counts = np.cumsum(opencv().calcHist([plane], [0], where, [256], [0, 256]).ravel())
    return float(np.searchsorted(counts, counts[-1] / 2))


def _closed(mask: Plane, side: int) -> Plane:
    """A mask with gaps of up to ``side`` pixels closed; wide ones are looked for in a smaller picture, which is much quicker."""
    cv2 = opencv()
    shrink = max(1, side // _CLOSED)
    reach = round(side / shrink)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    if shrink == 1:
        return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), np.uint8)
    size = (-(-mask.shape[1] // shrink), -(-mask.shape[0] // shrink))
    _, small = cv2.threshold(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), 0, 255, cv2.THRESH_BINARY)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel)
    return np.asarray(cv2.max(mask, cv2.resize(closed, mask.shape[::-1], interpolation=cv2.INTER_NEAREST)), np.uint8)


def _kept(hole: Hole, inner: tuple[slice, slice], corner: tuple[int, int], size: tuple[int, int]) -> Plane:
    """255 where other things show: before the target, or outside its box."""
    kept = np.zeros(size[::-1], np.uint8)
    for box in (*hole.before, *hole.behind):
        kept[_window(box, corner, size)] = 255
    kept[inner] = 0
    for box in hole.before:
        kept[_window(box, corner, size)] = 255
    for box, shape in hole.shapes:
        kept = np.maximum(kept, stretched(shape, box, corner, size))
    return kept


def stretched(shape: Plane, box: Boxes, corner: tuple[int, int], size: tuple[int, int]) -> Plane:
    """A mask stretched over a box, as it lies in the half-size pixels of a region of that size."""
    import cv2  # noqa: PLC0415 - slow import

    left, top, right, bottom = ((box - np.asarray([*corner, *corner], np.float32)) / 2).tolist()
    kx, ky = shape.shape[1] / max(right - left, 1), shape.shape[0] / max(bottom - top, 1)
    back = np.asarray([[kx, 0, -left * kx], [0, ky, -top * ky]], np.float64)
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(shape, back, size, flags=flags), np.uint8)


def cut_to(mask: Plane, box: Boxes, region: Region) -> Plane | None:
    """The part of a region's half-size mask that lies in a box, for ``stretched``; what is outside the region is empty."""
    x, y, right, bottom = ((box - np.asarray([*region[:2], *region[:2]], np.float32)) / 2).round().astype(int).tolist()
    if right <= x or bottom <= y:
        return None
    made = np.zeros((bottom - y, right - x), np.uint8)
    height, width = mask.shape
    rows, columns = (max(0, y), min(height, bottom)), (max(0, x), min(width, right))
    if rows[0] < rows[1] and columns[0] < columns[1]:
        made[rows[0] - y : rows[1] - y, columns[0] - x : columns[1] - x] = mask[slice(*rows), slice(*columns)]
    return made


def blended(into: Planes, scene: Scene, mask: Plane, kept: Plane | None = None) -> None:
    """Writes the scene over ``into`` where the mask is, with a soft seam; beyond it, and where ``kept`` is set, every byte stays."""
    cv2 = opencv()
    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        return
    x0, y0 = max(0, x - _SEAM), max(0, y - _SEAM)
    x1, y1 = min(mask.shape[1], x + width + _SEAM), min(mask.shape[0], y + height + _SEAM)
    part = np.s_[y0:y1, x0:x1]
    window = (2 * x0, 2 * y0, 2 * x1, 2 * y1)
    stays = None if kept is None else cv2.bitwise_not(kept[part])
    soft: Any = cv2.GaussianBlur(mask[part], (5, 5), 0)
    fine = cv2.resize(soft, (2 * (x1 - x0), 2 * (y1 - y0)), interpolation=cv2.INTER_LINEAR)
    if stays is not None:
        soft = cv2.bitwise_and(soft, stays)
        fine = cv2.bitwise_and(fine, cv2.resize(stays, fine.shape[::-1], interpolation=cv2.INTER_NEAREST))
    here = into.crop(window)
    mixed_into(here.y, scene.luma(window), fine)
    mixed_into(here.u, scene.half.u[part], soft)
    mixed_into(here.v, scene.half.v[part], soft)


def mixed_into(plane: Plane, other: Plane, matte: Plane) -> None:
    """Writes ``other`` over ``plane`` as far as ``matte`` (0 to 255) says; where that is 0, every byte stays."""
    cv2 = opencv()
    over = cv2.multiply(other, matte, scale=1 / 255)
    under = cv2.multiply(plane, cv2.bitwise_not(matte), scale=1 / 255)
    cv2.add(over, under, dst=plane)


def free_of(boxes: Sequence[Boxes], region: Region) -> Plane:
    """255 at the region's half-size pixels that lie in none of the boxes."""
    x0, y0, x1, y1 = region
    free = np.full(((y1 - y0) // 2, (x1 - x0) // 2), 255, np.uint8)
    for box in boxes:
        free[_window(box, (x0, y0), free.shape[::-1])] = 0
    return free


def _window(box: Boxes, corner: tuple[int, int], size: tuple[int, int]) -> tuple[slice, slice]:
    """The rows and columns of a region's half-size pixels that lie in a box of the full picture."""
    left, top, right, bottom = box.tolist()
    x, y = corner
    columns = slice(_within((left - x) / 2, size[0]), _within((right + 1 - x) / 2, size[0]))
    return slice(_within((top - y) / 2, size[1]), _within((bottom + 1 - y) / 2, size[1])), columns


def _within(edge: float, side: int) -> int:
    return int(min(max(edge, 0), side))
