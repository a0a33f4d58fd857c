"""A patch of a picture filled from the same patch of others, each aligned by the flow around its strokes and weighed by how well it fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skillwire.studio.effects.lettering.strokes import half
from skillwire.studio.effects.planes import Plane, Planes, shrunk
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

# What surrounds the strokes that alignment is told from, in pixels; motion is measured at half size in patches of this height and more.
_MARGIN, _HALVED = 24, 72
# Patches that differ by less than this around the strokes (bytes, mean) did not move; beyond so many they show something else.
_STILL, _OTHER = 1.6, 28.0
# A source counts by the bell of its difference around a stroke, of this width in bytes.
_BELL = 6.0
# How far that difference and the flow are carried into strokes, in pixels measured; further where nothing is nearer.
_NEAR, _FAR, _FAINT = 3.0, 16.0, 0.02
# A flow beyond this (pixels measured) has lost its way.
_FLOW_MOST = 24.0
# Less weight than this tells nothing; what is made up counts so much when it is carried along; each step costs a little.
_LEAST, _MADE_UP, _STEP = 0.02, 0.2, 0.1
# What is grown over anew counts so much beside what was made up before, so that it changes slowly.
_FRESH = 0.0008
# How far pixels are grown over from their borders, in pixels.
_REACH = 3


@dataclass(slots=True)
class Patch:
    """A part of a picture, and a mask (255, full size) of the strokes on it. ``sure``: how far each luma pixel can be believed."""

    planes: Planes
    mask: Plane
    sure: Floats
    _guesses: dict[int, Plane] = field(default_factory=dict)

    def guess(self, scale: int) -> Plane:
        """The luma with its strokes filled smoothly, at ``1 / scale`` of its size."""
        if scale not in self._guesses:
            height, width = (side // scale for side in self.mask.shape)
            luma = shrunk(self.planes.y, (width, height))
            hole = half(self.mask) if scale == 2 else self.mask
            self._guesses[scale] = _membrane(luma, hole) if hole.any() else luma
        return self._guesses[scale]


def raw(planes: Planes, mask: Plane) -> Patch:
    """A patch as it came: all of it can be believed but the strokes."""
    return Patch(planes, mask, np.asarray(mask == 0, np.float32))


class Filled(NamedTuple):
    """Planes without strokes, how far each luma pixel can be believed, and how many luma pixels had to be made up."""

    planes: Planes
    sure: Floats
    invented: int


class Known(NamedTuple):
    """Values that are known of another way, for each plane, and how much they count, 0 and more; all of the patch's size."""

    values: tuple[Floats, ...]
    weights: tuple[Floats, ...]


class _Hole:
    """The pixels of one plane that are to be filled, and what was gathered for them."""

    def __init__(self, mask: Plane) -> None:
        self.mask = mask
        self.rows, self.columns = np.nonzero(mask)
        self.total = np.zeros(len(self.rows), np.float32)
        self.weight = np.zeros(len(self.rows), np.float32)
        self.sure = np.zeros(len(self.rows), np.float32)

    def add(self, values: Floats, weights: Floats, sure: Floats | float = 1.0) -> None:
        self.total += values * weights
        self.weight += weights
        self.sure += weights * sure


def filled(patch: Patch, sources: Sequence[Patch], known: Sequence[Known] = ()) -> Filled:
    """The patch without its strokes; patches of ``sources`` have its size."""
    planes = Planes(*(plane.copy() for plane in patch.planes.each()))
    window = _window(patch.mask)
    if window is None:
        return Filled(planes, np.ones(patch.mask.shape, np.float32), 0)
    rows, columns = window
    scale = 2 if rows.stop - rows.start >= _HALVED else 1
    halves = tuple(slice(part.start // 2, part.stop // 2) for part in window)
    mask = patch.mask[window]
    holes = [_Hole(mask), _Hole(half(mask))]
    holes.append(_Hole(holes[1].mask))
    for one in known:
        for hole, values, weights, part in zip(holes, one.values, one.weights, (window, halves, halves), strict=True):
            hole.add(values[part][hole.rows, hole.columns], weights[part][hole.rows, hole.columns])
    scaled = tuple(slice(part.start // scale, part.stop // scale) for part in window)
    for source in sources:
        _gather(patch, source, holes, scale, (window, halves, scaled))
    invented = 0
    for n, (hole, plane, part) in enumerate(zip(holes, planes.each(), (window, halves, halves), strict=True)):
        made_up = _written(hole, plane[part])
        invented = made_up if n == 0 else invented
    sure = np.ones(patch.mask.shape, np.float32)
    luma = holes[0]
    told = np.where(luma.weight > _LEAST, luma.sure / np.maximum(luma.weight, 1e-6), _MADE_UP)
    sure[window][luma.rows, luma.columns] = told
    return Filled(planes, sure, invented)


def _gather(patch: Patch, source: Patch, holes: list[_Hole], scale: int, parts: Any) -> None:
    """Adds what a source knows of the holes."""
    cv2 = opencv()
    window, halves, scaled = parts
    here, there = patch.guess(scale)[scaled], source.guess(scale)[scaled]
    sure = source.sure[window]
    small = sure if scale == 1 else cv2.resize(sure, here.shape[::-1], interpolation=cv2.INTER_AREA)
    mine = holes[0].mask if scale == 1 else half(holes[0].mask)
    free = (mine == 0).astype(np.float32)
    both = free * (small > 0.9)
    if float(both.sum()) < 0.05 * both.size:
        return
    apart = float(cv2.mean(cv2.absdiff(here, there), (both * 255).astype(np.uint8))[0])
    if apart > _OTHER:
        return
    flow = None if apart < _STILL else _flow(here, there, both)
    if flow is not None:
        grid = _grid(flow)
        there = cv2.remap(there, *grid, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        both = free * (cv2.remap(small, *grid, cv2.INTER_LINEAR) > 0.9)
    change = here.astype(np.float32) - there
    lighter = _carried(change, both)
    error = _carried(np.abs(change - lighter), both)
    fits = np.exp(-((error / _BELL) ** 2))
    for n, hole in enumerate(holes):
        step = scale if n == 0 else scale / 2
        x, y = hole.columns.astype(np.float32), hole.rows.astype(np.float32)
        # Of the measured pixels, the one that a pixel of this plane lies in.
        column, row = (
            np.minimum((edge / step).astype(np.intp), side - 1)
            for edge, side in ((x, here.shape[1]), (y, here.shape[0]))
        )
        plane = source.planes.each()[n][window if n == 0 else halves]
        belief = sure if n == 0 else sure[::2, ::2]
        if flow is None:
            values = plane[hole.rows, hole.columns].astype(np.float32)
            trust = belief[hole.rows, hole.columns]
        else:
            bend = flow[row, column] * step
            values = _at(plane, x + bend[:, 0], y + bend[:, 1], cv2.INTER_CUBIC if n == 0 else cv2.INTER_LINEAR)
            trust = _at(belief, x + bend[:, 0], y + bend[:, 1], cv2.INTER_LINEAR)
        if n == 0:
            values = values + lighter[row, column]
        fit = fits[row, column]
        hole.add(values, trust**4 * fit, trust * (1 - _STEP * (1 - fit)))


def _written(hole: _Hole, plane: Plane) -> int:
    """Writes what was gathered into a plane, and grows the rest over; returns how many pixels that are."""
    cv2 = opencv()
    known = hole.weight > _LEAST
    values = hole.total / np.maximum(hole.weight, 1e-9)
    plane[hole.rows[known], hole.columns[known]] = np.clip(np.rint(values[known]), 0, 255).astype(np.uint8)
    rows, columns = hole.rows[~known], hole.columns[~known]
    if len(rows):
        rest = np.zeros(plane.shape, np.uint8)
        rest[rows, columns] = 255
        fresh = cv2.inpaint(plane, rest, _REACH, cv2.INPAINT_TELEA)[rows, columns]
        part = _FRESH / (_FRESH + hole.weight[~known])
        mixed = part * fresh + (1 - part) * values[~known]
        plane[rows, columns] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return len(rows)


def _flow(here: Plane, there: Plane, free: Floats) -> Floats | None:
    """Where each pixel lies in the other picture, relative to its own place, told around the strokes and carried into them."""
    cv2 = opencv()
    if min(here.shape) < 16:
        return None
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    dis.setFinestScale(1)
    raw_flow = dis.calc(np.ascontiguousarray(here), np.ascontiguousarray(there), None)
    weight = free * (np.abs(raw_flow).max(axis=2) < _FLOW_MOST)
    return np.dstack([_carried(np.ascontiguousarray(raw_flow[..., n]), weight) for n in (0, 1)]).astype(np.float32)


def _carried(values: Floats, weight: Floats) -> Floats:
    """Values smoothed where there is weight and carried into where there is none."""
    cv2 = opencv()
    weighed = values * weight
    near = cv2.GaussianBlur(weight, (0, 0), _NEAR)
    far = cv2.blur(weight, (2 * int(_FAR) + 1,) * 2)
    total = cv2.GaussianBlur(weighed, (0, 0), _NEAR) + _FAINT * cv2.blur(weighed, (2 * int(_FAR) + 1,) * 2)
    return np.asarray(total / (near + _FAINT * far + 1e-4), np.float32)


def _grid(flow: Floats) -> tuple[Floats, Floats]:
    height, width = flow.shape[:2]
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    return flow[..., 0] + x[None], flow[..., 1] + y[:, None]


def _at(plane: NDArray[Any], x: Floats, y: Floats, how: int) -> Floats:
    """A plane's values at places between its pixels."""
    cv2 = opencv()
    wide = 512
    tall = -(-len(x) // wide)
    grid = []
    for places in (x, y):
        padded = np.zeros(wide * tall, np.float32)
        padded[: len(places)] = places
        grid.append(padded.reshape(tall, wide))
    found = cv2.remap(np.ascontiguousarray(plane), *grid, how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.ravel()[: len(x)], np.float32)


def _membrane(luma: Plane, hole: Plane) -> Plane:
    """The luma with its hole filled by averages of what surrounds it, coarse ones where it is wide."""
    cv2 = opencv()
    weight = np.asarray(hole == 0, np.float32)
    layers = [(luma * weight, weight)]
    while min(layers[-1][1].shape) > 4 and float(layers[-1][1].min()) < 0.1:
        layers.append((cv2.pyrDown(layers[-1][0]), cv2.pyrDown(layers[-1][1])))
    made = layers[-1][0] / np.maximum(layers[-1][1], 1e-3)
    for values, weights in reversed(layers[:-1]):
        large = cv2.pyrUp(made, dstsize=weights.shape[::-1])
        made = values + (1 - weights) * large
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def _window(mask: Plane) -> tuple[slice, slice] | None:
    """The part of a mask that holds anything, with room around it, on multiples of four pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return tuple(  # type: ignore[return-value] # two of them
        slice(max(0, int(found[0]) - _MARGIN) // 4 * 4, min(side // 4 * 4, (int(found[-1]) + _MARGIN + 4) // 4 * 4))
        for found, side in ((rows, mask.shape[0]), (columns, mask.shape[1]))
    )
