"""One picture's part as another picture shows it: by the camera's motion, bent by the flow around what is hidden.

Where things lie and how they are lit is worked out at half size; full-size luma is fetched only where it is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.camera import Matrix
from skillwire.studio.effects.light import Light, added, halved
from skillwire.studio.effects.planes import Plane, Planes, Region
from skillwire.studio.effects.removal.bend import Bend
from skillwire.studio.effects.removal.cutout import Scene, mixed_into
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Where pixels come from is worked out at every so-many-th of them, and interpolated.
_CELL = 8
# From the full picture to half its size: half-size pixel i lies at 2i + 0.5.
_HALVE = np.asarray([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])
_DOUBLE = np.linalg.inv(_HALVE)
# Pixels around a window that a soft border needs, at half size.
_SOFT = 4


@dataclass(slots=True)
class Layer:
    """A part of a picture. ``place`` maps the shot's first picture to the whole of it, ``corner`` is where the part lies in it.

    ``shows``: 255 where the part shows the scene, ``scale`` of its pixels to one of the planes'.
    """

    planes: Planes
    place: Matrix
    corner: tuple[int, int]
    shows: Plane
    scale: float
    _half: Planes | None = field(default=None, repr=False)

    @property
    def half(self) -> Planes:
        """The part at half size."""
        if self._half is None:
            self._half = halved(self.planes)
        return self._half


@dataclass(frozen=True, slots=True)
class Way:
    """How a region of a picture lies in a layer. ``back`` maps the region's full-size pixels to the layer's.

    ``size``: the region's at half size, ``corner``: where it lies in the picture; ``bend``: a flow (half-size pixels, of any resolution) that comes before ``back``.
    """

    layer: Layer
    back: Matrix
    size: tuple[int, int]
    corner: tuple[int, int]
    bend: NDArray[np.float32] | None = None

    def shown(self, mask: Plane, scale: float) -> Plane:
        """A mask of the layer, ``scale`` of its pixels to one of the planes', in the region at half size."""
        if not opencv().countNonZero(mask):
            return np.zeros(self.size[::-1], np.uint8)
        shrink = np.diag([scale, scale, 1.0])
        shrink[:2, 2] = (scale - 1) / 2
        back = shrink @ self.back @ _DOUBLE
        nearest, border = opencv().INTER_NEAREST, opencv().BORDER_CONSTANT
        return _fetched([mask], back, (0, 0, *self.size), self._bend_at(1.0), nearest, border)[0]

    def half(self) -> Planes:
        """The region as the layer shows it, at half size."""
        return Planes(*self._halves(self.layer.half.each()))

    def luma(self, window: Region, *, sharp: bool = False) -> Plane:
        """Full-size luma in a window of the region (pixels of the region). ``sharp`` takes three times as long."""
        smooth = opencv().INTER_CUBIC if sharp else opencv().INTER_LINEAR
        return _fetched([self.layer.planes.y], self.back, window, self._bend_at(2.0), smooth)[0]

    def bent(self, bend: Bend | None) -> Way:
        """The way with what the camera's motion leaves before it."""
        if bend is None:
            return self
        if bend.matrix is None:
            return replace(self, bend=bend.of_region)
        x0, y0 = self.corner
        return replace(self, back=self.back @ _shift(-x0, -y0) @ bend.matrix @ _shift(x0, y0))

    def _halves(self, planes: Sequence[Plane]) -> list[Plane]:
        back = _HALVE @ self.back @ _DOUBLE
        return _fetched(planes, back, (0, 0, *self.size), self._bend_at(1.0), opencv().INTER_LINEAR)

    def _bend_at(self, scale: float) -> tuple[NDArray[np.float32], float] | None:
        """The flow with the pixels of it to one of the plane's, in the plane's pixels."""
        if self.bend is None:
            return None
        return self.bend * np.float32(scale), self.bend.shape[1] / (self.size[0] * scale)


def way(layer: Layer, place: Matrix, region: Region) -> Way:
    """How the region of the picture at ``place`` lies in the layer, by the camera's motion alone."""
    x0, y0, x1, y1 = region
    back = _shift(-layer.corner[0], -layer.corner[1]) @ layer.place @ np.linalg.inv(place) @ _shift(x0, y0)
    return Way(layer, np.asarray(back, np.float64), ((x1 - x0) // 2, (y1 - y0) // 2), (x0, y0))


@dataclass(frozen=True, slots=True)
class Lit:
    """A layer in a region of a picture, in that picture's light. ``half``: at half size."""

    way: Way
    light: Light
    half: Planes

    def luma(self, window: Region, *, sharp: bool = False) -> Plane:
        """Full-size luma in a window of the region."""
        return added(self.way.luma(window, sharp=sharp), self.light.field(0, window, 1.0))


def lit(way: Way, here: Planes, ring: Plane) -> Lit:
    """The layer along ``way``, lit like ``here``, the picture's region at half size, where ``ring`` is the scene in both."""
    rough = way.half()
    light = Light(rough)
    light.measure(here, ring)
    window = (0, 0, 2 * way.size[0], 2 * way.size[1])
    planes = (added(plane, light.field(n, window, 0.5)) for n, plane in enumerate(rough.each()))
    return Lit(way, light, Planes(*planes))


@dataclass(frozen=True, slots=True)
class Faded:
    """A mixture of two layers. ``weight`` (0 to 1) of the second: one for all, or at half size."""

    one: Scene
    other: Scene
    weight: float | NDArray[np.float32]
    half: Planes

    @classmethod
    def of(cls, one: Scene, other: Scene, part: float, seen: Plane, shows: Plane) -> Faded:
        """``part`` of it is the other; where one of them knows nothing (``seen``, ``shows``: 255 where they do), the other alone."""
        cv2 = opencv()
        weight: float | NDArray[np.float32] = part
        if cv2.countNonZero(cv2.bitwise_xor(seen, shows)):
            weight = np.full(seen.shape, part, np.float32)
            weight[cv2.bitwise_and(shows, cv2.bitwise_not(seen)) > 0] = 1
            weight[cv2.bitwise_and(seen, cv2.bitwise_not(shows)) > 0] = 0
        planes = zip(one.half.each(), other.half.each(), strict=True)
        return cls(one, other, weight, Planes(*(mixture(a, b, weight) for a, b in planes)))

    def luma(self, window: Region) -> Plane:
        """Full-size luma in a window of the region."""
        weight = self.weight
        if isinstance(weight, np.ndarray):
            x0, y0, x1, y1 = window
            part = weight[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
            weight = np.asarray(opencv().resize(part, (x1 - x0, y1 - y0), interpolation=opencv().INTER_NEAREST))
        return mixture(self.one.luma(window), self.other.luma(window), weight)


def mixture(one: Plane, other: Plane, weight: float | NDArray[np.float32]) -> Plane:
    """Two planes, ``weight`` (0 to 1) of it the other."""
    cv2 = opencv()
    if isinstance(weight, np.ndarray):
        return np.asarray(cv2.blendLinear(one, other, 1 - weight, weight), np.uint8)
    return np.asarray(cv2.addWeighted(one, 1 - weight, other, weight, 0), np.uint8)


def unlit(way: Way) -> Lit:
    """The layer along ``way`` as it is."""
    half = way.half()
    return Lit(way, Light(half), half)


def lay(scene: Planes, seen: Plane, layer: Lit, shows: Plane) -> None:
    """Puts a layer under what is already there, softly at its border."""
    cv2 = opencv()
    new = cv2.bitwise_and(shows, cv2.bitwise_not(seen))
    x, y, width, height = cv2.boundingRect(new)
    if not width:
        return
    x0, y0 = max(0, x - _SOFT), max(0, y - _SOFT)
    x1, y1 = min(seen.shape[1], x + width + _SOFT), min(seen.shape[0], y + height + _SOFT)
    part = np.s_[y0:y1, x0:x1]
    fresh = new[part]
    # Into what is there the layer reaches only as far as it shows something itself.
    soft = cv2.GaussianBlur(cv2.dilate(fresh, np.ones((5, 5), np.uint8)), (9, 9), 0)
    soft = cv2.max(fresh, cv2.bitwise_and(soft, cv2.bitwise_and(shows[part], seen[part])))
    window = (2 * x0, 2 * y0, 2 * x1, 2 * y1)
    into = scene.crop(window)
    over = (layer.luma(window, sharp=True), layer.half.u[part], layer.half.v[part])
    for n, (plane, other) in enumerate(zip(into.each(), over, strict=True)):
        matte: Any = cv2.resize(soft, plane.shape[::-1], interpolation=cv2.INTER_LINEAR) if n == 0 else soft
        mixed_into(plane, other, matte)
    seen[part] = cv2.max(seen[part], fresh)


def _fetched(
    planes: Sequence[Plane],
    back: Matrix,
    window: Region,
    bend: tuple[NDArray[np.float32], float] | None,
    smooth: int,
    border: int | None = None,
) -> list[Plane]:
    """A window of planes of one size, each pixel from where ``bend`` and then ``back`` lead; beyond the ``border`` the last again."""
    cv2 = opencv()
    x0, y0, x1, y1 = window
    size = (x1 - x0, y1 - y0)
    border = cv2.BORDER_REPLICATE if border is None else border
    if bend is None:
        matrix = back @ _shift(x0, y0)
        flags = smooth | cv2.WARP_INVERSE_MAP
        made = [cv2.warpPerspective(plane, matrix, size, flags=flags, borderMode=border) for plane in planes]
    else:
        grid = _grid(window, back, *bend)
        empty: Any = None
        made = [cv2.remap(plane, grid, empty, smooth, borderMode=border) for plane in planes]
    return [np.asarray(plane, np.uint8) for plane in made]


def _grid(window: Region, back: Matrix, bend: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Where each pixel of a window comes from: through the flow, then the homography; shape (height, width, 2)."""
    cv2 = opencv()
    x0, y0, x1, y1 = window
    width, height = x1 - x0, y1 - y0
    # One cell more on each side, so that nothing is extrapolated.
    cells = (width // _CELL + 3, height // _CELL + 3)
    x, y = (((np.arange(count) - 0.5) * _CELL - 0.5).astype(np.float32) for count in cells)
    points = np.dstack(np.meshgrid(x + x0, y + y0)).astype(np.float32)
    at = ((points + 0.5) * scale - 0.5).astype(np.float32)
    points += cv2.remap(bend, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    coarse = cv2.perspectiveTransform(points, back.astype(np.float32))
    fine = cv2.resize(coarse, (cells[0] * _CELL, cells[1] * _CELL), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(fine[_CELL : _CELL + height, _CELL : _CELL + width])


def _shift(x: float, y: float) -> Matrix:
    return np.asarray([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)
