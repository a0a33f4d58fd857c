"""How likely a person shows where, in consecutive pictures: what the network says, smoothed over time, of which it sees no more than needed.

The network sees the last of a few pictures first. Only where that shows people elsewhere than the one it saw before does it see one of
those between, too; what is thought of the others lies between what is thought of their neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from skillwire.studio.effects.backdrop.segmenter import SIDE, Segmenter, thumbnail
from skillwire.studio.effects.planes import FloatPlane, Plane, Planes
from skillwire.studio.effects.vision import opencv

# At most one of so many pictures in a row is seen by the network where people hardly move.
_STRIDE = 4
# People moved when the network changes its mind about places as large as this (cells).
_PLACE = np.ones((3, 3), np.uint8)
# How far it changes its mind (from 0 to 1), and how far colours differ that are new (of 255).
_CHANGE, _NEW = 0.35, 12
# A pixel whose value moved less than this (of 255) between two pictures may keep up to this much of what was thought of it before.
_STILL = 6.0
_MEMORY = 0.7
# Beside what moves a pixel counts as moved: who moves may show the same colour there for a moment.
_BESIDE = np.ones((9, 9), np.uint8)
# How much is kept, by how far a pixel moved.
_KEPT = (_MEMORY * np.exp(-((np.arange(256) / _STILL) ** 2))).astype(np.float32)


@dataclass(slots=True)
class _Sight:
    """A picture as the network gets it, the same with less noise, and what the network says of it if it was asked."""

    thumb: Plane
    smooth: Plane
    said: FloatPlane | None = None


class Sightings:
    """Of consecutive pictures of one size. Holds what it remembers of the last one."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._last: _Sight | None = None
        self._thought: FloatPlane = np.zeros((SIDE, SIDE), np.float32)

    def likely(self, pictures: Iterable[Planes]) -> Iterator[Plane]:
        """How likely each cell of the next pictures shows a person, bytes (256, 256) each. A few pictures are taken at a time."""
        cv2 = opencv()
        waiting = iter(pictures)
        while group := list(islice(waiting, _STRIDE if self._last else 1)):
            thumbs = [thumbnail(planes) for planes in group]
            row = [_Sight(thumb, cv2.blur(thumb, (5, 5))) for thumb in thumbs]
            yield from (cv2.convertScaleAbs(thought, alpha=255) for thought in self._thoughts(row))

    def _thoughts(self, row: list[_Sight]) -> list[FloatPlane]:
        """What is thought of each picture of a row."""
        before, self._last = self._last, row[-1]
        if before is None:
            self._thought = self._show(row[-1])
            return [self._thought]
        known = [before, *row]
        self._look(known)
        thoughts: list[FloatPlane] = []
        for first, last in pairwise(n for n, sight in enumerate(known) if sight.said is not None):
            thoughts += _settled(known[first : last + 1], self._thought, self._show(known[last]))
            self._thought = thoughts[-1]
        return thoughts

    def _look(self, row: list[_Sight]) -> None:
        """Shows the network the last of a row, the first of which it saw before, and as many between as needed."""
        if len(row) < 2:
            return
        moved = _moved(self._show(row[0]), self._show(row[-1]))
        if len(row) > 2 and (moved or _passing(row)):
            middle = len(row) // 2
            self._look(row[: middle + 1])
            self._look(row[middle:])

    def _show(self, sight: _Sight) -> FloatPlane:
        """What the network says of a picture."""
        if sight.said is None:
            sight.said = self._segmenter(sight.thumb)
        return sight.said


def _moved(before: FloatPlane, after: FloatPlane) -> bool:
    """Whether people moved between two pictures, by what the network says of them."""
    cv2 = opencv()
    changed = (cv2.absdiff(before, after) > _CHANGE).view(np.uint8)
    return bool(cv2.erode(changed, _PLACE).any())


def _passing(row: list[_Sight]) -> bool:
    """Whether something shows between the first and the last picture of a row that neither of them shows."""
    cv2 = opencv()
    for sight in row[1:-1]:
        new = cv2.min(cv2.absdiff(sight.smooth, row[0].smooth), cv2.absdiff(sight.smooth, row[-1].smooth))
        if cv2.erode((_largest(new) > _NEW).view(np.uint8), _PLACE).any():
            return True
    return False


def _largest(thumb: Plane) -> Plane:
    """The largest of each pixel's three bytes."""
    cv2 = opencv()
    first, second, third = cv2.split(thumb)
    largest: Plane = cv2.max(cv2.max(first, second), third)
    return largest


def _settled(row: list[_Sight], thought: FloatPlane, said: FloatPlane) -> list[FloatPlane]:
    """What is thought of all of a row but the first, of which that was ``thought``, while of the last that was ``said``.

    It is smoothed over time where the picture stands still; what is thought of those between goes by their place.
    """
    cv2 = opencv()
    moved = cv2.dilate(_largest(cv2.absdiff(row[-1].smooth, row[0].smooth)), _BESIDE)
    last: FloatPlane = said + cv2.LUT(moved, _KEPT) * (thought - said)
    parts = [n / (len(row) - 1) for n in range(1, len(row) - 1)]
    return [*(cv2.addWeighted(thought, 1 - part, last, part, 0) for part in parts), last]
