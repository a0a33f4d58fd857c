"""What a mark made by hand means: a thing that is known, one that is followed from there, or a place of the scene."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile
from typing import Any

import numpy as np

from skillwire.errors import JobFailed
from skillwire.studio.effects.boxes import Boxes, area, iou, shared
from skillwire.studio.effects.finding.analysis import Analysis
from skillwire.studio.effects.finding.targets import Mark
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.following.followed import Follower, lying_on
from skillwire.studio.effects.following.mixups import Boxed
from skillwire.studio.effects.following.painted import shape_of
from skillwire.studio.effects.following.samespot import bounds, square_to

# A box drawn by hand means a thing that is known when it lies on it so well.
_SAME = 0.4
# So long before or after its sightings is a thing still there, in seconds.
_REACH = 0.2
# What is seen to so near the ends of its shot, in seconds, is seen all the time.
_WHOLE = 0.1
# A box so near an edge of the picture, in parts of its width, is cut off by it.
_RIM = 0.01
# So long (seconds) is a thing taken to go on as it went, without being followed.
_WORTH = 0.3
# How surely a thing was seen where it was only followed; another meets it that lies in its box to this part.
_UNSEEN, _MEETS = 0.3, 0.1
# So near its sightings, in seconds, a thing that leaves through an edge is not looked for.
_SOON = 0.4
# A place before a camera that stands is there all the time; so far apart are its boxes, in seconds.
_EVERY = 0.5


def meant_by(mark: Mark, analysis: Analysis, number: int, follower: Follower | None = None) -> Track:
    """The track a mark means, a known one or one of its own with that ``number``.

    Of a click it is the smallest known thing around it, of a box the one it lies on. Else, with a ``follower``, what the box holds is
    followed where it goes by itself, and so is what is known for a part of its time only. What does not go keeps its place in the scene.

    Raises ``JobFailed`` for a click on nothing known.
    """
    size = analysis.size
    box = np.asarray(mark.box, np.float32) * np.asarray([*size, *size], np.float32)
    there = [(track, at) for track in analysis.tracks if (at := track.at(mark.at, _REACH)) is not None]
    meant = _known(mark, box, there)
    if meant is not None:
        return meant[0] if follower is None else _prolonged(*meant, mark.at, analysis, follower)
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


def _known(mark: Mark, box: Boxes, there: list[tuple[Track, Boxes]]) -> tuple[Track, Boxes] | None:
    """Which of the known things that are ``there`` a mark means, with its box."""
    if mark.is_click:
        around = [one for one in there if (one[1][:2] <= box[:2]).all() and (one[1][2:] >= box[2:]).all()]
        if not around:
            raise JobFailed("no known thing is at the place that was clicked", fix="draw a box around it instead")
        return min(around, key=lambda one: float(area(one[1])))
    if not there:
        return None
    alike = iou(box, np.stack([at for _, at in there]))
    best = int(alike.argmax())
    return (there[best][0], box) if alike[best] >= _SAME else None


def _prolonged(track: Track, box: Boxes, at: float, analysis: Analysis, follower: Follower) -> Track:
    """The track of a known thing, with where it was followed before its first sighting and after its last."""
    shot = analysis.shots[track.shot]
    first, last = track.times[0], track.times[-1]
    told = first - shot.start < _WHOLE or _is_passing(track, first, -_SOON, analysis.size)
    told &= shot.end - last < _WHOLE or _is_passing(track, last, _SOON, analysis.size)
    if told or analysis.shot_at(at) != track.shot:
        return track
    way = follower.way(box, at)
    if way is None:
        return track
    followed = Track(track.id, track.group, track.shot, [time for time, _ in way], [there for _, there in way])
    before, after = [], []
    if _meet(followed, first, track.boxes[0]):
        before = _beyond(reversed([one for one in way if one[0] < first]), first, analysis.size)[::-1]
    if _meet(followed, last, track.boxes[-1]):
        after = _beyond((one for one in way if one[0] > last), last, analysis.size)
    return _joined(before, track, after, lying_on(way, track.shot, analysis))


def lasting(track: Track, analysis: Analysis, follower: Follower) -> Track:
    """The track of a known thing, with where it was followed past sightings that begin or end in the midst of the picture and shot."""
    shot = analysis.shots[track.shot]
    before, after = [], []
    if track.times[0] - shot.start >= _WHOLE and not _is_passing(track, track.times[0], -_SOON, analysis.size):
        way = follower.beyond(track.boxes[0], track.times[0], later=False)
        before = _beyond(_alone(way, track, analysis), track.times[0], analysis.size)[::-1]
    if shot.end - track.times[-1] >= _WHOLE and not _is_passing(track, track.times[-1], _SOON, analysis.size):
        way = follower.beyond(track.boxes[-1], track.times[-1], later=True)
        after = _beyond(_alone(way, track, analysis), track.times[-1], analysis.size)
    return _joined(before, track, after, track.same)


def _alone(way: Boxed, track: Track, analysis: Analysis) -> Boxed:
    """The part of a way up to where another one of its kind is met: it may be gone behind that, and taken for it."""
    known = (one for one in analysis.tracks if one.shot == track.shot and one.id not in (track.id, *track.same))
    others = [one for one in known if one.group == track.group]

    def met(time: float, box: Boxes) -> bool:
        there = (at for one in others if (at := one.at(time, _REACH)) is not None)
        return any(float(shared(box, at)) > _MEETS * float(area(box)) for at in there)

    return list(takewhile(lambda one: not met(*one), way))


def _joined(before: Boxed, track: Track, after: Boxed, same: tuple[int, ...]) -> Track:
    """A track with where it was before and after; ``same``: ids of what is the same thing."""
    return replace(
        track,
        times=[*(time for time, _ in before), *track.times, *(time for time, _ in after)],
        boxes=[*(there for _, there in before), *track.boxes, *(there for _, there in after)],
        scores=[*[_UNSEEN] * len(before), *track.scores, *[_UNSEEN] * len(after)],
        same=same,
    )


def _is_passing(track: Track, end: float, soon: float, size: tuple[int, int]) -> bool:
    """Whether a thing goes through the picture's left or right edge at an ``end`` of its sightings, or ``soon`` (seconds) beyond it."""
    boxes = (track.at(end, 0.0), track.at(end + soon, abs(soon)))
    return any(box is None or _is_cut(box, size) for box in boxes)


def _is_cut(box: Boxes, size: tuple[int, int]) -> bool:
    """Whether the picture's left or right edge cuts a thing off: there it came in, or left."""
    rim = _RIM * size[0]
    return bool(box[0] < rim or box[2] > size[0] - rim)


def _beyond(way: Iterable[tuple[float, Boxes]], end: float, size: tuple[int, int]) -> Boxed:
    """Where it was past an ``end`` of its sightings, as far as that is worth telling and the picture's edges cut nothing off."""
    whole = list(takewhile(lambda one: one[1][0] >= 0 and one[1][2] <= size[0], way))
    return whole if whole and abs(whole[-1][0] - end) > _WORTH else []


def _meet(followed: Track, time: float, known: Boxes) -> bool:
    """Whether what was followed is where a known thing is at a time."""
    there = followed.at(time, 0.0)
    return there is not None and float(iou(there, known[None])[0]) >= _SAME


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
