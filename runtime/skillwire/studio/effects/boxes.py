"""Boxes as arrays: (x0, y0, x1, y1) in pixels, the corners' upper left and lower right, shape (4,) or (n, 4)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]


def area(boxes: Boxes) -> NDArray[Any]:
    """Areas in square pixels; an inverted box has none."""
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def shared(one: Boxes, many: Boxes) -> NDArray[Any]:
    """The area that ``one`` (4,) shares with each of ``many`` (n, 4)."""
    corner = np.maximum(one[:2], many[..., :2])
    sides = np.maximum(np.minimum(one[2:], many[..., 2:]) - corner, 0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def iou(one: Boxes, many: Boxes) -> NDArray[Any]:
    """Intersection over union of ``one`` with each of ``many``."""
    common = shared(one, many)
    return np.asarray(common / np.maximum(area(one) + area(many) - common, 1e-6))


def covered(one: Boxes, many: Boxes) -> NDArray[Any]:
    """How much of the smaller of each pair lies in the other, 0 to 1."""
    return np.asarray(shared(one, many) / np.maximum(np.minimum(area(one), area(many)), 1e-6))


def padded(box: Boxes, part: float, least: float = 0.0) -> Boxes:
    """The box, larger on each side by ``part`` of its sides and at least ``least`` pixels."""
    x0, y0, x1, y1 = box.tolist()
    x, y = max(least, part * (x1 - x0)), max(least, part * (y1 - y0))
    return np.asarray([x0 - x, y0 - y, x1 + x, y1 + y], np.float32)


def clipped(box: Boxes, size: tuple[int, int]) -> Boxes:
    """The part of the box inside a picture of ``size`` (width, height)."""
    width, height = size
    return np.clip(box, 0, np.asarray([width, height, width, height], np.float32)).astype(np.float32)


def whole(box: Boxes, size: tuple[int, int], grid: int = 2, beyond: int = 0) -> tuple[int, int, int, int] | None:
    """The smallest box on multiples of ``grid`` pixels around ``box`` inside the picture; ``None`` when it is empty.

    It may reach ``beyond`` pixels (a multiple of ``grid``) out of the picture.
    """
    x0, y0 = (max(-beyond, int(np.floor(edge / grid)) * grid) for edge in box[:2])
    x1, y1 = (
        min(side // grid * grid + beyond, int(np.ceil(edge / grid)) * grid)
        for edge, side in zip(box[2:], size, strict=True)
    )
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
