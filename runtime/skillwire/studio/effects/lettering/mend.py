"""Text taken out of pictures: its strokes are filled with what other pictures of the shot show there, or what shines through them.

Every picture is filled from the one before, which was filled already, from some that come, and from those in which the line does not
show yet or any more; each counts as much as it agrees with this picture around the strokes. What none of them shows is grown over
from the strokes' borders (Telea, 2004) and then carried along, so that it does not flicker.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import shared
from skillwire.studio.effects.lettering.lines import Found, Glass, Line
from skillwire.studio.effects.lettering.presence import Watch
from skillwire.studio.effects.lettering.sources import Known, Patch, filled, raw
from skillwire.studio.effects.planes import Planes, Region, planes_of
from skillwire.studio.effects.removal.holes import Tally

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from skillwire.studio.effects.upright import Timed

# Pictures that come: how many are waited for, and which of them are taken from.
_AHEAD, _TAKEN = 12, (3, 12)
# How long before a line shows its place is watched, in seconds.
_WATCHED = 0.3
# Through glass that lets pass less than this nothing is seen; the error of what is seen through clear glass, in bytes.
_DARK, _CLEAR = 0.3, 3.0


@dataclass(slots=True)
class _Moment:
    """A picture that waits, with the number of its shot, and its patches by area, made when first wanted."""

    time: float
    frame: VideoFrame
    planes: Planes
    shot: int
    patches: dict[int, Patch] = field(default_factory=dict)


class TextMender:
    """Takes ``targets`` out of upright yuv420p frames of the clip in which they were ``found``."""

    def __init__(self, found: Found, targets: Sequence[Line]) -> None:
        self._cuts = np.asarray(found.cuts)
        self._areas = [_Area(number, lines, self._shot) for number, lines in enumerate(_meeting(targets))]
        self._waiting: deque[_Moment] = deque()
        self.tally = Tally()

    def over(self, frames: Iterator[Timed]) -> Iterator[Timed]:
        """The frames, mended; each comes late by those that are looked at after it."""
        for time, frame in frames:
            frame.make_writable()
            self._waiting.append(_Moment(time, frame, planes_of(frame), self._shot(time)))
            if len(self._waiting) > _AHEAD:
                yield self._advanced()
        while self._waiting:
            yield self._advanced()

    def _shot(self, time: float) -> int:
        return int(np.searchsorted(self._cuts, time + 1e-6, side="right"))

    def _advanced(self) -> Timed:
        now = self._waiting[0]
        coming = [self._waiting[n] for n in _TAKEN if n < len(self._waiting) and self._waiting[n].shot == now.shot]
        for area in self._areas:
            if area.watches(now.time):
                area.mend(now, coming, self.tally)
        self._waiting.popleft()
        return now.time, now.frame


class _Area:
    """Lines whose surroundings overlap, and the patch of the picture before without them."""

    def __init__(self, number: int, lines: Sequence[Line], shot: Any) -> None:
        self._number = number
        self._lines = lines
        self._watches = [Watch(line) for line in lines]
        edges = np.asarray([line.region for line in lines])
        (x0, y0), (x1, y1) = edges[:, :2].min(axis=0).tolist(), edges[:, 2:].max(axis=0).tolist()
        self._region: Region = (x0, y0, x1, y1)
        self._shape = (y1 - y0, x1 - x0)
        self._shot = shot
        self._clean: dict[int, list[tuple[int, Patch]]] = {}
        self._before: tuple[int, Patch] | None = None

    def watches(self, time: float) -> bool:
        """Whether a line may show, or soon will."""
        return any(line.since - _WATCHED <= time <= line.until + _WATCHED for line in self._lines)

    def mend(self, now: _Moment, coming: Sequence[_Moment], tally: Tally) -> None:
        """Fills what shows of the lines in a picture, which is changed."""
        patch = self._patch(now)
        if not patch.mask.any():
            view = patch.planes
            kept = Planes(view.y.copy(), view.u.copy(), view.v.copy())
            self._before = now.shot, raw(kept, patch.mask)
            return
        sources = [self._before[1]] if self._before is not None and self._before[0] == now.shot else []
        sources += [self._patch(one) for one in coming]
        sources += self._clean_at(now)
        seen_through = [
            self._through(line, line.glass, patch)
            for line in self._lines
            if line.glass is not None and patch.mask[self._window(line.region)][line.strokes > 0].all()
        ]
        made, sure, invented = filled(patch, sources, seen_through)
        for plane, other in zip(patch.planes.each(), made.each(), strict=True):
            plane[:] = other
        tally.replaced += int(np.count_nonzero(patch.mask))
        tally.invented += invented
        self._before = now.shot, Patch(made, np.zeros_like(patch.mask), sure)

    def _clean_at(self, now: _Moment) -> list[Patch]:
        """Pictures of this shot without the lines that may show; only theirs are kept ready."""
        showing = {line.id: line for line in self._lines if line.since <= now.time <= line.until}
        for number in [number for number in self._clean if number not in showing]:
            del self._clean[number]
        for number, line in showing.items():
            if number not in self._clean:
                self._clean[number] = [(self._shot(time), self._spread(line, planes)) for time, planes in line.clean]
        return [patch for number in showing for shot, patch in self._clean[number] if shot == now.shot]

    def _patch(self, moment: _Moment) -> Patch:
        """The area in a picture that was not mended yet, with the strokes of the lines that show."""
        if self._number not in moment.patches:
            mask = np.zeros(self._shape, np.uint8)
            for watch in self._watches:
                line = watch.line
                if watch.shows(moment.time, moment.planes):
                    window = self._window(line.region)
                    np.maximum(mask[window], line.strokes, out=mask[window])
            moment.patches[self._number] = raw(moment.planes.crop(self._region), mask)
        return moment.patches[self._number]

    def _spread(self, line: Line, planes: Planes) -> Patch:
        """A picture of a line's surroundings as one of the area, the rest of which is not known."""
        mask = np.full(self._shape, 255, np.uint8)
        window = self._window(line.region)
        mask[window] = 0
        height, width = self._shape
        shapes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
        every = Planes(*(np.full(shape, 128, np.uint8) for shape in shapes))
        x0, y0, x1, y1 = line.region
        left, top = self._region[:2]
        part = every.crop((x0 - left, y0 - top, x1 - left, y1 - top))
        for plane, other in zip(part.each(), planes.each(), strict=True):
            plane[:] = other
        return raw(every, mask)

    def _through(self, line: Line, glass: Glass, patch: Patch) -> Known:
        """What shows through a half-transparent line."""
        rows, columns = self._window(line.region)
        half_window = (slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2))
        values, weights = [], []
        for n, plane in enumerate(patch.planes.each()):
            window = (rows, columns) if n == 0 else half_window
            gain = glass.gain[n]
            value, weight = np.zeros(plane.shape, np.float32), np.zeros(plane.shape, np.float32)
            value[window] = (plane[window] - glass.veil[n]) / np.maximum(gain, _DARK)
            weight[window] = np.where(gain > _DARK, (gain / _CLEAR) ** 2, 0)
            values.append(value)
            weights.append(weight)
        return Known(tuple(values), tuple(weights))

    def _window(self, region: Region) -> tuple[slice, slice]:
        x0, y0, x1, y1 = region
        left, top = self._region[:2]
        return slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)


def _meeting(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines in groups whose surroundings overlap."""
    groups: list[list[Line]] = []
    for line in lines:
        edges = np.asarray(line.region, np.float32)
        near = [
            group
            for group in groups
            if any(float(shared(edges, np.asarray(other.region, np.float32)[None])[0]) > 0 for other in group)
        ]
        groups = [group for group in groups if group not in near]
        groups.append([line, *(other for group in near for other in group)])
    return groups
