"""Whether two pictures show the same: in boxes of both, or at one place of the scene."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.boxes import Boxes
from skillwire.studio.effects.camera import Matrix, moved
from skillwire.studio.effects.finding.analysis import Shot
from skillwire.studio.effects.following.passages import Small
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What is compared is brought to so many pixels a side, and blurred a little: the places are not known to the pixel.
_SIDE, _BLUR = 24, 1.0
# Differences in colour say more than those in brightness. What varies less than this (bytes) looks like nothing at all.
_COLOUR_WEIGHT, _FLAT = 2.0, 3.0


class Places:
    """Where the camera of a shot was at any time: between the times of its path, in between."""

    def __init__(self, shot: Shot) -> None:
        self._path = shot.path
        self._times = [time for time, _ in shot.path]

    def at(self, time: float) -> Matrix:
        """Maps the shot's first picture to the one at a time, full-size pixels."""
        if len(self._path) < 2:
            return np.eye(3)
        place = min(max(bisect_left(self._times, time), 1), len(self._times) - 1)
        before, after = self._times[place - 1], self._times[place]
        part = min(max((time - before) / (after - before), 0.0), 1.0)
        return np.asarray(self._path[place - 1][1] * (1 - part) + self._path[place][1] * part)


def square_to(box: Boxes) -> Matrix:
    """Maps the unit square to a box."""
    x0, y0, x1, y1 = box.tolist()
    return np.asarray([[x1 - x0, 0, x0], [0, y1 - y0, y0], [0, 0, 1]], np.float64)


def bounds(square: Matrix) -> Boxes:
    """The box nearest to what a matrix makes of the unit square: its sides lie in the middle between the corners'."""
    x, y = np.sort(moved(np.asarray([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64), square), axis=0).T
    return np.asarray([x[:2].mean(), y[:2].mean(), x[2:].mean(), y[2:].mean()], np.float32)


def likeness(one: Small, square: Matrix, other: Small, other_square: Matrix) -> float:
    """How well two pictures correlate, -1 to 1, in what matrices make of the unit square in each (full-size pixels); the middle counts most."""
    first, second = (_cut(picture, matrix) for picture, matrix in ((one, square), (other, other_square)))
    spread = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / (spread + _FLAT**2)


def _cut(picture: Small, square: Matrix) -> NDArray[np.float32]:
    """Luma and colours, each around its mean and weighted, so that the sum of the squares is a variance."""
    cv2 = opencv()
    middle = (np.arange(_SIDE) + 0.5) / _SIDE
    weight = np.outer(*(np.sin(np.pi * middle),) * 2).astype(np.float32)
    weight /= weight.sum()
    parts = []
    for plane, part, gain in ((picture.luma, 1.0, 1.0), (picture.colours, 2.0, _COLOUR_WEIGHT)):
        zoom = picture.scale / part
        shrink = np.diag([zoom, zoom, 1.0]) @ square @ np.diag([1 / _SIDE, 1 / _SIDE, 1.0])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpPerspective(plane, shrink, (_SIDE, _SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        seen = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), _BLUR).reshape(_SIDE, _SIDE, -1)
        mean = (seen * weight[..., None]).sum(axis=(0, 1))
        parts.append((seen - mean) * gain * np.sqrt(weight)[..., None])
    return np.asarray(np.concatenate(parts, axis=2), np.float32)
