"""What is person in a video, frame after frame, as a matte in bytes: 0 background, 255 person, hair in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.backdrop.guided import applied, coefficients
from skillwire.studio.effects.backdrop.segmenter import SIDE
from skillwire.studio.effects.light import halved
from skillwire.studio.effects.planes import FloatPlane, Plane, Planes, Region, shrunk
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The filter's grid has this short side; its window reaches this far on it: further, and clutter in the background is fitted as well.
_GRID = 150
_RADIUS = 7
# Variation of the guide (planes from 0 to 1) below this is noise.
_EPS = 1e-3
# Colour tells person from background better than brightness, but the planes of colour vary less.
_COLOUR_WEIGHT = 3.0
# The network draws people a little too large: below the first nothing counts as person, above the second all does.
_LOW, _HIGH = 0.35, 0.85
# Cells that show a person no likelier than this (of 255) count as empty where many of them are.
_NOBODY = 4
# Pictures with a longer short side get their matte at the size of their colour planes.
_FULL_SIZE_UP_TO = 540
# The part of a picture that is worked on at full size begins and ends at multiples of so many cells of the grid: it seldom changes.
_TILE = 16


@dataclass(frozen=True, slots=True)
class Matte:
    """What is person in a part of a frame: bytes at the size of the luma plane and of the colour planes. Nothing is outside of it."""

    full: Plane
    half: Plane
    region: Region

    def moved(self, x: int, y: int) -> Matte:
        """The same matte in a picture that begins ``x`` to the left and ``y`` above."""
        x0, y0, x1, y1 = self.region
        return Matte(self.full, self.half, (x0 + x, y0 + y, x1 + x, y1 + y))

    def of(self, region: Region) -> Matte:
        """The matte in a larger region."""
        whole = Matte(*_empty(region), region)
        self.onto(whole)
        return whole

    def onto(self, other: Matte) -> None:
        """Adds its people to those of a matte whose region holds its own."""
        cv2 = opencv()
        left, top = self.region[0] - other.region[0], self.region[1] - other.region[1]
        for source, target, k in ((self.full, other.full, 1), (self.half, other.half, 2)):
            part = target[top // k : top // k + source.shape[0], left // k : left // k + source.shape[1]]
            cv2.max(part, source, dst=part)

    @property
    def covered(self) -> float:
        """How many pixels it covers."""
        return float(opencv().mean(self.half)[0]) / 255 * self.full.size


def coarse(planes: Planes) -> Planes:
    """What of a picture is worked on: large ones with luma at the size of the colours."""
    return halved(planes) if min(planes.size) > _FULL_SIZE_UP_TO else planes


def refined(likely: Plane, planes: Planes) -> Matte | None:
    """The matte of a picture, ``coarse`` already, of whose cells it is known how ``likely`` they show a person; ``None``: of nobody."""
    cv2 = opencv()
    width, height = size = (planes.u.shape[1] * 2, planes.u.shape[0] * 2)
    scale = min(1.0, _GRID / min(width, height))
    grid = (max(8, round(width * scale)), max(8, round(height * scale)))
    interpolation = cv2.INTER_AREA if grid[0] <= SIDE and grid[1] <= SIDE else cv2.INTER_LINEAR
    wanted = cv2.resize(likely, grid, interpolation=interpolation)
    near = _near(wanted)
    if near is None:
        return None
    guide = [shrunk(plane, grid)[near].astype(np.float32) for plane in planes.each()]
    weighed = [guide[0] / 255, *(plane * (_COLOUR_WEIGHT / 255) for plane in guide[1:])]
    functions = coefficients(weighed, wanted[near].astype(np.float32) / 255, _RADIUS, _EPS)
    # The curve from low to high and the units of bytes become part of the functions.
    gain = 255 / (_HIGH - _LOW)
    slopes = [functions[0] * (gain / 255), *(plane * (gain * _COLOUR_WEIGHT / 255) for plane in functions[1:3])]
    functions = [*slopes, (functions[3] - _LOW) * gain]
    found = functions[3] + sum(slope * plane for slope, plane in zip(slopes, guide, strict=True))
    cells = _occupied(found > 1)
    if cells is None:
        return None
    x0, y0, x1, y1 = cells
    left, top = near[1].start, near[0].start
    region = (*_at(left + x0, top + y0, grid, size), *_at(left + x1, top + y1, grid, size))
    return Matte(*_large([plane[y0:y1, x0:x1] for plane in functions], planes, region), region)


def _near(wanted: Plane) -> tuple[slice, slice] | None:
    """Rows and columns of the grid from which windows reach anybody, by whole tiles: elsewhere the matte is empty."""
    mask = wanted > _NOBODY
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    reach = 2 * _RADIUS
    lines, posts = (
        slice(
            max(0, int(places[0]) - reach) // _TILE * _TILE,
            min(side, -(-(int(places[-1]) + 1 + reach) // _TILE) * _TILE),
        )
        for places, side in ((rows, mask.shape[0]), (columns, mask.shape[1]))
    )
    return lines, posts


def _large(functions: list[FloatPlane], planes: Planes, region: Region) -> tuple[Plane, Plane]:
    """The functions taken of a region of a coarse picture: the matte at the size of luma, and at that of colours."""
    cv2 = opencv()
    x0, y0, x1, y1 = region
    size, half = (x1 - x0, y1 - y0), ((x1 - x0) // 2, (y1 - y0) // 2)
    colours = [plane[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] for plane in (planes.u, planes.v)]
    if planes.y.shape == planes.u.shape:
        small = applied(functions, [planes.y[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2], *colours])
        return cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), small
    enlarged = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in colours]
    full = applied(functions, [planes.y[y0:y1, x0:x1], *enlarged])
    return full, cv2.resize(full, half, interpolation=cv2.INTER_AREA)


def _occupied(mask: NDArray[np.bool_]) -> Region | None:
    """The cells that hold all of a mask, by whole tiles."""
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    # A cell more on each side: between two cells the matte may still be half covered.
    low = [int(max(0, places[0] - 1) // _TILE * _TILE) for places in (columns, rows)]
    high = [int(-(-(places[-1] + 2) // _TILE) * _TILE) for places in (columns, rows)]
    return low[0], low[1], min(width, high[0]), min(height, high[1])


def _at(x: int, y: int, grid: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The even pixel where a cell begins; the end of the grid is the end of the picture."""
    places = (
        min(side, round(place * side / cells / 2) * 2) for place, cells, side in zip((x, y), grid, size, strict=True)
    )
    left, top = places
    return left, top


def _empty(region: Region) -> tuple[Plane, Plane]:
    width, height = region[2] - region[0], region[3] - region[1]
    return np.zeros((height, width), np.uint8), np.zeros((height // 2, width // 2), np.uint8)
