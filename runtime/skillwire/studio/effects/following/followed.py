"""A thing that the detector does not know, followed through its shot from one box: whether it goes by itself, and where it was then.

What goes with the camera (a sign, a stain, a parked car) is no matter of this: there its place in the scene is the surer guide.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np

from skillwire.folders import cache_dir
from skillwire.studio.effects.ahead import ahead
from skillwire.studio.effects.boxes import Boxes, area, iou
from skillwire.studio.effects.finding.analysis import Analysis, content_key
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.following.appearance import PATCH
from skillwire.studio.effects.following.mixups import Boxed, without_mixups
from skillwire.studio.effects.following.passages import Passages, Small
from skillwire.studio.effects.following.pursuit import RESTS, Pursuit
from skillwire.studio.effects.following.samespot import Places, bounds, square_to
from skillwire.studio.effects.room import Room

# Changes when what is kept, or how it is found, changes.
_VERSION = 1
# What is kept of all clips together, in bytes.
_MOST = 20_000_000
# Pictures are made so small that the thing fills half of the patch it is known by, and no larger than this.
_WIDEST = 960
_AHEAD = 8
# What went out of the detector's sight is followed on for so many seconds.
_ONWARDS = 2.0
# Pictures kept at most on its way from its first place; once so many looks have shown it away it must be led back there.
_PASSED, _LEAST_LOOKS, _BACK = 40, 2, 0.4
# What goes still looks like itself, not much less than its first place does, which does not look like it any more.
_ITSELF, _MARGIN, _STILL_THERE = 0.2, 0.15, 0.7
# Where the one way shows that it goes, this much on the other bears it out although it is not led back there.
_CLEARLY = 0.3
# A thing that is known lies on it when so many of their boxes overlap so well.
_SAME_BOX, _MOSTLY = 0.4, 0.6


class Follower:
    """Follows things through the file at ``path``; what was found is kept beside the clip's analysis."""

    def __init__(self, path: Path, name: str, analysis: Analysis) -> None:
        self._path = path
        self._passages = Passages(path, name)
        self._analysis = analysis
        self._room = Room(cache_dir() / "followed", _MOST)

    def way(self, box: Boxes, at: float) -> Boxed | None:
        """Where what is in a box at a time (seconds) was in its shot; ``None`` where it goes with the camera, or cannot be followed.

        Raises ``BadInput`` or ``JobFailed`` when the file cannot be read.
        """
        return self._known([box, at], lambda: self._found(box, at))

    def beyond(self, box: Boxes, at: float, *, later: bool) -> Boxed:
        """Where what is in a box at a time (seconds) was after it, or before it: the nearest first, as long as it is surely followed.

        A few seconds at most. Raises ``BadInput`` or ``JobFailed`` when the file cannot be read.
        """
        return self._known([box, at, later], lambda: self._gone_on(box, at, later=later)) or []

    def _known(self, facts: Sequence[Any], find: Callable[[], Boxed | None]) -> Boxed | None:
        """What was found, if it was looked for before by the same facts."""
        plain = json.dumps([_VERSION, *facts], default=lambda box: [round(float(edge), 1) for edge in box])
        name = f"{content_key(self._path)}.{hashlib.sha256(plain.encode()).hexdigest()[:16]}.json"
        place = self._room.find(name)
        if place is not None:
            with suppress(OSError, ValueError, KeyError, TypeError):
                return _from_json(json.loads(place.read_text("utf-8")))
        found = find()
        with suppress(OSError), self._room.writing(name) as file:  # on a full disk it is followed again next time
            file.write(json.dumps(_to_json(found)).encode())
        return found

    def _first(self, box: Boxes, at: float) -> Small | None:
        """The picture at a time, as large as it is wanted for what is in the box."""
        shot = self._analysis.shots[self._analysis.shot_at(at)]
        half = float(np.sqrt(PATCH)) / 2
        scale = min(1.0, half / max(1.0, float(np.sqrt(area(box)))), _WIDEST / self._analysis.size[0])
        first = self._passages.at(at, scale)
        return first if first is not None and shot.start - 1e-6 <= first.time < shot.end else None

    def _gone_on(self, box: Boxes, at: float, *, later: bool) -> Boxed:
        shot = self._analysis.shots[self._analysis.shot_at(at)]
        first = self._first(box, at)
        if first is None:
            return []
        if later:
            pictures = self._passages.forwards(first.time + 1e-3, min(shot.end, at + _ONWARDS), first.scale)
        else:
            pictures = self._passages.backwards(first.time, max(shot.start, at - _ONWARDS), first.scale)
        return _Way(first, box, Places(shot), self._analysis.size).pursued(pictures).trusted()

    def _found(self, box: Boxes, at: float) -> Boxed | None:
        analysis = self._analysis
        shot = analysis.shots[analysis.shot_at(at)]
        first = self._first(box, at)
        if first is None:
            return None
        places, scale = Places(shot), first.scale
        ways = [
            _Way(first, box, places, analysis.size).pursued(pictures)
            for pictures in (
                self._passages.backwards(first.time, shot.start, scale),
                self._passages.forwards(first.time + 1e-3, shot.end, scale),
            )
        ]
        if not any(one.goes for one in ways):
            return None
        before, after = (one.trusted() for one in ways)
        whole = [*reversed(before), (first.time, box), *after]
        return without_mixups(whole, first.time, analysis.shot_at(at), analysis)


class _Way:
    """Where what a ``box`` holds in the picture ``first`` went, one way through time."""

    def __init__(self, first: Small, box: Boxes, places: Places, size: tuple[int, int]) -> None:
        self._first = first
        self._box = box
        self._places = places
        self._size = size
        self._pursuit = Pursuit(first, box, places.at(first.time), size)
        # Pictures on the way until it has left its first place, evenly spread.
        self._passed: list[Small] = [first]
        self._every, self._offered = 1, 0
        self._returns: bool | None = None

    @property
    def goes(self) -> bool:
        """Whether it left its place of the scene for sure."""
        itself, place = self._looks()
        return bool(self._returns) and itself > max(_ITSELF, place - _MARGIN) and place < _STILL_THERE

    def pursued(self, pictures: Iterator[Small]) -> _Way:
        """The same once all pictures have been looked at in which it can be followed."""
        with closing(ahead(pictures, _AHEAD)) as coming:
            for picture in coming:
                if not self._pursuit.step(picture, self._places.at(picture.time)):
                    break
                if self._returns is None and not self._goes_on(picture):
                    break
        return self

    def _looks(self) -> tuple[float, float]:
        """How much it looked like itself after it had left its place, and how much that place still did: medians."""
        if not self._pursuit.looks:
            return 0.0, 1.0
        itself, place = np.median(np.asarray(self._pursuit.looks), axis=0).tolist()
        return itself, place

    def trusted(self) -> Boxed:
        """Where it was, knowing that it goes; only as long as it rested where looks do not bear that out."""
        way = list(zip(self._pursuit.times, self._pursuit.boxes, strict=True))
        itself, place = self._looks()
        if self.goes or itself > place + (_CLEARLY if self._returns is False else 0.0):
            return way
        home = np.linalg.inv(self._places.at(self._first.time))
        for number, (time, there) in enumerate(way):
            resting = bounds(self._places.at(time) @ home @ square_to(self._box))
            if float(iou(there, resting[None])[0]) < RESTS:
                return way[:number]
        return way

    def _goes_on(self, picture: Small) -> bool:
        """Keeps a picture; once the thing has left its place it must be followed back to it from there."""
        self._offered += 1
        if self._offered % self._every == 0:
            self._passed.append(picture)
        if len(self._passed) == _PASSED:
            del self._passed[2::2]
            self._every *= 2
        if len(self._pursuit.looks) < _LEAST_LOOKS:
            return True
        self._returns = self._is_led_back(picture)
        self._passed.clear()
        return self._returns

    def _is_led_back(self, now: Small) -> bool:
        """Forward-backward check (Kalal et al., 2010): what went to something else on its way does not come back."""
        pursuit = Pursuit(now, self._pursuit.boxes[-1], self._places.at(now.time), self._size)
        for picture in reversed(self._passed):
            if picture is not now and not pursuit.step(picture, self._places.at(picture.time)):
                return False
        if not pursuit.times or pursuit.times[-1] != self._first.time:
            return False
        return float(iou(pursuit.boxes[-1], self._box[None])[0]) > _BACK


def lying_on(way: Boxed, shot: int, analysis: Analysis) -> tuple[int, ...]:
    """The ids of known things of a shot that are what was followed: most of their boxes lie on it."""
    if len(way) < 2:
        return ()
    followed = Track(0, "", shot, [time for time, _ in way], [box for _, box in way])
    found = []
    for track in analysis.tracks:
        if track.shot != shot:
            continue
        there = [followed.at(time, 0.0) for time in track.times]
        alike = [
            box is not None and float(iou(box, known[None])[0]) > _SAME_BOX
            for box, known in zip(there, track.boxes, strict=True)
        ]
        if np.mean(alike) > _MOSTLY:
            found.append(track.id)
    return tuple(found)


def _to_json(way: Boxed | None) -> Any:
    if way is None:
        return None
    return {"times": [time for time, _ in way], "boxes": [[round(float(edge), 1) for edge in box] for _, box in way]}


def _from_json(data: Any) -> Boxed | None:
    if data is None:
        return None
    boxes = [np.asarray(box, np.float32).reshape(4) for box in data["boxes"]]
    return list(zip([float(time) for time in data["times"]], boxes, strict=True))
