"""Boxes carried from one small picture to another by what moves in them: median flow (Kalal et al., 2010)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes
from skillwire.studio.effects.planes import Plane
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Points a side of a box, and the margin of the box they keep off, where it shows what is behind the thing.
_POINTS, _MARGIN = 5, 0.18
# A point that comes back from the other picture further off than this (pixels) was lost; so many must come back.
_BACK_PX, _LEAST = 1.5, 5
# From one picture to the next a thing grows or shrinks by no more than this factor.
_GROWTH = 1.06
# Faces of things are compared at this size (width, height); of a box this part from the top, where limbs move least.
_FACE, _TOP = (16, 20), 0.65
# The middle of a box, this part of its width in from the sides, must correlate so well from one picture to the next.
_CORE, _WENT_ALONG = 0.2, 0.6
# Of a box narrower than this, in pixels, the middle is too small to tell.
_TELLING = 14
# A box this narrow or low, in pixels, holds nothing to follow.
_SMALLEST = 5


def carried(before: Plane, now: Plane, boxes: Sequence[Boxes]) -> list[Boxes | None]:
    """Where what is in each box (pixels of the pictures) went; ``None`` where it was lost from sight."""
    cv2 = opencv()
    height, width = before.shape
    steps = np.linspace(_MARGIN, 1 - _MARGIN, _POINTS)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    every: list[NDArray[Any]] = []
    for box in boxes:
        points = box[:2] + grid * (box[2:] - box[:2])
        inside = ((points >= 0) & (points <= (width - 1, height - 1))).all(axis=1)
        every.append(points[inside].astype(np.float32) if min(box[2:] - box[:2]) >= _SMALLEST else points[:0])
    start = np.concatenate(every).reshape(-1, 1, 2).astype(np.float32) if every else np.zeros((0, 1, 2), np.float32)
    if not len(start):
        return [None] * len(boxes)
    window = {"winSize": (11, 11), "maxLevel": 3, "criteria": (3, 10, 0.03)}
    end, found, _ = cv2.calcOpticalFlowPyrLK(before, now, start, None, **window)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(now, before, end, None, **window)
    error = np.linalg.norm((back - start).reshape(-1, 2), axis=1)
    good = (found.ravel() == 1) & (returned.ravel() == 1) & (error < _BACK_PX)
    result: list[Boxes | None] = []
    at = 0
    for box, points in zip(boxes, every, strict=True):
        part = slice(at, at + len(points))
        at += len(points)
        kept = good[part]
        here, there = start[part].reshape(-1, 2)[kept], end[part].reshape(-1, 2)[kept]
        result.append(_shifted(box, here, there) if len(here) >= max(_LEAST, len(points) // 3) else None)
    return [
        box if box is not None and _shows(box, (width, height)) and _same(before, was, now, box) else None
        for was, box in zip(boxes, result, strict=True)
    ]


def face(grey: Plane, box: Boxes) -> NDArray[np.float32] | None:
    """What a thing looks like, for ``alike``; ``None`` where hardly any of it is inside the picture."""
    cv2 = opencv()
    height, width = grey.shape
    x0, x1 = (int(min(max(edge, 0), width)) for edge in (float(box[0]), float(box[2])))
    low = float(box[1]) + _TOP * float(box[3] - box[1])
    y0, y1 = (int(min(max(edge, 0), height)) for edge in (float(box[1]), low))
    if x1 - x0 < 3 or y1 - y0 < 3:
        return None
    small = cv2.resize(grey[y0:y1, x0:x1], _FACE, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray((small - small.mean()) / (small.std() + 2.0), np.float32)


def alike(one: NDArray[np.float32] | None, other: NDArray[np.float32] | None) -> float:
    """How well two faces correlate, -1 to 1."""
    return 0.0 if one is None or other is None else float((one * other).mean())


def _shifted(box: Boxes, here: NDArray[Any], there: NDArray[Any]) -> Boxes:
    # A sort's middle is the median of so few points, and much quicker to come by than by ``np.median``.
    half = len(here) // 2
    middle, now = np.sort(here, axis=0)[half], np.sort(there, axis=0)[half]
    spread = [np.sort(np.abs(points - at).sum(axis=1))[half] for points, at in ((here, middle), (there, now))]
    growth = min(max(float(spread[1] / max(spread[0], 1e-3)), 1 / _GROWTH), _GROWTH)
    return np.asarray(np.concatenate([now + (edge - middle) * growth for edge in (box[:2], box[2:])]), np.float32)


def _same(before: Plane, was: Boxes, now: Plane, box: Boxes) -> bool:
    """Whether the middle of the box went along: where a thing left quickly, only points of what is behind it are found again."""
    if float(was[2] - was[0]) < _TELLING:
        return True
    one, other = (face(picture, _core(at)) for picture, at in ((before, was), (now, box)))
    return one is None or other is None or alike(one, other) > _WENT_ALONG


def _core(box: Boxes) -> Boxes:
    inset = _CORE * float(box[2] - box[0])
    return np.asarray([box[0] + inset, box[1], box[2] - inset, box[3]], np.float32)


def _shows(box: Boxes, size: tuple[int, int]) -> bool:
    """Whether at least a fifth of a box is inside the picture."""
    sides = np.maximum(np.minimum(box[2:], size) - np.maximum(box[:2], 0), 0)
    return float(sides.prod()) > 0.2 * float(np.maximum(box[2:] - box[:2], 1e-3).prod())
