"""Which of the pictures that a scene is taken from shows something there that the others do not: it is no part of the scene.

Not everything that moves is known: a detector overlooks things, and leaves out what reaches beyond its boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.planes import Plane
from skillwire.studio.effects.removal.around import Around, Sight
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# So many bytes a picture must lie from the middle of all, and so many times as far as they usually do; pictures that must show a place.
_APART, _USUAL, _LEAST = 18.0, 3.0, 3
# Pixels over which that is averaged, and by which it is widened: what moves has a blurred rim.
_BLUR, _RIM = 5, 5


def outvoted(around: Around, sights: Sequence[Sight], others: Sequence[Sight]) -> list[Plane | None]:
    """For each picture, where (255, half-size pixels of the region) most of ``sights`` and ``others`` show something else in the hole.

    ``None`` where that is nowhere.
    """
    cv2 = opencv()
    hidden = cv2.bitwise_not(around.free)
    if len(sights) + len(others) < _LEAST or not cv2.countNonZero(hidden):
        return [None] * len(sights)
    shown = [around.aligned(sight) for sight in (*sights, *others)]
    greys = np.stack([_in_light(grey, free, around) for grey, free in shown])
    there = np.stack([free for _, free in shown]) > 0
    greys[~there] = np.nan
    votes = there.sum(axis=0)
    asked = (votes >= _LEAST) & (hidden > 0)
    if not asked.any():
        return [None] * len(sights)
    middle = np.zeros(hidden.shape, np.float32)
    columns = np.sort(greys[:, asked], axis=0)
    which = votes[asked]
    row = np.arange(columns.shape[1])
    middle[asked] = (columns[(which - 1) // 2, row] + columns[which // 2, row]) / 2
    result: list[Plane | None] = []
    for grey, shows in zip(greys[: len(sights)], there, strict=False):
        where = asked & shows
        apart = cv2.blur(np.where(where, np.abs(grey - middle), np.float32(0)), (_BLUR, _BLUR))
        usual = float(np.median(apart[where])) if where.any() else 0.0
        odd = np.where(where & (apart > max(_APART, _USUAL * usual)), 255, 0).astype(np.uint8)
        if not cv2.countNonZero(odd):
            result.append(None)
            continue
        wide = cv2.dilate(odd, np.ones((_RIM, _RIM), np.uint8))
        result.append(around.mask_of_region(np.asarray(wide, np.uint8)))
    return result


def _in_light(grey: Plane, free: Plane, around: Around) -> NDArray[np.float32]:
    """A picture, as bright as the one that is mended where both show the scene."""
    both = (free > 0) & (around.free > 0)
    made: NDArray[np.float32] = grey.astype(np.float32)
    if both.any():
        made += np.float32(np.median(around.grey[both].astype(np.float32) - made[both]))
    return made
