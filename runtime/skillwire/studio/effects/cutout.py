"""Putting the empty scene where a thing is: which pixels are the thing's, and a seam that does not show.

Worked on at half size, where a luma pixel meets its colours and noise is a quarter. What is not covered by the mask keeps its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded, whole
from skillwire.studio.effects.planes import Plane, Planes, Region, shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Room around a box for what a detector leaves out (hands, bags) and for the shadow, in sides of the box and pixels.
PAD = 0.3
PAD_LEAST = 16.0
# How far a pixel must lie from the empty scene to start a mask, and to carry it on: in bytes, and in the noise's deviations.
_START, _START_NOISE = 13.0, 5.0
_CARRY, _CARRY_NOISE = 6.0, 2.8
# Colours vary less than brightness, so a difference in them says more.
_COLOUR_WEIGHT = 2
# The light's change is measured where the scene is seen, on a grid of cells of so many half-size pixels, at most so many a side, and
# no further than so many bytes.
_GRID, _MOST_CELLS = 8, 48
_MOST_LIGHT = 24
# How far a seam reaches beyond a mask, in half-size pixels, the last of them for luma alone.
_SEAM = 3


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


class Light:
    """How the light on a scene differs from that on a picture of it, as a smooth field for each plane. For many parts of one scene."""

    def __init__(self, scene: Planes) -> None:
        width, height = scene.size
        cell = max(2 * _GRID, max(width, height) / _MOST_CELLS)
        self._grid = (max(1, int(width / cell)), max(1, int(height / cell)))
        self._scene = [shrunk(plane, self._grid).astype(np.float32) for plane in scene.each()]
        self._size = scene.size
        self._fields: list[NDArray[np.float32] | None] = [None, None, None]

    def measure(self, seen: Planes, free: Plane) -> None:
        """Measures the difference to ``seen`` where ``free`` (half size) is set."""
        weight = (shrunk(free, self._grid) > 250).astype(np.float32)
        self._fields = [
            _field(one, shrunk(other, self._grid).astype(np.float32), weight.copy())
            for one, other in zip(self._scene, seen.each(), strict=True)
        ]

    def on(self, part: Planes, region: Region) -> Planes:
        """A part of the scene, which lies in ``region`` of it, in the light of the picture."""
        return Planes(
            *(self._lit(n, plane, region) for n, plane in enumerate(part.each())),
        )

    def _lit(self, number: int, plane: Plane, region: Region) -> Plane:
        import cv2  # noqa: PLC0415 - slow import

        smooth = self._fields[number]
        if smooth is None:
            return plane
        half = 1 if number == 0 else 2
        kx, ky = (grid / (side / half) for grid, side in zip(self._grid, self._size, strict=True))
        x, y = region[0] / half, region[1] / half
        back = np.asarray([[kx, 0, (x + 0.5) * kx - 0.5], [0, ky, (y + 0.5) * ky - 0.5]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        full = cv2.warpAffine(smooth, back, plane.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return _added(plane, full)


def lit(scene: Planes, seen: Planes, free: Plane) -> Planes:
    """The scene in the light of this picture: the smooth difference where ``free`` (half size) is set, carried into the rest."""
    light = Light(scene)
    light.measure(seen, free)
    return light.on(scene, (0, 0, *scene.size))


def _field(scene: NDArray[np.float32], seen: NDArray[np.float32], weight: NDArray[np.float32]) -> Any:
    """The smooth difference of two small planes where there is weight; ``None`` where it is too little to matter."""
    import cv2  # noqa: PLC0415 - slow import

    change = np.clip(seen - scene, -_MOST_LIGHT, _MOST_LIGHT)
    # What moves there as well is no change of light.
    known = change[weight > 0]
    if known.size == 0:
        return None
    middle = float(np.median(known))
    weight *= np.abs(change - middle) < 6 + 2 * float(np.median(np.abs(known - middle)))
    sigma = max(2.0, max(weight.shape) / 8)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    smooth = (cv2.GaussianBlur(change * weight, (0, 0), sigma) + 1e-3 * middle) / (total + 1e-3)
    return smooth if float(np.abs(smooth).max()) >= 0.5 else None


def _added(plane: Plane, change: Any) -> Plane:
    """A plane with a change of light (float32, of its size) added, rounded."""
    import cv2  # noqa: PLC0415 - slow import

    return np.asarray(cv2.add(plane, change, dtype=cv2.CV_8U), np.uint8)


def difference(one: Planes, other: Planes) -> Plane:
    """How far two pictures lie apart, at half size: the largest of the planes' differences."""
    import cv2  # noqa: PLC0415 - slow import

    colour = cv2.max(cv2.absdiff(one.u, other.u), cv2.absdiff(one.v, other.v))
    luma = cv2.absdiff(one.y, other.y)
    small = cv2.resize(luma, colour.shape[::-1], interpolation=cv2.INTER_AREA)
    apart = cv2.max(small, cv2.convertScaleAbs(colour, alpha=_COLOUR_WEIGHT))
    return np.asarray(cv2.blur(apart, (3, 3)), np.uint8)


def mask_of(
    apart: Plane, hole: Hole, corner: tuple[int, int], free: Plane, fixed: Plane | None = None
) -> tuple[Plane, Plane]:
    """The target's pixels in a region, and those that must stay as they are: half size, 0 or 255.

    ``apart``: the difference from the empty scene, ``corner``: the region's place in the picture, ``free``: 255 where no tracked
    thing is, for the noise. ``fixed``: 255 where the scene was invented and the mask is the box itself.
    """
    import cv2  # noqa: PLC0415 - slow import

    height, width = apart.shape
    quiet = apart[::2, ::2][free[::2, ::2] > 0]  # a quarter tells the noise as well
    noise = float(np.median(quiet)) / 0.8 if quiet.size > 200 else 2.0
    carry = (apart > min(40.0, max(_CARRY, _CARRY_NOISE * noise))).astype(np.uint8)
    start = apart > min(60.0, max(_START, _START_NOISE * noise))
    inner = _window(padded(hole.box, 0.04), corner, (width, height))
    side = max(2, round(0.06 * float(hole.box[2] - hole.box[0]) / 2))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * side + 1, 2 * side + 1))
    kept = _kept(hole, inner, corner, (width, height))
    same = cv2.dilate(carry, np.ones((3, 3), np.uint8)) == 0
    for box in hole.standing:
        window = _window(box, corner, (width, height))
        kept[window][same[window]] = 255
    carry[kept > 0] = 0
    joined: Any = cv2.morphologyEx(carry, cv2.MORPH_CLOSE, kernel)
    joined[kept > 0] = 0
    _, parts = cv2.connectedComponents(joined)
    seeds = np.zeros_like(start)
    seeds[inner] = start[inner]
    chosen = np.zeros(int(parts.max()) + 1, np.uint8)
    chosen[parts[seeds & (joined > 0)]] = 255
    chosen[0] = 0
    mask: Any = chosen[parts]
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(mask, outlines, -1, 255, cv2.FILLED)
    if fixed is not None:
        mask[fixed > 0] = 255
    mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    mask[kept > 0] = 0
    return np.asarray(mask, np.uint8), kept


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


def blended(into: Planes, scene: Planes, mask: Plane, kept: Plane | None = None) -> None:
    """Writes the scene over ``into`` where the mask is, with a soft seam; beyond it, and where ``kept`` is set, every byte stays."""
    import cv2  # noqa: PLC0415 - slow import

    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        return
    rows, columns = (slice(max(0, at - _SEAM), at + side + _SEAM) for at, side in ((y, height), (x, width)))
    part = (2 * columns.start, 2 * rows.start, 2 * columns.stop, 2 * rows.stop)
    into, scene, mask = into.crop(part), scene.crop(part), mask[rows, columns]
    soft: Any = cv2.GaussianBlur(mask, (2 * _SEAM - 1, 2 * _SEAM - 1), 0)
    if kept is not None:
        kept = kept[rows, columns]
        soft[kept > 0] = 0
    for n, (plane, other) in enumerate(zip(into.each(), scene.each(), strict=True)):
        matte: Any = soft
        if n == 0:
            matte = cv2.resize(soft, plane.shape[::-1], interpolation=cv2.INTER_LINEAR)
            if kept is not None:
                matte[cv2.resize(kept, plane.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0] = 0
        weight: NDArray[np.float32] = matte.astype(np.float32) * np.float32(1 / 255)
        mixed = cv2.blendLinear(np.ascontiguousarray(plane), np.ascontiguousarray(other), 1 - weight, weight)
        np.copyto(plane, mixed, where=matte > 0)


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
