"""Things taken out of a clip: a first pass gathers what is behind them, a second puts it where they are.

Shots before a standing camera get one plate each; in the others every picture is mended from its neighbours in time. What a picture
needs is worked out ahead of it, in threads of their own: plates while the shot before is mended, scenes while earlier pictures are.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.ahead import ahead
from skillwire.studio.effects.boxes import Boxes, padded
from skillwire.studio.effects.finding.analysis import Analysis
from skillwire.studio.effects.planes import Region, planes_of
from skillwire.studio.effects.removal.cutout import Hole
from skillwire.studio.effects.removal.holes import Holes, Tally
from skillwire.studio.effects.removal.moving import MovingMender
from skillwire.studio.effects.removal.plate import SAMPLES, Plate, PlateBuilder, union
from skillwire.studio.effects.removal.samples import Kept
from skillwire.studio.effects.removal.still import REACH, StillMender
from skillwire.studio.effects.removal.stills import Distant

if TYPE_CHECKING:
    from skillwire.studio.effects.finding.tracks import Track
    from skillwire.studio.effects.upright import Timed

# Fewer kept pictures of a shot than this make no good plate.
_LEAST_KEPT = 12
# Pictures planned before they are mended: while they wait, the scene behind them is put together.
_PLANNED = 28

# What is to be done to a picture; gives it mended.
_Work = Callable[[], "Timed"]


def _none_kept(_shot: int) -> Sequence[Kept]:
    return ()


def _none_read(_times: list[float]) -> Iterator[Timed]:
    return iter(())


class Remover:
    """Takes tracks out of a clip's frames (yuv420p of the analysis' size). First ``prepare``, then ``mended``."""

    def __init__(self, analysis: Analysis, targets: Sequence[Track]) -> None:
        self._analysis = analysis
        ids = {number for track in targets for number in (track.id, *track.same)}
        others = [track for track in analysis.tracks if track.id not in ids]
        self._holes = {
            shot: Holes(
                [track for track in targets if track.shot == shot],
                [track for track in others if track.shot == shot],
                analysis.size,
                analysis.shots[shot].path,
            )
            for shot in sorted({track.shot for track in targets})
        }
        self._read: Callable[[list[float]], Iterator[Timed]] = _none_read
        self._kept: Callable[[int], Sequence[Kept]] = _none_kept
        self._shown: list[int] = []
        self.tally = Tally()

    def prepare(
        self,
        read: Callable[[list[float]], Iterator[Timed]],
        span: tuple[float, float],
        kept: Callable[[int], Sequence[Kept]] = _none_kept,
    ) -> None:
        """Tells where to find what else shows the scene in the shots that ``span`` (seconds) needs.

        ``kept`` gives the pictures of a shot that were kept; where there are too few, ``read`` gives frames near the times asked
        for, in order. Both are asked shot by shot, from a thread of their own.
        """
        self._read, self._kept = read, kept
        shots = self._analysis.shots
        self._shown = [n for n in self._holes if shots[n].end > span[0] and shots[n].start < span[1]]

    def mended(self, frames: Iterator[Timed]) -> Generator[Timed, None, None]:
        """The frames without the targets; frames may come late by what must be seen before they can be mended."""
        with ExitStack() as stack:
            plates, scenes = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
            for pool in (plates, scenes):
                stack.callback(pool.shutdown, cancel_futures=True)
            for work in stack.enter_context(closing(ahead(self._planned(frames, plates, scenes), _PLANNED))):
                yield work()

    def _planned(
        self, frames: Iterator[Timed], plates: ThreadPoolExecutor, scenes: ThreadPoolExecutor
    ) -> Iterator[_Work]:
        """What is to be done to each frame; the threads put together what is needed for that."""
        coming: dict[int, Future[tuple[Plate, Region] | None]] = {}

        def plate(number: int) -> tuple[Plate, Region] | None:
            """The plate of a shot; that of the next one is begun with."""
            standing = [n for n in self._shown if n >= number and self._analysis.shots[n].still]
            for one in standing[:2]:
                if one not in coming:
                    coming[one] = plates.submit(self._plate, one)
            return coming.pop(number).result()

        for number, group in groupby(frames, lambda timed: self._analysis.shot_at(timed[0])):
            yield from self._works(number, group, plate, scenes)

    def _works(
        self,
        number: int,
        group: Iterator[Timed],
        plate: Callable[[int], tuple[Plate, Region] | None],
        scenes: ThreadPoolExecutor,
    ) -> Iterator[_Work]:
        """What is to be done to each frame of a shot."""
        shot, holes = self._analysis.shots[number], self._holes.get(number)
        if holes is not None and number in self._shown:
            if not shot.still:
                distant = Distant(self._kept(number), shot.path, holes, self._analysis.size)
                return MovingMender(holes, distant, self.tally, scenes).over(group)
            scene = plate(number)
            if scene is not None:
                return StillMender(holes, *scene, self.tally).over(group)
        return (partial(_as_it_is, timed) for timed in group)

    def _plate(self, number: int) -> tuple[Plate, Region] | None:
        """The scene of a shot before a camera that stands, and the part of the picture that it is; ``None`` where nothing goes."""
        shot, holes, size = self._analysis.shots[number], self._holes[number], self._analysis.size
        boxes = [padded(box, 0.6, 40) for track in holes.targets for box in track.boxes]
        # Of who meets a target the outline is learnt before, against the scene.
        boxes += [Hole(box).box_with_room for track in holes.meeting() for box in track.boxes]
        region = union(boxes, size)
        if region is None:
            return None
        builder = PlateBuilder(region)
        kept = self._kept(number)
        if len(kept) >= _LEAST_KEPT:
            builder.add_all([one.planes for one in kept], [self._here(number, one.time) for one in kept])
        else:
            # The whole shot counts, also where the timeline leaves it out: what is behind may show only there.
            wanted = shot.start + (np.arange(SAMPLES) + 0.5) / SAMPLES * (shot.end - shot.start)
            for time, frame in self._read(list(wanted)):
                if self._analysis.shot_at(time) == number:
                    builder.add(planes_of(frame), self._here(number, time))
        return (builder.build(), region) if builder.count else None

    def _here(self, shot: int, time: float) -> list[tuple[Track, Boxes]]:
        """The targets at a time, with their boxes."""
        holes = self._holes[shot]
        return [(track, box) for track in holes.targets if (box := holes.box(track, time, REACH)) is not None]


def _as_it_is(timed: Timed) -> Timed:
    return timed
