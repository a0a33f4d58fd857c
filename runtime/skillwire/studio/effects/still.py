"""Mending before a camera that stands still: one plate for the shot, in each picture's light, wherever a target differs from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.boxes import Boxes, area, padded
from skillwire.studio.effects.cutout import Hole, Whole, blended, cut_to, difference, free_of, mask_of, stretched
from skillwire.studio.effects.holes import ROOM, Holes, Tally
from skillwire.studio.effects.light import Light
from skillwire.studio.effects.planes import Plane, Planes, Region, planes_of
from skillwire.studio.effects.plate import Plate
from skillwire.studio.effects.silhouette import outline, portrait
from skillwire.studio.effects.tracks import STILL_TRAVEL, Track
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from skillwire.studio.effects.upright import Timed

# How long before its first and after its last sighting a thing is taken for there, in seconds.
REACH = 0.5
# An outline is learnt this often, in seconds, and widened by this part of the box's width; of what stays in its place, by this one.
_LEARN_EVERY, _WIDER, _SWAY = 0.12, 0.08, 0.1
# Who stands before a target is outlined anew this often, in seconds, and widened by this part of the box's width.
_LOOK_EVERY, _TIGHT = 0.07, 0.05
# An outline that fills less of the box than this is of a part only.
_WHOLE = 0.35
# One who stays in their place stirs when this part of their box differs from the plate.
_STIRS = 0.02


class StillMender:
    """Mends the pictures of one shot. ``plate`` covers ``within`` of the picture."""

    def __init__(self, holes: Holes, plate: Plate, within: Region, tally: Tally) -> None:
        self._holes = holes
        self._plate = plate
        self._within = within
        self._tally = tally
        self._light = Light(plate.planes)
        self._meeting = holes.meeting()
        # None for what is in the plate and cannot be told from it.
        staying = {track.id: track for track in self._meeting if track.travel <= STILL_TRAVEL}
        self._outlines = {number: self._resting(track) for number, track in staying.items()}
        # How far one who stays in their place may reach, tightly: also of those who stir.
        self._limits = {number: self._resting(track, tightly=True) for number, track in staying.items()}
        self._learnt: dict[int, float] = {}
        self._looked: dict[int, tuple[float, Plane]] = {}

    def over(self, frames: Iterator[Timed]) -> Iterator[Callable[[], Timed]]:
        """What gives the frames of the shot mended, one after the other."""
        return (partial(self._mended, *timed) for timed in frames)

    def _mended(self, time: float, frame: VideoFrame) -> Timed:
        self._mend(time, frame)
        return time, frame

    def _mend(self, time: float, frame: VideoFrame) -> None:
        learning = self._due(time)
        holes = self._holes.at(time, REACH, self._outlines | self._guards(time, frame), self._portraits(time, frame))
        if not holes and not learning:
            return
        planes = planes_of(frame)
        free = free_of([padded(box, 0.1, 6) for box in self._holes.movers(time, REACH)], self._within)
        self._light.measure(planes.crop(self._within), free)
        for track, box in learning:
            self._learnt[track.id] = time
            self._learn(track, box, planes, free)
        if not holes:
            return
        frame.make_writable()
        planes = planes_of(frame)
        for _, hole in holes:
            region = _common(hole.region(planes.size), self._within)
            if region is not None:
                self._fill(planes, hole, region, free)

    def _fill(self, planes: Planes, hole: Hole, region: Region, free: Plane) -> None:
        here = planes.crop(region)
        scene, window = self._scene(region)
        unseen = self._plate.unseen[window]
        mask, kept = mask_of(difference(here, scene), hole, region[:2], free[window], unseen)
        self._tally.replaced += int(np.count_nonzero(mask))
        self._tally.invented += int(np.count_nonzero(unseen))
        blended(here, Whole(scene), mask, kept)

    def _scene(self, region: Region) -> tuple[Planes, tuple[slice, slice]]:
        """A region of the plate in the present light, and its half-size window in the plate."""
        left, top = self._within[:2]
        inside = (region[0] - left, region[1] - top, region[2] - left, region[3] - top)
        window = (slice(inside[1] // 2, inside[3] // 2), slice(inside[0] // 2, inside[2] // 2))
        return self._light.on(self._plate.planes.crop(inside), inside), window

    def _guards(self, time: float, frame: VideoFrame) -> dict[int, Plane | None]:
        """The outlines of who stands before a target now: as they stand now, where the target's box is no further than they may sway."""
        now: dict[int, Plane | None] = {}
        for track, box, targets in self._holes.met(time, REACH, before=True):
            at, shape = self._looked.get(track.id, (-1.0, None))
            if time - at >= _LOOK_EVERY:
                shape = self._guard(track, box, targets, planes_of(frame))
                if shape is not None:
                    self._looked[track.id] = time, shape
            if shape is not None:
                now[track.id] = shape
        return now

    def _portraits(self, time: float, frame: VideoFrame) -> dict[int, Plane]:
        """What shows of who stands large behind a target now."""
        now = {}
        for track, box, targets in self._holes.met(time, REACH, before=False):
            region = Hole(box).region((frame.width, frame.height)) if track.group == "person" else None
            seen = None if region is None else portrait(planes_of(frame), box, region, targets)
            shape = None if seen is None or region is None else cut_to(seen, padded(box, ROOM), region)
            if shape is not None:
                now[track.id] = shape
        return now

    def _guard(self, track: Track, box: Boxes, targets: list[Boxes], planes: Planes) -> Plane | None:
        wide = padded(box, ROOM)
        region = Hole(box).region(planes.size)
        if region is None:
            return None
        seen = portrait(planes, box, region, targets) if track.group == "person" else None
        if not _fills(seen, box):
            seen = outline(planes, box, track.group, region, _TIGHT)
        if seen is None or not _fills(seen, box):
            return None
        alone = self._limits.get(track.id)
        if alone is None:
            alone = self._outlines.get(track.id)
        if alone is not None:
            # Two people who touch are one to the network: what is far from this one's own outline is the other.
            own = stretched(alone, wide, region[:2], seen.shape[::-1])
            apart = free_of([padded(target, 0.1) for target in targets], region)
            seen = np.minimum(seen, np.maximum(apart, _widened(own, box, _SWAY)))
            # One who stays in their place has an outline with room for more than they are: before targets its inside is surely theirs.
            seen = np.maximum(own if track.travel > STILL_TRAVEL else np.minimum(own, apart), seen)
            seen = np.maximum(_narrowed(own, box, _SWAY), seen)
        return cut_to(seen, wide, region)

    def _due(self, time: float) -> list[tuple[Track, Boxes]]:
        """What comes to meet a target in this shot and touches nothing now: what it does to the scene can be learnt."""
        return [
            (track, box)
            for track in self._meeting
            if (track.travel > STILL_TRAVEL or (track.id in self._outlines and self._outlines[track.id] is None))
            and time - self._learnt.get(track.id, -1.0) >= _LEARN_EVERY
            and (box := track.at(time, 0.1)) is not None
            and not self._holes.crowded(track, box, time)
        ]

    def _learn(self, track: Track, box: Boxes, planes: Planes, free: Plane) -> None:
        wide = padded(box, ROOM)
        region = Hole(wide).region(planes.size)
        if region is None or _common(region, self._within) != region:
            return
        scene, window = self._scene(region)
        mask, _ = mask_of(difference(planes.crop(region), scene), Hole(box), region[:2], free[window])
        if track.travel <= STILL_TRAVEL:
            # Who stirs is not in the plate as they are now: it does not tell them from somebody else.
            if 4 * np.count_nonzero(mask) > _STIRS * float(area(box)):
                del self._outlines[track.id]
            return
        shape = cut_to(_widened(mask, box, _WIDER), wide, region)
        if shape is not None:
            self._outlines[track.id] = shape

    def _resting(self, track: Track, *, tightly: bool = False) -> Plane | None:
        """The outline of one who stays in their place, as the plate shows them; unless ``tightly``, with room to sway."""
        box = np.median(np.stack(track.boxes), axis=0).astype(np.float32) - np.asarray(
            [*self._within[:2], *self._within[:2]], np.float32
        )
        whole = (0, 0, *self._plate.planes.size)
        wider = {"wider": _TIGHT} if tightly else {}
        mask = outline(self._plate.planes, box, track.group, whole, **wider)
        if mask is None:
            return None
        return cut_to(mask if tightly else _widened(mask, box, _SWAY), padded(box, ROOM), whole)


def _fills(seen: Plane | None, box: Boxes) -> bool:
    """Whether an outline is of all of what is in a box, not of a part only."""
    return seen is not None and 4 * int(np.count_nonzero(seen)) >= _WHOLE * float(area(box))


def _widened(mask: Plane, box: Boxes, part: float) -> Plane:
    reach = max(1, round(part * float(box[2] - box[0]) / 2))
    return np.asarray(opencv().dilate(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)), np.uint8)


def _narrowed(mask: Plane, box: Boxes, part: float) -> Plane:
    reach = max(1, round(part * float(box[2] - box[0]) / 2))
    return np.asarray(opencv().erode(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)), np.uint8)


def _common(one: Region | None, other: Region) -> Region | None:
    if one is None:
        return None
    x0, y0, x1, y1 = (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
