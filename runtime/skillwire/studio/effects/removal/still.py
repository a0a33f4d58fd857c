"""Mending before a camera that stands still: one plate for the shot, in each picture's light, wherever a target differs from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.boxes import Boxes, area, padded
from skillwire.studio.effects.finding.tracks import STILL_TRAVEL, Track
from skillwire.studio.effects.light import Light
from skillwire.studio.effects.planes import Plane, Planes, Region, planes_of
from skillwire.studio.effects.removal.cutout import Hole, Whole, blended, cut_to, difference, free_of, mask_of
from skillwire.studio.effects.removal.guards import SWAY, TIGHT, Guards, widened
from skillwire.studio.effects.removal.holes import ROOM, Holes, Tally
from skillwire.studio.effects.removal.plate import Plate
from skillwire.studio.effects.removal.silhouette import outline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from skillwire.studio.effects.upright import Timed

# How long before its first and after its last sighting a thing is taken for there, in seconds.
REACH = 0.5
# An outline is learnt this often, in seconds, and widened by this part of the box's width.
_LEARN_EVERY, _WIDER = 0.12, 0.08
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
        self._guards = Guards(holes, self._alone)

    def over(self, frames: Iterator[Timed]) -> Iterator[Callable[[], Timed]]:
        """What gives the frames of the shot mended, one after the other."""
        return (partial(self._mended, *timed) for timed in frames)

    def _mended(self, time: float, frame: VideoFrame) -> Timed:
        self._mend(time, frame)
        return time, frame

    def _mend(self, time: float, frame: VideoFrame) -> None:
        learning = self._due(time)
        before, behind = self._guards.at(time, REACH, lambda: planes_of(frame))
        holes = self._holes.at(time, REACH, self._outlines | before, behind)
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
        self._tally.invented += int(np.count_nonzero(mask & unseen))
        blended(here, Whole(scene), mask, kept)

    def _scene(self, region: Region) -> tuple[Planes, tuple[slice, slice]]:
        """A region of the plate in the present light, and its half-size window in the plate."""
        left, top = self._within[:2]
        inside = (region[0] - left, region[1] - top, region[2] - left, region[3] - top)
        window = (slice(inside[1] // 2, inside[3] // 2), slice(inside[0] // 2, inside[2] // 2))
        return self._light.on(self._plate.planes.crop(inside), inside), window

    def _alone(self, track: int) -> Plane | None:
        """The outline of one who stays, told while no target was near, or by the plate."""
        limit = self._limits.get(track)
        return self._outlines.get(track) if limit is None else limit

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
        shape = cut_to(widened(mask, box, _WIDER), wide, region)
        if shape is not None:
            self._outlines[track.id] = shape

    def _resting(self, track: Track, *, tightly: bool = False) -> Plane | None:
        """The outline of one who stays in their place, as the plate shows them; unless ``tightly``, with room to sway."""
        box = np.median(np.stack(track.boxes), axis=0).astype(np.float32) - np.asarray(
            [*self._within[:2], *self._within[:2]], np.float32
        )
        whole = (0, 0, *self._plate.planes.size)
        wider = {"wider": TIGHT} if tightly else {}
        mask = outline(self._plate.planes, box, track.group, whole, **wider)
        if mask is None:
            return None
        return cut_to(mask if tightly else widened(mask, box, SWAY), padded(box, ROOM), whole)


def _common(one: Region | None, other: Region) -> Region | None:
    if one is None:
        return None
    x0, y0, x1, y1 = (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
