"""Which tracks are of one thing: lost from sight it comes back as another track, half hidden as one of a part of it."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.boxes import covered
from skillwire.studio.effects.camera import Path, moved, place_at
from skillwire.studio.effects.finding.tracks import Track

# Two tracks are of one thing when at most so many seconds lie between them, they are never seen apart, and they share so much of their
# colours, are of a like area and stand at the same height, in roots of their area.
_AWAY, _SAME_COLOURS, _SAME_SIZE, _SAME_FOOT = 5.0, 0.5, 1.8, 0.4
# When both are seen at once (seconds), as much of one lies in the other. Of a part that much does, at this part of its sightings, where
# the whole was seen so lately.
_AT_ONCE, _SAME_PLACE = 0.05, 0.5
_WITHIN, _PARTLY, _LATELY = 0.7, 0.6, 1.0


def pieces_of(ranked: list[Track], path: Path = ()) -> list[Track]:
    """The first, and what seems to be the same thing at other times: lost from sight, it came back as another track.

    ``path``: the camera's in their shot.
    """
    one = ranked[:1]
    feet = {track.id: _foot(track, path) for track in ranked} if path and len(ranked) > 1 else {}
    for other in ranked[1:]:
        alike = all(float(np.minimum(track.colours, other.colours).sum()) >= _SAME_COLOURS for track in one)
        sized = all(max(track.size, other.size) < _SAME_SIZE * min(track.size, other.size) for track in one)
        foot = feet.get(other.id, other.foot)
        level = all(abs(feet.get(track.id, track.foot) - foot) < _SAME_FOOT * track.size**0.5 for track in one)
        apart = min(max(other.times[0] - track.times[-1], track.times[0] - other.times[-1]) for track in one)
        elsewhere = any(min(_together(other, track, _AT_ONCE), default=1.0) < _SAME_PLACE for track in one)
        if alike and sized and level and apart < _AWAY and not elsewhere:
            one.append(other)
    return one


def is_part_of(other: Track, pieces: list[Track]) -> bool:
    """Whether a track is of a part of a thing, seen for a while by itself: the legs of somebody half hidden, say."""
    if any(track_length(other) >= track_length(track) and other.size >= track.size for track in pieces):
        return False
    both = [shared for track in pieces for shared in _together(other, track, _LATELY)]
    return len(both) >= _PARTLY * len(other.times) and float(np.mean(both)) >= _WITHIN


def _foot(track: Track, path: Path) -> float:
    """The median of a track's lower edge as the shot's first picture would show it."""
    feet = [
        moved(np.asarray([[(box[0] + box[2]) / 2, box[3]]]), np.linalg.inv(place_at(path, time)))[0, 1]
        for time, box in zip(track.times, track.boxes, strict=True)
    ]
    return float(np.median(feet))


def _together(other: Track, track: Track, lately: float) -> list[float]:
    """How much of the smaller of two things' boxes lies in the other's, at each sighting of one for which the other was seen so lately."""
    seen = np.asarray(track.times)
    nearest = (
        (time, box, int(np.abs(seen - time).argmin())) for time, box in zip(other.times, other.boxes, strict=True)
    )
    return [
        float(covered(box, track.boxes[place])) for time, box, place in nearest if abs(seen[place] - time) <= lately
    ]


def track_length(track: Track) -> float:
    """How long a track is seen, in seconds."""
    return track.times[-1] - track.times[0] + 0.1
