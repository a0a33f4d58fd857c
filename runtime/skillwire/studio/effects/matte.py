"""What is person in a video, frame after frame, as a matte in bytes: 0 background, 255 person, hair in between."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.guided import applied, coefficients
from skillwire.studio.effects.planes import FloatPlane, Plane, Planes, shrunk
from skillwire.studio.effects.segmenter import SIDE, Segmenter, thumbnail
from skillwire.studio.effects.vision import opencv

# The filter's grid has this short side; its window reaches this far on it.
_GRID = 144
_RADIUS = 8
# Variation of the guide (planes from 0 to 1) below this is noise.
_EPS = 1e-3
# Colour tells person from background better than brightness, but the planes of colour vary less.
_COLOUR_WEIGHT = 2.0
# The network draws people a little too large: below the first nothing counts as person, above the second all does.
_LOW, _HIGH = 0.35, 0.85
# A pixel whose value moved less than this (of 255) between two frames may keep up to this much of what was thought of it before.
_STILL = 6.0
_MEMORY = 0.7
# Pictures with a longer short side get their matte at the size of their colour planes.
_FULL_SIZE_UP_TO = 540


class Matter:
    """Mattes of consecutive pictures of one size. Holds what it remembers of the last one; ``forget`` at a cut."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._before: tuple[FloatPlane, FloatPlane] | None = None

    def forget(self) -> None:
        """The next picture has nothing to do with the last."""
        self._before = None

    def __call__(self, planes: Planes) -> tuple[Plane, Plane]:
        """The matte at the size of the luma plane and at that of the colour planes."""
        cv2 = opencv()

        thumb = thumbnail(planes)
        likely = self._steadied(self._segmenter(thumb), thumb)
        width, height = planes.size
        scale = min(1.0, _GRID / min(width, height))
        grid = (max(8, round(width * scale)), max(8, round(height * scale)))
        guide = [shrunk(plane, grid).astype(np.float32) / 255 for plane in planes.each()]
        guide[1:] = [plane * _COLOUR_WEIGHT for plane in guide[1:]]
        interpolation = cv2.INTER_AREA if grid[0] <= SIDE and grid[1] <= SIDE else cv2.INTER_LINEAR
        functions = coefficients(guide, cv2.resize(likely, grid, interpolation=interpolation), _RADIUS, _EPS)
        # The curve from low to high and the units of bytes become part of the functions.
        gain = 255 / (_HIGH - _LOW)
        slopes = [functions[0] * (gain / 255), *(plane * (gain * _COLOUR_WEIGHT / 255) for plane in functions[1:3])]
        functions = [*slopes, (functions[3] - _LOW) * gain]
        half = (width // 2, height // 2)
        if min(width, height) > _FULL_SIZE_UP_TO:
            small = applied(functions, [shrunk(planes.y, half), planes.u, planes.v])
            return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), small
        colour = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in (planes.u, planes.v)]
        full = applied(functions, [planes.y, *colour])
        return full, cv2.resize(full, half, interpolation=cv2.INTER_AREA)

    def _steadied(self, likely: FloatPlane, thumb: Plane) -> FloatPlane:
        """What is thought of each pixel, smoothed over time where the picture stands still."""
        cv2 = opencv()

        smooth = cv2.blur(thumb, (5, 5)).astype(np.float32)
        if self._before is not None:
            thought, seen = self._before
            moved = np.abs(smooth - seen).max(axis=2)
            likely = likely + _MEMORY * np.exp(-((moved / _STILL) ** 2)) * (thought - likely)
        self._before = likely, smooth
        return likely
