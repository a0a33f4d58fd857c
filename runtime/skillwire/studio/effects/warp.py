"""One picture's part as another picture shows it: by the camera's motion, bent by the flow around what is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.camera import Matrix
from skillwire.studio.effects.planes import Plane, Planes, Region, shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Below this mean displacement (half-size pixels) a homography needs no flow; beyond so many a flow has lost its way.
_FLOW_WORTH, _FLOW_MOST = 0.12, 12.0
# Where pixels come from is worked out at every so-many-th of them, and interpolated.
_CELL = 8
# From the full picture to half its size: half-size pixel i lies at 2i + 0.5.
_HALVE = np.asarray([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of a picture. ``place`` maps the shot's first picture to the whole of it, ``corner`` is where the part lies in it.

    ``shows``: 255 where the part shows the scene, ``scale`` of its pixels to one of the planes'.
    """

    planes: Planes
    place: Matrix
    corner: tuple[int, int]
    shows: Plane
    scale: float


def aligned(source: Layer, place: Matrix, region: Region, here: Planes, free: Plane) -> tuple[Planes, Plane]:
    """The region of the picture at ``place`` as ``source`` shows it, and a half-size mask of where it does (255).

    ``here``: what the picture shows there, ``free``: where that is the scene. The homography is refined by dense flow (DIS) measured
    around the hole and carried smoothly into it.
    """
    import cv2  # noqa: PLC0415 - slow import

    x0, y0, x1, y1 = region
    half = ((x1 - x0) // 2, (y1 - y0) // 2)
    whole = _shift(-x0, -y0) @ place @ np.linalg.inv(source.place) @ _shift(*source.corner)
    matrix = _HALVE @ whole
    shows = shown(source, place, region)
    rough = cv2.warpPerspective(source.planes.y, matrix, half, flags=cv2.INTER_LINEAR)
    ring = np.minimum(free, shows)
    bend = _bend(np.asarray(rough, np.uint8), shrunk(here.y, half), ring)
    return carried(source, place, region, bend), shows


def shown(source: Layer, place: Matrix, region: Region) -> Plane:
    """Where ``source`` shows the scene in a region of the picture at ``place``: a half-size mask."""
    import cv2  # noqa: PLC0415 - slow import

    x0, y0, x1, y1 = region
    whole = _shift(-x0, -y0) @ place @ np.linalg.inv(source.place) @ _shift(*source.corner)
    spread = np.diag([1 / source.scale, 1 / source.scale, 1.0])
    spread[:2, 2] = (1 / source.scale - 1) / 2
    half = ((x1 - x0) // 2, (y1 - y0) // 2)
    mask = cv2.warpPerspective(source.shows, _HALVE @ whole @ spread, half, flags=cv2.INTER_NEAREST)
    return np.asarray(mask, np.uint8)


def carried(source: Layer, place: Matrix, region: Region, bend: NDArray[np.float32] | None = None) -> Planes:
    """The region of the picture at ``place`` as ``source`` shows it, bent by a flow at half size."""
    import cv2  # noqa: PLC0415 - slow import

    x0, y0, x1, y1 = region
    whole = _shift(-x0, -y0) @ place @ np.linalg.inv(source.place) @ _shift(*source.corner)
    planes: list[Plane] = []
    for n, plane in enumerate(source.planes.each()):
        size = (x1 - x0, y1 - y0) if n == 0 else ((x1 - x0) // 2, (y1 - y0) // 2)
        forth = whole if n == 0 else _HALVE @ whole @ np.linalg.inv(_HALVE)
        back: Matrix = np.asarray(np.linalg.inv(forth), np.float64)
        smooth = cv2.INTER_CUBIC if n == 0 else cv2.INTER_LINEAR
        if bend is None:
            warped = cv2.warpPerspective(
                plane, back, size, flags=smooth | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
            )
        else:
            grid = _grid(size, back, bend)
            empty: Any = None
            warped = cv2.remap(plane, grid, empty, smooth, borderMode=cv2.BORDER_REPLICATE)
        planes.append(np.asarray(warped, np.uint8))
    return Planes(*planes)


def _bend(rough: Plane, seen: Plane, ring: Plane) -> NDArray[np.float32] | None:
    """Flow (half-size pixels) from the picture to the warped source where ``ring`` is set, smoothed into the rest."""
    import cv2  # noqa: PLC0415 - slow import

    if min(rough.shape) < 24 or (ring > 0).sum() < 200:
        return None
    dis: Any = cv2  # its stubs lack this class
    flow = dis.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    known = np.where(ring > 0, seen, rough).astype(np.uint8)
    raw: Any = flow.calc(known, rough, None)
    weight = cv2.erode((ring > 0).astype(np.float32), np.ones((5, 5), np.uint8))
    weight *= (np.abs(raw).max(axis=2) < _FLOW_MOST).astype(np.float32)
    sigma = max(4.0, min(rough.shape) / 10)
    small = (max(4, rough.shape[1] // 4), max(4, rough.shape[0] // 4))
    spread = cv2.GaussianBlur(cv2.resize(weight, small, interpolation=cv2.INTER_AREA), (0, 0), sigma / 4) + 1e-3
    carried = cv2.resize(raw * weight[:, :, None], small, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(carried, (0, 0), sigma / 4) / spread[:, :, None]
    if float(np.abs(smooth).mean()) < _FLOW_WORTH:
        return None
    return np.asarray(cv2.resize(smooth, rough.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _grid(size: tuple[int, int], back: Matrix, bend: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where each pixel of a plane comes from: through the flow, then the homography; shape (height, width, 2)."""
    import cv2  # noqa: PLC0415 - slow import

    width, height = size
    # One cell more on each side, so that nothing is extrapolated.
    cells = (width // _CELL + 3, height // _CELL + 3)
    x, y = (((np.arange(count) - 0.5) * _CELL - 0.5).astype(np.float32) for count in cells)
    points = np.dstack(np.meshgrid(x, y))
    scale = bend.shape[1] / width
    at = ((points + 0.5) * scale - 0.5).astype(np.float32)
    points += cv2.remap(bend, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) / scale  # type: ignore[call-overload] # its stubs want a second map
    coarse = cv2.perspectiveTransform(points, back.astype(np.float32))
    fine = cv2.resize(coarse, (cells[0] * _CELL, cells[1] * _CELL), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(fine[_CELL : _CELL + height, _CELL : _CELL + width])


def _shift(x: float, y: float) -> Matrix:
    return np.asarray([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def lay(scene: Planes, seen: Plane, layer: Planes, shows: Plane) -> None:
    """Puts a layer under what is already there, softly at its border."""
    import cv2  # noqa: PLC0415 - slow import

    new = (shows > 0) & (seen == 0)
    if not new.any():
        return
    fresh = np.where(new, 255, 0).astype(np.uint8)
    # Into what is there the layer reaches only as far as it shows something itself.
    soft = cv2.GaussianBlur(cv2.dilate(fresh, np.ones((5, 5), np.uint8)), (9, 9), 0)
    soft = np.where(new, 255, np.where((seen > 0) & (shows > 0), soft, 0)).astype(np.uint8)
    for n, (plane, other) in enumerate(zip(scene.each(), layer.each(), strict=True)):
        matte: Any = cv2.resize(soft, plane.shape[::-1], interpolation=cv2.INTER_LINEAR) if n == 0 else soft
        weight = matte.astype(np.float32) * np.float32(1 / 255)
        np.copyto(plane, cv2.blendLinear(plane, other, 1 - weight, weight), where=matte > 0)
    seen[new] = 255
