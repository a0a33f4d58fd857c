"""What moves through a shot: detections joined over time into tracks.

Association is by overlap and distance with where a track should be, then by colour; what is lost is looked for again in an
enlarged crop at the predicted place, and a new track is followed back into the pictures before it was first seen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, iou, padded, whole
from skillwire.studio.effects.camera import Matrix, moved
from skillwire.studio.effects.colours import NAMES, shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skillwire.studio.effects.detector import Detection, Detector

# A detection this sure may begin a track; weaker ones only carry one on (Zhang et al., ByteTrack, 2022).
_BIRTH = 0.35
# How long a track goes unseen before it ends, and how far back a new one is followed, in seconds.
_PATIENCE = 1.5
_BACK = 2.0
_MATCH = 0.25
# What comes back within so many seconds, with so much of its colours the same, may be what was hidden.
_HIDDEN, _ALIKE = 4.0, 0.55
# Seen at two times further apart than this (seconds), it was hidden in between, but for this long at either end.
_GAP, _EDGE = 0.55, 0.12
# A track seen once, or that never moves, must be surer than one seen on its way.
_SURE_ONCE = 0.55
_SURE_STILL = 0.42
_SURE = 0.35
# Travel in diagonals of its box below which a thing stands still.
STILL_TRAVEL = 0.35


@dataclass(slots=True)
class Track:
    """One thing over its time in a shot. ``times`` in seconds of the file, ``boxes`` in pixels of the upright picture.

    ``label`` is the class most often seen, ``colours`` the shares of ``colours.NAMES``, ``sharpness`` the variance of the
    Laplacian relative to the picture's, ``travel`` how far it came, camera motion taken out, in diagonals of its box.
    """

    id: int
    group: str
    shot: int
    times: list[float] = field(default_factory=list)
    boxes: list[Boxes] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    label: str = ""
    colours: NDArray[np.float32] = field(default_factory=lambda: np.zeros(len(NAMES), np.float32))
    sharpness: float = 0.0
    travel: float = 0.0

    def at(self, time: float, reach: float) -> Boxes | None:
        """Its box at a time, between the boxes known; up to ``reach`` seconds outside, as it went on.

        ``None`` when it is away, or hidden for longer.
        """
        if not self.times[0] - reach <= time <= self.times[-1] + reach:
            return None
        if len(self.times) == 1:
            return self.boxes[0]
        place = int(np.clip(np.searchsorted(self.times, time), 1, len(self.times) - 1))
        before, after = self.times[place - 1], self.times[place]
        if after - before > _GAP and before + min(reach, _EDGE) < time < after - min(reach, _EDGE):
            return None  # hidden behind something else, which is to stay
        part = (time - before) / (after - before)
        box = self.boxes[place - 1] * (1 - part) + self.boxes[place] * part
        if not 0 <= part <= 1:  # past its end only the place goes on; a size that does soon turns inside out
            edge = self.boxes[place] if part > 1 else self.boxes[place - 1]
            shift = ((box[:2] + box[2:]) - (edge[:2] + edge[2:])) / 2
            box = edge + np.tile(shift, 2)
        return np.asarray(box, np.float32)

    @property
    def size(self) -> float:
        """Its median area in square pixels."""
        sides = np.stack(self.boxes)
        return float(np.median((sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])))

    @property
    def centre(self) -> tuple[float, float]:
        """The median of its centre."""
        sides = np.stack(self.boxes)
        x, y = np.median((sides[:, :2] + sides[:, 2:]) / 2, axis=0)
        return float(x), float(y)

    @property
    def foot(self) -> float:
        """The median of its lower edge."""
        return float(np.median([box[3] for box in self.boxes]))


@dataclass(slots=True)
class _Open:
    track: Track
    labels: dict[str, float] = field(default_factory=dict)
    colours: list[NDArray[np.float32]] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    places: list[NDArray[Any]] = field(default_factory=list)

    def predicted(self, time: float, most: float = 0.6) -> Boxes:
        """Where it should be, gone on for ``most`` seconds at most as it went."""
        track = self.track
        last = track.boxes[-1]
        if len(track.boxes) < 2:
            return last
        back = max(0, len(track.boxes) - 4)
        span = track.times[-1] - track.times[back]
        centres = [(box[:2] + box[2:]) / 2 for box in (track.boxes[back], last)]
        speed = (centres[1] - centres[0]) / max(span, 1e-3)
        ahead = min(time - track.times[-1], most)
        return np.asarray(last + np.tile(speed * ahead, 2), np.float32)


@dataclass(frozen=True, slots=True)
class Seen:
    """One sampled picture: its time, the picture (BGR), pixels of the full picture per pixel of this one."""

    time: float
    picture: NDArray[np.uint8]
    scale: float


class Tracker:
    """Follows things through one shot; ``step`` for each sampled picture in order, then ``done`` for the tracks."""

    def __init__(self, shot: int, detector: Detector, first_id: int) -> None:
        self._shot = shot
        self._detector = detector
        self._next = first_id
        self._open: list[_Open] = []
        self._closed: list[_Open] = []
        self._past: deque[Seen] = deque(maxlen=16)
        self._home: Matrix = np.eye(3)

    def boxes(self) -> list[Boxes]:
        """Where everything known was last, in full-size pixels."""
        return [one.track.boxes[-1] for one in self._open]

    def step(self, seen: Seen, found: list[Detection], camera: Matrix) -> None:
        """``found`` in pixels of ``seen.picture``; ``camera`` maps full-size pixels of the picture before to this one's."""
        self._home = self._home @ np.linalg.inv(camera)
        for detection in self._matched(seen, found):
            if detection.score >= _BIRTH:
                self._born(seen, detection)
        self._closed += [one for one in self._open if seen.time - one.track.times[-1] > _PATIENCE]
        self._open = [one for one in self._open if seen.time - one.track.times[-1] <= _PATIENCE]
        self._past.append(seen)

    def done(self) -> list[Track]:
        """The tracks sure enough to be things, in the order they were first seen."""
        found = sorted((*self._closed, *self._open), key=lambda one: (one.track.times[0], one.track.id))
        tracks = [_finished(one) for one in _stitched(found)]
        return [track for track in tracks if _is_sure(track)]

    def _matched(self, seen: Seen, found: list[Detection]) -> list[Detection]:
        """Carries tracks on with what was found; returns what belongs to none. What is lost is looked for nearer by."""
        wanted = [one.predicted(seen.time) / seen.scale for one in self._open]
        pairs = sorted(
            (
                (_likeness(box, one, detection, seen.picture), n, m)
                for n, (one, box) in enumerate(zip(self._open, wanted, strict=True))
                for m, detection in enumerate(found)
                if detection.group == one.track.group
            ),
            reverse=True,
        )
        tracks_left, left = set(range(len(self._open))), set(range(len(found)))
        for likeness, n, m in pairs:
            if likeness >= _MATCH and n in tracks_left and m in left:
                tracks_left.discard(n)
                left.discard(m)
                self._extend(self._open[n], seen, found[m])
        for n in sorted(tracks_left):
            again = self._nearer(seen, wanted[n], self._open[n].track.group)
            taken = [one.track.boxes[-1] for one in self._open if one.track.times[-1] == seen.time]
            if again is not None and not (taken and iou(again.box * seen.scale, np.stack(taken)).max() > 0.5):
                self._extend(self._open[n], seen, again)
        fresh = [found[m] for m in sorted(left)]
        taken = [one.track.boxes[-1] / seen.scale for one in self._open if one.track.times[-1] == seen.time]
        return [one for one in fresh if not taken or iou(one.box, np.stack(taken)).max() < 0.6]

    def _nearer(self, seen: Seen, box: Boxes, group: str) -> Detection | None:
        """Looks for a thing in a crop around where it should be."""
        height, width = seen.picture.shape[:2]
        region = whole(padded(box, 0.8, 32), (width, height), 1)
        if region is None:
            return None
        near = [one for one in self._detector.inside(seen.picture, [region]) if one.group == group]
        overlap = iou(box, np.stack([one.box for one in near])) if near else np.zeros(1)
        return near[int(overlap.argmax())] if overlap.max() > _MATCH else None

    def _extend(self, one: _Open, seen: Seen, detection: Detection, *, front: bool = False) -> None:
        track, box = one.track, detection.box * seen.scale
        place = 0 if front else len(track.times)
        track.times.insert(place, seen.time)
        track.boxes.insert(place, np.asarray(box, np.float32))
        track.scores.insert(place, detection.score)
        one.labels[detection.label] = one.labels.get(detection.label, 0.0) + detection.score
        body = _core(seen.picture, detection)
        one.colours.append(shares(body))
        one.sharpness.append(_sharpness(body) / (_sharpness(seen.picture) + 1e-6))
        if not front:
            centre = np.asarray([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]], np.float64)
            one.places.append(moved(centre, self._home)[0])

    def _born(self, seen: Seen, detection: Detection) -> None:
        one = _Open(Track(self._next, detection.group, self._shot))
        self._next += 1
        self._extend(one, seen, detection)
        known = [other.track for other in self._open if other.track.group == detection.group]
        misses = 0
        for past in reversed(self._past):
            if seen.time - past.time > _BACK or misses > 1:
                break
            box = one.track.boxes[0] / past.scale
            again = self._nearer(past, box, detection.group)
            taken = [at for track in known if (at := track.at(past.time, 0.0)) is not None]
            if again is None or (taken and iou(again.box * past.scale, np.stack(taken)).max() > 0.4):
                misses += 1
                continue
            misses = 0
            self._extend(one, past, again, front=True)
        self._open.append(one)


def _likeness(wanted: Boxes, one: _Open, detection: Detection, picture: NDArray[np.uint8]) -> float:
    """How well a detection carries a track on: overlap with the predicted box, nearness, and colours where it is close."""
    overlap = float(iou(wanted, detection.box[None])[0])
    sides = np.maximum(wanted[2:] - wanted[:2], 1)
    other = np.maximum(detection.box[2:] - detection.box[:2], 1)
    apart = float(np.abs(((wanted[:2] + wanted[2:]) - (detection.box[:2] + detection.box[2:])) / 2 / sides).max())
    alike = float(np.minimum(sides / other, other / sides).prod())
    near = max(0.0, 1 - apart) * alike
    if overlap < 0.05 and near < 0.2:
        return 0.0
    colours = float(np.minimum(shares(_core(picture, detection)), one.colours[-1]).sum())
    return 0.5 * overlap + 0.3 * near + 0.2 * colours


def _core(picture: NDArray[np.uint8], detection: Detection) -> NDArray[np.uint8]:
    """The middle of a box, where the thing itself is rather than what is behind it; of a person the upper body."""
    x0, y0, x1, y1 = (float(edge) for edge in detection.box)
    top, bottom = (0.15, 0.6) if detection.group == "person" else (0.2, 0.85)
    columns = slice(int(x0 + 0.25 * (x1 - x0)), int(x0 + 0.75 * (x1 - x0)) + 1)
    return picture[int(y0 + top * (y1 - y0)) : int(y0 + bottom * (y1 - y0)) + 1, columns]


def _sharpness(picture: NDArray[np.uint8]) -> float:
    import cv2  # noqa: PLC0415 - slow import

    if picture.size == 0:
        return 0.0
    return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_32F).var())


def _stitched(found: list[_Open]) -> list[_Open]:
    """Joins what was hidden for a while and came back near the same place, of the same size and colours."""
    result: list[_Open] = []
    for one in found:
        earlier = [other for other in result if _continues(other, one)]
        if not earlier:
            result.append(one)
            continue
        last = max(earlier, key=lambda other: other.track.times[-1])
        track = last.track
        track.times += one.track.times
        track.boxes += one.track.boxes
        track.scores += one.track.scores
        last.colours += one.colours
        last.sharpness += one.sharpness
        last.places += one.places
        for label, score in one.labels.items():
            last.labels[label] = last.labels.get(label, 0.0) + score
    return result


def _continues(one: _Open, other: _Open) -> bool:
    gap = other.track.times[0] - one.track.times[-1]
    if one.track.group != other.track.group or not 0 < gap <= _HIDDEN:
        return False
    before, after = one.track.boxes[-1], other.track.boxes[0]
    sides = [np.maximum(box[2:] - box[:2], 1) for box in (before, after)]
    # It may have stood still while it was hidden, or walked on.
    onwards = one.predicted(other.track.times[0], _HIDDEN)
    apart = np.minimum(*(np.abs((box[:2] + box[2:]) - (after[:2] + after[2:])) / 2 for box in (before, onwards)))
    alike = float(np.minimum(one.colours[-1], other.colours[0]).sum())
    similar = float(np.maximum(sides[0] / sides[1], sides[1] / sides[0]).max()) < 2
    return similar and bool((apart < 0.8 * np.maximum(*sides)).all()) and alike > _ALIKE


def _finished(one: _Open) -> Track:
    track = one.track
    track.label = max(one.labels, key=lambda label: one.labels[label])
    track.colours = np.mean(one.colours, axis=0, dtype=np.float32)
    track.sharpness = float(np.median(one.sharpness))
    diagonal = float(np.median([np.hypot(box[2] - box[0], box[3] - box[1]) for box in track.boxes]))
    spread = np.ptp(np.stack(one.places), axis=0)
    track.travel = float(np.hypot(*spread) / max(diagonal, 1.0))
    return track


def _is_sure(track: Track) -> bool:
    if len(track.times) == 1:
        return track.scores[0] >= _SURE_ONCE
    level = float(np.mean(sorted(track.scores)[-5:]))
    return level >= (_SURE if track.travel > STILL_TRAVEL else _SURE_STILL)
