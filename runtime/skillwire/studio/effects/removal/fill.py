"""The scene behind things while the camera moves: taken from other pictures of the shot, aligned, lit alike, best first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded
from skillwire.studio.effects.inpaint import imagined
from skillwire.studio.effects.light import halved
from skillwire.studio.effects.planes import Plane, Planes, Region, copied
from skillwire.studio.effects.removal.around import Around, Sight
from skillwire.studio.effects.removal.bend import Relief, bend, relief_between
from skillwire.studio.effects.removal.cutout import PAD, PAD_LEAST, free_of
from skillwire.studio.effects.removal.filled import Filled
from skillwire.studio.effects.removal.ranked import ranked
from skillwire.studio.effects.removal.stills import MOVER_PAD, Still
from skillwire.studio.effects.removal.votes import outvoted
from skillwire.studio.effects.removal.warp import Layer, Lit, lay, lit, unlit, way
from skillwire.studio.effects.vision import opencv

# Fewer half-size pixels than this are left as they are rather than made up.
_LEAST_INVENTED = 12
# Less of the hole than this is not worth asking for an outline: what differs from what is made up goes.
_OUTLINED = 0.04
# What shows where other things move is believed when around the hole it differs by so many bytes at most.
_FITS = 12.0
# So much room around a thing, in sides of its box, is made up where nothing shows it, for what its box leaves out.
_ROOM = 0.1
# Seconds between pictures that tell relief, at least and at most, the part of what is wanted that both must show, and how much less of
# that is as good where flow between them need not be stretched.
_LEAST_APART, _MOST_APART, _SHARE, _FAR = 0.1, 0.8, 0.4, 0.1


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A hole (255) in a region of a picture that is to be filled; from where other things are ``moving``, too, if these fit well."""

    now: Still
    hole: Plane
    region: Region
    moving: bool = False

    @property
    def worst(self) -> float:
        return _FITS if self.moving else float("inf")

    def shown(self, still: Still) -> Plane:
        return still.open if self.moving else still.free


def _relief(around: Around, source: Sight, wanted: _Wanted, sources: Sequence[Still]) -> tuple[Relief, float] | None:
    """The relief of what a source shows behind the hole, from another one that shows the same, best one from the hole's other side."""
    now = around.now
    hidden = np.asarray(opencv().bitwise_not(around.free), np.uint8)
    wished = opencv().bitwise_and(around.shown(source.free, source), hidden)
    best: tuple[float, Sight] | None = None
    for still in sources:
        apart = still.time - source.time
        if not _LEAST_APART <= abs(apart) <= _MOST_APART:
            continue
        other = still.sight(wanted.shown(still))
        both = opencv().countNonZero(opencv().bitwise_and(around.shown(other.free, other), wished))
        share = both / max(1, opencv().countNonZero(wished))
        value = share - _FAR * max(0.0, abs((source.time - now.time) / apart) - 1)
        if share >= _SHARE and (best is None or value > best[0]):
            best = value, other
    if best is None:
        return None
    expected = (source.time - now.time) / (best[1].time - source.time)
    return relief_between(around, source, best[1]), expected


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
        settle: Callable[[Sequence[Still], Still], None] = lambda _chosen, _now: None,
    ) -> Filled:
        """The scene in ``region`` of the picture ``now``, in whose ``holes`` it must be known, from ``sources``.

        ``shape`` tells the outline of the thing there: what no picture shows is invented only inside. ``settle`` is told which of the
        sources are taken from, before they are.
        """
        cv2 = opencv()
        scene = copied(now.planes, region)
        here = halved(Planes(scene.y.copy(), scene.u.copy(), scene.v.copy()))
        free = _inside(free_of([padded(box, MOVER_PAD, 6) for box in now.movers], region), region, now.planes.size)
        # Near a thing its shadow falls on what is free: that far the picture itself is not taken for the scene.
        seen = _inside(free_of([padded(box, PAD, PAD_LEAST) for box in now.movers], region), region, now.planes.size)
        inner = cv2.bitwise_not(free_of([padded(box, _ROOM, 6) for box in holes], region))
        wide = cv2.bitwise_not(free_of([padded(box, PAD, PAD_LEAST) for box in holes], region))
        wanted = np.asarray(cv2.bitwise_and(wide, cv2.bitwise_not(seen)), np.uint8)
        self.used = self._laid(scene, seen, here, free, _Wanted(now, wanted, region), sources, settle)
        # What only the picture itself shows, right beside the thing, is still better than nothing.
        seen = np.asarray(cv2.max(seen, free), np.uint8)
        missing = np.asarray(cv2.bitwise_and(inner, cv2.bitwise_not(seen)), np.uint8)
        if cv2.countNonZero(missing) > _OUTLINED * cv2.countNonZero(inner):
            # Before anything is made up: what is shown only where other things may move, as long as it fits what is around.
            ring = _inside(free_of([padded(box, MOVER_PAD, 6) for box in now.hidden], region), region, now.planes.size)
            self.used |= self._laid(
                scene, seen, here, ring, _Wanted(now, missing, region, moving=True), sources, settle
            )
            missing = np.asarray(cv2.bitwise_and(inner, cv2.bitwise_not(seen)), np.uint8)
        made, sure = np.zeros_like(seen), np.zeros_like(seen)
        known = seen.copy()
        if cv2.countNonZero(missing) > _LEAST_INVENTED:
            made = missing
            if cv2.countNonZero(missing) > _OUTLINED * cv2.countNonZero(inner):
                outlined = shape()
                outlined = cv2.bitwise_not(free_of(holes, region)) if outlined is None else outlined
                sure = cv2.bitwise_and(missing, outlined)
        layer = Layer(scene, now.place, region[:2], known, 0.5)
        if cv2.countNonZero(made):
            self._invent(layer, region, made, seen, free)
        filled = Filled(
            now.time,
            region,
            layer,
            made,
            np.asarray(sure, np.uint8),
            now.sight(now.free).filled(layer.half, layer.shows, region),
            now.planes.size,
        )
        if cv2.countNonZero(made):
            self.inventions.append(filled)
        return filled

    def _laid(
        self,
        scene: Planes,
        seen: Plane,
        here: Planes,
        ring: Plane,
        wanted: _Wanted,
        sources: Sequence[Still],
        settle: Callable[[Sequence[Still], Still], None],
    ) -> set[float]:
        """Lays what the best sources show under what is ``seen``; the times of those taken from."""
        cv2 = opencv()
        now, region = wanted.now, wanted.region
        chosen, others = ranked(now, wanted.hole, region, sources, self.used, wanted.shown, wanted.worst)
        settle(chosen, now)
        around = Around(now.sight(wanted.shown(now)), region, now.planes.size)
        sights = [source.sight(wanted.shown(source)) for source in chosen]
        alone = outvoted(around, sights, [other.sight(wanted.shown(other)) for other in others])
        late: list[tuple[Lit, Plane]] = []
        for source, sight, odd in zip(chosen, sights, alone, strict=True):
            layer = source.layer(sight.free)
            there = way(layer, now.place, region)
            shows = there.shown(layer.shows, layer.scale)
            if not cv2.countNonZero(cv2.bitwise_and(shows, cv2.bitwise_not(seen))):
                continue
            there = there.bent(bend(around, sight, partial(_relief, around, sight, wanted, sources)))
            shows = there.shown(layer.shows, layer.scale)
            new = lit(there, here, np.asarray(cv2.bitwise_and(ring, shows), np.uint8))
            if odd is not None:
                late.append((new, shows))
                shows = np.asarray(cv2.bitwise_and(shows, cv2.bitwise_not(odd)), np.uint8)
            lay(scene, seen, new, shows)
        # What only one of them shows is still better than nothing.
        for new, shows in late:
            lay(scene, seen, new, shows)
        return {source.time for source in chosen}

    def _invent(self, layer: Layer, region: Region, made: Plane, seen: Plane, free: Plane) -> None:
        """Fills what no picture shows: with what was made up before, carried along with the camera, or else anew."""
        cv2 = opencv()
        scene, place = layer.planes, layer.place
        foul = np.asarray(cv2.bitwise_not(cv2.max(free, seen)), np.uint8)
        for earlier in reversed(self.inventions):
            there = way(earlier.layer, place, region)
            lay(scene, seen, unlit(there), there.shown(earlier.made, 0.5))
        left = np.asarray(cv2.bitwise_and(made, cv2.bitwise_not(seen)), np.uint8)
        if cv2.countNonZero(left) <= _LEAST_INVENTED:
            return
        half = halved(scene)
        imagined(half, left, np.asarray(cv2.bitwise_and(foul, cv2.bitwise_not(seen)), np.uint8))
        size = scene.y.shape[::-1]
        fine = cv2.resize(half.y, size, interpolation=cv2.INTER_LINEAR)
        cv2.copyTo(fine, cv2.resize(left, size, interpolation=cv2.INTER_NEAREST), scene.y)


def _inside(mask: Plane, region: Region, size: tuple[int, int]) -> Plane:
    """A region's half-size mask, 0 beyond the picture."""
    made = np.zeros_like(mask)
    left, top = region[0] // 2, region[1] // 2
    part = np.s_[max(0, -top) : size[1] // 2 - top, max(0, -left) : size[0] // 2 - left]
    made[part] = mask[part]
    return made
