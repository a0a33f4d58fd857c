"""Things taken out of a clip: a first pass gathers what is behind them, a second puts it where they are.

Shots before a standing camera get one plate each; in the others every picture is mended from its neighbours in time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.analysis import Analysis
from skillwire.studio.effects.boxes import Boxes, covered, padded, shared
from skillwire.studio.effects.camera import Matrix, View, motion
from skillwire.studio.effects.cutout import Hole, blended, difference, free_of, lit, mask_of
from skillwire.studio.effects.fill import Filler, Still
from skillwire.studio.effects.planes import Plane, Planes, Region, planes_of
from skillwire.studio.effects.plate import SAMPLES, Plate, PlateBuilder, union
from skillwire.studio.effects.silhouette import outline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from skillwire.studio.effects.tracks import Track

Timed = tuple[float, "VideoFrame"]
# How long before its first and after its last sighting a thing is taken for there, in seconds.
_REACH_STILL, _REACH_MOVING = 0.5, 0.35
# Pictures kept around the one being mended: in bytes, and in seconds before and after.
_KEPT_BYTES, _KEPT_SECONDS = 280_000_000, 1.6
# What must stay must be a thing for sure; what lies in a target's box to this part is a part of it.
_KEPT, _PART = 0.5, 0.85
# Pictures compared for one hole, and older ones kept with the seconds between them.
_COMPARED, _OLD, _OLD_EVERY = 22, 10, 0.6


@dataclass(slots=True)
class Tally:
    """Half-size pixels replaced, and how many of them had to be invented."""

    replaced: int = 0
    invented: int = 0

    @property
    def share(self) -> float:
        """The invented part, 0 to 1."""
        return self.invented / self.replaced if self.replaced else 0.0


class Remover:
    """Takes tracks out of a clip's frames (yuv420p of the analysis' size). First ``prepare``, then ``mended``."""

    def __init__(self, analysis: Analysis, targets: Sequence[Track]) -> None:
        self._analysis = analysis
        self._targets = list(targets)
        ids = {track.id for track in targets}
        self._others = [track for track in analysis.tracks if track.id not in ids]
        self._plates: dict[int, tuple[Plate, Region]] = {}
        self.tally = Tally()

    def prepare(self, read: Callable[[list[float]], Iterator[Timed]], span: tuple[float, float]) -> None:
        """Makes the plates that ``span`` (seconds) needs. ``read`` gives frames near the times asked for, in order."""
        wanted: list[float] = []
        builders: dict[int, PlateBuilder] = {}
        for number, shot in enumerate(self._analysis.shots):
            targets = self._of(self._targets, number)
            if not targets or not shot.still or shot.end <= span[0] or shot.start >= span[1]:
                continue
            boxes = [padded(box, 0.6, 40) for track in targets for box in track.boxes]
            region = union(boxes, self._analysis.size)
            if region is None:
                continue
            builders[number] = PlateBuilder(region)
            self._plates[number] = (Plate(_NOTHING, _NOTHING.y), region)
            # The whole shot counts, also where the timeline leaves it out: what is behind may show only there.
            wanted += list(shot.start + (np.arange(SAMPLES) + 0.5) / SAMPLES * (shot.end - shot.start))
        for time, frame in read(wanted) if wanted else ():
            number = self._analysis.shot_at(time)
            if number in builders:
                here = [
                    (box, track.group)
                    for track in self._of(self._targets, number)
                    if (box := track.at(time, _REACH_STILL)) is not None
                ]
                builders[number].add(planes_of(frame), here)
        for number, builder in builders.items():
            self._plates[number] = (builder.build(), self._plates[number][1])

    def mended(self, frames: Iterator[Timed]) -> Iterator[Timed]:
        """The frames without the targets; frames may come late by what must be seen before they can be mended."""
        for number, group in groupby(frames, lambda timed: self._analysis.shot_at(timed[0])):
            if not self._of(self._targets, number):
                yield from group
            elif number in self._plates:
                yield from self._still(number, group)
            else:
                yield from self._moving(number, group)

    def _of(self, tracks: Sequence[Track], shot: int) -> list[Track]:
        return [track for track in tracks if track.shot == shot]

    def _boxes(self, tracks: Sequence[Track], shot: int, time: float, reach: float = _REACH_STILL) -> list[Boxes]:
        return [box for track in self._of(tracks, shot) if (box := track.at(time, reach)) is not None]

    def _holes(self, shot: int, time: float, reach: float) -> list[tuple[Track, Hole]]:
        others = self._boxes([track for track in self._others if np.mean(track.scores) >= _KEPT], shot, time, 0.1)
        result = []
        for track in self._of(self._targets, shot):
            box = track.at(time, reach)
            if box is None:
                continue
            # A box that hardly reaches beyond another's is the same thing seen twice, or a part of it (a tie, a bag).
            touching = [other for other in others if 0 < covered(box, other[None])[0] < _PART]
            before = tuple(other for other in touching if other[3] > box[3] + 0.02 * (box[3] - box[1]))
            behind = tuple(other for other in touching if other[3] <= box[3] + 0.02 * (box[3] - box[1]))
            result.append((track, Hole(box, before, behind)))
        return result

    def _still(self, number: int, frames: Iterator[Timed]) -> Iterator[Timed]:
        plate, within = self._plates[number]
        for time, frame in frames:
            holes = self._holes(number, time, _REACH_STILL)
            if holes:
                frame.make_writable()
                planes = planes_of(frame)
                busy = [padded(box, 0.1, 6) for box in self._boxes([*self._targets, *self._others], number, time)]
                for _, hole in holes:
                    region = _common(hole.region(planes.size), within)
                    if region is not None:
                        self._mend_still(planes, hole, region, plate, within, busy)
            yield time, frame

    def _mend_still(
        self, planes: Planes, hole: Hole, region: Region, plate: Plate, within: Region, busy: list[Boxes]
    ) -> None:
        x0, y0, x1, y1 = region
        inside = (x0 - within[0], y0 - within[1], x1 - within[0], y1 - within[1])
        unseen = plate.unseen[inside[1] // 2 : inside[3] // 2, inside[0] // 2 : inside[2] // 2]
        here = planes.crop(region)
        free = free_of(busy, region)
        scene = lit(plate.planes.crop(inside), here, free)
        mask = mask_of(difference(here, scene), hole, region[:2], free, unseen)
        self.tally.replaced += int(np.count_nonzero(mask))
        self.tally.invented += int(np.count_nonzero(unseen))
        blended(here, scene, mask)

    def _moving(self, number: int, frames: Iterator[Timed]) -> Iterator[Timed]:
        fillers = {track.id: Filler() for track in self._of(self._targets, number)}
        behind: deque[tuple[Still, VideoFrame]] = deque()
        ahead: deque[tuple[Still, VideoFrame]] = deque()
        old: deque[Still] = deque(maxlen=_OLD)

        def advance() -> Timed:
            still, frame = ahead.popleft()
            holes = self._holes(number, still.time, _REACH_MOVING)
            if holes:
                near = [one for one, _ in (*behind, *ahead)]
                sources = [*old, *near[:: max(1, len(near) // _COMPARED)]]
                for tracks, hole in _together(holes):
                    shape = partial(_outlines, still.planes, tracks)
                    self._mend_moving(still, hole, fillers[tracks[0][0].id], sources, shape)
            behind.append((still, frame))
            while behind and still.time - behind[0][0].time > _KEPT_SECONDS:
                left = behind.popleft()[0]
                if not old or left.time - old[-1].time >= _OLD_EVERY:
                    old.append(left)
            return still.time, frame

        for still, frame in self._placed(number, frames):
            ahead.append((still, frame))
            most = max(4, _KEPT_BYTES // (2 * still.planes.y.nbytes * 3 // 2))
            while len(behind) > most:
                behind.popleft()
            while len(ahead) > most or still.time - ahead[0][0].time > _KEPT_SECONDS:
                yield advance()
        while ahead:
            yield advance()

    def _placed(self, number: int, frames: Iterator[Timed]) -> Iterator[tuple[Still, VideoFrame]]:
        """Frames with the camera's place, worked out on a thread of its own."""
        everything = [*self._targets, *self._others]
        place: Matrix = np.eye(3)
        before: View | None = None

        def located(time: float, planes: Planes) -> Still:
            nonlocal place, before
            movers = self._boxes(everything, number, time, _REACH_MOVING)
            view = View(planes.y, movers)
            if before is not None:
                step = motion(before, view)
                place = step.matrix @ place if step.trust > 0.2 else place
            before = view
            return Still(time, planes, view, place, movers)

        waiting: deque[tuple[Future[Still], VideoFrame]] = deque()
        with ThreadPoolExecutor(1) as worker:
            for time, frame in frames:
                frame.make_writable()
                waiting.append((worker.submit(located, time, planes_of(frame)), frame))
                if len(waiting) > 3:
                    future, ready = waiting.popleft()
                    yield future.result(), ready
            for future, ready in waiting:
                yield future.result(), ready

    def _mend_moving(
        self, now: Still, hole: Hole, filler: Filler, sources: list[Still], shape: Callable[[Region], Plane | None]
    ) -> None:
        region = hole.region(now.planes.size)
        if region is None:
            return
        here = now.planes.crop(region)
        filled = filler.fill(now, padded(hole.box, 0.06, 4), region, sources, partial(shape, region))
        free = free_of([padded(box, 0.1, 6) for box in now.movers], region)
        inner = free_of([padded(hole.box, 0.02)], region) == 0
        apart = difference(here, filled.planes)
        mask = mask_of(apart, hole, region[:2], np.minimum(free, filled.seen), filled.made)
        # Outside the hole a pixel that no other picture shows keeps what is there.
        mask[(filled.seen == 0) & ~inner] = 0
        self.tally.replaced += int(np.count_nonzero(mask))
        self.tally.invented += int(np.count_nonzero(filled.made))
        blended(here, filled.planes, mask)


def _together(holes: list[tuple[Track, Hole]]) -> list[tuple[list[tuple[Track, Boxes]], Hole]]:
    """Holes that overlap as one, so that none is filled with what stands in another; each with its tracks and their boxes."""
    groups: list[tuple[list[tuple[Track, Boxes]], Hole]] = []
    for track, hole in holes:
        tracks, box, before, behind = [(track, hole.box)], hole.box, hole.before, hole.behind
        apart = []
        for other in groups:
            if float(shared(padded(box, 0.1), other[1].box[None])[0]) <= 0:
                apart.append(other)
                continue
            tracks = [*other[0], *tracks]
            box = np.concatenate([np.minimum(box[:2], other[1].box[:2]), np.maximum(box[2:], other[1].box[2:])])
            before, behind = (*other[1].before, *before), (*other[1].behind, *behind)
        groups = [*apart, (tracks, Hole(box, before, behind))]
    return groups


def _outlines(planes: Planes, tracks: list[tuple[Track, Boxes]], region: Region) -> Plane | None:
    """The outlines of all the things together; ``None`` when one of them has none."""
    shapes = [outline(planes, box, track.group, region) for track, box in tracks]
    known = [shape for shape in shapes if shape is not None]
    return np.asarray(np.maximum.reduce(known)) if len(known) == len(shapes) else None


_NOTHING = Planes(*(np.zeros((0, 0), np.uint8) for _ in range(3)))


def _common(one: Region | None, other: Region) -> Region | None:
    if one is None:
        return None
    x0, y0, x1, y1 = (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
