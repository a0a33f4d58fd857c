"""Where text is in one picture: differentiable binarization (Liao et al., 2020) on the network's map of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skillwire.studio.effects.lettering.networks import DETECTION, session
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Mean and deviation of the pictures (BGR, 0 to 255) that the network was trained on.
_MEAN, _DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
# Sides must be multiples of this.
_STEP = 32
# Pixels of text, and what they must average over a line. Faint watermarks stay below the usual 0.6.
_PIXEL, _LINE = 0.3, 0.5
# The map shows the core of a line; the line reaches further by this part of area over perimeter.
_SHRUNK = 1.6
# Lines lower than this, in pixels of the picture searched, are specks.
_LEAST = 5.0


class Seen(NamedTuple):
    """A line of text: ``box`` around it, its ``angle`` in degrees from the horizontal (-45 to 45), and how sure it is, 0 to 1."""

    box: NDArray[np.float32]
    angle: float
    score: float


def lines_in(picture: NDArray[np.uint8]) -> list[Seen]:
    """The lines of text of a BGR picture, in its pixels. Raises as ``networks.content``."""
    cv2 = opencv()
    height, width = picture.shape[:2]
    wide, tall = (max(_STEP, round(side / _STEP) * _STEP) for side in (width, height))
    parameters = cv2.dnn.Image2BlobParams()
    parameters.scalefactor, parameters.mean = tuple(1 / one for one in _DEVIATION), _MEAN
    parameters.size, parameters.swapRB = (wide, tall), False
    batch = cv2.dnn.blobFromImageWithParams(picture, parameters)
    found = np.asarray(session(DETECTION)(batch))[0, 0]
    outlines, _ = cv2.findContours((found > _PIXEL).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    back = np.asarray([width / wide, height / tall], np.float32)
    return [line for outline in outlines if (line := _line(found, outline, back)) is not None]


def _line(found: NDArray[np.float32], outline: Any, back: NDArray[np.float32]) -> Seen | None:
    cv2 = opencv()
    centre, sides, turn = cv2.minAreaRect(outline)
    if min(sides) < _LEAST / 2:
        return None
    x, y, w, h = cv2.boundingRect(outline)
    inside = np.zeros((h, w), np.uint8)
    cv2.drawContours(inside, [outline - (x, y)], -1, 1, cv2.FILLED)
    score = float(cv2.mean(found[y : y + h, x : x + w], inside)[0])
    reach = _SHRUNK * sides[0] * sides[1] / (2 * (sides[0] + sides[1]))
    grown = (sides[0] + 2 * reach, sides[1] + 2 * reach)
    if score < _LINE or min(grown) * float(back.min()) < _LEAST:
        return None
    corners = cv2.boxPoints((centre, grown, turn)) * back
    if sides[0] < sides[1]:
        turn -= 90
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)]).astype(np.float32)
    return Seen(box, (turn + 45) % 180 - 45, score)
