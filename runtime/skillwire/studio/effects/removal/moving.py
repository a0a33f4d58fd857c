"""Mending while the camera moves: every few pictures the scene behind a thing is put together anew, in between it is carried along.

That the scene is made a few times a second only, and faded from one to the next, is quick and keeps it from flickering.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded, shared, whole
from skillwire.studio.effects.camera import Matrix, View, motion, moved
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.light import halved
from skillwire.studio.effects.planes import Plane, Planes, Region, empty_frame, planes_of
from skillwire.studio.effects.removal.cutout import (
    PAD,
    PAD_LEAST,
    Hole,
    Scene,
    blended,
    difference,
    free_of,
    mask_of,
    noise_of,
)
from skillwire.studio.effects.removal.entering import narrowed
from skillwire.studio.effects.removal.fill import Filler
from skillwire.studio.effects.removal.filled import Filled, Look, between
from skillwire.studio.effects.removal.guards import Guards
from skillwire.studio.effects.removal.holes import Holes, Tally
from skillwire.studio.effects.removal.outlines import LONG_AGO, LOOKS, Outlines, Things
from skillwire.studio.effects.removal.stills import MOVER_PAD, Distant, Still
from skillwire.studio.effects.removal.traced import STEPS, Tracer
from skillwire.studio.effects.removal.unsure import guarded, is_doubtful
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from skillwire.studio.effects.upright import Timed

# How long before its first and after its last sighting a thing is taken for there, in seconds.
REACH = 0.35
# Seconds from one making of the scene to the next.
_KEY = 0.32
# Pictures kept around the one being mended: in bytes, and in seconds before and after; there are others of further away, or none.
_KEPT_BYTES, _KEPT_SECONDS, _KEPT_ALONE = 280_000_000, 0.7, 1.6
# Pictures compared for one hole, and older ones kept with the seconds between them.
_COMPARED, _OLD, _OLD_EVERY = 20, 8, 0.6
# A motion of the camera of which fewer corners follow is not believed.
_TRUST = 0.2
# From this noise on (bytes) the outline of a thing counts beside what differs: much of it may be lost in what does not fit.
_NOISY = 12.0
# A scene that misses what is beside the hole by so many bytes (root mean square) is left for what misses it so many times less; what
# was tried in vain is not tried again for so many seconds, and what was not is kept to while it is better by less.
_MISFIT, _BETTER, _VAIN, _AGAIN = 15.0, 1.6, 0.3, 1.1
# So much of the picture's width beyond its edges the scene is made as well.
_BEYOND = 0.04


@dataclass(frozen=True, slots=True)
class _Key:
    """A scene that is being put together in a region of the picture of a ``time``, of the camera's ``place``."""

    time: float
    place: Matrix
    region: Region
    filled: Future[Filled]


@dataclass(slots=True)
class _Scenes:
    """What was put together behind one thing, or several that meet, in the order of time; ``asked`` for last at that time."""

    asked: float
    filler: Filler = field(default_factory=Filler)
    known: deque[_Key] = field(default_factory=lambda: deque(maxlen=4))


@dataclass(frozen=True, slots=True)
class _Patch:
    """What goes over a hole: the scene ``before``, faded into the one ``after``. ``near``: pictures that show the things, too."""

    things: Things
    hole: Hole
    region: Region
    before: _Key
    after: _Key | None
    near: tuple[Still, ...]
    back: tuple[Still, ...]
    on: tuple[Still, ...]


class MovingMender:
    """Mends the pictures of one shot. What they need is planned ahead of them; ``maker``, of one thread, puts the scenes together."""

    def __init__(self, holes: Holes, distant: Distant, tally: Tally, maker: ThreadPoolExecutor) -> None:
        self._holes = holes
        self._distant = distant
        self._seconds = _KEPT_SECONDS if distant else _KEPT_ALONE
        self._tally = tally
        self._maker = maker
        self._scenes: dict[int, _Scenes] = {}
        self._behind: deque[Still] = deque()
        self._ahead: deque[tuple[Still, VideoFrame]] = deque()
        self._old: deque[Still] = deque(maxlen=_OLD)
        # One for the thread that puts scenes together, one for that which mends: what each knows depends on what it was asked before.
        self._making, self._mending = Outlines(), Outlines()
        self._tracer = Tracer()
        # Until when it is not tried again to follow what is behind a thing, and how much better that must fit.
        self._tried: dict[int, tuple[float, float]] = {}
        self._guards = Guards(holes)

    def over(self, frames: Iterator[Timed]) -> Iterator[Callable[[], Timed]]:
        """What gives the frames of the shot mended, one after the other; each comes late by what is looked at after it."""
        for still, frame in self._placed(frames):
            self._ahead.append((still, frame))
            most = max(4, _KEPT_BYTES // (2 * still.planes.y.nbytes * 3 // 2))
            while len(self._behind) > most:
                self._behind.popleft()
            while len(self._ahead) > most or still.time - self._ahead[0][0].time > self._seconds:
                yield self._advanced()
        while self._ahead:
            yield self._advanced()

    def _advanced(self) -> Callable[[], Timed]:
        still, frame = self._ahead[0]
        guards = self._guards.at(still.time, REACH, lambda: still.planes)
        planned = (self._planned(still, *hole) for hole in _together(self._holes.at(still.time, REACH, *guards)))
        patches = [patch for patch in planned if patch is not None]
        self._scenes = {
            thing: scenes for thing, scenes in self._scenes.items() if still.time - scenes.asked <= LONG_AGO
        }
        self._ahead.popleft()
        self._behind.append(still)
        while still.time - self._behind[0].time > self._seconds:
            left = self._behind.popleft()
            if not self._old or left.time - self._old[-1].time >= _OLD_EVERY:
                self._old.append(left)
        return partial(self._mended, still, frame, patches)

    def _placed(self, frames: Iterator[Timed]) -> Iterator[tuple[Still, VideoFrame]]:
        """Frames with the camera's place."""
        place: Matrix = np.eye(3)
        before: View | None = None
        for time, frame in frames:
            planes = planes_of(frame)
            view = View(planes.y)
            if before is not None:
                step = motion(before, view)
                if step.trust > _TRUST:
                    place = step.matrix @ place
                    for track, box in self._holes.unsighted(time, REACH):
                        self._holes.narrow(track, time, narrowed(before, view, step.matrix, box))
            before = view
            movers = self._holes.movers(time, REACH)
            view.without = movers
            self._maker.submit(self._distant.pass_by, time, place)
            yield Still(time, partial(_same, planes), view, place, movers, self._holes.hidden(time, REACH)), frame

    def _planned(self, now: Still, things: Things, hole: Hole) -> _Patch | None:
        """What goes over a hole: the scenes put together before and after, where they are not known already."""
        region = hole.region(now.planes.size)
        if region is None:
            return None
        scenes = self._scenes.setdefault(things[0][0].id, _Scenes(now.time))
        scenes.asked = now.time
        near = [one for one in scenes.known if abs(one.time - now.time) <= 1.5 * _KEY and _covers(one, now, region)]
        before = max((one for one in near if one.time <= now.time), key=lambda one: one.time, default=None)
        after = min((one for one in near if one.time > now.time), key=lambda one: one.time, default=None)
        if before is None:
            before = self._made(scenes, now, things)
        if after is None and before.time < now.time:
            after = self._next(scenes, before.time, now, things)
            after = after if after is not None and _covers(after, now, region) else None
        back = tuple(islice(reversed(self._behind), STEPS))
        on = tuple(still for still, _ in islice(self._ahead, 1, STEPS + 1))
        return _Patch(things, hole, region, before, after, self._looks(), back, on)

    def _mended(self, still: Still, frame: VideoFrame, patches: Sequence[_Patch]) -> Timed:
        """The frame with its patches, as another: the picture itself is still looked at, for others."""
        done = empty_frame(still.planes.size, frame)
        planes = planes_of(done)
        for plane, was in zip(planes.each(), still.planes.each(), strict=True):
            plane[:] = was
        for patch in patches:
            self._mend(still, planes, patch)
        return still.time, done

    def _mend(self, now: Still, into: Planes, patch: _Patch) -> None:
        cv2 = opencv()
        things, hole, region = patch.things, patch.hole, patch.region
        whole = into.crop(region)
        here = halved(whole)
        free = free_of([padded(box, 0.1, 6) for box in now.movers], region)
        look = _look(now, patch, here, free)
        look = self._followed(now, patch, here, look)
        apart = difference(here, look.scene.half)
        known = np.asarray(cv2.bitwise_and(free, look.seen), np.uint8)
        mask, kept = mask_of(apart, hole, region[:2], known, look.sure)
        # What is not known keeps what is there.
        kept = np.asarray(cv2.max(kept, cv2.bitwise_not(cv2.max(look.seen, look.made))), np.uint8)
        mask = np.asarray(cv2.bitwise_and(mask, cv2.bitwise_not(kept)), np.uint8)
        scene: Scene = look.scene
        inner = cv2.bitwise_not(free_of([hole.box], region))
        noise = noise_of(apart, np.asarray(cv2.bitwise_and(known, cv2.bitwise_not(kept)), np.uint8))
        doubtful = is_doubtful(mask, inner)
        if doubtful or noise > _NOISY:
            outlined = self._mending.of(now, things, region, patch.near)
            if outlined is not None:
                told = cv2.bitwise_and(mask, inner) if doubtful else mask
                mask = np.asarray(cv2.bitwise_and(cv2.max(told, outlined), cv2.bitwise_not(kept)), np.uint8)
                scene = guarded(scene, here, mask, apart, look.seen, noise) if doubtful else scene
        self._tally.replaced += cv2.countNonZero(mask)
        self._tally.invented += cv2.countNonZero(cv2.bitwise_and(mask, look.made))
        blended(whole, scene, mask, kept)

    def _followed(self, now: Still, patch: _Patch, here: Planes, look: Look) -> Look:
        """A look, or where it fits badly and something moves that stays what was followed from picture to picture, if that fits better."""
        cv2 = opencv()
        there = np.asarray(patch.region, np.float32)
        if not any(float(shared(there, box)) > 0 for box in now.passing):
            return look
        others = [*(padded(box, MOVER_PAD, 6) for box in now.hidden), *patch.hole.before]
        beside = cv2.bitwise_and(free_of(others, patch.region), look.seen) > 0
        if not beside.any():
            return look
        apart = look.scene.half.y[beside].astype(np.float32) - here.y[beside]
        missed = float(np.sqrt(np.mean(apart**2)))
        thing = patch.things[0][0].id
        # What was followed in the picture before is kept to more easily: to change flickers.
        until, better = self._tried.get(thing, (0.0, _BETTER))
        if missed < _MISFIT / (_BETTER / better) or now.time < until:
            return look
        traced = self._tracer.behind(now, patch.back, patch.on, patch.region, missed / better)
        self._tried[thing] = (now.time + _VAIN, _BETTER) if traced is None else (0.0, _AGAIN)
        return look if traced is None else look.with_other(traced, traced.shows)

    def _next(self, scenes: _Scenes, since: float, now: Still, things: Things) -> _Key | None:
        coming = [still for still, _ in self._ahead if still.time > now.time]
        if not coming:
            return None
        at = next((still for still in coming if still.time >= since + _KEY - 1e-6), coming[-1])
        there = [(track, box) for track, _ in things if (box := self._holes.box(track, at.time, REACH)) is not None]
        return self._made(scenes, at, there) if there else None

    def _made(self, scenes: _Scenes, at: Still, things: Things) -> _Key:
        """Has the scene put together in one picture, as large as the things need it in the pictures around."""
        tracks = [track for track, _ in things]
        near = self._near()
        holes = [padded(box, 0.06, 4) for _, box in things]
        edges = []
        picture = _corners(np.asarray([0, 0, *at.planes.size], np.float32))
        shown = [picture]
        for still in near:
            if abs(still.time - at.time) > _KEY + 1e-6:
                continue
            across = at.place @ np.linalg.inv(still.place)
            shown.append(moved(picture, across))
            for track in tracks:
                box = self._holes.box(track, still.time, REACH)
                if box is not None:
                    edges.append(moved(_corners(_room(box)), across))
                    holes.append(_bounds(moved(_corners(padded(box, 0.06, 4)), across)))
        every = np.concatenate([*edges, *(_corners(_room(box)) for _, box in things)])
        # The camera may show a little more in the pictures around than in this one.
        beyond = 2 * round(_BEYOND * at.planes.size[0] / 2)
        bounds, seen = padded(_bounds(every), 0.0, 4.0), _bounds(np.concatenate(shown))
        bounds = np.concatenate([np.maximum(bounds[:2], seen[:2]), np.minimum(bounds[2:], seen[2:])])
        region = whole(bounds, at.planes.size, 2, beyond) or (0, 0, *at.planes.size)
        sources = [*self._old, *near[:: max(1, len(near) // _COMPARED)]]
        sources = [one for one in sources if one is not at]
        span = near[0].time, near[-1].time
        key = _Key(
            at.time,
            at.place,
            region,
            self._maker.submit(self._filled, scenes.filler, at, things, holes, region, sources, self._looks(), span),
        )
        scenes.known.append(key)
        return key

    def _filled(
        self,
        filler: Filler,
        at: Still,
        things: Things,
        holes: Sequence[Boxes],
        region: Region,
        sources: Sequence[Still],
        near: Sequence[Still],
        span: tuple[float, float],
    ) -> Filled:
        """The scene in one picture, from ``sources`` and, beyond their ``span`` of time, from others."""
        far = self._distant.beyond(at, np.asarray(region, np.float32), *span, REACH)
        outlines = partial(self._making.of, at, things, region, near)
        return filler.fill(at, holes, region, [*sources, *far], outlines, self._distant.settle)

    def _near(self) -> list[Still]:
        return [*self._behind, *(still for still, _ in self._ahead)]

    def _looks(self) -> tuple[Still, ...]:
        """Some of the pictures around, in which an outline may be told."""
        near = self._near()
        return tuple(near[:: max(1, len(near) // LOOKS)])


def _look(now: Still, patch: _Patch, here: Planes, free: Plane) -> Look:
    """The scene in a region, faded from the making before to the one after."""
    after = None if patch.after is None else patch.after.filled.result()
    return between(patch.before.filled.result(), after, now, patch.region, here, free)


def _same(planes: Planes) -> Planes:
    return planes


def _room(box: Boxes) -> Boxes:
    return padded(box, PAD, PAD_LEAST)


def _corners(box: Boxes) -> Any:
    return np.asarray([[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]], np.float64)


def _bounds(points: Any) -> Boxes:
    return np.concatenate([points.min(axis=0), points.max(axis=0)]).astype(np.float32)


def _covers(scene: _Key, now: Still, region: Region) -> bool:
    """Whether the scene, carried to a picture, holds all of a region; a few pixels at its rim may be lacking."""
    corners = moved(_corners(np.asarray(region, np.float32)), scene.place @ np.linalg.inv(now.place))
    width, height = now.planes.size
    x0, y0, x1, y1 = _bounds(corners)
    left, top, right, bottom = scene.region
    slack = 6.0
    return bool(
        max(x0, 0) >= left - slack
        and max(y0, 0) >= top - slack
        and min(x1, width) <= right + slack
        and min(y1, height) <= bottom + slack
    )


def _together(holes: Sequence[tuple[Track, Hole]]) -> list[tuple[Things, Hole]]:
    """Holes that overlap as one, so that none is filled with what stands in another; each with its tracks and their boxes."""
    groups: list[tuple[Things, Hole]] = []
    for track, hole in holes:
        tracks, box, before, behind, standing = [(track, hole.box)], hole.box, hole.before, hole.behind, hole.standing
        shapes, apart = hole.shapes, []
        for other in groups:
            if float(shared(padded(box, 0.1), other[1].box[None])[0]) <= 0:
                apart.append(other)
                continue
            tracks = [*other[0], *tracks]
            box = np.concatenate([np.minimum(box[:2], other[1].box[:2]), np.maximum(box[2:], other[1].box[2:])])
            before, behind = (*other[1].before, *before), (*other[1].behind, *behind)
            standing, shapes = (*other[1].standing, *standing), (*other[1].shapes, *shapes)
        groups = [*apart, (tracks, Hole(box, before, behind, standing, shapes))]
    return groups
