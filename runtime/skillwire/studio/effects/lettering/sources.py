"""A patch of a picture filled from the same patch of others, each aligned by the flow around its strokes and weighed by how well it fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
# What is known of noise, in bytes; how much more what is grown over errs than what surrounds it varies.
_NOISE, _GROWN_ERRS = 1.5, 1.0
# Where less of the result than this is grown over, growing is left out.
_SHARE = 0.2
# What surrounds a stroke varies by what differs from an average of this width, in pixels measured.
_WIDTH = 2.5
# How far that difference and the flow are carried into strokes, in pixels measured; further where nothing is nearer.
_NEAR, _FAR, _FAINT = 3.0, 16.0, 0.02
# A flow beyond this (pixels measured) has lost its way.
_FLOW_MOST = 24.0
# What is carried from picture to picture is believed a little less each time; a pixel between others shows no stroke from this on.
_STEP, _ALL = 0.01, 0.99
# How far pixels are grown over from their borders, in pixels.
_REACH = 3


@dataclass(slots=True)
class Patch:
    """A part of a picture, and a mask (255, full size) of the strokes on it. ``sure``: which luma pixels were seen (1) or made up (0)."""

    planes: Planes
    mask: Plane
    sure: Floats
    _guesses: dict[int, Plane] = field(default_factory=dict)
    _free: dict[int, Floats] = field(default_factory=dict)

    @property
    def lettered(self) -> bool:
        """Whether there are strokes on it."""
        return bool(self.mask.any())

    def free(self, scale: int) -> Floats:
        """1 where there are no strokes, at ``1 / scale`` of its size."""
        if scale not in self._free:
            mask = self.mask if scale == 1 else half(self.mask)
            self._free[scale] = np.asarray(mask == 0, np.float32)
        return self._free[scale]

    def guess(self, scale: int) -> Plane:
        """The luma with its strokes filled smoothly, at ``1 / scale`` of its size."""
        if scale not in self._guesses:
            height, width = (side // scale for side in self.mask.shape)
            luma = shrunk(self.planes.y, (width, height))
            self._guesses[scale] = _membrane(luma, self.free(scale)) if self.lettered else luma
        return self._guesses[scale]


def raw(planes: Planes, mask: Plane) -> Patch:
    """A patch as it came: all of it was seen but for the strokes."""
    return Patch(planes, mask, np.asarray(mask == 0, np.float32))


class Filled(NamedTuple):
    """Planes without strokes, which luma pixels were seen (1) or made up (0), and how many were rather made up."""

    planes: Planes
    sure: Floats
    invented: int


class Known(NamedTuple):
    """Values that are known of another way, for each plane, and how much they count, 0 and more; all of the patch's size."""

    values: tuple[Floats, ...]
    weights: tuple[Floats, ...]


class _Hole:
    """The pixels of one plane that are to be filled, and what was gathered for them: weights are inverse squares of errors."""

    def __init__(self, mask: Plane, step: float, errs: Floats) -> None:
        """``step``: measured pixels are so many of the plane's; ``errs``: the error of growing over, by measured pixel."""
        self.mask = mask
        self.rows, self.columns = np.nonzero(mask)
        self.total = np.zeros(len(self.rows), np.float32)
        self.weight = np.zeros(len(self.rows), np.float32)
        self.seen = np.zeros(len(self.rows), np.float32)
        self.at = tuple(
            np.minimum((places / step).astype(np.intp), side - 1)
            for places, side in zip((self.rows, self.columns), errs.shape, strict=True)
        )
        self.step = step
        self.errs = errs[self.at] ** 2 * _GROWN_ERRS

    def add(self, values: Floats, weights: Floats, seen: Floats | float = 1.0) -> None:
        self.total += values * weights
        self.weight += weights
        self.seen += weights * seen


def filled(patch: Patch, sources: Sequence[Patch], known: Sequence[Known] = ()) -> Filled:
    """The patch without its strokes; patches of ``sources`` have its size."""
    planes = Planes(*(plane.copy() for plane in patch.planes.each()))
    window = _window(patch.mask)
    if window is None:
        return Filled(planes, np.ones(patch.mask.shape, np.float32), 0)
    scale = 2 if window[0].stop - window[0].start >= _HALVED else 1
    halves, scaled = (tuple(slice(part.start // by, part.stop // by) for part in window) for by in (2, scale))
    parts = (window, halves, halves)
    errs = _texture(patch.guess(scale)[scaled], patch.free(scale)[scaled])
    mask, small = patch.mask[window], half(patch.mask[window])
    holes = [_Hole(hole, step, errs) for hole, step in ((mask, scale), (small, scale / 2), (small, scale / 2))]
    for one in known:
        for hole, values, weights, part in zip(holes, one.values, one.weights, parts, strict=True):
            hole.add(values[part][hole.rows, hole.columns], weights[part][hole.rows, hole.columns])
    for source in sources:
        _gather(patch, source, holes, scale, (window, halves, scaled))
    for grow, hole, plane, part in zip(_growing(scale), holes, planes.each(), parts, strict=True):
        _written(hole, plane[part], grow)
    sure = np.ones(patch.mask.shape, np.float32)
    luma = holes[0]
    sure[window][luma.rows, luma.columns] = luma.seen / luma.weight
    return Filled(planes, sure, int(np.count_nonzero(luma.seen < 0.5 * luma.weight)))


def _texture(guess: Plane, free: Floats) -> Floats:
    """How much what surrounds each pixel varies, in bytes."""
    cv2 = opencv()
    apart = cv2.absdiff(guess, cv2.GaussianBlur(guess, (0, 0), _WIDTH))
    return _carried(apart.astype(np.float32), free)


def _gather(patch: Patch, source: Patch, holes: list[_Hole], scale: int, parts: Any) -> None:
    """Adds what a source knows of the holes."""
    cv2 = opencv()
    window, halves, scaled = parts
    here, there = patch.guess(scale)[scaled], source.guess(scale)[scaled]
    sure = source.sure[window]
    small = sure if scale == 1 else cv2.resize(sure, here.shape[::-1], interpolation=cv2.INTER_AREA)
    free = patch.free(scale)[scaled]
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
    errors = _carried((change - lighter) ** 2, both) + _NOISE**2
    for n, hole in enumerate(holes):
        plane = source.planes.each()[n][window if n == 0 else halves]
        belief = sure if n == 0 else sure[::2, ::2]
        if flow is None:
            values = plane[hole.rows, hole.columns].astype(np.float32)
            seen = belief[hole.rows, hole.columns]
        else:
            bend = flow[hole.at] * hole.step
            x, y = hole.columns + bend[:, 0], hole.rows + bend[:, 1]
            values = _at(plane, x, y, cv2.INTER_CUBIC if n == 0 else cv2.INTER_LINEAR)
            seen = _at(belief, x, y, cv2.INTER_LINEAR)
        if n == 0:
            values = values + lighter[hole.at]
        weights = 1 / (errors[hole.at] + (1 - seen) * hole.errs)
        if source.lettered:  # its own strokes show nothing
            weights *= seen > _ALL
        hole.add(values, weights, seen * (1 - _STEP))


def _written(hole: _Hole, plane: Plane, grown: Callable[[Plane, Plane], Plane]) -> None:
    """Writes what was gathered into a plane, together with what grows over from the border where that is no worse."""
    weight = 1 / (hole.errs + _NOISE**2)
    grows = weight > _SHARE * hole.weight
    values = hole.total / np.maximum(hole.weight, 1e-9)
    plane[hole.rows, hole.columns] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    rows, columns = hole.rows[grows], hole.columns[grows]
    if not len(rows):
        return
    rest = np.zeros(plane.shape, np.uint8)
    rest[rows, columns] = 255
    fresh = grown(plane, rest)[rows, columns].astype(np.float32)
    hole.weight[grows] += weight[grows]
    hole.total[grows] += weight[grows] * fresh
    plane[rows, columns] = np.clip(np.rint(hole.total[grows] / hole.weight[grows]), 0, 255).astype(np.uint8)


def _growing(scale: int) -> tuple[Callable[[Plane, Plane], Plane], ...]:
    """How a hole in each plane is grown over from its border: of a large one more cheaply, for it takes long."""
    return (_grown, _grown, _grown) if scale == 1 else (_grown_at_half, _smoothed, _smoothed)


def _grown(plane: Plane, hole: Plane) -> Plane:
    return np.asarray(opencv().inpaint(plane, hole, _REACH, opencv().INPAINT_TELEA), np.uint8)


def _grown_at_half(plane: Plane, hole: Plane) -> Plane:
    cv2 = opencv()
    small = cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)
    made = _grown(np.asarray(small, np.uint8), half(hole))
    return np.asarray(cv2.resize(made, plane.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _smoothed(plane: Plane, hole: Plane) -> Plane:
    return _membrane(plane, np.asarray(hole == 0, np.float32))


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


def _membrane(luma: Plane, weight: Floats) -> Plane:
    """The luma, filled where it has no weight by averages of what surrounds it, coarse ones where the hole is wide."""
    cv2 = opencv()
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
