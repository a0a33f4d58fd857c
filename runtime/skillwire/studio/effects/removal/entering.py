"""How far a thing has come into the picture before it was first seen for sure, or has yet to leave after it was last."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded
from skillwire.studio.effects.camera import Matrix, View
from skillwire.studio.effects.removal.cutout import PAD, PAD_LEAST
from skillwire.studio.effects.vision import opencv

# What moves by itself differs from the picture before by more bytes than this, and by so many times what the rest of it does.
_DIFFERS, _TIMES = 9.0, 5.0
# Of rows and columns so many pixels must differ. Room around what does, in small pixels.
_FEW, _ROOM = 3, 5


def narrowed(before: View, view: View, step: Matrix, box: Boxes) -> Boxes | None:
    """The part of a box at the picture's left or right edge that a thing has come to; ``None`` when nothing moves there.

    ``step``: the camera's motion from the picture ``before``, full-size pixels. What comes in from an edge moves against the scene, its
    inner border first; between that and the edge all may be its own.
    """
    cv2 = opencv()
    height, width = view.grey.shape
    zoom = np.diag([view.scale, view.scale, 1.0])
    back = np.linalg.inv(zoom @ step @ np.linalg.inv(zoom))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    apart = cv2.absdiff(cv2.warpPerspective(before.grey, back, (width, height), flags=flags), view.grey)
    inside = cv2.warpPerspective(
        np.full_like(view.grey, 255), back, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    )
    apart = cv2.GaussianBlur(apart, (5, 5), 0)
    apart[cv2.erode(inside, np.ones((5, 5), np.uint8)) == 0] = 0
    limit = max(_DIFFERS, _TIMES * float(np.median(apart)))
    x0, y0, x1, y1 = (float(edge) * view.scale for edge in padded(box, PAD, PAD_LEAST))
    left, right = max(0, round(x0)), min(width, round(x1))
    top, bottom = max(0, round(y0)), min(height, round(y1))
    if right - left < 2 or bottom - top < 2:
        return None
    part = np.s_[top:bottom, left:right]
    # What the picture before does not show may be the thing's.
    differs = (apart[part] > limit) | (inside[part] == 0)
    columns, rows = np.flatnonzero(differs.sum(axis=0) >= _FEW), np.flatnonzero(differs.sum(axis=1) >= _FEW)
    if not len(columns) or not len(rows):
        return None
    left, right = left + columns[0] - _ROOM, left + columns[-1] + 1 + _ROOM
    made = np.asarray(box, np.float32).copy()
    made[1] = max(y0, top + rows[0] - _ROOM) / view.scale
    made[2 if box[0] < 0 else 0] = (min(x1, right) if box[0] < 0 else max(x0, left)) / view.scale
    return made
