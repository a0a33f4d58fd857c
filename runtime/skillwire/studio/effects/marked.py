"""What a mark made by hand means: a thing that is known, one that is followed from there, or a place of the scene."""

from __future__ import annotations

from typing import Any

import numpy as np

from skillwire.errors import JobFailed
from skillwire.studio.effects.analysis import Analysis
from skillwire.studio.effects.boxes import Boxes, area, iou
from skillwire.studio.effects.followed import Follower, lying_on
from skillwire.studio.effects.painted import shape_of
from skillwire.studio.effects.samespot import bounds, square_to
from skillwire.studio.effects.targets import Mark
from skillwire.studio.effects.tracks import Track

# A box drawn by hand means a thing that is known when it lies on it so well.
_SAME = 0.4
# So long before or after its sightings is a thing still there, in seconds.
_REACH = 0.2
# A place before a camera that stands is there all the time; so far apart are its boxes, in seconds.
_EVERY = 0.5


def meant_by(mark: Mark, analysis: Analysis, number: int, follower: Follower | None = None) -> Track:
    """The track a mark means, a known one or one of its own with that ``number``.

    Of a click it is the smallest known thing around it, of a box the one it lies on. Else, with a ``follower``, what the box holds is
    followed where it goes by itself. What does not go keeps its place in the scene.

    Raises ``JobFailed`` for a click on nothing known.
    """
    size = analysis.size
    box = np.asarray(mark.box, np.float32) * np.asarray([*size, *size], np.float32)
    there = [(track, at) for track in analysis.tracks if (at := track.at(mark.at, _REACH)) is not None]
    if mark.is_click:
        around = [
            (float(area(at)), track) for track, at in there if (at[:2] <= box[:2]).all() and (at[2:] >= box[2:]).all()
        ]
        if not around:
            raise JobFailed("no known thing is at the place that was clicked", fix="draw a box around it instead")
        return min(around, key=lambda one: one[0])[1]
    if there:
        alike = iou(box, np.stack([at for _, at in there]))
        if alike.max() >= _SAME:
            return there[int(alike.argmax())][0]
    shot = analysis.shot_at(mark.at)
    way = None if follower is None else follower.way(box, mark.at)
    if way is None:
        track = _riding(box, mark.at, analysis, number)
    else:
        track = Track(number, "place", shot, label="place", same=lying_on(way, shot, analysis))
        track.times, track.boxes = [time for time, _ in way], [at for _, at in way]
    track.scores = [1.0] * len(track.times)
    track.shape = shape_of(mark.shape) if mark.shape else None
    return track


def _riding(box: Boxes, at: float, analysis: Analysis, number: int) -> Track:
    """A place in the scene as a track: it moves as the camera moves."""
    shot = analysis.shots[analysis.shot_at(at)]
    track = Track(number, "place", analysis.shot_at(at), label="place")
    if not shot.path:
        track.times = list(np.arange(shot.start, shot.end, _EVERY))
        track.boxes = [box] * len(track.times)
        return track
    places: Any = np.asarray([time for time, _ in shot.path])
    home = np.linalg.inv(shot.path[int(np.abs(places - at).argmin())][1])
    for time, matrix in shot.path:
        track.times.append(time)
        track.boxes.append(bounds(matrix @ home @ square_to(box)))
    return track
