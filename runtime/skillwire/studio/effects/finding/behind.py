"""How much of what stands behind things another picture shows, told from boxes and the camera's path alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from skillwire.studio.effects.boxes import padded
from skillwire.studio.effects.camera import moved
from skillwire.studio.effects.finding.analysis import Analysis, Shot
from skillwire.studio.effects.finding.tracks import Track

_T = TypeVar("_T")

# Things asked about at most, and moments looked at for each: half of them the nearest in time, half from all of the shot.
_THINGS, _MOMENTS = 60, 240
# Moments of a shot before a camera that stands.
_STANDING = 60
# How long (seconds) before its first and after its last sighting a thing is taken for there; room around its box; points a side.
_REACH, _ROOM, _POINTS = 0.3, 0.1, 12


def seen_behind(analysis: Analysis, targets: Sequence[Track]) -> float:
    """Which part of the places behind the targets shows at some time of their shot, 0 to 1; of many targets some tell for all."""
    shots = {number: _Crowd([one for one in targets if one.shot == number]) for number in {one.shot for one in targets}}
    shares = [
        share
        for target in _spread(targets, _THINGS)
        if (share := _shown(target, analysis.shots[target.shot], analysis.size, shots[target.shot])) is not None
    ]
    return float(np.mean(shares)) if shares else 1.0


class _Crowd:
    """The targets of a shot."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        self._tracks = tracks
        self._since = np.asarray([track.times[0] - _REACH for track in tracks])
        self._until = np.asarray([track.times[-1] + _REACH for track in tracks])

    def at(self, time: float) -> list[Track]:
        """Those that may be there at a time."""
        return [self._tracks[n] for n in np.flatnonzero((self._since <= time) & (time <= self._until)).tolist()]


def _shown(target: Track, shot: Shot, size: tuple[int, int], crowd: _Crowd) -> float | None:
    """Which part of the place behind a target shows; ``None`` when its place is outside the picture."""
    path = dict(shot.path)
    middle = len(target.times) // 2
    box, moment = padded(target.boxes[middle], 0.05), target.times[middle]
    x, y = np.meshgrid(np.linspace(box[0], box[2], _POINTS), np.linspace(box[1], box[3], _POINTS))
    points = np.stack([x.ravel(), y.ravel()], 1).astype(np.float64)
    points = points[((points >= 0) & (points < np.asarray(size))).all(1)]
    if not len(points):
        return None
    times = list(path) or list(np.linspace(shot.start, shot.end, _STANDING, endpoint=False))
    home = np.linalg.inv(path[min(path, key=lambda one: abs(one - moment))]) if path else np.eye(3)
    if len(times) > _MOMENTS:
        nearest = sorted(times, key=lambda one: abs(one - moment))[: _MOMENTS // 2]
        times = [*nearest, *_spread(times, _MOMENTS // 2)]
    shown = np.zeros(len(points), bool)
    for time in times:
        there = moved(points, path[time] @ home) if path else points
        free = ((there >= 0) & (there < np.asarray(size))).all(1)
        for track in crowd.at(time) if free.any() else ():
            at = track.at(time, _REACH)
            if at is not None:
                at = padded(at, _ROOM)
                free &= ~((there >= at[:2]) & (there <= at[2:])).all(1)
        shown |= free
        if shown.all():
            break
    return float(shown.mean())


def _spread(items: Sequence[_T], most: int) -> Sequence[_T]:
    """At most so many of the items, evenly spread."""
    return items[:: max(1, -(-len(items) // most))]
