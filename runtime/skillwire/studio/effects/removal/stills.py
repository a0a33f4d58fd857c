"""Pictures of a shot before a camera that moves: those around the one being mended, and those kept from long before and after."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded
from skillwire.studio.effects.camera import WIDTH, Matrix, View, motion_near, moved
from skillwire.studio.effects.planes import Plane, Planes
from skillwire.studio.effects.removal.around import Sight
from skillwire.studio.effects.removal.cutout import free_of
from skillwire.studio.effects.removal.holes import Holes
from skillwire.studio.effects.removal.samples import Kept
from skillwire.studio.effects.removal.warp import Layer

# Room around the boxes of things that may not be copied along.
MOVER_PAD = 0.12
# So much more of a box's height is left out below it, where a shadow begins.
_FOOT = 0.06
# Kept pictures that are compared at most, and that are held decoded.
_COMPARED, _DECODED = 16, 8
# A place is worked out anew where it was worked out so long (seconds) before or after; fewer corners that follow do not fix it.
_STALE, _TRUST = 0.6, 0.3
# Times that are nearer than this are the same.
_SAME_TIME = 1e-3


@dataclass(slots=True)
class Still:
    """One picture of a shot. ``place`` maps the shot's first picture to this one.

    ``movers``: boxes of what should not be copied; ``hidden``: of what must not, the first of them.
    """

    time: float
    load: Callable[[], Planes]
    view: View
    place: Matrix
    movers: list[Boxes]
    hidden: list[Boxes]
    _free: Plane | None = field(default=None, repr=False)
    _open: Plane | None = field(default=None, repr=False)

    @property
    def planes(self) -> Planes:
        """The picture."""
        return self.load()

    @property
    def passing(self) -> list[Boxes]:
        """Boxes of what moves and stays."""
        return self.movers[len(self.hidden) :]

    @property
    def free(self) -> Plane:
        """255 where the scene shows, at the size of ``view``."""
        if self._free is None:
            self._free = self._without(self.movers)
        return self._free

    @property
    def open(self) -> Plane:
        """255 where the scene shows, or something that moves but stays, at the size of ``view``."""
        if self._open is None:
            self._open = self._without(self.hidden)
        return self._open

    def sight(self, free: Plane) -> Sight:
        """The picture for measuring flow, where it is ``free`` (255, at the size of ``view``)."""
        return Sight(self.time, self.view.grey, self.view.scale, self.place, free)

    def layer(self, shows: Plane) -> Layer:
        """All of the picture, to take from where ``shows`` (at the size of ``view``) is set."""
        return Layer(self.planes, self.place, (0, 0), shows, self.view.scale)

    def _without(self, boxes: Sequence[Boxes]) -> Plane:
        height, width = self.view.grey.shape
        foot = np.asarray([0, 0, 0, _FOOT], np.float32)
        wide = [padded(box, MOVER_PAD, 6) + foot * (box[3] - box[1]) for box in boxes]
        scaled = [box * 2 * self.view.scale for box in wide]
        return free_of(scaled, (0, 0, 2 * width, 2 * height))


@dataclass(slots=True)
class _Far:
    kept: Kept
    still: Still | None = None
    placed: float | None = None
    lost: bool = False


class Distant:
    """Kept pictures of one shot, put in their places by the look's ``path`` and then by what they show."""

    def __init__(
        self, kept: Sequence[Kept], path: Sequence[tuple[float, Matrix]], holes: Holes, size: tuple[int, int]
    ) -> None:
        self._path = dict(path)
        self._times = sorted(self._path)
        self._every = [_Far(one) for one in kept if one.time in self._path]
        self._holes = holes
        self._size = size
        self._ties: dict[float, Matrix] = {}
        self._tied: list[float] = []
        self._decoded: OrderedDict[float, Planes] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._every)

    def pass_by(self, time: float, place: Matrix) -> None:
        """Told of every picture in turn, with its place: both kinds of places are tied together where times meet."""
        near = _nearest(self._times, time) if self._every else None
        if near is not None and (abs(near - time) < _SAME_TIME or not self._ties):
            if near not in self._ties:
                insort(self._tied, near)
            self._ties[near] = place

    def beyond(self, now: Still, hole: Boxes, first: float, last: float, reach: float) -> list[Still]:
        """Pictures from before ``first`` or after ``last`` that show the place of ``hole`` in the picture ``now``, nearest first."""
        outside = [far for far in self._every if not first <= far.kept.time <= last and not far.lost]
        found: list[Still] = []
        for far in sorted(outside, key=lambda far: abs(far.kept.time - now.time)):
            known = far.still is not None and far.placed is not None
            place = far.still.place if far.still is not None and known else self._guessed(far.kept.time, now)
            if not self._shows(place @ np.linalg.inv(now.place), hole):
                continue
            if far.still is None:
                far.still = self._still(far.kept, place, reach)
            if far.placed is None:
                self._put(far, now)
            if not far.lost:
                found.append(far.still)
                if len(found) == _COMPARED:
                    break
        return found

    def settle(self, chosen: Sequence[Still], now: Still) -> None:
        """Puts pictures that are to be taken from in their places anew where these were worked out long ago."""
        for far in self._every:
            if (
                far.placed is not None
                and abs(far.placed - now.time) > _STALE
                and any(far.still is one for one in chosen)
            ):
                self._put(far, now)

    def _put(self, far: _Far, now: Still) -> None:
        if far.still is None:
            return
        found = motion_near(now.view, far.still.view, far.still.place @ np.linalg.inv(now.place))
        if found.trust >= _TRUST:
            far.still.place = found.matrix @ now.place
            far.placed = now.time
        elif far.placed is None:
            far.lost = True

    def _guessed(self, time: float, now: Still) -> Matrix:
        tie = _nearest(self._tied, now.time)
        return np.asarray(self._path[time] @ np.linalg.inv(self._path[tie]) @ self._ties[tie], np.float64)

    def _shows(self, across: Matrix, hole: Boxes) -> bool:
        corners = np.asarray([[hole[x], hole[y]] for x in (0, 2) for y in (1, 3)], np.float64)
        there = moved(corners, across)
        return bool((there.max(axis=0) > 0).all() and (there.min(axis=0) < self._size).all())

    def _still(self, kept: Kept, place: Matrix, reach: float) -> Still:
        shrink = next(one for one in (4, 2, 1) if one == 1 or self._size[0] / one >= WIDTH)
        # Not what was found out on the way: that depends on how far other work has come.
        movers = self._holes.movers(kept.time, reach, narrowed=False)
        view = View(kept.small(shrink), movers, 1 / shrink)
        hidden = self._holes.hidden(kept.time, reach, narrowed=False)
        return Still(kept.time, lambda: self._planes(kept), view, place, movers, hidden)

    def _planes(self, kept: Kept) -> Planes:
        planes = self._decoded.pop(kept.time, None) or kept.planes()
        self._decoded[kept.time] = planes
        if len(self._decoded) > _DECODED:
            self._decoded.popitem(last=False)
        return planes


def _nearest(times: Sequence[float], time: float) -> float:
    """The one of some times, in order, that is nearest."""
    place = bisect_left(times, time)
    return min(times[max(0, place - 1) : place + 1], key=lambda one: abs(one - time))
