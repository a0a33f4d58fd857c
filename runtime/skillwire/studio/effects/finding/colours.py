"""The basic colour terms (Berlin and Kay, 1969) of the pixels of a picture, by hue, saturation and value."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
# Upper bounds of hue in OpenCV's half degrees, and the name of what lies below each.
_HUES = (
    (7, "red"),
    (20, "orange"),
    (34, "yellow"),
    (86, "green"),
    (131, "blue"),
    (150, "purple"),
    (170, "pink"),
    (181, "red"),
)
_DARK, _BRIGHT, _PALE = 55, 175, 60


def shares(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The share of a BGR picture's pixels in each colour of ``NAMES``, shape (11,), summing to one."""
    import cv2  # noqa: PLC0415 - slow import

    if picture.size == 0:
        return np.zeros(len(NAMES), np.float32)
    hue, saturation, value = (plane.ravel() for plane in cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)))
    named = _by_hue()[hue]
    # Dark orange and dark yellow have a name of their own, and so has pale red.
    warm = (named == NAMES.index("orange")) | (named == NAMES.index("yellow"))
    named[warm & (value < 150)] = NAMES.index("brown")
    named[(named == NAMES.index("red")) & (saturation < 130) & (value > 170)] = NAMES.index("pink")
    pale = saturation < _PALE
    named[pale] = NAMES.index("grey")
    named[pale & (value >= _BRIGHT)] = NAMES.index("white")
    named[(value < _DARK) | (pale & (value < _DARK + 20))] = NAMES.index("black")
    counted: Any = np.bincount(named, minlength=len(NAMES))
    return np.asarray(counted / named.size, np.float32)


@cache
def _by_hue() -> NDArray[np.uint8]:
    """The colour, as its place in ``NAMES``, of each hue."""
    bounds = [bound for bound, _ in _HUES]
    places = np.searchsorted(bounds, np.arange(_HUES[-1][0]), side="right")
    return np.asarray([NAMES.index(name) for _, name in _HUES], np.uint8)[places]
