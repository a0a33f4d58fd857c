"""Lines of text joined over time: the same text at the same place is one line, other text at that place another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.boxes import iou, padded, shared, whole
from skillwire.studio.effects.lettering import strokes
from skillwire.studio.effects.lettering.join import joined, letters_shared
from skillwire.studio.effects.lettering.lines import Line
from skillwire.studio.effects.lettering.spell import spelled
from skillwire.studio.effects.planes import Planes, Region
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from skillwire.studio.effects.boxes import Boxes
    from skillwire.studio.effects.lettering.find import Seen

# Boxes of one line overlap this well; text of the scene may have moved by so many of its heights and be so much larger.
_SAME_PLACE, _NEAR, _LARGER = 0.5, 2.0, 1.3
# The fine structure of a line's pixels correlates at least so well with itself; what does not at all is other text,
# unless its box overlaps exactly and it says the same.
_SAME, _OTHER, _EXACT = 0.62, 0.25, 0.75
# Of the letters read, so many must be the same where the pixels do not tell.
_SAME_LETTERS = 0.6
# A line is given up when it was not seen for so many looks.
_PATIENCE = 2
# Pictures kept of a line, thinned out to half when there are twice as many; how far they reach around it, in heights and pixels.
_KEPT = 20
_AROUND, _AROUND_LEAST = 0.8, 16.0
# What strays no further than this, in heights, keeps its place.
_STRAYS = 0.35
# Text read with less than this on average (of one or two letters, which much looks like), or a single sighting with less than this score, is none.
_READ, _READ_SHORT, _ONCE = 0.5, 0.8, 0.8


@dataclass(slots=True)
class _Open:
    """A line that goes on: what was seen, and pictures of its surroundings with their times."""

    seen: list[tuple[float, Seen]]
    since: float
    region: Region
    pictures: list[tuple[float, Planes]] = field(default_factory=list)
    before: tuple[float, Planes] | None = None
    after: tuple[float, Planes] | None = None
    every: int = 1
    looks: int = 0
    misses: int = 0
    gone: float | None = None
    cuts: int = 0
    pending_cuts: int = 0

    @property
    def box(self) -> Boxes:
        return self.seen[-1][1].box


class Follower:
    """``step`` with each picture looked at, ``done`` at the end."""

    def __init__(self, first_id: int = 1) -> None:
        self._open: list[_Open] = []
        self._lines: list[Line] = []
        self._next = first_id
        self._before: tuple[float, Planes, list[Seen]] | None = None

    def step(self, time: float, planes: Planes, found: list[Seen], *, begins: bool) -> None:
        """``found``: lines in pixels of ``planes``; ``begins``: whether a new shot began since the picture before."""
        if begins:
            self._before = None
            for one in self._open:
                one.pending_cuts += 1
        left = list(found)
        for one in self._open:
            same = [(self._likeness(one, seen, planes), n) for n, seen in enumerate(left)]
            best = max(same, default=(0.0, -1))
            if best[0] > 0:
                self._carry_on(one, time, planes, left.pop(best[1]))
            else:
                self._missed(one, (time, planes, found), begins=begins)
        for one in [one for one in self._open if one.misses > _PATIENCE]:
            self._close(one)
        self._open = [one for one in self._open if one.misses <= _PATIENCE]
        for seen in left:
            self._born(time, planes, seen)
        self._before = (time, planes, found)

    def done(self, end: float) -> list[Line]:
        """The lines, in the order they were first seen. ``end``: when the clip is over."""
        for one in self._open:
            one.gone = end if one.gone is None else one.gone
            self._close(one)
        return sorted(joined(self._lines, end), key=lambda line: (line.first, line.id))

    def _born(self, time: float, planes: Planes, seen: Seen) -> None:
        region = _region(seen.box, planes.size)
        if region is None:
            return
        one = _Open([], time if self._before is None else self._before[0], region)
        if self._before is not None:
            one.before = _without(self._before, region)
        self._open.append(one)
        self._carry_on(one, time, planes, seen)

    def _carry_on(self, one: _Open, time: float, planes: Planes, seen: Seen) -> None:
        one.cuts += one.pending_cuts
        one.pending_cuts = one.misses = 0
        one.gone = one.after = None
        one.seen.append((time, seen))
        one.looks += 1
        if (one.looks - 1) % one.every:
            return
        one.pictures.append((time, _copied(planes.crop(one.region))))
        if len(one.pictures) == 2 * _KEPT:
            del one.pictures[1::2]
            one.every *= 2

    def _missed(self, one: _Open, look: tuple[float, Planes, list[Seen]], *, begins: bool) -> None:
        one.misses += 1
        if one.gone is None:
            one.gone = look[0]
            one.after = None if begins else _without(look, one.region)

    def _likeness(self, one: _Open, seen: Seen, planes: Planes) -> float:
        """How surely ``seen`` carries a line on; 0 when it does not."""
        overlap = float(iou(one.box, seen.box[None])[0])
        ratio = (seen.box[2:] - seen.box[:2]) / np.maximum(one.box[2:] - one.box[:2], 1)
        alike = float(np.maximum(ratio, 1 / np.maximum(ratio, 1e-3)).max()) < _LARGER
        apart = np.abs(seen.box[:2] + seen.box[2:] - one.box[:2] - one.box[2:]).max() / 2
        if overlap < _SAME_PLACE and not (alike and apart < _NEAR * _tall(one.box)):
            return 0.0
        now = planes.crop(one.region).y
        core = _inside(one.box, one.region)
        same = strokes.correlation(one.pictures[-1][1].y[core], now[core])
        if overlap < _SAME_PLACE:
            # Moved: compared by what it says.
            return 0.3 if self._says_same(one, seen, planes) else 0.0
        if same >= _SAME:
            return 1.0 + same
        return 0.5 if (same > _OTHER or overlap > _EXACT) and self._says_same(one, seen, planes) else 0.0

    def _says_same(self, one: _Open, seen: Seen, planes: Planes) -> bool:
        then, sure = read(one.pictures[-1][1], _shifted(one.box, one.region))
        now, sure_now = read(planes, seen.box)
        if min(sure, sure_now) < _READ:
            return False
        return letters_shared(then, now) >= _SAME_LETTERS

    def _close(self, one: _Open) -> None:
        boxes = np.stack([seen.box for _, seen in one.seen])
        box = np.median(boxes, axis=0).astype(np.float32)
        strays = np.quantile(np.abs(boxes[:, :2] + boxes[:, 2:] - box[:2] - box[2:]) / 2, 0.8, axis=0)
        score = float(np.median([seen.score for _, seen in one.seen]))
        moves = bool((strays > _STRAYS * _tall(box)).any())
        best, picture = one.pictures[len(one.pictures) // 2]
        text, sure = read(picture, _shifted(box, one.region))
        letters = len(text.strip())
        if not letters or sure < (_READ if letters > 2 else _READ_SHORT) or (len(one.seen) == 1 and score < _ONCE):
            return
        tall = _tall(box)
        pictures = [planes for _, planes in one.pictures]
        inner = _shifted(box, one.region)
        clean = [] if moves else [found for found in (one.before, one.after) if found is not None]
        mask = strokes.strokes_of(pictures, inner, tall, strokes.still_clean(one.pictures, clean, inner))
        line = Line(
            id=self._next,
            box=box,
            times=[time for time, _ in one.seen],
            since=one.since,
            until=one.seen[-1][0] if one.gone is None else one.gone,
            best=best,
            score=round(score, 3),
            angle=round(float(np.median([seen.angle for _, seen in one.seen])), 2),
            moves=moves,
            cuts=one.cuts,
            stands=False,
            region=one.region,
            strokes=mask,
            look=picture.y,
            text=text,
            sure=round(sure, 3),
            clean=clean,
            glass=None if moves else strokes.glass_of(pictures, mask),
        )
        self._next += 1
        self._lines.append(line)


def _without(look: tuple[float, Planes, list[Seen]], region: Region) -> tuple[float, Planes] | None:
    """A region of a picture, with its time; ``None`` where other text shows there."""
    time, planes, found = look
    edges = np.asarray(region, np.float32)
    if any(float(shared(edges, seen.box[None])[0]) > 0 for seen in found):
        return None
    return time, _copied(planes.crop(region))


def read(planes: Planes, box: Boxes) -> tuple[str, float]:
    """What the line in a box of a picture says, and how sure that is; a line that is taller than wide is turned."""
    cv2 = opencv()
    inside = whole(padded(box, 0.0, 1.0), planes.size)
    if inside is None:
        return "", 0.0
    part = planes.crop(inside)
    colours = [cv2.resize(plane, part.size, interpolation=cv2.INTER_LINEAR) for plane in part.each()[1:]]
    picture = cv2.cvtColor(np.dstack([part.y, colours[1], colours[0]]), cv2.COLOR_YCrCb2BGR)
    return spelled(np.asarray(picture, np.uint8))


def _region(box: Boxes, size: tuple[int, int]) -> Region | None:
    around = max(_AROUND_LEAST, _AROUND * _tall(box))
    return whole(np.asarray([*(box[:2] - around), *(box[2:] + around)], np.float32), size)


def _shifted(box: Boxes, region: Region) -> Boxes:
    return np.asarray(box - np.asarray([*region[:2], *region[:2]], np.float32), np.float32)


def _inside(box: Boxes, region: Region) -> tuple[slice, slice]:
    x0, y0, x1, y1 = (max(0, round(float(edge))) for edge in _shifted(box, region))
    return slice(y0, y1), slice(x0, x1)


def _tall(box: Boxes) -> float:
    return float(min(box[3] - box[1], box[2] - box[0]))


def _copied(view: Planes) -> Planes:
    return Planes(view.y.copy(), view.u.copy(), view.v.copy())
