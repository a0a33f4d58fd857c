"""Who stays near a target, picture by picture: their outlines as they stand now, so that of the target goes all that shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from skillwire.studio.effects.boxes import Boxes, area, padded
from skillwire.studio.effects.finding.tracks import STILL_TRAVEL
from skillwire.studio.effects.planes import Plane, Planes
from skillwire.studio.effects.removal.cutout import Hole, cut_to, free_of, stretched
from skillwire.studio.effects.removal.holes import ROOM, Holes, Met
from skillwire.studio.effects.removal.silhouette import outline, portrait
from skillwire.studio.effects.vision import opencv

# Who stands before a target is outlined anew this often, in seconds, and widened by this part of the box's width.
_LOOK_EVERY, TIGHT = 0.07, 0.05
# So many looks count together, so long, the earlier ones but for a rim of this part of the box's width.
_LOOKS, _LATELY, _INSIDE = 2, 0.2, 0.03
# An outline that fills less of the box than this is of a part only.
_WHOLE = 0.35
# Who stays in their place sways by this part of their box's width.
SWAY = 0.1

# Outlines by track: masks (255) of the boxes with ``ROOM``.
Outlined = dict[int, Plane]


class Guards:
    """Of one shot. ``alone``: by track, the outline of who was seen with no target near, as a mask of the box with ``ROOM``."""

    def __init__(self, holes: Holes, alone: Callable[[int], Plane | None] | None = None) -> None:
        self._holes = holes
        self._alone = alone
        # What was seen of whom lately.
        self.looked: dict[int, deque[tuple[float, Plane]]] = {}

    def at(self, time: float, reach: float, planes: Callable[[], Planes]) -> tuple[Outlined, Outlined]:
        """The outlines of who stands before a target in a picture, and of who shows behind one; of those that can be told."""
        return self._before(time, reach, planes), self._behind(time, reach, planes)

    def _before(self, time: float, reach: float, planes: Callable[[], Planes]) -> Outlined:
        """As they stand now; where the target's box is, no further than they may sway."""
        now: Outlined = {}
        self.looked = {one: looks for one, looks in self.looked.items() if time - looks[-1][0] <= _LATELY}
        for met in self._holes.met(time, reach, before=True):
            looks = self.looked.get(met.track.id, deque(maxlen=_LOOKS))
            if not looks or time - looks[-1][0] >= _LOOK_EVERY:
                shape = self._guard(met, planes())
                if shape is None:
                    continue
                looks.append((time, shape))
                self.looked[met.track.id] = looks
            now[met.track.id] = _all_of([shape for at, shape in looks if time - at <= _LATELY], met.box)
        return now

    def _behind(self, time: float, reach: float, planes: Callable[[], Planes]) -> Outlined:
        """What shows of those who stand large behind a target."""
        now = {}
        for met in self._holes.met(time, reach, before=False):
            shape = self._portrait(met, planes())
            if shape is not None:
                now[met.track.id] = shape
        return now

    def _portrait(self, met: Met, planes: Planes) -> Plane | None:
        region = Hole(met.box).region(planes.size) if met.track.group == "person" else None
        seen = None if region is None else portrait(planes, met.box, region, met.targets, behind=True)
        return None if seen is None or region is None else cut_to(seen, padded(met.box, ROOM), region)

    def _guard(self, met: Met, planes: Planes) -> Plane | None:
        track, box = met.track, met.box
        wide = padded(box, ROOM)
        region = Hole(box).region(planes.size)
        if region is None:
            return None
        seen = portrait(planes, box, region, met.sighted, met.thought) if track.group == "person" else None
        finely = _fills(seen, box)
        if not finely and self._alone is not None:
            seen = outline(planes, box, track.group, region, TIGHT)
        if seen is None or not _fills(seen, box):
            return None
        alone = None if self._alone is None else self._alone(track.id)
        if alone is not None:
            # Two people who touch are one to the network: what is far from this one's own outline is the other.
            own = stretched(alone, wide, region[:2], seen.shape[::-1])
            apart = free_of([padded(target, 0.1) for target in met.targets], region)
            seen = np.minimum(seen, np.maximum(apart, widened(own, box, SWAY)))
            # One who stays in their place has an outline with room for more than they are: before targets its inside is surely theirs.
            # Who goes on changes their shape: what they were like alone counts where they are not seen better.
            surely = own if track.travel > STILL_TRAVEL and not finely else np.minimum(own, apart)
            seen = np.maximum(surely, seen)
            seen = np.maximum(_narrowed(own, box, SWAY), seen)
        return cut_to(seen, wide, region)


def _all_of(shapes: list[Plane], box: Boxes) -> Plane:
    """The last outline of what is in a box, with what is well inside of those before: one look may miss a part that another one tells."""
    made = shapes[-1]
    for shape in shapes[:-1]:
        inside = opencv().resize(_narrowed(shape, box, _INSIDE), made.shape[::-1], interpolation=opencv().INTER_NEAREST)
        made = np.maximum(made, inside)
    return made


def _fills(seen: Plane | None, box: Boxes) -> bool:
    """Whether an outline is of all of what is in a box, not of a part only."""
    return seen is not None and 4 * int(np.count_nonzero(seen)) >= _WHOLE * float(area(box))


def widened(mask: Plane, box: Boxes, part: float) -> Plane:
    """An outline of what is in a box, widened by a part of the box's width."""
    return np.asarray(opencv().dilate(mask, _kernel(box, part)), np.uint8)


def _narrowed(mask: Plane, box: Boxes, part: float) -> Plane:
    return np.asarray(opencv().erode(mask, _kernel(box, part)), np.uint8)


def _kernel(box: Boxes, part: float) -> Plane:
    reach = max(1, round(part * float(box[2] - box[0]) / 2))
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
