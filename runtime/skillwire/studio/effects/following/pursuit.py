"""Following what a box holds from picture to picture, one way through time, until it is gone.

Where it should be is told by the camera's motion and its own; where it is, by what it looks like. Pictures in which it cannot be
told for sure are passed over, and it is looked for again for a while; what turns out to be the scene itself was lost before.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skillwire.studio.effects.boxes import Boxes, area, clipped, iou, shared
from skillwire.studio.effects.camera import Matrix, moved
from skillwire.studio.effects.following.appearance import Appearance, Found
from skillwire.studio.effects.following.passages import Small
from skillwire.studio.effects.following.samespot import bounds, likeness, square_to

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Point = NDArray[np.float64]

# From one picture to the next a thing keeps its size or changes by this much.
_SIZES = (0.97, 1.0, 1.03)
# Where it is not found, or nothing is known of its pace yet, it is looked for so many sides of its box away; there it must fit better.
_ASIDE, _BETTER = ((-0.7, 0.0), (0.7, 0.0), (0.0, -0.5), (0.0, 0.5)), 0.05
_EARLY = 2
# It is found when its edges fit so well, and, against what is usual, its colours; less of the one asks for more of the other.
_EDGES, _COLOURS = 0.2, 0.75
_EDGES_OF_USUAL, _COLOURS_OF_USUAL = 0.5, 0.9
# In the first pictures edges fit better than they ever will again: no more than this is taken for usual.
_EDGES_AT_MOST = 0.5
# After it was lost from sight it must fit better, or it is something else.
_AGAIN_EDGES, _AGAIN_EDGES_OF_USUAL, _AGAIN_COLOURS = 0.25, 0.6, 0.88
# Share of a new picture in what is usual, and in its pace.
_NEW, _NEW_PACE = 0.1, 0.7
# So long (seconds) is it looked for.
_PATIENCE = 1.2
# A box of which less than this lies in the picture, or with a side of fewer pixels, holds nothing to follow.
_SHOWS, _SMALLEST = 0.3, 5.0
# What is compared with another picture must lie in it to this part.
_WHOLLY = 0.7
# Seconds from one look at what is behind to the next, and between pictures kept for that, and how many are.
_LOOK, _KEEP, _KEPT = 0.2, 0.4, 24
# In a picture in which it was elsewhere (overlap of the boxes), its place must not look like this again and again.
_ELSEWHERE, _SCENE, _STRIKES = 0.1, 0.8, 3
# Its box has left its first place when it overlaps it less than this; so many looks are taken from then on.
RESTS, _LOOKS = 0.7, 12


class _Kept(NamedTuple):
    picture: Small
    place: Matrix
    box: Boxes


class Pursuit:
    """Begins at a ``box`` (full-size pixels) in a ``picture`` that the camera saw from ``place``; ``size``: the full picture's.

    ``times`` and ``boxes``: where it was found since. ``looks``: once it had left its first place of the scene, how well its box looked
    like the first, and how well that place still did.
    """

    def __init__(self, picture: Small, box: Boxes, place: Matrix, size: tuple[int, int]) -> None:
        self.times: list[float] = []
        self.boxes: list[Boxes] = []
        self.looks: list[tuple[float, float]] = []
        self._appearance = Appearance(picture, np.asarray(box * picture.scale, np.float32))
        self._size = size
        self._home = _Kept(picture, place, box)
        self._kept: deque[_Kept] = deque([self._home], maxlen=_KEPT)
        self._place = place
        self._scale = picture.scale
        self._centre: _Point = np.asarray(box[:2] + box[2:], np.float64) / 2
        self._pace: _Point = np.zeros(2)
        self._growth = 1.0
        # How well edges and colours fit, usually.
        self._usual = (0.0, 0.0)
        self._lost = False
        self._time = self._seen = self._looked = picture.time
        self._strikes: list[int] = []

    def step(self, picture: Small, place: Matrix) -> bool:
        """Takes in the next picture; whether there is something left to follow."""
        carried = moved(self._centre[None], place @ np.linalg.inv(self._place))[0]
        away = abs(picture.time - self._time)
        expected = np.asarray(carried + self._pace * away, np.float64)
        self._place, self._time = place, picture.time
        found = self._found(picture, expected)
        self._lost = found is None
        if found is None:
            self._centre = expected
            return abs(picture.time - self._seen) <= _PATIENCE and self._is_followable(self._box())
        self._learn(picture, found, carried, away)
        box = self._box()
        if not self._is_followable(box):
            return False
        self.times.append(picture.time)
        self.boxes.append(box)
        if abs(picture.time - self._looked) < _LOOK - 1e-6:
            return True
        self._looked = picture.time
        return self._is_there(_Kept(picture, place, box))

    def _found(self, picture: Small, expected: _Point) -> Found | None:
        """Where it is, if that is sure."""
        start = expected * self._scale
        best = self._appearance.find(picture, start, self._growth, _SIZES)
        if len(self.times) < _EARLY or not self._is_sure(best):
            for aside in _ASIDE:
                there = start + np.asarray(aside) * self._appearance.side * self._growth
                other = self._appearance.find(picture, there, self._growth, (1.0,))
                if other.fit > best.fit + _BETTER:
                    best = other
        return best if self._is_sure(best) else None

    def _is_sure(self, found: Found) -> bool:
        edges, colours = min(self._usual[0], _EDGES_AT_MOST), self._usual[1]
        if self._lost:
            least = max(_AGAIN_EDGES, _AGAIN_EDGES_OF_USUAL * edges)
            return found.edges >= least and found.colours >= _AGAIN_COLOURS * colours
        weak = found.edges < _EDGES_OF_USUAL * edges and found.colours < _COLOURS_OF_USUAL * colours
        return found.edges >= _EDGES and found.colours >= _COLOURS * colours and not weak

    def _learn(self, picture: Small, found: Found, carried: _Point, away: float) -> None:
        """Takes in where it was found. ``carried``: where it would be had it stood still; ``away``: seconds since the picture before."""
        self._centre, self._growth = found.centre / self._scale, found.growth
        pace = (self._centre - carried) / max(away, 1e-3)
        self._pace = _NEW_PACE * pace + (1 - _NEW_PACE) * self._pace if self.times else pace
        if self.times:
            edges, colours = self._usual
            self._usual = (edges + _NEW * (found.edges - edges), colours + _NEW * (found.colours - colours))
        else:
            self._usual = (found.edges, found.colours)
        self._seen = picture.time
        self._appearance.learn(picture, found.centre, found.growth)

    def _is_there(self, now: _Kept) -> bool:
        """Whether what is followed is not the scene itself; else all is forgotten from where it began to be."""
        across = now.place @ np.linalg.inv(self._home.place)
        ride = across @ square_to(self._home.box)
        resting = bounds(ride)
        if len(self.looks) < _LOOKS and float(iou(now.box, resting[None])[0]) < RESTS and self._shows(resting):
            home = self._home.picture, square_to(self._home.box)
            there = likeness(*home, now.picture, square_to(now.box))
            self.looks.append((there, likeness(*home, now.picture, ride)))
        same = self._shows_the_scene(now)
        if same is not None:
            self._strikes = [*self._strikes, len(self.times) - 1] if same else []
        if len(self._strikes) == _STRIKES:
            del self.times[self._strikes[0] :], self.boxes[self._strikes[0] :]
            return False
        if abs(now.picture.time - self._kept[-1].picture.time) >= _KEEP - 1e-6:
            self._kept.append(now)
        return True

    def _shows_the_scene(self, now: _Kept) -> bool | None:
        """Whether the box shows what was at its place when the thing was elsewhere; ``None`` when it never was."""
        for then in reversed(self._kept):
            across = then.place @ np.linalg.inv(now.place) @ square_to(now.box)
            there = bounds(across)
            if float(shared(there, then.box)) <= _ELSEWHERE * float(area(there)) and self._shows(there):
                return likeness(now.picture, square_to(now.box), then.picture, across) > _SCENE
        return None

    def _box(self) -> Boxes:
        half = self._appearance.side * self._growth / self._scale / 2
        return np.concatenate([self._centre - half, self._centre + half]).astype(np.float32)

    def _shows(self, box: Boxes) -> bool:
        return float(area(clipped(box, self._size))) >= _WHOLLY * float(area(box))

    def _is_followable(self, box: Boxes) -> bool:
        visible = clipped(box, self._size)
        small = float((box[2:] - box[:2]).min()) * self._scale < _SMALLEST
        return not small and float(area(visible)) > _SHOWS * float(area(box))
