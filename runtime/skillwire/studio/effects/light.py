"""How the light on a scene differs from one picture to another: smooth fields, measured where both show the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.planes import Plane, Planes, Region, shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The light's change is measured where the scene is seen, on a grid of cells of so many half-size pixels, at most so many a side, and
# no further than so many bytes.
_GRID, _MOST_CELLS = 8, 48
_MOST_LIGHT = 24
# A field is worked out at every so-many-th pixel, and enlarged: that is quicker, and it is smoother than that.
_COARSE = 4


class Light:
    """How the light on a scene differs from that on a picture of it, as a smooth field for each plane. For many parts of one scene.

    Luma may be of full or of half size; colours are of half size.
    """

    def __init__(self, scene: Planes) -> None:
        self._half = scene.u.shape[::-1]
        cell = max(_GRID, max(self._half) / _MOST_CELLS)
        self._grid = (max(1, int(self._half[0] / cell)), max(1, int(self._half[1] / cell)))
        self._scene = [shrunk(plane, self._grid).astype(np.float32) for plane in scene.each()]
        self._fields: list[NDArray[np.float32] | None] = [None, None, None]

    def measure(self, seen: Planes, free: Plane) -> None:
        """Measures the difference to ``seen`` where ``free`` (half size) is set."""
        weight = (shrunk(free, self._grid) > 250).astype(np.float32)
        self._fields = [
            _field(one, shrunk(other, self._grid).astype(np.float32), weight.copy())
            for one, other in zip(self._scene, seen.each(), strict=True)
        ]

    def on(self, part: Planes, region: Region) -> Planes:
        """A part of the scene, luma at full size, which lies in ``region`` of it, in the light of the picture."""
        planes = enumerate(part.each())
        return Planes(*(added(plane, self.field(n, region, 1.0 if n == 0 else 0.5)) for n, plane in planes))

    def field(self, number: int, region: Region, scale: float) -> NDArray[np.float32] | None:
        """The change of light of a plane in a region of the scene (full-size pixels), ``scale`` of its pixels to one of those.

        ``None`` where there is none to speak of.
        """
        import cv2  # noqa: PLC0415 - slow import

        smooth = self._fields[number]
        if smooth is None:
            return None
        kx, ky = (grid / (2 * side * scale) for grid, side in zip(self._grid, self._half, strict=True))
        x, y = region[0] * scale, region[1] * scale
        size = (round((region[2] - region[0]) * scale), round((region[3] - region[1]) * scale))
        few = (-(-size[0] // _COARSE), -(-size[1] // _COARSE))
        sx, sy = (side / count for side, count in zip(size, few, strict=True))
        back = np.asarray(
            [[kx * sx, 0, (x + 0.5 * sx) * kx - 0.5], [0, ky * sy, (y + 0.5 * sy) * ky - 0.5]], np.float64
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        coarse = cv2.warpAffine(smooth, back, few, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.float32)


def halved(planes: Planes) -> Planes:
    """The same with luma at the size of the colours."""
    return Planes(shrunk(planes.y, (planes.u.shape[1], planes.u.shape[0])), planes.u, planes.v)


def _field(scene: NDArray[np.float32], seen: NDArray[np.float32], weight: NDArray[np.float32]) -> Any:
    """The smooth difference of two small planes where there is weight; ``None`` where it is too little to matter."""
    import cv2  # noqa: PLC0415 - slow import

    change = np.clip(seen - scene, -_MOST_LIGHT, _MOST_LIGHT)
    # What moves there as well is no change of light.
    known = change[weight > 0]
    if known.size == 0:
        return None
    middle = _median(known)
    weight *= np.abs(change - middle) < 6 + 2 * _median(np.abs(known - middle))
    sigma = max(2.0, max(weight.shape) / 8)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    smooth = (cv2.GaussianBlur(change * weight, (0, 0), sigma) + 1e-3 * middle) / (total + 1e-3)
    return smooth if float(np.abs(smooth).max()) >= 0.5 else None


def _median(values: NDArray[np.float32]) -> float:
    """The upper median: numpy's own takes five times as long for so few."""
    half = values.size // 2
    return float(np.partition(values, half)[half])


def added(plane: Plane, change: NDArray[np.float32] | None) -> Plane:
    """A plane with a change of light (of its size) added, rounded."""
    import cv2  # noqa: PLC0415 - slow import

    return plane if change is None else np.asarray(cv2.add(plane, change, dtype=cv2.CV_8U), np.uint8)
