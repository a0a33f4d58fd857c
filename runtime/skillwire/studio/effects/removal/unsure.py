"""Where the scene put together does not fit the picture around a thing, since what is behind it moved as well.

There its surroundings run on through the hole instead: calm, and never far wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.inpaint import membrane
from skillwire.studio.effects.planes import Plane, Planes, Region
from skillwire.studio.effects.removal.cutout import Scene
from skillwire.studio.effects.removal.warp import mixture
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A mask that takes up so many of the thing's boxes beyond it follows something else than the thing: a shadow is smaller.
_SPILT = 0.6
# So many bytes beyond the noise a scene may differ beside the thing; it counts for nothing when it differs by so many more.
_FITS, _FAILS = 10.0, 18.0
# Pixels beside the mask that still show something of the thing; how far what is beside tells of what is behind, in sides of the hole.
_RIM, _TELLS = 4, 0.12
_SMALL = 96


@dataclass(frozen=True, slots=True)
class Calm:
    """A scene that is known at half size only."""

    half: Planes

    def luma(self, window: Region) -> Plane:
        """Full-size luma in a window of the region."""
        x0, y0, x1, y1 = window
        part = self.half.y[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
        return np.asarray(opencv().resize(part, (x1 - x0, y1 - y0), interpolation=opencv().INTER_LINEAR), np.uint8)


@dataclass(frozen=True, slots=True)
class Mixed:
    """A scene faded into another by ``weight`` (0 to 1, half size)."""

    scene: Scene
    other: Scene
    weight: NDArray[np.float32]
    half: Planes

    @classmethod
    def of(cls, scene: Scene, other: Scene, weight: NDArray[np.float32]) -> Mixed:
        """The scene with the other where there is weight."""
        planes = zip(scene.half.each(), other.half.each(), strict=True)
        return cls(scene, other, weight, Planes(*(mixture(a, b, weight) for a, b in planes)))

    def luma(self, window: Region) -> Plane:
        """Full-size luma in a window of the region."""
        x0, y0, x1, y1 = window
        part, size = self.weight[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2], (x1 - x0, y1 - y0)
        weight = np.asarray(opencv().resize(part, size, interpolation=opencv().INTER_LINEAR), np.float32)
        return mixture(self.scene.luma(window), self.other.luma(window), weight)


def is_doubtful(mask: Plane, inner: Plane) -> bool:
    """Whether a mask follows something else than the thing whose box ``inner`` (255) is."""
    cv2 = opencv()
    spilt = cv2.countNonZero(cv2.bitwise_and(mask, cv2.bitwise_not(inner)))
    return bool(spilt > _SPILT * max(1, cv2.countNonZero(inner)))


def guarded(scene: Scene, here: Planes, mask: Plane, apart: Plane, seen: Plane, noise: float) -> Scene:
    """The scene, calmed where it differs (``apart``) from the picture ``here`` beside the mask. All at half size."""
    cv2 = opencv()
    around = cv2.dilate(mask, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8))
    beside = cv2.bitwise_and(cv2.bitwise_not(around), seen)
    height, width = mask.shape
    shrink = max(1.0, max(height, width) / _SMALL)
    size = (max(4, round(width / shrink)), max(4, round(height / shrink)))
    sigma = max(1.0, _TELLS * float(np.sqrt(cv2.countNonZero(mask))) / shrink)
    known = cv2.resize(beside, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    differs = cv2.resize(cv2.bitwise_and(apart, beside), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    smooth = cv2.GaussianBlur(differs, (0, 0), sigma) / (cv2.GaussianBlur(known, (0, 0), sigma) + 1e-3)
    small = np.clip((smooth - noise - _FITS) / _FAILS, 0, 1).astype(np.float32)
    weight = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    if float(weight[mask > 0].max(initial=0.0)) < 0.05:
        return scene
    filled = membrane(np.dstack(here.each()), np.asarray(around, np.uint8))
    calm = Planes(*(np.ascontiguousarray(filled[:, :, n]) for n in range(3)))
    return Mixed.of(scene, Calm(calm), weight)
