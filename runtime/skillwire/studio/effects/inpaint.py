"""Pixels that no picture shows, made up from what surrounds them: PatchMatch (Barnes et al., 2009) on the region around each hole."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.planes import Plane, Planes

# Surroundings that pieces are taken from, in sides of the hole, and the size beyond which the work is done on a smaller picture.
_AROUND = 1.0
_LARGEST = 480
# Patches reach this far from their middle, in pixels; the same seed makes the same picture.
_REACH = 3
_SEED = 1


def invented(planes: Planes, unseen: Plane) -> Planes:
    """The planes with every hole filled. ``unseen``: half-size mask, 255 in the holes. Other pixels are returned as they are."""
    import cv2  # noqa: PLC0415 - slow import

    filled = Planes(planes.y.copy(), planes.u.copy(), planes.v.copy())
    count, _, stats, _ = cv2.connectedComponentsWithStats(unseen)
    height, width = unseen.shape
    for x, y, w, h, _area in stats[1:count]:
        pad_x, pad_y = max(24, int(_AROUND * w)), max(24, int(_AROUND * h))
        x0, x1 = max(0, x - pad_x), min(width, x + w + pad_x)
        y0, y1 = max(0, y - pad_y), min(height, y + h + pad_y)
        part = filled.crop((2 * x0, 2 * y0, 2 * x1, 2 * y1))
        _fill(part, unseen[y0:y1, x0:x1])
    return filled


def _fill(part: Planes, hole: Plane) -> None:
    """Fills the hole of a part in place."""
    import cv2  # noqa: PLC0415 - slow import
    from patchmatch import patch_match  # noqa: PLC0415 - slow import

    height, width = part.y.shape
    scale = min(1.0, _LARGEST / max(height, width))
    small = (max(16, round(width * scale)), max(16, round(height * scale)))
    # The network of patches compares three bytes a pixel; which three does not matter, so the planes stay what they are.
    stacked = np.dstack([cv2.resize(plane, small, interpolation=cv2.INTER_AREA) for plane in part.each()])
    # A margin around the hole goes too: its edge holds a rest of what stood there.
    wide = cv2.dilate(cv2.resize(hole, small, interpolation=cv2.INTER_NEAREST), np.ones((3, 3), np.uint8))
    if wide.min() > 0:  # nothing left to take from
        return
    patch_match.set_random_seed(_SEED)
    made = patch_match.inpaint(np.ascontiguousarray(stacked), (wide > 0).astype(np.uint8), patch_size=_REACH)
    for n, plane in enumerate(part.each()):
        size = plane.shape[::-1]
        enlarged = cv2.resize(np.ascontiguousarray(made[:, :, n]), size, interpolation=cv2.INTER_CUBIC)
        mask = cv2.resize(hole, size, interpolation=cv2.INTER_NEAREST)
        np.copyto(plane, enlarged, where=mask > 0)
