"""The surroundings of a hole as several pictures show them, small and grey, aligned by the camera's motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.boxes import padded, whole
from skillwire.studio.effects.camera import Matrix
from skillwire.studio.effects.planes import Plane, Planes, Region
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Room around a region in which flow is measured: in sides of it, and in pixels of the small pictures.
_AROUND, _AROUND_LEAST = 0.2, 28
# Flow is measured on windows of at most so many pixels a side.
_SIDE = 200
# On a side too short for a patch at the coarser of its sizes OpenCV's flow reads outside the picture.
_LEAST = 32


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture of the scene, small and grey: ``scale`` of its pixels to one of the full picture's, which lies at ``place``.

    ``free``: 255 where it shows the scene.
    """

    time: float
    grey: Plane
    scale: float
    place: Matrix
    free: Plane

    def filled(self, shown: Planes, known: Plane, region: Region) -> Sight:
        """The same with what a region ``shown`` holds where it is ``known`` (half size) put where this picture is not free."""
        cv2 = opencv()
        width, height = self.grey.shape[::-1]
        back = np.linalg.inv(_spread_from((2, 2), region[:2])) @ _spread_from((1 / self.scale, 1 / self.scale), (0, 0))
        flags = cv2.WARP_INVERSE_MAP
        luma = cv2.warpAffine(shown.y, back[:2], (width, height), flags=flags | cv2.INTER_LINEAR)
        there = cv2.warpAffine(known, back[:2], (width, height), flags=flags | cv2.INTER_NEAREST)
        hole = cv2.bitwise_and(there, cv2.bitwise_not(self.free))
        grey = self.grey.copy()
        cv2.copyTo(luma, hole, grey)
        return Sight(self.time, grey, self.scale, self.place, np.asarray(cv2.bitwise_or(self.free, hole), np.uint8))


class Around:
    """The surroundings of a region in a picture, for measuring flow in them. ``size``: the full picture's."""

    def __init__(self, now: Sight, region: Region, size: tuple[int, int]) -> None:
        self.now = now
        box = padded(np.asarray(region, np.float32), _AROUND, _AROUND_LEAST / now.scale)
        window = whole(box, size) or (0, 0, *size)
        sides = ((window[2] - window[0]) * now.scale, (window[3] - window[1]) * now.scale)
        self.scale = now.scale / max(1.0, max(sides) / _SIDE)
        self.size = (
            max(_LEAST, round((window[2] - window[0]) * self.scale)),
            max(_LEAST, round((window[3] - window[1]) * self.scale)),
        )
        # From the window's pixels to the full picture's.
        self.full = _spread_from((1 / self.scale, 1 / self.scale), window[:2])
        self._region = region
        self.grey, self.free = self.aligned(now)

    def aligned(self, sight: Sight) -> tuple[Plane, Plane]:
        """Another picture, and where it is free, as they lie here by the camera's motion."""
        return self._warped(sight.grey, sight, opencv().INTER_LINEAR), self.shown(sight.free, sight)

    def shown(self, mask: Plane, sight: Sight) -> Plane:
        """A mask of another picture (at its small size) as it lies here; 0 beyond that picture."""
        return self._warped(mask, sight, opencv().INTER_NEAREST)

    def of_region(self, flow: NDArray[np.float32]) -> NDArray[np.float32]:
        """The region's part of a flow of this size, in half-size pixels."""
        cv2 = opencv()
        x0, y0, x1, y1 = self._region
        size = (max(4, round((x1 - x0) * self.scale)), max(4, round((y1 - y0) * self.scale)))
        kx, ky = (x1 - x0) / size[0], (y1 - y0) / size[1]
        back = (np.linalg.inv(self.full) @ _spread_from((kx, ky), (x0, y0)))[:2]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        part = cv2.warpAffine(flow, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(part * np.float32(0.5 / self.scale), np.float32)

    def mask_of_region(self, mask: Plane) -> Plane:
        """The region's part of a mask of this size, in half-size pixels."""
        x0, y0, x1, y1 = self._region
        back = (np.linalg.inv(self.full) @ _spread_from((2, 2), (x0, y0)))[:2]
        flags = opencv().INTER_NEAREST | opencv().WARP_INVERSE_MAP
        return np.asarray(opencv().warpAffine(mask, back, ((x1 - x0) // 2, (y1 - y0) // 2), flags=flags), np.uint8)

    def _warped(self, plane: Plane, sight: Sight, smooth: int) -> Plane:
        cv2 = opencv()
        small = np.linalg.inv(_spread_from((1 / sight.scale, 1 / sight.scale), (0, 0)))
        back = small @ sight.place @ np.linalg.inv(self.now.place) @ self.full
        made = cv2.warpPerspective(plane, back, self.size, flags=smooth | cv2.WARP_INVERSE_MAP)
        return np.asarray(made, np.uint8)


def _spread_from(step: tuple[float, float], corner: tuple[float, float]) -> Matrix:
    """From the pixels of a picture to those of a finer one, of which each covers ``step``, from a ``corner`` on."""
    (kx, ky), (x, y) = step, corner
    return np.asarray([[kx, 0, x + kx / 2 - 0.5], [0, ky, y + ky / 2 - 0.5], [0, 0, 1]], np.float64)
