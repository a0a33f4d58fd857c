"""Things taken out of a clip: a first pass gathers what is behind them, a second puts it where they are.

Shots before a standing camera get one plate each; in the others every picture is mended from its neighbours in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.analysis import Analysis
from skillwire.studio.effects.boxes import Boxes, padded
from skillwire.studio.effects.cutout import Hole
from skillwire.studio.effects.holes import Holes, Tally
from skillwire.studio.effects.moving import MovingMender
from skillwire.studio.effects.planes import Region, planes_of
from skillwire.studio.effects.plate import SAMPLES, Plate, PlateBuilder, union
from skillwire.studio.effects.samples import Kept
from skillwire.studio.effects.still import REACH, StillMender
from skillwire.studio.effects.stills import Distant

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from skillwire.studio.effects.tracks import Track

Timed = tuple[float, "VideoFrame"]
# Fewer kept pictures of a shot than this make no good plate.
_LEAST_KEPT = 12


def _none_kept(_shot: int) -> Sequence[Kept]:
    return ()


class Remover:
    """Takes tracks out of a clip's frames (yuv420p of the analysis' size). First ``prepare``, then ``mended``."""

    def __init__(self, analysis: Analysis, targets: Sequence[Track]) -> None:
        self._analysis = analysis
        ids = {track.id for track in targets}
        others = [track for track in analysis.tracks if track.id not in ids]
        self._holes = {
            shot: Holes(
                [track for track in targets if track.shot == shot],
                [track for track in others if track.shot == shot],
                analysis.size,
            )
            for shot in sorted({track.shot for track in targets})
        }
        self._plates: dict[int, tuple[Plate, Region]] = {}
        self._kept: dict[int, Sequence[Kept]] = {}
        self.tally = Tally()

    def prepare(
        self,
        read: Callable[[list[float]], Iterator[Timed]],
        span: tuple[float, float],
        kept: Callable[[int], Sequence[Kept]] = _none_kept,
    ) -> None:
        """Makes the plates that ``span`` (seconds) needs, and gets what else shows the scene.

        ``kept`` gives the pictures of a shot that were kept; where there are too few, ``read`` gives frames near the times asked
        for, in order.
        """
        wanted: list[float] = []
        regions: dict[int, Region] = {}
        builders: dict[int, PlateBuilder] = {}
        for number, holes in self._holes.items():
            shot = self._analysis.shots[number]
            if shot.end <= span[0] or shot.start >= span[1]:
                continue
            if not shot.still:
                self._kept[number] = kept(number)
                continue
            boxes = [padded(box, 0.6, 40) for track in holes.targets for box in track.boxes]
            # Of who meets a target the outline is learnt before, against the scene.
            boxes += [Hole(box).box_with_room for track in holes.meeting() for box in track.boxes]
            region = union(boxes, self._analysis.size)
            if region is None:
                continue
            regions[number], builder = region, PlateBuilder(region)
            for one in kept(number):
                planes = one.planes()
                if planes.size == self._analysis.size:
                    builder.add(planes, self._here(number, one.time))
            if builder.count >= _LEAST_KEPT:
                self._plates[number] = (builder.build(), region)
                continue
            builders[number] = PlateBuilder(region)
            # The whole shot counts, also where the timeline leaves it out: what is behind may show only there.
            wanted += list(shot.start + (np.arange(SAMPLES) + 0.5) / SAMPLES * (shot.end - shot.start))
        for time, frame in read(wanted) if wanted else ():
            number = self._analysis.shot_at(time)
            if number in builders:
                builders[number].add(planes_of(frame), self._here(number, time))
        for number, builder in builders.items():
            self._plates[number] = (builder.build(), regions[number])

    def mended(self, frames: Iterator[Timed]) -> Iterator[Timed]:
        """The frames without the targets; frames may come late by what must be seen before they can be mended."""
        for number, group in groupby(frames, lambda timed: self._analysis.shot_at(timed[0])):
            if number not in self._holes:
                yield from group
            elif number in self._plates:
                yield from StillMender(self._holes[number], *self._plates[number], self.tally).over(group)
            else:
                holes, path = self._holes[number], self._analysis.shots[number].path
                distant = Distant(self._kept.get(number, ()), path, holes, self._analysis.size)
                yield from MovingMender(holes, distant, self.tally).over(group)

    def _here(self, shot: int, time: float) -> list[tuple[Track, Boxes]]:
        """The targets at a time, with their boxes."""
        return [(track, box) for track in self._holes[shot].targets if (box := track.at(time, REACH)) is not None]
