"""Where a target is thought to be between two sightings when it passed behind something that stays: it went on evenly.

What is detected late again has shown for a while; so all of the way counts, not only what of it is behind something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from skillwire.studio.effects.boxes import Boxes
from skillwire.studio.effects.camera import Matrix, Path, moved, place_at
from skillwire.studio.effects.finding.pieces import pieces_of
from skillwire.studio.effects.finding.tracks import Track

# Between sightings that lie apart by more and by less than this, in seconds, a thing may have been behind something.
_GAP, _LONGEST = 0.25, 5.0
# Places are told this often where the camera stands, in seconds.
_EVERY = 0.2

# Whether something that stays hides a part of a box at a time.
Hides = Callable[[Boxes, float], bool]


def bridges_of(targets: Sequence[Track], path: Path, hides: Hides) -> dict[int, list[Track]]:
    """By target, the ways it is thought to have gone out of sight; of one that comes back as another those between both as well."""
    made: dict[int, list[Track]] = {}
    for track in targets:
        ends = [
            ((before, track.boxes[n]), (after, track.boxes[n + 1]))
            for n, (before, after) in enumerate(pairwise(track.times))
        ]
        later = [other for other in targets if 0 < other.times[0] - track.times[-1] < _LONGEST]
        follower = min(later, key=lambda other: other.times[0], default=None)
        if follower is not None and len(pieces_of([track, follower], path)) > 1:
            ends.append(((track.times[-1], track.boxes[-1]), (follower.times[0], follower.boxes[0])))
        for first, last in ends:
            if _GAP < last[0] - first[0] < _LONGEST:
                way = _way(track, first, last, path)
                if any(hides(box, time) for time, box in zip(way.times, way.boxes, strict=True)):
                    made.setdefault(track.id, []).append(way)
    return made


def _way(track: Track, first: tuple[float, Boxes], last: tuple[float, Boxes], path: Path) -> Track:
    """From one sighting to another, evenly through the scene."""
    start, end = first[0], last[0]
    inner = [(time, place) for time, place in path if start < time < end]
    if not path:
        count = max(1, round((end - start) / _EVERY))
        inner = [(start + (end - start) * n / count, np.eye(3)) for n in range(1, count)]
    outer = [(time, place_at(path, time)) for time in (start, end)]
    homes = [
        moved(_corners(box), np.asarray(np.linalg.inv(place)))
        for (_, box), (_, place) in zip((first, last), outer, strict=True)
    ]
    way = Track(track.id, track.group, track.shot, label=track.label)
    for time, place in [outer[0], *inner, outer[1]]:
        part = (time - start) / (end - start)
        way.times.append(time)
        way.boxes.append(moved((1 - part) * homes[0] + part * homes[1], place).ravel().astype(np.float32))
    way.scores = [0.0] * len(way.times)
    return way


def _corners(box: Boxes) -> Matrix:
    """Two opposite corners."""
    return np.asarray(box, np.float64).reshape(2, 2)
