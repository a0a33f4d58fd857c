"""The scene behind a thing while the camera moves: taken from other pictures of the shot, aligned, lit alike, best first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded
from skillwire.studio.effects.camera import Matrix, View
from skillwire.studio.effects.cutout import free_of, lit
from skillwire.studio.effects.inpaint import grown, invented
from skillwire.studio.effects.planes import Plane, Planes, Region, shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Pictures taken from for one hole at most, and the part of it that may be left for what comes after.
_MOST_SOURCES = 5
_ENOUGH = 0.995
# Fewer half-size pixels than this are left as they are rather than made up.
_LEAST_INVENTED = 12
# Less of the hole than this is grown over from what was made up before.
_SMALL = 0.25
# A source must add at least this part of the hole.
_WORTH = 0.02
# Pictures used for the picture before are preferred, since changing them flickers; distant ones are less alike.
_AGAIN = 0.85
_PER_SECOND = 0.08
# Room around the boxes of things that may not be copied along.
_MOVER_PAD = 0.12
# Below this mean displacement (half-size pixels) a homography needs no flow; beyond so many a flow has lost its way.
_FLOW_WORTH, _FLOW_MOST = 0.12, 12.0

# From the full picture to half its size: half-size pixel i lies at 2i + 0.5.
_HALVE = np.asarray([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])


@dataclass(slots=True)
class Still:
    """One picture of a shot. ``place`` maps the shot's first picture to this one; ``movers``: boxes of what must not be copied."""

    time: float
    planes: Planes
    view: View
    place: Matrix
    movers: list[Boxes]
    _free: Plane | None = None

    @property
    def free(self) -> Plane:
        """255 where the scene shows, at the size of ``view``."""
        if self._free is None:
            height, width = self.view.grey.shape
            scaled = [padded(box, _MOVER_PAD, 6) * 2 * self.view.scale for box in self.movers]
            self._free = free_of(scaled, (0, 0, 2 * width, 2 * height))
        return self._free


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands behind a region. Half-size masks: ``seen``, 255 where another picture showed it; ``made``, where it was invented."""

    planes: Planes
    seen: Plane
    made: Plane


@dataclass(slots=True)
class _Invention:
    """A region in which a hole was made up, kept so that it is made up once: ``place`` as in ``Still``."""

    place: Matrix
    corner: tuple[int, int]
    planes: Planes
    made: Plane


@dataclass(slots=True)
class Filler:
    """Fills one target's hole picture after picture."""

    used: set[float] = field(default_factory=set)
    inventions: deque[_Invention] = field(default_factory=lambda: deque(maxlen=4))

    def fill(
        self,
        now: Still,
        hole: Boxes,
        region: Region,
        sources: Sequence[Still],
        shape: Callable[[], Plane | None] = lambda: None,
    ) -> Filled:
        """The scene in ``region`` of the picture ``now``, whose ``hole`` must be covered, from ``sources``.

        ``shape`` tells the outline of the thing in the hole: what no picture shows is invented only there.
        """
        free = free_of([padded(box, _MOVER_PAD, 6) for box in now.movers], region)
        here = now.planes.crop(region)
        scene = Planes(here.y.copy(), here.u.copy(), here.v.copy())
        seen = np.zeros(free.shape, np.uint8)
        inner = free_of([hole], region) == 0
        ranked = self._ranked(now, hole, region, sources)
        self.used = set()
        for source in ranked:
            warped, shows = aligned(source, now, region, here, free)
            self.used.add(source.time)
            _lay(scene, seen, lit(warped, here, np.minimum(free, shows)), shows)
        known = seen.copy()
        missing = inner & (seen == 0)
        if missing.sum() > _LEAST_INVENTED:
            outlined = shape()
            if outlined is not None:
                missing &= outlined > 0
        made = np.where(missing, 255, 0).astype(np.uint8)
        if missing.sum() > _LEAST_INVENTED:
            self._invent(scene, seen, missing, now, region, free)
        return Filled(scene, known, made)

    def _invent(
        self, scene: Planes, seen: Plane, missing: NDArray[np.bool_], now: Still, region: Region, free: Plane
    ) -> None:
        """Fills what no picture shows: with what was made up before, carried along with the camera, or else anew."""
        for invention in reversed(self.inventions):
            layer, shows = _carried(invention, now, region)
            _lay(scene, seen, layer, shows)
            if not (missing & (seen == 0)).any():
                return
        left = np.where(missing & (seen == 0), 255, 0).astype(np.uint8)
        if np.count_nonzero(left) < _SMALL * np.count_nonzero(missing):
            made = grown(scene, left)
        else:
            made = invented(scene, left, np.where((free == 0) & (seen == 0), 255, 0).astype(np.uint8))
        for plane, other in zip(scene.each(), made.each(), strict=True):
            plane[:] = other
        self.inventions.append(_Invention(now.place, region[:2], made, np.where(missing, 255, 0).astype(np.uint8)))
        seen[left > 0] = 255

    def _ranked(self, now: Still, hole: Boxes, region: Region, sources: Sequence[Still]) -> list[Still]:
        """The few pictures that agree best around the hole and together show what is behind it."""
        import cv2  # noqa: PLC0415 - slow import

        scale = now.view.scale
        x0, y0, x1, y1 = (round(edge * scale) for edge in region)
        size = (max(4, x1 - x0), max(4, y1 - y0))
        height, width = now.view.grey.shape
        x0, y0 = min(x0, width - size[0]), min(y0, height - size[1])
        grey = now.view.grey[y0 : y0 + size[1], x0 : x0 + size[0]]
        ring = now.free[y0 : y0 + size[1], x0 : x0 + size[0]] > 0
        corner = np.asarray([x0, y0, x0, y0], np.float32)
        inner = free_of([(hole * scale - corner) * 2], (0, 0, 2 * size[0], 2 * size[1])) == 0
        shift = np.asarray([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
        zoom = np.diag([scale, scale, 1.0])
        rated: list[tuple[float, Still, NDArray[Any]]] = []
        for source in sources:
            matrix = shift @ zoom @ now.place @ np.linalg.inv(source.place) @ np.linalg.inv(zoom)
            shows = cv2.warpPerspective(source.free, matrix, size, flags=cv2.INTER_NEAREST) > 0
            both = ring & shows
            if not (shows & inner).any() or both.sum() < 30:
                continue
            warped = cv2.warpPerspective(source.view.grey, matrix, size)
            apart = np.abs(warped[both].astype(np.int16) - grey[both])
            error = float(np.abs(apart - np.median(apart)).mean()) + 0.25 * float(np.median(apart)) + 0.5
            error *= 1 + _PER_SECOND * abs(source.time - now.time)
            rated.append((error * (_AGAIN if source.time in self.used else 1.0), source, shows & inner))
        rated.sort(key=lambda one: one[0])
        chosen: list[Still] = []
        covered = np.zeros_like(inner)
        wanted = max(1, int(inner.sum()))
        for _, source, shows in rated:
            gain = int((shows & ~covered).sum())
            if gain < _WORTH * wanted:
                continue
            chosen.append(source)
            covered |= shows
            if len(chosen) == _MOST_SOURCES or covered.sum() >= _ENOUGH * wanted:
                break
        return chosen


def _carried(invention: _Invention, now: Still, region: Region) -> tuple[Planes, Plane]:
    """What was made up in another picture, where it lies in this one's region."""
    import cv2  # noqa: PLC0415 - slow import

    x, y = invention.corner
    there = np.asarray([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)
    here = np.asarray([[1, 0, -region[0]], [0, 1, -region[1]], [0, 0, 1]], np.float64)
    matrix = here @ now.place @ np.linalg.inv(invention.place) @ there
    half = ((region[2] - region[0]) // 2, (region[3] - region[1]) // 2)
    small = _HALVE @ matrix @ np.linalg.inv(_HALVE)
    planes = [
        cv2.warpPerspective(
            plane,
            small if n else matrix,
            half if n else (region[2] - region[0], region[3] - region[1]),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for n, plane in enumerate(invention.planes.each())
    ]
    made = cv2.warpPerspective(invention.made, small, half, flags=cv2.INTER_NEAREST)
    return Planes(*(np.asarray(plane, np.uint8) for plane in planes)), np.asarray(made, np.uint8)


def aligned(source: Still, now: Still, region: Region, here: Planes, free: Plane) -> tuple[Planes, Plane]:
    """The region of ``now`` as ``source`` shows it, and a half-size mask of where it does (255).

    The homography is refined by dense flow (DIS) measured around the hole and carried smoothly into it.
    """
    import cv2  # noqa: PLC0415 - slow import

    x0, y0, x1, y1 = region
    to_now = now.place @ np.linalg.inv(source.place)
    half = ((x1 - x0) // 2, (y1 - y0) // 2)
    whole = np.asarray([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64) @ to_now
    matrix, small = _HALVE @ whole, _HALVE @ whole @ np.linalg.inv(_HALVE)
    zoom = np.diag([source.view.scale, source.view.scale, 1.0])
    shows = cv2.warpPerspective(source.free, matrix @ np.linalg.inv(zoom), half, flags=cv2.INTER_NEAREST)
    rough = cv2.warpPerspective(source.planes.y, matrix, half, flags=cv2.INTER_LINEAR)
    seen = shrunk(here.y, half)
    bend = _bend(np.asarray(rough, np.uint8), seen, np.minimum(free, np.asarray(shows, np.uint8)))
    planes: list[Plane] = []
    for n, plane in enumerate(source.planes.each()):
        size = (x1 - x0, y1 - y0) if n == 0 else half
        back: Matrix = np.linalg.inv(np.asarray(small if n else whole, np.float64))
        if bend is None:
            flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
            warped = cv2.warpPerspective(plane, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        else:
            grid = _grid(size, back, bend)
            empty: Any = None
            warped = cv2.remap(plane, grid, empty, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        planes.append(np.asarray(warped, np.uint8))
    return Planes(*planes), np.asarray(shows, np.uint8)


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
    enlarged = cv2.resize(bend, size, interpolation=cv2.INTER_LINEAR) * (width / bend.shape[1])
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    points = enlarged + np.dstack([x, y])
    return np.asarray(cv2.perspectiveTransform(points, back.astype(np.float32)), np.float32)


def _lay(scene: Planes, seen: Plane, layer: Planes, shows: Plane) -> None:
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
