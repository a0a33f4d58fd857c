"""Where the things are that go, and what stays before, behind and around them: one shot's tracks, asked picture by picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skillwire.studio.effects.boxes import Boxes, area, iou, padded, shared
from skillwire.studio.effects.camera import Path
from skillwire.studio.effects.finding.tracks import LIVING, STILL_TRAVEL, Track
from skillwire.studio.effects.planes import Plane
from skillwire.studio.effects.removal.bridges import bridges_of
from skillwire.studio.effects.removal.cutout import PAD, PAD_LEAST, Hole

# What must stay must be a thing for sure, seen more than once or better; what lies in a target's box to this part is a part of it.
_KEPT, _ONCE, _PART = 0.5, 0.65, 0.85
# What is less likely a thing than this moves only when it came so far, in diagonals of its box.
_LIKELY, _FAR = 0.42, 1.0
# Detectors leave this part of a box's sides out of it.
_OUTSIDE = 0.05
# Two boxes that overlap so well are of one thing.
_TWICE = 0.6
# What stays is taken for there this long, in seconds, before its first and after its last sighting.
_REACH = 0.2
# So much longer, in seconds, is a thing there that is about to leave the picture or to go behind something, or that comes from there.
_LEAVING = 0.8
# The foot of what is before lies lower by this part of the box's height; that of another kind of thing, by this one.
_LOWER, _LOWER_OTHER = 0.02, 0.08
# A thing of which this part lies in another's box would not be seen if it were behind; so often it must have been.
_SEEN_WITHIN, _SEEN_TIMES = 0.75, 2
# Where a body fills its box: so near its middle, in parts of the width, surely and at all, and below this part of the height. That is
# told by what is so many times smaller.
_MIDST, _CORE, _BODY, _LARGER = 0.1, 0.17, 0.3, 2.0
# An outline is of the box with so much room around it, in parts of its sides.
ROOM = 0.12


@dataclass(slots=True)
class Tally:
    """Half-size pixels replaced, and how many of them had to be invented."""

    replaced: int = 0
    invented: int = 0

    @property
    def share(self) -> float:
        """The invented part, 0 to 1."""
        return self.invented / self.replaced if self.replaced else 0.0


@dataclass(frozen=True, slots=True)
class Met:
    """What stays and meets targets: its ``box``, those of the targets ``sighted`` around then, and of those only ``thought`` there."""

    track: Track
    box: Boxes
    sighted: list[Boxes]
    thought: list[Boxes]

    @property
    def targets(self) -> list[Boxes]:
        """The boxes of all the targets."""
        return [*self.sighted, *self.thought]


class Holes:
    """The tracks of one shot: those that go, and the others. ``size``: the picture's; ``path``: the camera's, empty if it stands."""

    def __init__(
        self, targets: Sequence[Track], others: Sequence[Track], size: tuple[int, int], path: Path = ()
    ) -> None:
        self.targets = list(targets)
        self._size = np.asarray(size, np.float32)
        self._before: dict[tuple[int, int], int] = {}
        self._narrowed: dict[tuple[int, float], Boxes | None] = {}
        sure = [track for track in others if float(np.mean(track.scores)) >= (_KEPT if len(track.times) > 1 else _ONCE)]
        self._moving = [track for track in others if _moves(track)]
        self._guarded = [track for track in sure if track.travel > STILL_TRAVEL or track.group in LIVING]
        # Things that stand in their place belong to the scene: they are in the pictures of it as well.
        self._standing = [track for track in sure if track.travel <= STILL_TRAVEL and track.group not in LIVING]
        self._bridges = bridges_of(self.targets, path, self._is_hidden) if self._guarded else {}

    def at(
        self,
        time: float,
        reach: float,
        outlines: Mapping[int, Plane | None] | None = None,
        portraits: Mapping[int, Plane] | None = None,
    ) -> list[tuple[Track, Hole]]:
        """The targets in a picture, up to ``reach`` seconds beyond their sightings.

        ``outlines``: by track, masks (255) of the boxes with ``ROOM`` of what stays; ``None`` for what stands still and has none.
        ``portraits``: such masks of who shows behind a target, and keeps what of them shows.
        """
        outlines = {} if outlines is None else outlines
        portraits = {} if portraits is None else portraits
        result = []
        for track in self.targets:
            box = self.box(track, time, reach)
            if box is None:
                continue
            scene = [other for _, other in _touching(self._standing, box, time)]
            before, behind, shapes = [], [], []
            for one, other in _touching(self._guarded, box, time):
                if not self._stays_before(one, other, track, box):
                    behind.append(padded(other, _OUTSIDE))
                    if one.id in portraits and not self._told_before(track, one):
                        shapes.append((padded(other, ROOM), portraits[one.id]))
                elif (shape := outlines.get(one.id)) is not None:
                    shapes.append((padded(other, ROOM), shape))
                elif one.id in outlines:
                    scene.append(other)
                else:
                    before.append(padded(other, _OUTSIDE))
            result.append((track, Hole(box, tuple(before), tuple(behind), tuple(scene), tuple(shapes))))
        return result

    def box(self, track: Track, time: float, reach: float) -> Boxes | None:
        """Where a track is, up to ``reach`` seconds beyond its sightings; longer while the picture's edge or something hides it partly."""
        if (track.id, time) in self._narrowed:
            return self._narrowed[track.id, time]
        return self._thought(track, time, reach)

    def _thought(self, track: Track, time: float, reach: float) -> Boxes | None:
        """Where a track is, as told by its sightings alone."""
        box = track.at(time, reach)
        if box is not None and track.times[0] <= time <= track.times[-1]:
            return box
        bridged = next((at for way in self._bridges.get(track.id, ()) if (at := way.at(time, 0.0)) is not None), None)
        gone_on = box if box is not None else self._gone_on(track, time, reach)
        if bridged is None or gone_on is None:
            return gone_on if bridged is None else bridged
        # It went on, or it stopped: both are thought of.
        return np.concatenate([np.minimum(bridged[:2], gone_on[:2]), np.maximum(bridged[2:], gone_on[2:])])

    def _gone_on(self, track: Track, time: float, reach: float) -> Boxes | None:
        """Where a track is past its sightings by more than ``reach`` seconds, while something hides a part of it."""
        end = track.times[0] - reach if time < track.times[0] else track.times[-1] + reach
        if abs(time - end) > _LEAVING or track.times[0] <= time <= track.times[-1]:
            return None
        last = track.at(end, reach + _LEAVING)
        if last is None or not self._half_hidden(last, track, end):
            return None
        box = track.at(time, reach + _LEAVING)
        return box if box is not None and self._half_hidden(box, track, time) else None

    def _half_hidden(self, box: Boxes, track: Track, time: float) -> bool:
        """Whether a box crosses the picture's edge, or reaches behind something that stands before it."""
        return self._crosses(box) or self._is_hidden(box, time, track.id)

    def _is_hidden(self, box: Boxes, time: float, besides: int | None = None) -> bool:
        """Whether a box reaches behind something that stands before it."""
        others = (at for one in self._guarded if one.id != besides and (at := one.at(time, _REACH)) is not None)
        return any(float(shared(box, other)) > 0 and _stands_before(other, box) for other in others)

    def unsighted(self, time: float, reach: float) -> list[tuple[Track, Boxes]]:
        """Targets with their boxes that are only thought to be coming in or going out through an edge, before or after all sightings."""
        found = []
        for track in self.targets:
            if not track.times[0] <= time <= track.times[-1]:
                box = self.box(track, time, reach)
                if box is not None and self._crosses(box):
                    found.append((track, box))
        return found

    def narrow(self, track: Track, time: float, box: Boxes | None) -> None:
        """What was thought of a target at a time is known better: its box, or that it is not there."""
        self._narrowed[track.id, time] = box

    def _crosses(self, box: Boxes) -> bool:
        """Whether a box is partly inside the picture and partly beyond its left or right edge: through the others few things go."""
        width = self._size[0]
        return bool(box[2] > 0 and box[0] < width and (box[0] < 0 or box[2] > width))

    def movers(self, time: float, reach: float, *, narrowed: bool = True) -> list[Boxes]:
        """Boxes of all that is not the scene: what goes, and what moves; by sightings alone unless ``narrowed``."""
        return self._boxes([*self.targets, *self._moving], time, reach, narrowed=narrowed)

    def hidden(self, time: float, reach: float, *, narrowed: bool = True) -> list[Boxes]:
        """Boxes of what goes; by sightings alone unless ``narrowed``."""
        return self._boxes(self.targets, time, reach, narrowed=narrowed)

    def _boxes(self, tracks: Sequence[Track], time: float, reach: float, *, narrowed: bool) -> list[Boxes]:
        where = self.box if narrowed else self._thought
        return [box for track in tracks if (box := where(track, time, reach)) is not None]

    def meeting(self) -> list[Track]:
        """Of what lives or moves and stays, what comes near a target at any time."""
        return [
            other
            for other in self._guarded
            if any(self._meet(box, time) for time, box in zip(other.times, other.boxes, strict=True))
        ]

    def _stays_before(self, one: Track, other: Boxes, target: Track, box: Boxes) -> bool:
        """Whether what stays, with its box, stands before a target in its box: the foot of what is not of its kind tells less."""
        lower = _LOWER if one.group == target.group else _LOWER_OTHER
        return _stands_before(other, box, lower) and not self._passes_before(target, one)

    def _passes_before(self, target: Track, other: Track) -> bool:
        return self._told_before(target, other) >= _SEEN_TIMES

    def _told_before(self, target: Track, other: Track) -> int:
        """How often a target was seen where something else would have hidden it, had that been before it.

        Of two of a kind the nearer has the larger box, much of which is empty: there only what is seen in the midst of it is before it.
        """
        pair = (target.id, other.id)
        if pair not in self._before:
            there = (
                (box, at)
                for time, box, score in zip(target.times, target.boxes, target.scores, strict=True)
                if score >= _KEPT and (at := other.at(time, 0.0)) is not None
            )
            if target.group == other.group:
                told = sum(_amidst(box, at) for box, at in there)
            else:
                told = sum(float(shared(box, at)) > _SEEN_WITHIN * float(area(box)) for box, at in there)
            self._before[pair] = told
        return self._before[pair]

    def met(self, time: float, reach: float, *, before: bool) -> list[Met]:
        """What lives or moves, stays, and stands before a target in this picture, or behind."""
        found: dict[int, Met] = {}
        for target in self.targets:
            box = self.box(target, time, reach)
            if box is None:
                continue
            sighted = target.at(time, 0.0) is not None
            for one, other in _touching(self._guarded, box, time):
                if self._stays_before(one, other, target, box) == before:
                    met = found.setdefault(one.id, Met(one, other, [], []))
                    (met.sighted if sighted else met.thought).append(box)
        return list(found.values())

    def crowded(self, track: Track, box: Boxes, time: float) -> bool:
        """Whether anything else that moves or goes is near a track's box."""
        wide = padded(box, 0.2)
        every = [one for one in (*self.targets, *self._moving) if one.id != track.id]
        boxes = [at for one in every if (at := one.at(time, 0.5)) is not None]
        return bool(boxes) and float(shared(wide, np.stack(boxes)).max()) > 0

    def _meet(self, box: Boxes, time: float) -> bool:
        boxes = [at for one in self.targets if (at := one.at(time, _REACH)) is not None]
        return bool(boxes) and float(shared(box, np.stack(boxes)).max()) > 0


def _moves(track: Track) -> bool:
    """Whether a thing surely moves: the box of what is hardly one jumps about."""
    return track.travel > (STILL_TRAVEL if float(np.mean(track.scores)) >= _LIKELY else _FAR)


def _stands_before(other: Boxes, box: Boxes, lower: float = _LOWER) -> bool:
    return bool(other[3] > box[3] + lower * (box[3] - box[1]))


def _amidst(box: Boxes, other: Boxes) -> int:
    """How surely the middle of a box lies where a much larger one's thing itself is: in the midst of that (2), or not far from it (1)."""
    if float(area(other)) < _LARGER * float(area(box)):
        return 0
    x, y = ((box[:2] + box[2:]) / 2 - other[:2]) / (other[2:] - other[:2])
    aside = abs(float(x) - 0.5)
    return 0 if not _BODY < float(y) < 1 or aside > _CORE else 2 if aside <= _MIDST else 1


def _touching(tracks: Sequence[Track], box: Boxes, time: float) -> list[tuple[Track, Boxes]]:
    """What reaches into a box or the room around it, where its mask may spread.

    What lies in it is a part of it (a tie, a bag), and what hardly differs from it the same thing seen twice.
    """
    wide = padded(box, PAD, PAD_LEAST)
    there = [(track, at) for track in tracks if (at := track.at(time, _REACH)) is not None]
    return [
        (track, at)
        for track, at in there
        if float(shared(wide, at)) > 0
        and float(shared(box, at)) < _PART * float(area(at))
        and float(iou(box, at[None])[0]) < _TWICE
    ]
