"""The scene behind things as it was put together in one picture, carried to those around it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skillwire.studio.effects.planes import Plane, Planes, Region
from skillwire.studio.effects.removal.around import Around, Sight
from skillwire.studio.effects.removal.bend import Bend, Relief, bend, relief_between
from skillwire.studio.effects.removal.cutout import Scene
from skillwire.studio.effects.removal.stills import Still
from skillwire.studio.effects.removal.unsure import Mixed
from skillwire.studio.effects.removal.warp import Faded, Layer, lit, way
from skillwire.studio.effects.vision import opencv

# Half-size pixels over which one scene is faded into another.
_SOFT = 5


@dataclass(frozen=True, slots=True)
class Look:
    """A scene in a region of a picture. Half-size masks: where it was ``seen``, where ``made`` up, and there a thing is for ``sure``."""

    scene: Scene
    seen: Plane
    made: Plane
    sure: Plane

    def with_other(self, scene: Scene, shows: Plane) -> Look:
        """The look with another scene where that ``shows`` (255, half size) it."""
        cv2 = opencv()
        hidden = cv2.bitwise_not(shows)
        weight = cv2.blur(shows, (_SOFT, _SOFT)).astype(np.float32) * np.float32(1 / 255)
        masks = cv2.max(self.seen, shows), cv2.bitwise_and(self.made, hidden), cv2.bitwise_and(self.sure, hidden)
        return Look(Mixed.of(self.scene, scene, weight), *(np.asarray(mask, np.uint8) for mask in masks))


def faded(one: Look, other: Look, part: float) -> Look:
    """``part`` (0 to 1) of it is the other. What either has seen is seen; made up is what neither has."""
    cv2 = opencv()
    seen = cv2.max(one.seen, other.seen)
    unseen = cv2.bitwise_not(seen)
    made = cv2.bitwise_and(cv2.max(one.made, other.made), unseen)
    sure = cv2.bitwise_and(cv2.max(one.sure, other.sure), unseen)
    # Where one has seen the scene and the other made it up, the first knows better.
    known = [cv2.max(look.seen, cv2.bitwise_and(look.made, unseen)) for look in (one, other)]
    scene = Faded.of(one.scene, other.scene, part, *known)
    return Look(scene, *(np.asarray(mask, np.uint8) for mask in (seen, made, sure)))


@dataclass(frozen=True, slots=True)
class Filled:
    """The scene in a region of the picture of a ``time``, without things. Half-size masks: ``made``, 255 where it was invented;
    ``sure``, where a thing is there for sure; the layer's ``shows``, where a picture showed the scene.
    """

    time: float
    region: Region
    layer: Layer
    made: Plane
    sure: Plane
    sight: Sight
    size: tuple[int, int]
    flat: set[float] = field(default_factory=set, repr=False, compare=False)
    _reliefs: dict[float, Relief] = field(default_factory=dict, repr=False, compare=False)

    def relief_to(self, other: Filled) -> Relief:
        """How what it shows moves to another making of the scene."""
        if other.time not in self._reliefs:
            around = Around(self.sight, self.region, self.size)
            self._reliefs[other.time] = relief_between(around, self.sight, other.sight)
        return self._reliefs[other.time]

    def seen_from(self, now: Still, region: Region, here: Planes, free: Plane, bend: Bend | None) -> Look:
        """The scene in a region of another picture, close in time; ``bend``: what the camera's motion leaves between them.

        ``here``: that region at half size; ``free``: where it is the scene.
        """
        there = way(self.layer, now.place, region).bent(bend)
        seen = there.shown(self.layer.shows, 0.5)
        ring = np.asarray(opencv().bitwise_and(free, seen), np.uint8)
        return Look(lit(there, here, ring), seen, there.shown(self.made, 0.5), there.shown(self.sure, 0.5))


def between(before: Filled, after: Filled | None, now: Still, region: Region, here: Planes, free: Plane) -> Look:
    """The scene in a region of a picture between two makings of it (or at the first), as ``Filled.seen_from``."""
    if now.time == before.time and (after is None or not opencv().countNonZero(before.made)):
        return before.seen_from(now, region, here, free, None)
    around = Around(now.sight(now.free), region, now.planes.size)
    if after is None:
        return before.seen_from(now, region, here, free, bend(around, before.sight))
    part = (now.time - before.time) / (after.time - before.time)
    if after.time in before.flat:
        left, right = (bend(around, one.sight, planar=True) for one in (before, after))
    else:
        left = bend(around, before.sight, lambda: (before.relief_to(after), -part))
        if left is not None and left.deep:
            right = left.onwards(before.relief_to(after))
        else:
            right = bend(around, after.sight, lambda: (after.relief_to(before), part - 1))
            if left is not None and left.flow is not None:
                # The relief explains nothing here: it is not tried again for every picture.
                before.flat.add(after.time)
    return faded(before.seen_from(now, region, here, free, left), after.seen_from(now, region, here, free, right), part)
