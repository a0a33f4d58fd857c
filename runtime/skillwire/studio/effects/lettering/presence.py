"""Whether a line shows in a picture: for certain when it stands all the time and between looks that saw it, else by its fine structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.lettering.lines import Line
from skillwire.studio.effects.lettering.strokes import fine
from skillwire.studio.effects.planes import Planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Looks that saw it lie no further apart than this (seconds) when it was there in between for certain.
_GAP = 1.1
# The fine structure of its strokes correlates so well with itself, also while it fades.
_SHOWS = 0.25


class Watch:
    """Tells of pictures in which a line was not looked for whether it shows."""

    def __init__(self, line: Line) -> None:
        self.line = line
        rows, columns = np.flatnonzero(line.strokes.any(axis=1)), np.flatnonzero(line.strokes.any(axis=0))
        self._window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if len(rows) else None
        self._look: NDArray[np.float32] | None = None

    def shows(self, time: float, planes: Planes) -> bool:
        """Whether the line shows in a picture of that time (seconds)."""
        line = self.line
        if self._window is None or not line.since - 1e-6 <= time <= line.until + 1e-6:
            return False
        after = int(np.searchsorted(line.times, time))
        near = [line.times[n] for n in (after - 1, after) if 0 <= n < len(line.times)]
        seen = any(abs(time - one) < 1e-6 for one in near)
        return line.stands or seen or (len(near) == 2 and near[1] - near[0] <= _GAP) or self._resembles(planes)

    def _resembles(self, planes: Planes) -> bool:
        window = self._window
        where = self.line.strokes[window] > 0
        if self._look is None:
            self._look = _centred(fine(self.line.look[window])[where])
        now = _centred(fine(planes.crop(self.line.region).y[window])[where])
        return float((now * self._look).sum()) > _SHOWS * float(np.linalg.norm(now) * np.linalg.norm(self._look))


def _centred(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(values - values.mean(), np.float32)
