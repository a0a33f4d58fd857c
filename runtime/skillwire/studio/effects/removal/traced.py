"""What is behind a hole, followed from picture to picture until it comes out: for what moves there on its own.

Flow from one picture to the next is carried smoothly into the hole, and chained: each place of the hole is taken from the first picture,
before and after, in which it shows ("flow-guided propagation", Xu et al., 2019). It needs no knowledge of what it is that moves, but
what lies still behind a thing for long is better put together from pictures further away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded, shared
from skillwire.studio.effects.light import halved
from skillwire.studio.effects.planes import Plane, Planes, Region
from skillwire.studio.effects.removal.around import Around
from skillwire.studio.effects.removal.bend import believed, carried, dense_flow
from skillwire.studio.effects.removal.stills import Still
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flow = NDArray[np.float32]

# Pictures that places are followed through, each way, at most; less of the hole than this is not followed further.
STEPS, _REST = 12, 0.02
# After so many pictures more than this part of the hole is still hidden where a thing hardly goes: then nothing is followed.
_EARLY, _SLOW = 5, 0.85
# Room around a thing's box in which flow is measured: in sides of it, and pixels.
_ROOM, _ROOM_LEAST = 0.35, 20.0
# Flows are remembered so many seconds.
_LONG_AGO = 1.0
# So many steps' loss of what a place was taken over, as a power: what came out sooner is more surely that.
_NEARER = 2.0
# So many cells apart are the places that tell whether following will do.
_SPARSE = 3
# Weights below this are none; fewer places beside a hole tell nothing.
_NOTHING, _LEAST_TOLD = 1e-4, 30


@dataclass(frozen=True, slots=True)
class Traced:
    """A region of a picture with what is behind its hole. ``whole``: of full size, beside the hole the picture itself; ``half``: the same at
    half size. ``shows``: 255 (half size) where any picture showed it. ``missed``: by how many bytes of luma (root mean square) what was
    followed from beside the hole misses what is there; infinite where that cannot be told.
    """

    whole: Planes
    half: Planes
    shows: Plane
    missed: float

    def luma(self, window: Region) -> Plane:
        """Full-size luma in a window of the region."""
        x0, y0, x1, y1 = window
        return self.whole.y[y0:y1, x0:x1]


@dataclass(slots=True)
class _Trail:
    """Places followed one way: per step a picture, where they are in it (full-size pixels), and which of them come out there (255)."""

    steps: list[tuple[int, Still, Flow, Plane]] = field(default_factory=list)
    # The step by which half of them were out, with where the places beside the hole are then.
    middle: tuple[Still, Flow] | None = None


class Tracer:
    """Follows what is behind holes in the pictures of one shot."""

    def __init__(self) -> None:
        self._flows: dict[tuple[float, float], tuple[Around, Flow]] = {}

    def behind(
        self, now: Still, before: Sequence[Still], after: Sequence[Still], region: Region, most: float = float("inf")
    ) -> Traced | None:
        """What is behind the things in a region of ``now``, from the pictures ``before`` and ``after`` it, nearest first.

        ``None`` where what is followed from beside the hole misses what is there by more than ``most`` bytes (root mean square).
        """
        cell = 1 / Around(now.sight(now.open), region, now.planes.size).scale
        # Whether it will do is told by a few places.
        trails, places, hole = self._trails(now, before, after, region, _SPARSE * cell, half=True)
        missed = _missed(now, trails, places, hole)
        if missed > most:
            return None
        whole = now.planes.crop(region)
        planes = Planes(*(plane.copy() for plane in whole.each()))
        shows = np.full(planes.u.shape, 255, np.uint8)
        part = _around(places, hole, _SPARSE * cell, region)
        if part is not None:
            trails, _, hole = self._trails(now, before, after, part, cell)
            x0, y0, x1, y1 = (edge - region[n % 2] for n, edge in enumerate(part))
            shows[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = _collected(
                trails, hole, now.planes.crop(part), planes.crop((x0, y0, x1, y1))
            )
        return Traced(planes, halved(planes), shows, missed)

    def _trails(
        self,
        now: Still,
        before: Sequence[Still],
        after: Sequence[Still],
        region: Region,
        cell: float,
        *,
        half: bool = False,
    ) -> tuple[list[_Trail], Flow, Plane]:
        """Both ways of places a ``cell`` apart (full-size pixels), with where they begin, and which of them are hidden (255).

        ``half``: until half of these are out.
        """
        x0, y0, x1, y1 = region
        size = (max(2, round((x1 - x0) / cell)), max(2, round((y1 - y0) / cell)))
        x, y = (
            ((np.arange(count, dtype=np.float32) + 0.5) * np.float32(side / count) - 0.5 + start)
            for count, side, start in zip(size, (x1 - x0, y1 - y0), (x0, y0), strict=True)
        )
        places = np.dstack(np.meshgrid(x, y)).astype(np.float32)
        hole = np.asarray(opencv().bitwise_not(_sampled(now.open, places, now, opencv().INTER_NEAREST)), np.uint8)
        return [self._followed(now, others, places, hole, half=half) for others in (before, after)], places, hole

    def _followed(self, now: Still, others: Sequence[Still], places: Flow, hole: Plane, *, half: bool) -> _Trail:
        cv2 = opencv()
        trail = _Trail()
        at, one, left = places, now, hole.copy()
        whole = cv2.countNonZero(hole)
        if not whole:
            return trail
        for step, other in enumerate(others[:STEPS], 1):
            at = self._stepped(one, other, at, left)
            out = cv2.bitwise_and(_sampled(other.open, at, other, cv2.INTER_NEAREST), left)
            if cv2.countNonZero(out):
                trail.steps.append((step, other, at, np.asarray(out, np.uint8)))
                left = cv2.bitwise_and(left, cv2.bitwise_not(out))
            rest = cv2.countNonZero(left)
            if step == _EARLY and rest > _SLOW * whole:
                break
            if trail.middle is None and (2 * rest <= whole or step == min(len(others), STEPS)):
                trail.middle = other, at
            if rest <= _REST * whole or (half and trail.middle is not None):
                break
            one = other
        return trail

    def _stepped(self, one: Still, other: Still, at: Flow, left: Plane) -> Flow:
        """Where places of one picture are in the next."""
        cv2 = opencv()
        around, flow = self._flow(one, other, _bounds(at, left))
        there = cv2.perspectiveTransform(at, np.linalg.inv(around.full).astype(np.float32))
        empty: Any = None
        moved = at + cv2.remap(flow, there, empty, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) / np.float32(
            around.scale
        )
        across = other.place @ np.linalg.inv(one.place)
        return np.asarray(cv2.perspectiveTransform(moved, across.astype(np.float32)), np.float32)

    def _flow(self, one: Still, other: Still, wanted: Boxes) -> tuple[Around, Flow]:
        """What the camera's motion leaves between two pictures around what is wanted, carried into the holes of both."""
        key = (one.time, other.time)
        known = self._flows.get(key)
        if known is not None and _holds(known[0], wanted, one.planes.size):
            return known
        box = wanted
        for hidden in one.hidden:
            if float(shared(hidden, wanted)) > 0:
                box = np.concatenate([np.minimum(box[:2], hidden[:2]), np.maximum(box[2:], hidden[2:])])
        room = padded(box, _ROOM, _ROOM_LEAST)
        width, height = one.planes.size
        x0, y0 = (max(0, int(edge) // 2 * 2) for edge in room[:2])
        x1, y1 = (min(side, int(edge) // 2 * 2) for side, edge in zip((width, height), room[2:], strict=True))
        around = Around(one.sight(one.open), (x0, y0, max(x1, x0 + 8), max(y1, y0 + 8)), (width, height))
        grey, free = around.aligned(other.sight(other.open))
        raw = dense_flow(around.grey, grey)
        weight = believed(np.asarray(opencv().bitwise_and(around.free, free), np.uint8))
        made = around, carried(raw, weight)
        for old in [known for known in self._flows if abs(known[0] - one.time) > _LONG_AGO]:
            del self._flows[old]
        self._flows[key] = made
        return made


def _around(places: Flow, hole: Plane, room: float, region: Region) -> Region | None:
    """The part of a region with all hidden places in it; ``None`` where none is."""
    if not opencv().countNonZero(hole):
        return None
    box = padded(_bounds(places, hole), 0.0, room)
    x0, y0 = (max(region[n], int(box[n]) // 2 * 2) for n in range(2))
    x1, y1 = (min(region[n + 2], -int(-box[n + 2]) // 2 * 2 + 2) for n in range(2))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _collected(trails: Sequence[_Trail], hole: Plane, whole: Planes, into: Planes) -> Plane:
    """Writes what came out on the trails, of two the sooner counting more; 255 (half size) where anything did, or nothing is hidden."""
    cv2 = opencv()
    sums = [np.zeros(plane.shape, np.float32) for plane in whole.each()]
    weights = [np.zeros(plane.shape, np.float32) for plane in (whole.y, whole.u)]
    for trail in trails:
        for step, still, at, out in trail.steps:
            _add(sums, weights, still, at, out, step**-_NEARER)
    for n, (plane, total) in enumerate(zip(into.each(), sums, strict=True)):
        weight = weights[min(n, 1)]
        hidden = cv2.resize(hole, plane.shape[::-1], interpolation=cv2.INTER_NEAREST)
        known = cv2.bitwise_and(hidden, _set(weight > _NOTHING))
        mean = total / np.maximum(weight, _NOTHING)
        plane[known > 0] = np.asarray(np.clip(mean + 0.5, 0, 255), np.uint8)[known > 0]
    beside = cv2.bitwise_not(cv2.resize(hole, whole.u.shape[::-1], interpolation=cv2.INTER_NEAREST))
    return np.asarray(cv2.bitwise_or(_set(weights[1] > _NOTHING), beside), np.uint8)


def _add(sums: list[Any], weights: list[Any], still: Still, at: Flow, out: Plane, worth: float) -> None:
    """Adds what a picture shows at places to sums of full-size luma and half-size colours, softly at the border of ``out``."""
    cv2 = opencv()
    rows, columns = out.shape
    x, y, w, h = cv2.boundingRect(out)
    x, y, right, bottom = max(0, x - 1), max(0, y - 1), min(columns, x + w + 1), min(rows, y + h + 1)
    soft = cv2.blur(out[y:bottom, x:right], (3, 3)).astype(np.float32) * np.float32(worth / 255)
    for n, (plane, total) in enumerate(zip(still.planes.each(), sums, strict=True)):
        height, width = total.shape
        kx, ky = width / columns, height / rows
        left, top = int(x * kx), int(y * ky)
        size = (min(width, int(np.ceil(right * kx))) - left, min(height, int(np.ceil(bottom * ky))) - top)
        back = np.asarray([[1 / kx, 0, (left + 0.5) / kx - 0.5], [0, 1 / ky, (top + 0.5) / ky - 0.5]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        fine = cv2.warpAffine(at, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        if n:
            fine = fine * np.float32(0.5) - np.float32(0.25)
        empty: Any = None
        smooth = cv2.INTER_LINEAR if n else cv2.INTER_CUBIC
        shown = cv2.remap(plane, fine, empty, smooth, borderMode=cv2.BORDER_REPLICATE)
        within = np.asarray(
            [[1 / kx, 0, (left + 0.5) / kx - 0.5 - x], [0, 1 / ky, (top + 0.5) / ky - 0.5 - y]], np.float64
        )
        matte = cv2.warpAffine(soft, within, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        part = np.s_[top : top + size[1], left : left + size[0]]
        total[part] += shown * matte
        if n < 2:
            weights[n][part] += matte


def _missed(now: Still, trails: Sequence[_Trail], places: Flow, hole: Plane) -> float:
    """By how much what is followed from beside the hole differs from what is there."""
    cv2 = opencv()
    here = _sampled(now.view.grey, places, now, cv2.INTER_LINEAR).astype(np.float32)
    total, count = np.zeros_like(here), np.zeros_like(here)
    for trail in trails:
        if trail.middle is not None:
            still, at = trail.middle
            both = cv2.bitwise_and(_sampled(still.open, at, still, cv2.INTER_NEAREST), cv2.bitwise_not(hole)) > 0
            total += np.where(both, _sampled(still.view.grey, at, still, cv2.INTER_LINEAR), 0)
            count += both
    told = count > 0
    if np.count_nonzero(told) < _LEAST_TOLD:
        return float("inf")
    return float(np.sqrt(np.mean((total[told] / count[told] - here[told]) ** 2)))


def _set(where: Any) -> Plane:
    return np.asarray(where, np.uint8) * np.uint8(255)


def _sampled(plane: Plane, places: Flow, still: Still, smooth: int) -> Plane:
    """A small plane of a picture at full-size places; 0 beyond it."""
    scale = np.float32(still.view.scale)
    empty: Any = None
    small = (places + np.float32(0.5)) * scale - np.float32(0.5)
    return np.asarray(opencv().remap(plane, small, empty, smooth), np.uint8)


def _bounds(at: Flow, where: Plane) -> Boxes:
    there = at[where > 0]
    return np.concatenate([there.min(axis=0), there.max(axis=0)]).astype(np.float32)


def _holds(around: Around, wanted: Boxes, size: tuple[int, int]) -> bool:
    """Whether what is wanted lies in an ``around``, as far as it lies in the picture."""
    width, height = around.size
    corners = np.asarray([[[-0.5, -0.5], [width - 0.5, height - 0.5]]], np.float32)
    (left, top), (right, bottom) = opencv().perspectiveTransform(corners, around.full.astype(np.float32))[0]
    x0, y0, x1, y1 = wanted.tolist()
    slack = 2 / around.scale
    inside = max(x0, 0) >= left - slack and max(y0, 0) >= top - slack
    return bool(inside and min(x1, size[0]) <= right + slack and min(y1, size[1]) <= bottom + slack)
