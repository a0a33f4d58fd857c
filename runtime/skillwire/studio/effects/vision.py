"""OpenCV, loaded where it is first needed: it takes a quarter of a second."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def opencv() -> Any:
    """The module ``cv2``, on one thread: the stages of a render overlap already."""
    import cv2  # noqa: PLC0415 - slow import

    cv2.setNumThreads(1)
    return cv2
