"""What a thing looks like, to find it again: a correlation filter on edges and colours, beside how likely each colour is its own.

The filter is that of Henriques et al. (2015), over gradients in cells; the colours' share is that of Bertinetto et al. (Staple,
2016): the one keeps the place while the thing looks the same, the other while it bends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skillwire.studio.effects.boxes import Boxes
from skillwire.studio.effects.following.passages import Small
from skillwire.studio.effects.planes import Plane
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Floats = NDArray[np.float32]
    _Point = NDArray[np.float64]

# The patch looked at has about so many pixels, whatever the thing's size; gradients are gathered in cells of so many a side.
PATCH, _CELL = 96**2, 4
_LEAST_SIDE = 24
# Directions of gradients, which way round they point aside; energy below which they count for less; no cell's says more than this.
_DIRECTIONS, _FAINT, _MOST = 9, 400.0, 0.6
# The deviation of the answer that is wanted, in sides of the thing; how much noise is expected, of the patches' mean energy.
_SHARP, _NOISE = 0.1, 1e-2
# The share of the colours in the answer, and of a new picture in what is known: of the filter, of the colours.
_BY_COLOUR, _NEW, _NEW_COLOURS = 0.4, 0.035, 0.02
# Of the thing's box the rim, in mean sides, that may show what is behind it.
_RIM = 0.2
# Levels of luma and of each colour by which pixels are told apart; colours more than this from grey are rare.
_LEVELS, _VIVID = 16, 64
# A size must fit so much better than the one before: a smaller box has less that is not the thing, and would win too often.
_KEEPS_SIZE = 0.98


class Found(NamedTuple):
    """Where a thing is most likely: its centre in small pixels, its growth; how well edges and colours fit there, about 0 to 1."""

    centre: _Point
    growth: float
    edges: float
    colours: float

    @property
    def fit(self) -> float:
        """Both together."""
        return (1 - _BY_COLOUR) * self.edges + _BY_COLOUR * self.colours


class Appearance:
    """Learnt from one ``box`` in one small picture, then from every picture it is told of."""

    def __init__(self, picture: Small, box: Boxes) -> None:
        self.side = np.maximum(np.asarray(box[2:] - box[:2], np.float64), 1.0)
        around = self.side + self.side.mean()
        self._zoom = float(np.sqrt(PATCH / around.prod()))
        step = 2 * _CELL
        width, height = (max(_LEAST_SIDE, round(side * self._zoom / step) * step) for side in around)
        self._size = (int(width), int(height))
        self._grid = (self._size[1] // _CELL, self._size[0] // _CELL)
        self._window = np.outer(*(np.hanning(cells + 2)[1:-1] for cells in self._grid)).astype(np.float32)
        shown = self.side * self._zoom
        rows, columns = np.indices(self._grid)
        apart = (rows - self._grid[0] // 2) ** 2 + (columns - self._grid[1] // 2) ** 2
        sharp = _SHARP * float(np.sqrt(shown.prod())) / _CELL
        self._wanted = np.fft.rfft2(np.fft.ifftshift(np.exp(-0.5 * apart / sharp**2)))
        inner = shown - _RIM * shown.mean()
        self._own, rest = (self._within(sides) for sides in (inner, shown))
        self._other = ~rest
        self._inner = tuple(max(1, round(side / 2)) for side in inner.tolist())
        # What is known: numerator and denominator of the filter, and how often each colour is the thing's and another's.
        self._known: list[NDArray[Any]] = []
        self.learn(picture, np.asarray(box[:2] + box[2:], np.float64) / 2, 1.0)

    def learn(self, picture: Small, centre: _Point, growth: float) -> None:
        """Takes in how the thing looks at a place, so many times the size it had first."""
        luma, colours = self._patch(picture, centre, growth)
        seen = np.fft.rfft2(_features(luma, colours) * self._window)
        levels = _levels(luma, colours)
        own, other = (
            np.bincount(levels[where], minlength=_LEVELS**3) / max(1, int(where.sum()))
            for where in (self._own, self._other)
        )
        now = [np.conj(seen) * self._wanted, (np.abs(seen) ** 2).sum(axis=0), own, other]
        if not self._known:
            self._known = now
            return
        shares = (_NEW, _NEW, _NEW_COLOURS, _NEW_COLOURS)
        self._known = [(1 - new) * was + new * one for was, one, new in zip(self._known, now, shares, strict=True)]

    def find(self, picture: Small, centre: _Point, growth: float, factors: tuple[float, ...]) -> Found:
        """Where the thing is near a place; sizes are tried that are ``factors`` of the ``growth`` it had."""
        tried = [self._found(picture, centre, growth * factor) for factor in factors]
        return max(tried, key=lambda one: one.fit * (1 if one.growth == growth else _KEEPS_SIZE))

    def _found(self, picture: Small, centre: _Point, growth: float) -> Found:
        cv2 = opencv()
        luma, colours = self._patch(picture, centre, growth)
        numerator, energy, own, other = self._known
        seen = np.fft.rfft2(_features(luma, colours) * self._window)
        answer = np.fft.irfft2((numerator * seen).sum(axis=0) / (energy + _NOISE * energy.mean()), self._grid)
        edges = np.fft.fftshift(answer)
        ever = own + other
        likely = np.where(ever > 0, own / np.maximum(ever, 1e-9), 0.5).astype(np.float32)
        share = cv2.boxFilter(likely[_levels(luma, colours)], -1, self._inner, borderType=cv2.BORDER_REFLECT)
        share = cv2.resize(share, self._grid[::-1], interpolation=cv2.INTER_AREA)
        both = (1 - _BY_COLOUR) * edges + _BY_COLOUR * share
        row, column = (int(place) for place in np.unravel_index(int(both.argmax()), both.shape))
        off = np.asarray(
            [
                column + _between(both[row], column) - self._grid[1] // 2,
                row + _between(both[:, column], row) - self._grid[0] // 2,
            ]
        )
        place = centre + off * _CELL * growth / self._zoom
        return Found(place, growth, float(edges[row, column]), float(share[row, column]))

    def _within(self, sides: _Point) -> NDArray[np.bool_]:
        """Which of the patch's half-size pixels lie in a box of such sides in its middle."""
        width, height = self._size[0] // 2, self._size[1] // 2
        rows, columns = np.indices((height, width))
        x, y = 2 * np.abs(columns - (width - 1) / 2), 2 * np.abs(rows - (height - 1) / 2)
        return np.asarray((x < sides[0] / 2) & (y < sides[1] / 2))

    def _patch(self, picture: Small, centre: _Point, growth: float) -> tuple[Plane, NDArray[np.uint8]]:
        """What is around a place: luma, and colours at half the size; beyond the picture its last pixels are repeated."""
        cv2 = opencv()
        step = growth / self._zoom
        made = []
        for plane, part in ((picture.luma, 1), (picture.colours, 2)):
            size = (self._size[0] // part, self._size[1] // part)
            corner = centre / part - (np.asarray(size) - 1) / 2 * step
            back = np.asarray([[step, 0, corner[0]], [0, step, corner[1]]], np.float64)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            made.append(np.asarray(cv2.warpAffine(plane, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)))
        return made[0], made[1]


def _features(luma: Plane, colours: NDArray[np.uint8]) -> _Floats:
    """Of each cell the directions of its gradients, its luma and its two colours, shape (12, rows, columns)."""
    cv2 = opencv()
    grey = luma.astype(np.float32)
    rows, columns = luma.shape[0] // _CELL, luma.shape[1] // _CELL
    steep, angle = cv2.cartToPolar(*(cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, ksize=1) for dx in (1, 0)))
    turn = angle * np.float32(_DIRECTIONS / np.pi)
    lower = turn.astype(np.int32)
    part = turn - lower
    cell = (np.arange(luma.shape[0]) // _CELL * columns)[:, None] + (np.arange(luma.shape[1]) // _CELL)[None]
    # Each gradient is shared between the two directions next to it.
    size = _DIRECTIONS * rows * columns
    sums = sum(
        np.bincount(((lower + more) % _DIRECTIONS * (rows * columns) + cell).ravel(), weight.ravel(), size)
        for more, weight in ((0, steep * (1 - part)), (1, steep * part))
    )
    edges = np.asarray(sums, np.float32).reshape(_DIRECTIONS, rows, columns)
    energy = cv2.boxFilter((edges**2).sum(axis=0), -1, (3, 3), borderType=cv2.BORDER_REPLICATE)
    edges = np.minimum(edges / np.sqrt(energy + _FAINT), _MOST)
    level = cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA)
    tint = cv2.resize(colours.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return np.concatenate([edges, (level - level.mean())[None] / 128, (tint - 128).transpose(2, 0, 1) / 40])


def _levels(luma: Plane, colours: NDArray[np.uint8]) -> NDArray[np.int32]:
    """The colour of each half-size pixel, as a number below ``_LEVELS`` to the third."""
    grey = opencv().resize(luma, colours.shape[1::-1], interpolation=opencv().INTER_AREA)
    tint = np.clip((colours.astype(np.int32) - 128 + _VIVID) * _LEVELS // (2 * _VIVID), 0, _LEVELS - 1)
    return np.asarray((grey.astype(np.int32) * _LEVELS // 256 * _LEVELS + tint[..., 0]) * _LEVELS + tint[..., 1])


def _between(values: NDArray[np.generic], place: int) -> float:
    """How far from a highest value the top of the parabola through it and its neighbours lies, in steps."""
    if not 0 < place < len(values) - 1:
        return 0.0
    before, here, after = (float(one) for one in values[place - 1 : place + 2])
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
