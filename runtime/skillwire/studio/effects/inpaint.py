"""Pixels that no picture shows, made up from what surrounds them: PatchMatch (Barnes et al., 2009) on the region around each hole."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.planes import Plane, Planes
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Surroundings that pieces are taken from, in sides of the hole, and the size beyond which the work is done on a smaller picture.
_AROUND = 1.0
_LARGEST = 480
# Patches reach this far from their middle, in pixels; the same seed makes the same picture.
_REACH = 3
# What may be taken from must be this much of the hole at least.
_LEAST_SOURCE = 0.5
_SEED = 1
# Calm fills: pixels a side that patches are matched on, how much of their grain is put on, what is coarser than grain (in sides of
# the hole), and how narrow a hole is (in sides of the picture) that needs none.
_CALM, _GRAIN, _COARSE, _NARROW = 80, 0.5, 0.12, 0.1
# Rounds of relaxation where a picture is smaller than so many pixels.
_RELAXED, _QUICK = 12, 20_000
# Several threads make things up; PatchMatch has one source of chance for all.
_ONE_AT_A_TIME = Lock()


def invented(planes: Planes, unseen: Plane, foul: Plane | None = None) -> Planes:
    """The planes with every hole filled. ``unseen``: half-size mask, 255 in the holes. Other pixels are returned as they are.

    ``foul``: 255 where nothing may be taken from, such as the rim of what stood in the hole.
    """
    cv2 = opencv()

    filled = Planes(planes.y.copy(), planes.u.copy(), planes.v.copy())
    count, _, stats, _ = cv2.connectedComponentsWithStats(unseen)
    height, width = unseen.shape
    for x, y, w, h, _area in stats[1:count]:
        pad_x, pad_y = max(24, int(_AROUND * w)), max(24, int(_AROUND * h))
        x0, x1 = max(0, x - pad_x), min(width, x + w + pad_x)
        y0, y1 = max(0, y - pad_y), min(height, y + h + pad_y)
        part = filled.crop((2 * x0, 2 * y0, 2 * x1, 2 * y1))
        _fill(part, unseen[y0:y1, x0:x1], None if foul is None else foul[y0:y1, x0:x1])
    return filled


def imagined(planes: Planes, unseen: Plane, foul: Plane) -> None:
    """Fills holes of planes of one size in place, calmly: colours run smoothly through them, with only the grain from PatchMatch.

    ``unseen``: 255 in the holes; ``foul``: 255 where nothing may be taken from. What is smooth is never far wrong and does not
    flicker, and grain keeps it from looking painted over.
    """
    cv2 = opencv()
    barred = cv2.bitwise_or(unseen, foul)
    if cv2.countNonZero(barred) == barred.size:
        return
    stacked = np.dstack(planes.each())
    smooth = membrane(stacked, barred)
    made = smooth.copy()
    count, parts, stats, _ = cv2.connectedComponentsWithStats(unseen)
    height, width = unseen.shape
    for number, (x, y, w, h, area) in enumerate(stats[1:count], 1):
        if min(w, h) < _NARROW * max(height, width):
            continue
        pad_x, pad_y = max(24, int(_AROUND * w)), max(24, int(_AROUND * h))
        part = np.s_[max(0, y - pad_y) : min(height, y + h + pad_y), max(0, x - pad_x) : min(width, x + w + pad_x)]
        hole = np.where(parts[part] == number, 255, 0).astype(np.uint8)
        base = stacked[part].copy()
        cv2.copyTo(smooth[part], barred[part], base)
        found = _matched(base, hole, cv2.bitwise_and(barred[part], cv2.bitwise_not(hole)), _CALM)
        if found is not None:
            sigma = _COARSE * float(np.sqrt(area))
            grain = found.astype(np.float32) - _blurred(found.astype(np.float32), sigma)
            grained = cv2.add(smooth[part], grain * np.float32(_GRAIN), dtype=cv2.CV_8U)
            cv2.copyTo(grained, hole, made[part])
    for n, plane in enumerate(planes.each()):
        cv2.copyTo(np.ascontiguousarray(made[:, :, n]), unseen, plane)


def membrane(stacked: NDArray[np.uint8], barred: Plane) -> NDArray[np.uint8]:
    """The picture with what is barred filled from its surroundings: push-pull (Gortler et al., 1996), relaxed towards a membrane."""
    cv2 = opencv()
    weight = (barred == 0).astype(np.float32)
    levels = [(stacked.astype(np.float32) * weight[:, :, None], weight)]
    while min(levels[-1][1].shape) > 2 and float(levels[-1][1].min()) < 1:
        levels.append(tuple(cv2.pyrDown(one) for one in levels[-1]))
        # What is known at all is known at the next level as well.
        total, known = levels[-1]
        full = np.maximum(known, 1e-6) / np.minimum(np.maximum(2 * known, 1e-6), 1)
        levels[-1] = (total / full[:, :, None], known / full)
    total, known = levels[-1]
    mean = total.sum(axis=(0, 1)) / max(float(known.sum()), 1e-6)
    made = np.where(known[:, :, None] > 1e-3, total / np.maximum(known, 1e-3)[:, :, None], mean).astype(np.float32)
    for total, known in reversed(levels[:-1]):
        lacking = cv2.merge([1 - known] * 3)
        made = total + cv2.resize(made, known.shape[::-1], interpolation=cv2.INTER_LINEAR) * lacking
        for _ in range(_RELAXED if known.size < _QUICK else 1):
            made = total + cv2.blur(made, (3, 3)) * lacking
    return np.asarray(np.clip(np.rint(made), 0, 255), np.uint8)


def _blurred(picture: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """A wide blur, worked out on a smaller picture."""
    cv2 = opencv()
    shrink = max(1.0, sigma / 3)
    height, width = picture.shape[:2]
    size = (max(2, round(width / shrink)), max(2, round(height / shrink)))
    small = cv2.GaussianBlur(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _fill(part: Planes, hole: Plane, foul: Plane | None) -> None:
    """Fills the hole of a part in place."""
    cv2 = opencv()
    height, width = part.y.shape
    scale = min(1.0, _LARGEST / max(height, width))
    small = (max(16, round(width * scale)), max(16, round(height * scale)))
    # The network of patches compares three bytes a pixel; which three does not matter, so the planes stay what they are.
    stacked = np.dstack([cv2.resize(plane, small, interpolation=cv2.INTER_AREA) for plane in part.each()])
    made = _matched(stacked, hole, foul, _LARGEST)
    if made is None:
        return
    for n, plane in enumerate(part.each()):
        size = plane.shape[::-1]
        enlarged = cv2.resize(np.ascontiguousarray(made[:, :, n]), size, interpolation=cv2.INTER_CUBIC)
        cv2.copyTo(enlarged, cv2.resize(hole, size, interpolation=cv2.INTER_NEAREST), plane)


def _matched(stacked: NDArray[np.uint8], hole: Plane, foul: Plane | None, largest: int) -> NDArray[np.uint8] | None:
    """A picture of three bytes a pixel with the hole filled by PatchMatch, on ``largest`` pixels a side at most.

    ``None`` where there is nothing to take from.
    """
    cv2 = opencv()
    from patchmatch import patch_match  # noqa: PLC0415 - slow import

    height, width = stacked.shape[:2]
    scale = min(1.0, largest / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = stacked if scale == 1 else cv2.resize(stacked, size, interpolation=cv2.INTER_AREA)
    size = small.shape[1::-1]
    # A margin around the hole goes too: its edge holds a rest of what stood there.
    wide = cv2.dilate(cv2.resize(hole, size, interpolation=cv2.INTER_NEAREST), np.ones((3, 3), np.uint8))
    if wide.min() > 0:
        return None
    holes = (wide > 0).astype(np.uint8)
    barred = None
    if foul is not None:
        barred = (cv2.resize(foul, size, interpolation=cv2.INTER_NEAREST) > 0).astype(np.uint8)
        barred[holes > 0] = 0
        if np.count_nonzero((barred == 0) & (holes == 0)) < _LEAST_SOURCE * np.count_nonzero(holes):
            barred = None
    with _ONE_AT_A_TIME:
        patch_match.set_random_seed(_SEED)
        made = patch_match.inpaint(np.ascontiguousarray(small), holes, global_mask=barred, patch_size=_REACH)
    return np.asarray(
        made if scale == 1 else cv2.resize(made, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8
    )
