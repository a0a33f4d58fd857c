"""The outlines of things while the camera moves: told by a picture, by one a moment ago, or by any in which they can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded, whole
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.planes import Plane, Region
from skillwire.studio.effects.removal.cutout import cut_to, stretched
from skillwire.studio.effects.removal.holes import ROOM
from skillwire.studio.effects.removal.silhouette import outline, outline_of
from skillwire.studio.effects.removal.stills import Still

# An outline is good for so many seconds.
_LATELY = 0.5
# What is known of a thing is forgotten when it has not been asked for in so many seconds: a film may show thousands.
LONG_AGO = 5.0
# Pictures in which an outline is looked for, when the one at hand does not tell it.
LOOKS = 8

# Things in a picture, with their boxes.
Things = list[tuple[Track, Boxes]]


@dataclass(slots=True)
class Outlines:
    """The outlines of things, each in its box with ``ROOM``: the last one told of each, and one from any picture."""

    lately: dict[int, tuple[float, Plane | None]] = field(default_factory=dict)
    known: dict[int, Plane | None] = field(default_factory=dict)

    def of(self, now: Still, things: Things, region: Region, near: Sequence[Still]) -> Plane | None:
        """The outlines of all the things together in this picture, told by it or by one a moment ago.

        ``None`` when one of them has none in any picture.
        """
        for gone in [thing for thing, (time, _) in self.lately.items() if now.time - time > LONG_AGO]:
            del self.lately[gone]
            self.known.pop(gone, None)
        size = ((region[2] - region[0]) // 2, (region[3] - region[1]) // 2)
        shapes = []
        for track, box in things:
            time, shape = self.lately.get(track.id, (-1.0, None))
            if abs(now.time - time) > _LATELY:
                seen = outline_of(now.planes, track, box, region)
                shape = None if seen is None else cut_to(seen, padded(box, ROOM), region)
                shape = self._anywhere(track, near) if shape is None else shape
                self.lately[track.id] = (now.time, shape)
            if shape is None:
                return None
            shapes.append(stretched(shape, padded(box, ROOM), region[:2], size))
        return np.asarray(np.maximum.reduce(shapes))

    def _anywhere(self, track: Track, near: Sequence[Still]) -> Plane | None:
        """A thing's outline from any of the pictures near in which it can be told; looked for once."""
        if track.id not in self.known:
            self.known[track.id] = None
            for still in near:
                box = track.at(still.time, 0.0)
                region = None if box is None else whole(padded(box, 2 * ROOM), still.planes.size)
                shape = None if box is None or region is None else outline(still.planes, box, track.group, region)
                if shape is not None and box is not None and region is not None:
                    self.known[track.id] = cut_to(shape, padded(box, ROOM), region)
                    break
        return self.known[track.id]
