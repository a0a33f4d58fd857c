"""Where one shot ends and the next begins: hard cuts, and fades as a change that lasts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Pictures are compared as thumbnails of this size (width, height).
_THUMB = (48, 27)
_BINS = 16
# A cut changes the picture by much more than the frames around it change: this many times, and at least so much.
_TIMES = 3.0
_LEAST_DIFFERENCE = 14.0
_LEAST_HISTOGRAM = 0.25
_MEMORY = 12


class Cuts:
    """Told every frame's luma in turn, says which of them begin a new shot."""

    def __init__(self) -> None:
        self._before: NDArray[Any] | None = None
        self._changes: deque[float] = deque(maxlen=_MEMORY)
        self._since = 0

    def starts(self, luma: NDArray[np.uint8]) -> bool:
        """Whether this frame (2D uint8) begins a shot; the first always does."""
        thumb = _thumbnail(luma)
        before, self._before = self._before, thumb
        self._since += 1
        if before is None:
            return True
        change = float(np.abs(thumb - before).mean())
        usual = float(np.median(self._changes)) if self._changes else 0.0
        edges = np.linspace(0, 256, _BINS + 1)
        shares = [np.histogram(one, edges)[0] / one.size for one in (thumb, before)]
        colours = float(np.abs(shares[0] - shares[1]).sum()) / 2
        # A flash changes every pixel alike; what a cut changes is the structure.
        apart = thumb - before
        structure = float(np.abs(apart - apart.mean()).mean())
        is_cut = (
            change > max(_LEAST_DIFFERENCE, _TIMES * usual)
            and (colours > _LEAST_HISTOGRAM or change > 2 * _LEAST_DIFFERENCE)
            and structure > _LEAST_DIFFERENCE / 2
        )
        if is_cut:
            self._changes.clear()
            self._since = 0
        else:
            self._changes.append(change)
        return is_cut


def first_after_cut(frames: Iterable[tuple[float, NDArray[np.uint8]]], otherwise: float) -> float:
    """Where a cut is among all frames (time, luma) of a stretch known to hold one: the one most unlike the one before it.

    ``otherwise`` where there are not two frames.
    """
    best, most = otherwise, -1.0
    before: NDArray[Any] | None = None
    for time, luma in frames:
        thumb = _thumbnail(luma)
        change = -1.0 if before is None else float(np.abs(thumb - before).mean())
        if change > most:
            best, most = time, change
        before = thumb
    return best


def _thumbnail(luma: NDArray[np.uint8]) -> NDArray[Any]:
    import cv2  # noqa: PLC0415 - slow import

    # Every second row and column is enough for a mean over an area.
    step = max(1, luma.shape[0] // 270)
    return cv2.resize(luma[::step, ::step], _THUMB, interpolation=cv2.INTER_AREA).astype(np.float32)
