"""How the camera moved between two pictures of a shot: a homography from tracked corners (Lucas-Kanade, MAGSAC)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillwire.studio.effects.boxes import Boxes

Matrix = NDArray[np.float64]
# The camera's places in a shot by time: each maps the shot's first picture to that one. Empty where it stands.
Path = Sequence[tuple[float, Matrix]]
# Width of the pictures that motion is measured on, in pixels.
WIDTH = 480
_CORNERS = 200
# Fewer matches than these fix no homography.
_LEAST = 12
_INLIER_PX = 1.5
# Corners so near the edge of a picture are not looked for in it.
_RIM = 4


@dataclass(frozen=True, slots=True)
class Motion:
    """``matrix`` maps full-size pixels of the first picture to the second. ``shift``: how far the inliers moved, in full-size
    pixels, the median; ``trust``: the share of corners that follow the matrix, 0 when there is none.
    """

    matrix: Matrix
    shift: float
    trust: float


class View:
    """A picture prepared for matching: small, grey, with corners outside ``without``, the boxes of what may move on its own.

    ``luma`` may itself be of ``part`` of the picture's size.
    """

    def __init__(self, luma: NDArray[np.uint8], without: Sequence[Boxes] = (), part: float = 1.0) -> None:
        import cv2  # noqa: PLC0415 - slow import

        height, width = (side / part for side in luma.shape)
        self.scale = min(1.0, WIDTH / width)
        size = (max(16, round(width * self.scale)), max(16, round(height * self.scale)))
        small = luma.copy() if size == luma.shape[::-1] else cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
        self.grey = np.asarray(small, np.uint8)
        self.without = list(without)
        self._points: Any = None

    @property
    def points(self) -> Any:
        """Corners, shape (n, 1, 2), float32; found when first wanted."""
        if self._points is None:
            import cv2  # noqa: PLC0415 - slow import

            free = np.full(self.grey.shape, 255, np.uint8)
            for box in self.without:
                x0, y0, x1, y1 = (round(float(edge) * self.scale) for edge in box)
                free[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = 0
            found: Any = cv2.goodFeaturesToTrack(self.grey, _CORNERS, 0.01, 7, mask=free)
            self._points = np.zeros((0, 1, 2), np.float32) if found is None else found
        return self._points


def motion(one: View, other: View) -> Motion:
    """The camera's motion from ``one`` to ``other``; the identity without trust where it cannot be told."""
    if len(one.points) < _LEAST:
        return _by_difference(one, other)
    return _followed(one, other.grey, one.points)


def motion_near(one: View, other: View, guess: Matrix) -> Motion:
    """The same where ``guess`` is nearly right but the pictures may be far apart."""
    import cv2  # noqa: PLC0415 - slow import

    size = one.grey.shape[::-1]
    zooms = [np.diag([view.scale, view.scale, 1.0]) for view in (one, other)]
    there = zooms[1] @ guess @ np.linalg.inv(zooms[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    near = cv2.warpPerspective(other.grey, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    at = moved(one.points.reshape(-1, 2), there)
    height, width = other.grey.shape
    inside = ((at >= _RIM) & (at < (width - _RIM, height - _RIM))).all(axis=1)
    step = _followed(one, np.asarray(near, np.uint8), one.points[inside])
    matrix = guess @ step.matrix
    return Motion(matrix / matrix[2, 2], step.shift, step.trust)


def _followed(one: View, grey: NDArray[np.uint8], start: Any) -> Motion:
    """The motion of corners of ``one`` to another small picture."""
    import cv2  # noqa: PLC0415 - slow import

    if len(start) < _LEAST:
        return Motion(np.eye(3), 0.0, 0.0)
    follow: Any = cv2.calcOpticalFlowPyrLK
    end, found, _ = follow(one.grey, grey, start, None, winSize=(15, 15), maxLevel=3, criteria=(3, 15, 0.02))
    good = found.ravel() == 1
    if good.sum() < _LEAST:
        return Motion(np.eye(3), 0.0, 0.0)
    start, end = start[good], end[good]
    matrix, inlier = cv2.findHomography(start, end, cv2.USAC_MAGSAC, _INLIER_PX, maxIters=500, confidence=0.995)
    if matrix is None or inlier.sum() < _LEAST:
        return Motion(np.eye(3), 0.0, 0.0)
    inside = inlier.ravel() == 1
    shift = np.linalg.norm((end - start)[inside].reshape(-1, 2), axis=1)
    zoom = np.diag([1 / one.scale, 1 / one.scale, 1.0])
    full = zoom @ matrix @ np.linalg.inv(zoom)
    return Motion(full / full[2, 2], float(np.median(shift)) / one.scale, float(inside.mean()))


def moved(points: NDArray[Any], matrix: NDArray[Any]) -> NDArray[Any]:
    """Points (n, 2) through a homography."""
    through = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return np.asarray(through[:, :2] / through[:, 2:])


def place_at(path: Path, time: float) -> Matrix:
    """The camera's place nearest to a time."""
    return min(path, key=lambda one: abs(one[0] - time))[1] if path else np.eye(3)


def _by_difference(one: View, other: View) -> Motion:
    """A picture without corners stands still when it does not change."""
    same = one.grey.shape == other.grey.shape
    change = float(np.abs(one.grey.astype(np.int16) - other.grey).mean()) if same else 255.0
    return Motion(np.eye(3), 0.0, 1.0 if change < 2 else 0.0)
