"""Which pictures to take what is behind a thing from: those that agree best with what is around it, few enough to be quick."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.boxes import whole
from skillwire.studio.effects.planes import Plane, Region
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from skillwire.studio.effects.removal.stills import Still

# Pictures taken from for one hole at most, and the part of it that may be left for what comes after.
_MOST_SOURCES = 6
_ENOUGH = 0.995
# A source must add at least this part of the hole.
_WORTH = 0.02
# A source of twice the error must add more of the hole by this power of two.
_STRICT = 4.0
# Pictures used for the picture before are preferred, since changing them flickers; distant ones are less alike.
_AGAIN = 0.85
_PER_SECOND = 0.08
# Others that are told of.
_OTHERS = 5
# Fewer pixels around the hole than this tell nothing.
_LEAST_RING = 30


def ranked(
    now: Still,
    hole: Plane,
    region: Region,
    sources: Sequence[Still],
    used: Collection[float] = (),
    shown: Callable[[Still], Plane] = lambda still: still.free,
    worst: float = float("inf"),
) -> tuple[list[Still], list[Still]]:
    """The few pictures that agree best around the hole (255, half size, in the region) and together show what is behind it.

    What agrees best comes first. Then, as many others that show some of it, too. ``used``: times of pictures taken from a moment ago. ``shown`` gives the mask of what may
    be taken from a picture; what agrees with ``now`` worse than ``worst`` (bytes) is not taken from at all.
    """
    cv2 = opencv()
    scale = now.view.scale
    inside = whole(np.asarray(region, np.float32), now.planes.size)
    if inside is None:
        return [], []
    left, top = (inside[n] - region[n] for n in range(2))
    hole = hole[top // 2 : (top + inside[3] - inside[1]) // 2, left // 2 : (left + inside[2] - inside[0]) // 2]
    x0, y0, x1, y1 = (round(edge * scale) for edge in inside)
    size = (max(4, x1 - x0), max(4, y1 - y0))
    height, width = now.view.grey.shape
    x0, y0 = max(0, min(x0, width - size[0])), max(0, min(y0, height - size[1]))
    part = np.s_[y0 : y0 + size[1], x0 : x0 + size[0]]
    grey, ring = now.view.grey[part], shown(now)[part]
    inner = cv2.resize(hole, ring.shape[::-1], interpolation=cv2.INTER_NEAREST)
    shift = np.asarray([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
    zoom = np.diag([scale, scale, 1.0])
    rated: list[tuple[float, Still, Plane]] = []
    for source in sources:
        matrix = shift @ zoom @ now.place @ np.linalg.inv(source.place) @ np.linalg.inv(zoom)
        back = np.linalg.inv(matrix)
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        shows = cv2.warpPerspective(shown(source), back, ring.shape[::-1], flags=flags)
        gain = cv2.bitwise_and(shows, inner)
        both = cv2.bitwise_and(ring, shows)
        if not cv2.countNonZero(gain) or cv2.countNonZero(both) < _LEAST_RING:
            continue
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        apart = cv2.absdiff(cv2.warpPerspective(source.view.grey, back, ring.shape[::-1], flags=flags), grey)
        error = _error(np.asarray(apart, np.uint8), np.asarray(both, np.uint8))
        if error > worst:
            continue
        error *= 1 + _PER_SECOND * abs(source.time - now.time)
        rated.append((error * (_AGAIN if source.time in used else 1.0), source, np.asarray(gain, np.uint8)))
    chosen: list[tuple[float, Still]] = []
    missing = inner.copy()
    wanted = max(1, cv2.countNonZero(inner))
    while rated and len(chosen) < _MOST_SOURCES and cv2.countNonZero(missing) > (1 - _ENOUGH) * wanted:
        gains = [cv2.countNonZero(cv2.bitwise_and(gain, missing)) for _, _, gain in rated]
        best = max(range(len(rated)), key=lambda n: gains[n] / rated[n][0] ** _STRICT)
        if gains[best] < _WORTH * wanted:
            break
        error, source, gain = rated.pop(best)
        chosen.append((error, source))
        missing[gain > 0] = 0
    others = sorted(rated, key=lambda one: one[0])[:_OTHERS]
    return [source for _, source in sorted(chosen, key=lambda one: one[0])], [source for _, source, _ in others]


def _error(apart: Plane, where: Plane) -> float:
    """How badly a picture agrees: the spread of its differences, and less so their middle, which may be the light's change."""
    counts = opencv().calcHist([apart], [0], where, [256], [0, 256]).ravel()
    total = float(counts.sum())
    middle = int(np.searchsorted(np.cumsum(counts), total / 2))
    return float((np.abs(np.arange(256) - middle) * counts).sum() / total) + 0.25 * middle + 0.5
