"""How a scene that is no plane lies in two pictures: flow around what is hidden, carried into it.

A homography fits a plane; what is nearer or further moves more or less ("plane plus parallax", Irani & Anandan, 1996). How the hidden
part does is not seen in the picture that is mended, but between two others that show it, and it is alike up to a factor. So flow is
measured around the hole, and carried into it smoothly or, where that does not explain it, along the relief that these others show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.camera import Matrix
from skillwire.studio.effects.planes import Plane
from skillwire.studio.effects.removal.around import Around, Sight
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flow = NDArray[np.float32]

# Less than this (small pixels) need not be put right; flow beyond so many has lost its way.
_WORTH, _MOST = 0.04, 16.0
# So near what is hidden flow is not believed: it is measured on patches.
_RIM = 7
# A plane does where it leaves less than this (small pixels) of what was measured; anything else must leave less by this factor.
_ROUGH, _BETTER = 0.2, 0.9
# Places around the hole that are fitted, at most and at least; rounds of that, and of following a relief into the hole.
_FITTED, _FEWEST, _ROUNDS, _FOLLOWED = 600, 60, 3, 4
# What is expected of the relief's part before anything is measured counts as much as so many places one pixel deep.
_EXPECTED = 20.0
# That the rest of the camera's motion turns and widens is expected less than that it shifts, by so many places.
_STIFF, _FREE = 3.0, 1e-6
# Presets of dense inverse search (Kroeger et al., 2016), as OpenCV numbers them: for the camera's rest, and for relief.
_QUICK, _FINE = 0, 1


@dataclass(frozen=True, slots=True)
class Relief:
    """How places of a picture move to another one, the camera's motion taken off, in pixels of an ``around``."""

    flow: Flow
    around: Around

    def seen_from(self, around: Around) -> Flow:
        """The same as it lies around another picture's region, in pixels of that."""
        cv2 = opencv()
        if around is self.around:
            return self.flow
        here = self.around
        back = np.linalg.inv(here.full) @ here.now.place @ np.linalg.inv(around.now.place) @ around.full
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        made = cv2.warpPerspective(self.flow, back, around.size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(made * np.float32(around.scale / here.scale), np.float32)


@dataclass(frozen=True, slots=True)
class Bend:
    """What the camera's motion leaves between a region of a picture and another picture.

    Either a ``matrix`` of full-size pixels of the first, or a ``flow``, in pixels ``around`` the region; ``deep`` when that follows a
    relief.
    """

    around: Around
    matrix: Matrix | None = None
    flow: Flow | None = None
    deep: bool = False

    @property
    def of_region(self) -> Flow | None:
        """The flow in the region, in half-size pixels."""
        return None if self.flow is None else self.around.of_region(self.flow)

    def onwards(self, relief: Relief) -> Bend:
        """What is left to a third picture, to which the second has a ``relief``."""
        if self.flow is None:
            return self
        return replace(self, flow=self.flow + _at(relief.seen_from(self.around), _grid(self.flow.shape) + self.flow))


def bend(
    around: Around,
    source: Sight,
    relief: Callable[[], tuple[Relief, float] | None] = lambda: None,
    *,
    planar: bool = False,
) -> Bend | None:
    """What the camera's motion leaves between a picture's region and a source; ``None`` where it cannot be told.

    ``relief`` tells how what the source shows moves to another picture, and which part of that is expected here; ``planar`` when it is
    known that nothing but a plane fits.
    """
    cv2 = opencv()
    grey, free = around.aligned(source)
    ring = cv2.bitwise_and(around.free, free)
    if cv2.countNonZero(ring) < 200:
        return None
    known = grey.copy()
    cv2.copyTo(around.grey, around.free, known)
    weight = believed(np.asarray(ring, np.uint8))
    raw, places = _measured(known, grey, weight, _QUICK)
    if places is None:
        return None
    plane = _plane(places, raw[places], weight.shape)
    if planar or _left(raw[places], _terms(places, weight.shape) @ plane) < _ROUGH:
        return _planar(around, plane)
    deep = relief()
    if deep is not None:
        raw, places = _measured(known, grey, weight, _FINE)
        if places is None:
            return _planar(around, plane)
    here = raw[places]
    best = _spread(_plane(places, here, weight.shape), _grid(weight.shape))
    across, down = cv2.split(raw)
    weight[cv2.max(cv2.max(across, -across), cv2.max(down, -down)) >= _MOST] = 0
    options = [cv2.add(best, _smoothed(cv2.subtract(raw, best), weight))]
    if deep is not None:
        followed = _followed(places, here, deep[0].seen_from(around), deep[1])
        options.append(cv2.add(followed, _smoothed(cv2.subtract(raw, followed), weight)))
    rest, chosen = _left(here, best[places]), -1
    for number, option in enumerate(options):
        left = _left(here, option[places])
        if left <= _BETTER * rest:
            best, rest, chosen = np.asarray(option, np.float32), left, number
    return Bend(around, flow=best, deep=chosen == 1)


def _planar(around: Around, plane: Any) -> Bend | None:
    """An affine flow as a matrix; ``None`` for what is not worth it."""
    width, height = around.size
    corners = _terms(([0, 0, height, height], [0, width, 0, width]), (height, width))
    if float(np.abs(corners @ plane).max()) < _WORTH:
        return None
    step = np.vstack([_affine(plane, (width, height)), [0, 0, 1]]) + np.diag([1.0, 1.0, 0.0])
    return Bend(around, around.full @ step @ np.linalg.inv(around.full))


def relief_between(around: Around, one: Sight, other: Sight) -> Relief:
    """How the scene of one picture moves to another's, where the other is free."""
    (grey, _), (moved, free) = around.aligned(one), around.aligned(other)
    flow = dense_flow(grey, moved, _FINE)
    return Relief(carried(flow, free.astype(np.float32) * np.float32(1 / 255)), around)


def carried(flow: Flow, weight: NDArray[np.float32]) -> Flow:
    """A flow where it has weight (0 to 1), and carried smoothly to where it has none."""
    if float(weight.min()) == 1:
        return flow
    filled = _smoothed(flow, weight)
    return np.asarray(filled + (flow - filled) * weight[:, :, None], np.float32)


def dense_flow(one: Plane, other: Plane, preset: int = _QUICK) -> Flow:
    """The flow from one small picture to another of the same size (dense inverse search), in pixels, shape (height, width, 2)."""
    dis: Any = opencv()  # its stubs lack this class
    method = dis.DISOpticalFlow_create(preset)
    method.setFinestScale(1)
    return np.asarray(method.calc(one, other, None), np.float32)


def _smoothed(flow: Flow, weight: NDArray[np.float32]) -> Flow:
    """A flow where it has weight, smoothed into the rest; worked out at a quarter of the size."""
    cv2 = opencv()
    weighted = cv2.multiply(flow, cv2.merge((weight, weight)))
    size = weight.shape[::-1]
    sigma = max(4.0, min(size) / 10)
    small = (max(4, size[0] // 4), max(4, size[1] // 4))
    spread = cv2.GaussianBlur(cv2.resize(weight, small, interpolation=cv2.INTER_AREA), (0, 0), sigma / 4) + 1e-3
    carried = cv2.resize(weighted, small, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(carried, (0, 0), sigma / 4) / spread[:, :, None]
    return np.asarray(cv2.resize(smooth, size, interpolation=cv2.INTER_LINEAR), np.float32)


def believed(ring: Plane) -> NDArray[np.float32]:
    """How far flow is believed, 0 to 1: not beside what is hidden."""
    inner = opencv().erode(ring, np.ones((2 * _RIM + 1,) * 2, np.uint8), borderValue=255)
    return np.asarray(inner, np.float32) * np.float32(1 / 255)


def _measured(known: Plane, grey: Plane, weight: NDArray[np.float32], preset: int) -> tuple[Flow, Any]:
    """The flow, and rows and columns of places to fit it at; ``None`` for these where there are too few."""
    raw = dense_flow(known, grey, preset)
    rows, columns = np.nonzero(weight > 0.9)
    step = max(1, len(rows) // _FITTED)
    rows, columns = rows[::step], columns[::step]
    near = np.abs(raw[rows, columns]).max(axis=1, initial=0.0) < _MOST
    return raw, (rows[near], columns[near]) if np.count_nonzero(near) >= _FEWEST else None


def _left(here: Flow, flow: Any) -> float:
    """What a flow leaves of what was measured: the mean, without the tenth that fits worst."""
    apart = np.sort(np.abs(here - flow).sum(axis=1))
    return float(apart[: max(1, len(apart) * 9 // 10)].mean())


def _terms(places: tuple[Any, Any], shape: tuple[int, ...]) -> Any:
    """What an affine flow is made of."""
    x, y = (np.asarray(one) / side - 0.5 for one, side in zip(reversed(places), (shape[1], shape[0]), strict=True))
    return np.stack([np.ones_like(x), x, y], axis=1)


def _fitted(design: Any, here: Flow, prior: Any, ridge: Any) -> Any:
    """Robust least squares (Cauchy's weights) of what was measured by terms; ``ridge`` draws to what is expected."""
    trust = np.ones(len(design))
    found = prior
    for _ in range(_ROUNDS):
        left = (design * trust[:, None]).T
        found = np.linalg.solve(left @ design + ridge, left @ here + ridge @ prior)
        apart = np.linalg.norm(here - design @ found, axis=1)
        spread = max(0.05, 1.5 * float(np.median(apart)))
        trust = 1 / (1 + (apart / spread) ** 2)
    return found


def _affine(plane: Any, size: tuple[int, int]) -> Any:
    """An affine flow as a matrix (2, 3) of pixels."""
    slope = (plane[1:] / np.asarray(size)[:, None]).T
    return np.hstack([slope, (plane[0] - 0.5 * (plane[1] + plane[2]))[:, None]])


def _spread(plane: Any, grid: Flow) -> Flow:
    """An affine flow everywhere."""
    matrix = _affine(plane, (grid.shape[1], grid.shape[0])).astype(np.float32)
    return np.asarray(opencv().transform(grid, matrix), np.float32)


def _grid(shape: tuple[int, ...]) -> Flow:
    """Where each pixel lies."""
    x, y = (np.arange(side, dtype=np.float32) for side in (shape[1], shape[0]))
    return np.dstack(np.meshgrid(x, y))


def _plane(places: Any, here: Flow, shape: tuple[int, ...]) -> Any:
    """The affine flow that most of what was measured follows, as parts of its terms, (3, 2)."""
    ridge = np.diag([_FREE, _STIFF, _STIFF])
    return _fitted(_terms(places, shape), here, np.zeros((3, 2)), ridge)


def _followed(places: Any, here: Flow, deep: Flow, expected: float) -> Flow:
    """The flow everywhere as the relief tells it: an affine one, for what is left of the camera's motion, and a part of the relief."""
    cv2 = opencv()
    rows, columns = places
    ends = np.stack([columns + here[:, 0], rows + here[:, 1]], axis=1).astype(np.float32)[None]
    depth = _at(deep, ends)[0]
    prior = np.zeros((5, 2))
    prior[3:] = np.eye(2) * expected
    ridge = np.diag([_FREE, _STIFF, _STIFF, _EXPECTED, _EXPECTED])
    found = _fitted(np.hstack([_terms(places, deep.shape), depth]), here, prior, ridge)
    grid = _grid(deep.shape)
    plane = _spread(found[:3], grid)
    part = cv2.transform(deep, found[3:].T.astype(np.float32))
    flow = plane
    for _ in range(_FOLLOWED):
        flow = plane + _at(part, grid + flow)
    return np.asarray(flow, np.float32)


def _at(flow: Flow, places: Flow) -> Flow:
    """A flow at other places."""
    cv2 = opencv()
    empty: Any = None
    return np.asarray(cv2.remap(flow, places, empty, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
