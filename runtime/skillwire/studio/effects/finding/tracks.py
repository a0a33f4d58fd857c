"""What moves through a shot: detections joined over time into tracks.

Things are detected a few times a second. In between, and back into the pictures before a thing was first seen, its box is carried
by the flow of what is in it. Association is by overlap and distance with where a track should be, then by colour; what is lost is
looked for again in an enlarged crop at that place.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, iou, padded, whole
from skillwire.studio.effects.camera import Matrix, moved
from skillwire.studio.effects.finding.colours import NAMES, shares
from skillwire.studio.effects.finding.follow import alike, carried, face
from skillwire.studio.effects.finding.stitch import stitched

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skillwire.studio.effects.finding.detector import Detection, Detector

# A detection this sure may begin a track; weaker ones only carry one on (Zhang et al., ByteTrack, 2022).
_BIRTH = 0.35
# How long a track goes unseen before it ends, and how far back a new one is followed, in seconds.
_PATIENCE = 2.0
_BACK = 2.0
# What flow carries stays the same thing while its face correlates so well; so long, in seconds, is it believed at a track's ends.
_SAME_FACE, _TAIL = 0.35, 0.8
# Lost things looked for in crops of their own, at one time: each costs as much as a look at the whole picture.
_MOST_CROPS = 2
_MATCH = 0.25
# Room around the place that is searched, in sides of the box and pixels: in a tight crop things are seen that hide in a wide one.
_CROP, _CROP_LEAST = 0.4, 24
# What is found there must be of this size, for pieces of what is behind look like things, too.
_SAME_SIZE = 0.65
# So far apart, in sides of the box, the places are different where flow and pace lead to.
_APART = 0.3
# That a thing stopped is less likely than that it went on.
_STOPPED = 0.8
# Seen at two times further apart than this (seconds), it was hidden in between, but for this long at either end.
_GAP, _EDGE = 0.75, 0.12
# How fast a thing went at either end of a track is told from so many seconds of it.
_PACE_OVER = 0.4
# Where both boxes overlap by this much it was there and only missed, for so many seconds at most.
_STAYED, _MISSED = 0.15, 2.5
# A track seen once, or that never moves, must be surer than one seen on its way.
_SURE_ONCE = 0.55
_SURE_STILL = 0.42
_SURE = 0.35
# So many of its best sightings count: what goes is a thing also when it is hard to see most of the time.
_BEST_GOING, _BEST_STILL = 3, 5
# Travel in diagonals of its box below which a thing stands still.
STILL_TRAVEL = 0.35
# What lives moves also where it stays, so its pixels are never those of the scene.
LIVING = frozenset({"person", "cat", "dog", "bird", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"})


@dataclass(slots=True)
class Track:
    """One thing over its time in a shot. ``times`` in seconds of the file, ``boxes`` in pixels of the upright picture.

    ``label`` is the class most often seen, ``colours`` the shares of ``colours.NAMES``, ``sharpness`` the variance of the
    Laplacian relative to the picture's, ``travel`` how far it came, camera motion taken out, in diagonals of its box. ``shape``: of a
    place painted by hand, the part of the box that is meant (0 or 255). ``same``: ids of other tracks of the same thing.
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
    shape: NDArray[np.uint8] | None = None
    same: tuple[int, ...] = ()

    def at(self, time: float, reach: float) -> Boxes | None:
        """Its box at a time, between the boxes known; up to ``reach`` seconds outside, as it went on.

        ``None`` when it is away, or hidden for longer.
        """
        if not self.times[0] - reach <= time <= self.times[-1] + reach:
            return None
        if len(self.times) == 1:
            return self.boxes[0]
        place = min(max(bisect_left(self.times, time), 1), len(self.times) - 1)
        before, after = self.times[place - 1], self.times[place]
        if after - before > _GAP and before + min(reach, _EDGE) < time < after - min(reach, _EDGE):
            stayed = float(iou(self.boxes[place - 1], self.boxes[place][None])[0]) > _STAYED
            if not stayed or after - before > _MISSED:
                return None  # hidden behind something else, which is to stay
        part = (time - before) / (after - before)
        box = self.boxes[place - 1] * (1 - part) + self.boxes[place] * part
        if not 0 <= part <= 1:
            box = self._gone_on(time)
        return np.asarray(box, np.float32)

    def _gone_on(self, time: float) -> Boxes:
        """Its box past either end. Only the place goes on; a size that does soon turns inside out."""
        times = self.times
        late = time > times[-1]
        edge = len(times) - 1 if late else 0
        # Over a while, for from one box to the next detections jump.
        over = min(_PACE_OVER, times[-1] - times[0]) - 1e-6
        other = bisect_right(times, times[-1] - over) - 1 if late else bisect_left(times, times[0] + over)
        centres = [(self.boxes[n][:2] + self.boxes[n][2:]) / 2 for n in (edge, other)]
        speed = (centres[0] - centres[1]) / max(1e-3, abs(times[edge] - times[other]))
        return np.asarray(self.boxes[edge] + np.tile(speed * abs(time - times[edge]), 2), np.float32)

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
class OpenTrack:
    """A track that goes on. ``here``: where flow carried it since it was last detected, by ``trail``, while its ``face`` lasts."""

    track: Track
    labels: dict[str, float] = field(default_factory=dict)
    colours: list[NDArray[np.float32]] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    places: list[NDArray[Any]] = field(default_factory=list)
    here: Boxes | None = None
    trail: list[tuple[float, Boxes]] = field(default_factory=list)
    face: NDArray[np.float32] | None = None
    misses: int = 0
    detected: list[float] = field(default_factory=list)

    def wanted(self, time: float) -> list[Boxes]:
        """Where it should be: where flow carried it, and as it went."""
        gone_on = self.predicted(time)
        return [gone_on] if self.here is None else [self.here, gone_on]

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

    def came_from(self, time: float) -> Boxes:
        """Where it should have been before it was first seen, as it then went."""
        track = self.track
        first, after = track.boxes[0], min(3, len(track.boxes) - 1)
        if not after:
            return first
        centres = [(box[:2] + box[2:]) / 2 for box in (first, track.boxes[after])]
        speed = (centres[1] - centres[0]) / max(track.times[after] - track.times[0], 1e-3)
        return np.asarray(first - np.tile(speed * (track.times[0] - time), 2), np.float32)

    def believe(self, until: float, drift: Boxes | float = 0.0) -> None:
        """Takes the boxes that flow gave before ``until`` for the track's own, led smoothly to ``drift`` past their end."""
        start = self.track.times[-1]
        for time, box in self.trail:
            if time < until - 1e-6:
                part = (time - start) / max(until - start, 1e-3)
                self.track.times.append(time)
                self.track.boxes.append(np.asarray(box + part * drift, np.float32))
                self.track.scores.append(self.track.scores[-1])
        self.trail.clear()


@dataclass(frozen=True, slots=True)
class Seen:
    """A sampled picture: its time, the picture (BGR), pixels of the full picture per pixel of this one."""

    time: float
    picture: NDArray[np.uint8]
    scale: float
    sharpness: float = 0.0
    _colours: dict[int, tuple[Detection, NDArray[np.float32]]] = field(default_factory=dict, repr=False)

    def colours(self, detection: Detection) -> NDArray[np.float32]:
        """The colours of what was detected in this picture."""
        known = self._colours.get(id(detection))
        if known is None:  # kept with what it is of, so that its number is no other's meanwhile
            known = self._colours[id(detection)] = detection, shares(_core(self.picture, detection))
        return known[1]


class Tracker:
    """Follows things through one shot: ``drift`` with each small picture in order, ``step`` where things were detected, then ``done``."""

    def __init__(self, shot: int, detector: Detector, first_id: int) -> None:
        self._shot = shot
        self._detector = detector
        self._next = first_id
        self._open: list[OpenTrack] = []
        self._closed: list[OpenTrack] = []
        self._past: deque[tuple[float, NDArray[np.uint8], float]] = deque()
        self._home: Matrix = np.eye(3)

    def boxes(self) -> list[Boxes]:
        """Where everything known was last, in full-size pixels."""
        return [one.track.boxes[-1] if one.here is None else one.here for one in self._open]

    def lost(self) -> list[Boxes]:
        """Where things should be that were not detected where they were looked for last."""
        return [one.track.boxes[-1] if one.here is None else one.here for one in self._open if one.misses]

    def drift(self, time: float, grey: NDArray[np.uint8], scale: float) -> None:
        """Carries every box on to a small grey picture, ``scale`` of its pixels to one of the full picture."""
        if self._past:
            before = self._past[-1][1]
            moving = [one for one in self._open if one.here is not None]
            wanted = [one.here * scale for one in moving if one.here is not None]
            for one, box in zip(moving, carried(before, grey, wanted), strict=True):
                same = box is not None and alike(one.face, face(grey, box)) > _SAME_FACE
                one.here = None if box is None or not same else np.asarray(box / scale, np.float32)
                if one.here is not None:
                    one.trail.append((time, one.here))
        self._past.append((time, grey, scale))
        while time - self._past[0][0] > _BACK:
            self._past.popleft()

    def step(self, seen: Seen, found: list[Detection], camera: Matrix) -> None:
        """``found`` in pixels of ``seen.picture``; ``camera`` maps full-size pixels of the last step's picture to this one's."""
        self._home = self._home @ np.linalg.inv(camera)
        for detection in self._matched(seen, found):
            if detection.score >= _BIRTH:
                self._born(seen, detection)
        # Told apart first: what is closed takes in what flow still knew of it, and would look fresh again.
        ended = [one for one in self._open if seen.time - one.track.times[-1] > _PATIENCE]
        self._open = [one for one in self._open if seen.time - one.track.times[-1] <= _PATIENCE]
        for one in ended:
            self._close(one)

    def done(self) -> list[Track]:
        """The tracks sure enough to be things, in the order they were first seen."""
        for one in self._open:
            self._close(one)
        found = sorted(self._closed, key=lambda one: (one.track.times[0], one.track.id))
        return [_finished(one) for one in stitched(found) if _is_sure(one)]

    def _close(self, one: OpenTrack) -> None:
        one.believe(one.track.times[-1] + _TAIL)
        self._closed.append(one)

    def _matched(self, seen: Seen, found: list[Detection]) -> list[Detection]:
        """Carries tracks on with what was found; returns what belongs to none. What is lost is looked for nearer by."""
        wanted = [[box / seen.scale for box in one.wanted(seen.time)] for one in self._open]
        pairs = sorted(
            (
                (_carries_on(places, one, detection, seen), n, m)
                for n, (one, places) in enumerate(zip(self._open, wanted, strict=True))
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
        crops = 0
        # First what flow lost as well, then what was seen last; what flow still holds can wait for a second miss, unless it went on
        # while the flow stayed behind: with what is behind it.
        for n in sorted(tracks_left, key=lambda n: (self._open[n].here is not None, -self._open[n].track.times[-1])):
            one = self._open[n]
            one.misses += 1
            held = one.here is not None and one.misses < 2 and not _torn(wanted[n])
            if crops == _MOST_CROPS or held or one.misses > 4:
                continue
            crops += 1
            again = self._nearer(seen, wanted[n], one.track.group)
            taken = [other.track.boxes[-1] for other in self._open if other.track.times[-1] == seen.time]
            if again is not None and not (taken and iou(again.box * seen.scale, np.stack(taken)).max() > 0.5):
                self._extend(one, seen, again)
        fresh = [found[m] for m in sorted(left)]
        taken = [one.track.boxes[-1] / seen.scale for one in self._open if one.track.times[-1] == seen.time]
        return [one for one in fresh if not taken or iou(one.box, np.stack(taken)).max() < 0.6]

    def _nearer(self, seen: Seen, places: list[Boxes], group: str) -> Detection | None:
        """Looks for a thing in a crop around where it should be."""
        height, width = seen.picture.shape[:2]
        every = np.stack(places)
        around = np.concatenate([every[:, :2].min(axis=0), every[:, 2:].max(axis=0)]).astype(np.float32)
        region = whole(padded(around, _CROP, _CROP_LEAST), (width, height), 1)
        if region is None:
            return None
        near = [one for one in self._detector.inside(seen.picture, [region]) if one.group == group]
        near = [one for one in near if _alike(places[-1], one.box) > _SAME_SIZE]
        overlap = [max(float(iou(box, one.box[None])[0]) for box in places) for one in near] or [0.0]
        best = int(np.argmax(overlap))
        return near[best] if overlap[best] > _MATCH else None

    def _extend(self, one: OpenTrack, seen: Seen, detection: Detection) -> None:
        track, box = one.track, np.asarray(detection.box * seen.scale, np.float32)
        if one.here is not None and float(iou(one.here, box[None])[0]) > _MATCH:
            one.believe(seen.time, box - one.here)
        one.trail.clear()
        track.times.append(seen.time)
        track.boxes.append(box)
        track.scores.append(detection.score)
        one.detected.append(detection.score)
        one.labels[detection.label] = one.labels.get(detection.label, 0.0) + detection.score
        body = _core(seen.picture, detection)
        one.colours.append(seen.colours(detection))
        one.sharpness.append(sharpness(body) / (seen.sharpness + 1e-6))
        centre = np.asarray([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]], np.float64)
        one.places.append(moved(centre, self._home)[0])
        one.here, one.misses = box, 0
        if self._past:
            _, grey, scale = self._past[-1]
            one.face = face(grey, box * scale)

    def _born(self, seen: Seen, detection: Detection) -> None:
        one = OpenTrack(Track(self._next, detection.group, self._shot))
        self._next += 1
        self._extend(one, seen, detection)
        known = [other.track for other in self._open if other.track.group == detection.group]
        past = list(self._past)
        # Back through the small pictures, as long as it looks the same and is not what another track is of.
        for (_, later, _), (time, grey, scale) in zip(past[:0:-1], past[-2::-1], strict=True):
            box = carried(later, grey, [one.track.boxes[0] * scale])[0]
            if box is None or alike(one.face, face(grey, box)) <= _SAME_FACE:
                break
            box = np.asarray(box / scale, np.float32)
            taken = [at for track in known if (at := track.at(time, 0.0)) is not None]
            if taken and iou(box, np.stack(taken)).max() > 0.4:
                break
            one.track.times.insert(0, time)
            one.track.boxes.insert(0, box)
            one.track.scores.insert(0, detection.score)
        self._open.append(one)


def _alike(one: Boxes, other: Boxes) -> float:
    """How like in size two boxes are, 0 to 1."""
    sides, others = (np.maximum(box[2:] - box[:2], 1) for box in (one, other))
    return float(np.minimum(sides / others, others / sides).prod())


def _torn(places: list[Boxes]) -> bool:
    """Whether flow and pace lead to different places."""
    first, last = places[0], places[-1]
    apart = np.abs((first[:2] + first[2:]) - (last[:2] + last[2:])) / 2
    return bool((apart > _APART * np.maximum(first[2:] - first[:2], 1)).any())


def _carries_on(places: list[Boxes], one: OpenTrack, detection: Detection, seen: Seen) -> float:
    """How well a detection carries a track on, where it should be or, when it was lost from sight, where it may have stopped."""
    likeness = max(_likeness(box, one, detection, seen) for box in places)
    if one.here is not None:
        return likeness
    return max(likeness, _STOPPED * _likeness(one.track.boxes[-1] / seen.scale, one, detection, seen))


def _likeness(wanted: Boxes, one: OpenTrack, detection: Detection, seen: Seen) -> float:
    """How well a detection carries a track on: overlap with the predicted box, nearness, and colours where it is close."""
    overlap = float(iou(wanted, detection.box[None])[0])
    sides = np.maximum(wanted[2:] - wanted[:2], 1)
    apart = float(np.abs(((wanted[:2] + wanted[2:]) - (detection.box[:2] + detection.box[2:])) / 2 / sides).max())
    alike = _alike(wanted, detection.box)
    near = max(0.0, 1 - apart) * alike
    if overlap < 0.05 and near < 0.2:
        return 0.0
    colours = float(np.minimum(seen.colours(detection), one.colours[-1]).sum())
    return 0.5 * overlap + 0.3 * near + 0.2 * colours


def _core(picture: NDArray[np.uint8], detection: Detection) -> NDArray[np.uint8]:
    """The middle of a box, where the thing itself is rather than what is behind it; of a person the upper body."""
    x0, y0, x1, y1 = (float(edge) for edge in detection.box)
    top, bottom = (0.15, 0.6) if detection.group == "person" else (0.2, 0.85)
    columns = slice(int(x0 + 0.25 * (x1 - x0)), int(x0 + 0.75 * (x1 - x0)) + 1)
    return picture[int(y0 + top * (y1 - y0)) : int(y0 + bottom * (y1 - y0)) + 1, columns]


def sharpness(picture: NDArray[np.uint8]) -> float:
    """The variance of the Laplacian of a BGR picture."""
    import cv2  # noqa: PLC0415 - slow import

    if picture.size == 0:
        return 0.0
    return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_32F).var())


def _travel(one: OpenTrack) -> float:
    boxes = np.stack(one.track.boxes)
    diagonal = float(np.median(np.hypot(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])))
    return float(np.hypot(*np.ptp(np.stack(one.places), axis=0)) / max(diagonal, 1.0))


def _finished(one: OpenTrack) -> Track:
    track = one.track
    track.label = max(one.labels, key=lambda label: one.labels[label])
    track.colours = np.mean(one.colours, axis=0, dtype=np.float32)
    track.sharpness = float(np.median(one.sharpness))
    track.travel = _travel(one)
    return track


def _is_sure(one: OpenTrack) -> bool:
    if len(one.detected) == 1:
        return one.detected[0] >= _SURE_ONCE
    goes = _travel(one) > STILL_TRAVEL
    best = sorted(one.detected)[-(_BEST_GOING if goes else _BEST_STILL) :]
    return float(np.mean(best)) >= (_SURE if goes else _SURE_STILL)
