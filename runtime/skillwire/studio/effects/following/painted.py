"""Masks painted by hand: a picture of the clip's proportions, bright or opaque where something is to go."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np

from skillwire.errors import JobFailed
from skillwire.studio.effects.finding.targets import SHAPE
from skillwire.studio.effects.planes import Plane
from skillwire.studio.effects.vision import opencv

# A picture of more pixels than this is refused before it is decoded whole; so much of the brightest counts as painted.
_MOST_BYTES, _PAINTED = 3_000_000, 0.5
_LEAST = 4


def mark_of(picture: str) -> dict[str, Any]:
    """A base64 picture as ``{"box", "shape"}`` of a mark. Raises ``JobFailed`` when it is none, or nothing is painted on it."""
    cv2 = opencv()
    try:
        coded = base64.b64decode(picture, validate=True)
    except (binascii.Error, ValueError):
        raise JobFailed("the mask is not a picture", fix="send a PNG in base64") from None
    decoded = (
        cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_UNCHANGED) if 0 < len(coded) <= _MOST_BYTES else None
    )
    if decoded is None:
        raise JobFailed("the mask is not a picture", fix="send a PNG in base64")
    level = decoded if decoded.ndim == 2 else decoded[:, :, :3].max(axis=2)
    if decoded.ndim == 3 and decoded.shape[2] == 4 and decoded[:, :, 3].min() < 255:
        level = decoded[:, :, 3]
    full = float(np.iinfo(level.dtype).max)
    mask = (level > _PAINTED * full).astype(np.uint8) * 255
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) < _LEAST or len(columns) < _LEAST:
        raise JobFailed("nothing is painted on the mask", fix="paint what is to go in white, the rest in black")
    part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cells = cv2.resize(part, (SHAPE, SHAPE), interpolation=cv2.INTER_AREA) > 64
    height, width = mask.shape
    box = [columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height]
    return {"box": [round(float(edge), 5) for edge in box], "shape": np.packbits(cells.ravel()).tobytes().hex()}


def shape_of(code: str) -> Plane:
    """A mark's shape as a mask of ``SHAPE`` × ``SHAPE``, 0 or 255."""
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(code), np.uint8))
    return np.asarray(bits.reshape(SHAPE, SHAPE) * 255, np.uint8)
