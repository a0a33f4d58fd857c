"""A clip's frames for a look through it: those that no other frame is made from are left out, for they cost half the decoding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from skillwire.studio.effects.upright import seconds_of, upright
from skillwire.studio.media.read import Source, frames, open_video, seek

if TYPE_CHECKING:
    from skillwire.studio.effects.upright import Timed

# Frames further apart than this (seconds) show too little of what moves: from there on none is left out.
_WIDEST = 0.13
# So long before a stretch that is wanted whole, nothing is left out any more: decoders hold several frames back.
_LEAD = 1.0


class Sparse:
    """The upright frames of the file at ``path`` with their times (seconds): ``frames`` most of them, ``between`` all of a stretch."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._skips = False
        self._step = 0.0

    def frames(self) -> Iterator[Timed]:
        """What a look needs. Raises ``BadInput`` or ``JobFailed`` when the file cannot be read."""
        with closing(open_video(self._path, self._name)) as source:
            self._skip(source, skips=source.has_showing_times)
            stream = source.stream
            # The quicker of both rates, where frames come unevenly: a frame too many is looked for rather than one too few.
            self._step = float(1 / max(stream.average_rate or 1, stream.base_rate or 1))
            before = None
            for frame in upright(source, frames(source)):
                time = seconds_of(frame)
                if self._skips and before is not None and time - before > _WIDEST:
                    self._skip(source, skips=False)
                before = time
                yield time, frame

    def between(self, first: float, last: float) -> Iterator[Timed]:
        """Every frame from one time to another; none when ``frames`` leaves nothing out there."""
        if not self._skips or last - first < 1.5 * self._step:
            return
        with closing(open_video(self._path, self._name)) as source:
            seek(source, first)
            source.stream.codec_context.skip_frame = "NONREF"
            whole = False
            for frame in upright(source, frames(source)):
                time = seconds_of(frame)
                if not whole and time > first - _LEAD:
                    whole = True
                    source.stream.codec_context.skip_frame = "DEFAULT"
                if time > last + 1e-6:
                    return
                if time >= first - 1e-6:
                    yield time, frame

    def _skip(self, source: Source, *, skips: bool) -> None:
        source.stream.codec_context.skip_frame = "NONREF" if skips else "DEFAULT"
        self._skips = skips
