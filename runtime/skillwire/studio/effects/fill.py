"""The scene behind things while the camera moves: taken from other pictures of the shot, aligned, lit alike, best first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded
from skillwire.studio.effects.camera import Matrix, View
from skillwire.studio.effects.cutout import PAD, PAD_LEAST, free_of, lit
from skillwire.studio.effects.inpaint import grown, invented
from skillwire.studio.effects.planes import Plane, Planes, Region
from skillwire.studio.effects.warp import Layer, aligned, carried, lay, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Pictures taken from for one hole at most, and the part of it that may be left for what comes after.
_MOST_SOURCES = 6
_ENOUGH = 0.995
# Fewer half-size pixels than this are left as they are rather than made up.
_LEAST_INVENTED = 12
# Less of the hole than this is grown over from what was made up before.
_SMALL = 0.25
# A source must add at least this part of the hole.
_WORTH = 0.02
# A source of twice the error must add more of the hole by this power of two.
_STRICT = 4.0
# Pictures used for the picture before are preferred, since changing them flickers; distant ones are less alike.
_AGAIN = 0.85
_PER_SECOND = 0.08
# Room around the boxes of things that may not be copied along.
_MOVER_PAD = 0.12


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

    @property
    def layer(self) -> Layer:
        """All of the picture, to take from."""
        return Layer(self.planes, self.place, (0, 0), self.free, self.view.scale)


@dataclass(frozen=True, slots=True)
class Filled:
    """The scene in a region of the picture of a ``time``, without things. Half-size masks: ``made``, 255 where it was invented;
    the layer's ``shows``, where a picture showed it.
    """

    time: float
    region: Region
    layer: Layer
    made: Plane

    def seen_from(self, now: Still, region: Region, here: Planes, free: Plane) -> tuple[Planes, Plane, Plane]:
        """The scene in a region of another picture, close in time: planes, where it was seen, where it was made up."""
        planes, seen = aligned(self.layer, now.place, region, here, free)
        made = Layer(self.layer.planes, self.layer.place, self.region[:2], self.made, 0.5)
        return planes, seen, shown(made, now.place, region)


@dataclass(slots=True)
class Filler:
    """Fills one target's hole, picture after picture."""

    used: set[float] = field(default_factory=set)
    inventions: deque[Filled] = field(default_factory=lambda: deque(maxlen=4))

    def fill(
        self,
        now: Still,
        holes: Sequence[Boxes],
        region: Region,
        sources: Sequence[Still],
        shape: Callable[[], Plane | None] = lambda: None,
    ) -> Filled:
        """The scene in ``region`` of the picture ``now``, in whose ``holes`` it must be known, from ``sources``.

        ``shape`` tells the outline of the thing there: what no picture shows is invented only inside.
        """
        free = free_of([padded(box, _MOVER_PAD, 6) for box in now.movers], region)
        here = now.planes.crop(region)
        scene = Planes(here.y.copy(), here.u.copy(), here.v.copy())
        # Near a thing its shadow falls on what is free: that far the picture itself is not taken for the scene.
        seen = free_of([padded(box, PAD, PAD_LEAST) for box in now.movers], region)
        inner = free_of(holes, region) == 0
        wide = free_of([padded(box, PAD, PAD_LEAST) for box in holes], region) == 0
        ranked = self._ranked(now, wide & (seen == 0), region, sources)
        self.used = set()
        for source in ranked:
            warped, shows = aligned(source.layer, now.place, region, here, free)
            self.used.add(source.time)
            lay(scene, seen, lit(warped, here, np.minimum(free, shows)), shows)
        # What only the picture itself shows, right beside the thing, is still better than nothing.
        seen[(seen == 0) & (free > 0)] = 255
        known = seen.copy()
        missing = inner & (seen == 0)
        if missing.sum() > _LEAST_INVENTED:
            outlined = shape()
            if outlined is not None:
                missing &= outlined > 0
        made = np.where(missing, 255, 0).astype(np.uint8)
        filled = Filled(now.time, region, Layer(scene, now.place, region[:2], known, 0.5), made)
        if missing.sum() > _LEAST_INVENTED:
            self._invent(filled, seen, missing, free)
        return filled

    def _invent(self, filled: Filled, seen: Plane, missing: NDArray[np.bool_], free: Plane) -> None:
        """Fills what no picture shows: with what was made up before, carried along with the camera, or else anew."""
        scene, place, region = filled.layer.planes, filled.layer.place, filled.region
        for earlier in reversed(self.inventions):
            layer = Layer(earlier.layer.planes, earlier.layer.place, earlier.region[:2], earlier.made, 0.5)
            shows = shown(layer, place, region)
            lay(scene, seen, carried(layer, place, region), shows)
            if not (missing & (seen == 0)).any():
                return
        left = np.where(missing & (seen == 0), 255, 0).astype(np.uint8)
        if np.count_nonzero(left) < _SMALL * np.count_nonzero(missing):
            made = grown(scene, left)
        else:
            made = invented(scene, left, np.where((free == 0) & (seen == 0), 255, 0).astype(np.uint8))
        for plane, other in zip(scene.each(), made.each(), strict=True):
            plane[:] = other
        self.inventions.append(filled)
        seen[left > 0] = 255

    def _ranked(self, now: Still, hole: NDArray[np.bool_], region: Region, sources: Sequence[Still]) -> list[Still]:
        """The few pictures that agree best around the hole (half size, in the region) and together show what is behind it."""
        import cv2  # noqa: PLC0415 - slow import

        scale = now.view.scale
        x0, y0, x1, y1 = (round(edge * scale) for edge in region)
        size = (max(4, x1 - x0), max(4, y1 - y0))
        height, width = now.view.grey.shape
        x0, y0 = min(x0, width - size[0]), min(y0, height - size[1])
        grey = now.view.grey[y0 : y0 + size[1], x0 : x0 + size[0]]
        ring = now.free[y0 : y0 + size[1], x0 : x0 + size[0]] > 0
        inner = cv2.resize(hole.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
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
        chosen: list[tuple[float, Still]] = []
        missing = inner.copy()
        wanted = max(1, int(inner.sum()))
        while rated and len(chosen) < _MOST_SOURCES and missing.sum() > (1 - _ENOUGH) * wanted:
            gains = [int((shows & missing).sum()) for _, _, shows in rated]
            best = max(range(len(rated)), key=lambda n: gains[n] / rated[n][0] ** _STRICT)
            if gains[best] < _WORTH * wanted:
                break
            error, source, shows = rated.pop(best)
            chosen.append((error, source))
            missing &= ~shows
        # What agrees best lies on top.
        return [source for _, source in sorted(chosen, key=lambda one: one[0])]
