"""The scene behind things while the camera moves: taken from other pictures of the shot, aligned, lit alike, best first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded
from skillwire.studio.effects.camera import Matrix, View
from skillwire.studio.effects.cutout import PAD, PAD_LEAST, free_of
from skillwire.studio.effects.inpaint import grown, invented
from skillwire.studio.effects.light import halved
from skillwire.studio.effects.planes import Plane, Planes, Region
from skillwire.studio.effects.ranked import ranked
from skillwire.studio.effects.vision import opencv
from skillwire.studio.effects.warp import Layer, Lit, lay, lit, unlit, way

# Fewer half-size pixels than this are left as they are rather than made up.
_LEAST_INVENTED = 12
# Less of the hole than this is grown over from what was made up before.
_SMALL = 0.25
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
    _layer: Layer | None = None

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
        if self._layer is None:
            self._layer = Layer(self.planes, self.place, (0, 0), self.free, self.view.scale)
        return self._layer


@dataclass(frozen=True, slots=True)
class Filled:
    """The scene in a region of the picture of a ``time``, without things. Half-size masks: ``made``, 255 where it was invented;
    the layer's ``shows``, where a picture showed it.
    """

    time: float
    region: Region
    layer: Layer
    made: Plane

    def seen_from(self, now: Still, region: Region, here: Planes, free: Plane) -> tuple[Lit, Plane, Plane]:
        """The scene in a region of another picture, close in time, where it was seen, and where it was made up.

        ``here``: that region at half size; ``free``: where it is the scene.
        """
        there = way(self.layer, now.place, region)
        seen = there.shown(self.layer.shows, 0.5)
        ring = np.asarray(opencv().bitwise_and(free, seen), np.uint8)
        return lit(there, here, ring), seen, there.shown(self.made, 0.5)


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
        cv2 = opencv()
        free = free_of([padded(box, _MOVER_PAD, 6) for box in now.movers], region)
        whole = now.planes.crop(region)
        here = halved(whole)
        scene = Planes(whole.y.copy(), whole.u.copy(), whole.v.copy())
        # Near a thing its shadow falls on what is free: that far the picture itself is not taken for the scene.
        seen = free_of([padded(box, PAD, PAD_LEAST) for box in now.movers], region)
        inner = cv2.bitwise_not(free_of(holes, region))
        wide = cv2.bitwise_not(free_of([padded(box, PAD, PAD_LEAST) for box in holes], region))
        wanted = np.asarray(cv2.bitwise_and(wide, cv2.bitwise_not(seen)), np.uint8)
        chosen = ranked(now, wanted, region, sources, self.used)
        self.used = {source.time for source in chosen}
        for source in chosen:
            there = way(source.layer, now.place, region)
            shows = there.shown(source.layer.shows, source.layer.scale)
            if cv2.countNonZero(cv2.bitwise_and(shows, cv2.bitwise_not(seen))):
                lay(scene, seen, lit(there, here, np.asarray(cv2.bitwise_and(free, shows), np.uint8)), shows)
        # What only the picture itself shows, right beside the thing, is still better than nothing.
        seen = np.asarray(cv2.max(seen, free), np.uint8)
        known = seen.copy()
        missing = np.asarray(cv2.bitwise_and(inner, cv2.bitwise_not(seen)), np.uint8)
        if cv2.countNonZero(missing) > _LEAST_INVENTED:
            outlined = shape()
            if outlined is not None:
                missing = np.asarray(cv2.bitwise_and(missing, outlined), np.uint8)
        filled = Filled(now.time, region, Layer(scene, now.place, region[:2], known, 0.5), missing)
        if cv2.countNonZero(missing) > _LEAST_INVENTED:
            self._invent(filled, seen, missing, free)
        return filled

    def _invent(self, filled: Filled, seen: Plane, missing: Plane, free: Plane) -> None:
        """Fills what no picture shows: with what was made up before, carried along with the camera, or else anew."""
        cv2 = opencv()
        scene, place, region = filled.layer.planes, filled.layer.place, filled.region
        for earlier in reversed(self.inventions):
            there = way(earlier.layer, place, region)
            lay(scene, seen, unlit(there), there.shown(earlier.made, 0.5))
            if not cv2.countNonZero(cv2.bitwise_and(missing, cv2.bitwise_not(seen))):
                return
        left = np.asarray(cv2.bitwise_and(missing, cv2.bitwise_not(seen)), np.uint8)
        if cv2.countNonZero(left) < _SMALL * cv2.countNonZero(missing):
            made = grown(scene, left)
        else:
            foul = cv2.bitwise_not(cv2.max(free, seen))
            made = invented(scene, left, np.asarray(foul, np.uint8))
        for plane, other in zip(scene.each(), made.each(), strict=True):
            plane[:] = other
        self.inventions.append(filled)
        seen[left > 0] = 255
