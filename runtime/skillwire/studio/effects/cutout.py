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
# The light's change is measured where the scene is seen, on a grid of this many half-size pixels, and no further than so many bytes.
_GRID = 8
_MOST_LIGHT = 24


@dataclass(frozen=True, slots=True)
class Hole:
    """A target in one picture. ``box``: where it is. What must stay: boxes of things ``before`` it, and ``behind`` it.

    Where boxes overlap, the one before shows; outside the target's own box each keeps all of its own.
    """

    box: Boxes
    before: tuple[Boxes, ...] = ()
    behind: tuple[Boxes, ...] = ()

    def region(self, size: tuple[int, int]) -> Region | None:
        """The part of the picture that may change: the box with room around it."""
        return whole(padded(self.box, PAD, PAD_LEAST), size)


def lit(scene: Planes, seen: Planes, free: Plane) -> Planes:
    """The scene in the light of this picture: the smooth difference where ``free`` (half size) is set, carried into the rest."""
    return Planes(*(_relit(one, other, free) for one, other in zip(scene.each(), seen.each(), strict=True)))


def _relit(scene: Plane, seen: Plane, free: Plane) -> Plane:
    import cv2  # noqa: PLC0415 - slow import

    height, width = free.shape
    grid = (max(1, width // _GRID), max(1, height // _GRID))
    small = [shrunk(plane, grid).astype(np.float32) for plane in (scene, seen)]
    weight = (shrunk(free, grid) > 250).astype(np.float32)
    change = np.clip(small[1] - small[0], -_MOST_LIGHT, _MOST_LIGHT)
    # What moves there as well is no change of light.
    known = change[weight > 0]
    if known.size == 0:
        return scene
    middle = float(np.median(known))
    weight *= np.abs(change - middle) < 6 + 2 * float(np.median(np.abs(known - middle)))
    sigma = max(2.0, max(grid) / 8)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    smooth = (cv2.GaussianBlur(change * weight, (0, 0), sigma) + 1e-3 * middle) / (total + 1e-3)
    if float(np.abs(smooth).max()) < 0.5:
        return scene
    full = cv2.resize(smooth, scene.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(scene + np.rint(full), 0, 255), np.uint8)


def difference(one: Planes, other: Planes) -> Plane:
    """How far two pictures lie apart, at half size: the largest of the planes' differences."""
    import cv2  # noqa: PLC0415 - slow import

    colour = cv2.max(cv2.absdiff(one.u, other.u), cv2.absdiff(one.v, other.v))
    luma = cv2.absdiff(one.y, other.y)
    small = cv2.resize(luma, colour.shape[::-1], interpolation=cv2.INTER_AREA)
    apart = cv2.max(small, cv2.convertScaleAbs(colour, alpha=_COLOUR_WEIGHT))
    return np.asarray(cv2.blur(apart, (3, 3)), np.uint8)


def mask_of(apart: Plane, hole: Hole, corner: tuple[int, int], free: Plane, fixed: Plane | None = None) -> Plane:
    """The target's pixels in a region, half size, 0 or 255.

    ``apart``: the difference from the empty scene, ``corner``: the region's place in the picture, ``free``: 255 where no tracked
    thing is, for the noise. ``fixed``: 255 where the scene was invented and the mask is the box itself.
    """
    import cv2  # noqa: PLC0415 - slow import

    height, width = apart.shape
    quiet = apart[free > 0]
    noise = float(np.median(quiet)) / 0.8 if quiet.size > 200 else 2.0
    carry = (apart > min(40.0, max(_CARRY, _CARRY_NOISE * noise))).astype(np.uint8)
    start = apart > min(60.0, max(_START, _START_NOISE * noise))
    inner = _window(padded(hole.box, 0.04), corner, (width, height))
    side = max(2, round(0.06 * float(hole.box[2] - hole.box[0]) / 2))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * side + 1, 2 * side + 1))
    protected = np.zeros_like(carry)
    for box in (*hole.before, *hole.behind):
        protected[_window(box, corner, (width, height))] = 1
    protected[inner] = 0
    for box in hole.before:
        protected[_window(box, corner, (width, height))] = 1
    carry[protected > 0] = 0
    joined: Any = cv2.morphologyEx(carry, cv2.MORPH_CLOSE, kernel)
    joined[protected > 0] = 0
    _, parts = cv2.connectedComponents(joined)
    seeds = np.zeros_like(start)
    seeds[inner] = start[inner]
    wanted = np.unique(parts[seeds & (joined > 0)])
    mask: Any = np.where(np.isin(parts, wanted[wanted > 0]), 255, 0).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(mask, outlines, -1, 255, cv2.FILLED)
    if fixed is not None:
        mask[fixed > 0] = 255
    mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    mask[protected > 0] = 0
    return np.asarray(mask, np.uint8)


def blended(into: Planes, scene: Planes, mask: Plane) -> None:
    """Writes the scene over ``into`` where the mask is, with a soft seam; where its seam ends every byte stays."""
    import cv2  # noqa: PLC0415 - slow import

    soft = cv2.GaussianBlur(mask, (5, 5), 0)
    for n, (plane, other) in enumerate(zip(into.each(), scene.each(), strict=True)):
        matte: Any = soft
        if n == 0:
            matte = cv2.resize(soft, plane.shape[::-1], interpolation=cv2.INTER_LINEAR)
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
    x, y = corner
    x0, x1 = (int(np.clip((edge - x) / 2, 0, size[0])) for edge in (float(box[0]), float(box[2]) + 1))
    y0, y1 = (int(np.clip((edge - y) / 2, 0, size[1])) for edge in (float(box[1]), float(box[3]) + 1))
    return slice(y0, y1), slice(x0, x1)
