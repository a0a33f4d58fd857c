"""Pixels that no picture shows, made up from what surrounds them: PatchMatch (Barnes et al., 2009) on the region around each hole."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.planes import Plane, Planes

# Surroundings that pieces are taken from, in sides of the hole, and the size beyond which the work is done on a smaller picture.
_AROUND = 1.0
_LARGEST = 480
# Patches reach this far from their middle, in pixels; the same seed makes the same picture.
_REACH = 3
# What may be taken from must be this much of the hole at least.
_LEAST_SOURCE = 0.5
_SEED = 1


def invented(planes: Planes, unseen: Plane, foul: Plane | None = None) -> Planes:
    """The planes with every hole filled. ``unseen``: half-size mask, 255 in the holes. Other pixels are returned as they are.

    ``foul``: 255 where nothing may be taken from, such as the rim of what stood in the hole.
    """
    import cv2  # noqa: PLC0415 - slow import

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


def grown(planes: Planes, unseen: Plane) -> Planes:
    """The planes with small holes grown over from their borders (Telea, 2004): much faster, for what is too little to see."""
    import cv2  # noqa: PLC0415 - slow import

    wide = cv2.dilate(unseen, np.ones((3, 3), np.uint8))
    made = []
    for plane in planes.each():
        mask = cv2.resize(wide, plane.shape[::-1], interpolation=cv2.INTER_NEAREST)
        made.append(np.asarray(cv2.inpaint(plane, mask, 3, cv2.INPAINT_TELEA), np.uint8))
    return Planes(*made)


def _fill(part: Planes, hole: Plane, foul: Plane | None) -> None:
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
    holes = (wide > 0).astype(np.uint8)
    barred = None
    if foul is not None:
        barred = (cv2.resize(foul, small, interpolation=cv2.INTER_NEAREST) > 0).astype(np.uint8)
        barred[holes > 0] = 0
        if np.count_nonzero((barred == 0) & (holes == 0)) < _LEAST_SOURCE * np.count_nonzero(holes):
            barred = None
    made = patch_match.inpaint(np.ascontiguousarray(stacked), holes, global_mask=barred, patch_size=_REACH)
    for n, plane in enumerate(part.each()):
        size = plane.shape[::-1]
        enlarged = cv2.resize(np.ascontiguousarray(made[:, :, n]), size, interpolation=cv2.INTER_CUBIC)
        mask = cv2.resize(hole, size, interpolation=cv2.INTER_NEAREST)
        np.copyto(plane, enlarged, where=mask > 0)
