"""Stretches of a clip as small pictures: forwards from a time, and backwards from it, a window at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.planes import Plane, Planes, planes_of
from skillwire.studio.effects.upright import seconds_of, upright
from skillwire.studio.effects.vision import opencv
from skillwire.studio.media.read import frames, open_video, seek

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skillwire.studio.effects.upright import Timed

# Frames further apart than this (seconds) show too little of what moves: from there on none is left out.
_WIDEST = 0.09
# The first window that is read backwards, and the longest, in seconds; what one may hold, in bytes.
_FIRST_WINDOW, _LONGEST_WINDOW = 1.0, 8.0
_MOST_BYTES = 96_000_000
# Decoders hold several frames back: so long before a stretch they are told what to leave out.
_LEAD = 1.0
# Times came through JSON, by the millisecond.
_SAME_TIME = 1.5e-3


@dataclass(frozen=True, slots=True)
class Small:
    """A picture at ``scale`` of its size: luma (height, width), and both colours (height/2, width/2, 2)."""

    time: float
    luma: Plane
    colours: NDArray[np.uint8]
    scale: float


def small(time: float, planes: Planes, scale: float) -> Small:
    """A picture made smaller by averages."""
    cv2 = opencv()
    width, height = (max(8, round(side * scale / 2)) for side in planes.size)
    y, u, v = (
        plane if plane.shape == size[::-1] else cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
        for plane, size in zip(planes.each(), ((2 * width, 2 * height), (width, height), (width, height)), strict=True)
    )
    # A copy in any case: the frame's own memory goes back to the decoder.
    return Small(time, np.array(y), np.asarray(np.dstack([u, v]), np.uint8), scale)


class Passages:
    """Small pictures of the file at ``path``; frames that no other is made from are left out where enough others are."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name

    def at(self, time: float, scale: float) -> Small | None:
        """The picture on screen at a time: the last before it, else the next; ``None`` well past the file's end."""
        shown: tuple[float, Planes] | None = None
        for at, frame in self._between(max(0.0, time - _LEAD), np.inf, whole=True):
            if shown is not None and at > time + _SAME_TIME:
                break
            shown = at, planes_of(frame)
        return None if shown is None else small(*shown, scale)

    def forwards(self, since: float, until: float, scale: float) -> Iterator[Small]:
        """Pictures from one time on, up to another (seconds, excluded)."""
        return (small(time, planes_of(frame), scale) for time, frame in self._between(since, until))

    def backwards(self, until: float, since: float, scale: float) -> Iterator[Small]:
        """Pictures from just before ``until`` back to ``since``, the latest first; a few seconds of them are held at a time."""
        span = _FIRST_WINDOW
        while until > since + 1e-6:
            held: deque[Small] = deque()
            used = 0
            for time, frame in self._between(max(since, until - span), until):
                one = small(time, planes_of(frame), scale)
                held.append(one)
                used += one.luma.nbytes + one.colours.nbytes
                while used > _MOST_BYTES:
                    gone = held.popleft()
                    used -= gone.luma.nbytes + gone.colours.nbytes
            if held:
                yield from reversed(held)
                until = held[0].time
            elif until - span <= since:
                return
            span = min(2 * span, _LONGEST_WINDOW) if held else 2 * span

    def _between(self, since: float, until: float, *, whole: bool = False) -> Iterator[Timed]:
        """Frames from one time up to another; ``whole``: none is left out."""
        with closing(open_video(self._path, self._name)) as source:
            if since > _LEAD:
                seek(source, since)
            context: Any = source.stream.codec_context
            skips = source.has_showing_times and not whole
            context.skip_frame = "NONREF" if skips else "DEFAULT"
            before: float | None = None
            for frame in upright(source, frames(source)):
                time = seconds_of(frame)
                if skips and before is not None and time - before > _WIDEST:
                    context.skip_frame, skips = "DEFAULT", False
                before = time
                if time >= until - 1e-6:
                    return
                if time >= since - 1e-6:
                    yield time, frame
