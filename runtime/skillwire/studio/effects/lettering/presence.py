"""Whether a line shows in a picture: for certain when it stands all the time and between looks that saw it, by its strokes' fine structure in between."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.lettering.lines import Line
from skillwire.studio.effects.lettering.strokes import fine
from skillwire.studio.effects.planes import Planes

# Looks that saw it lie no further apart than this (seconds) when it was there in between for certain.
_GAP = 0.9
# The fine structure around its strokes correlates so well with itself, also while it fades.
_SHOWS = 0.25


def shows(line: Line, time: float, planes: Planes) -> bool:
    """Whether the line shows in a picture of that time (seconds)."""
    if not line.since - 1e-6 <= time <= line.until + 1e-6:
        return False
    if line.stands:
        return True
    after = int(np.searchsorted(line.times, time))
    if after and abs(time - line.times[after - 1]) < 1e-6:
        return True
    if 0 < after < len(line.times) and line.times[after] - line.times[after - 1] <= _GAP:
        return True
    where = line.strokes > 0
    if not where.any():
        return False
    now, look = fine(planes.crop(line.region).y)[where], fine(line.look)[where]
    now, look = now - now.mean(), look - look.mean()
    return bool((now * look).sum() > _SHOWS * np.sqrt((now * now).sum() * (look * look).sum()))
