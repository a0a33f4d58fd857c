"""The pictures of a timeline: frames of its clips in order, each with its time on the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from skillwire.studio.media.read import Source, frames, seek

# Where clips of different clocks come together, or speed changes, times are told in 90 kHz, as MPEG does.
COMMON_CLOCK = Fraction(1, 90_000)
# Frames a second that are enough for movement.
_FILM = 24


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a source is shown and when: seconds in the source, seconds on the timeline, and speed.

    ``source_out`` is ``None`` for "to the end". ``length``: seconds on the timeline, to the end of which the last picture stays;
    ``None``: as long as the file says.
    """

    source_in: Fraction
    source_out: Fraction | None
    start: Fraction
    speed: Fraction
    length: Fraction | None = None


def span_frames(source: Source, span: Span, clock: Fraction) -> Iterator[Any]:
    """The span's frames with ``pts`` in ticks of ``clock`` on the timeline.

    The frame that is on screen when the span begins is shown from its start. A faster clip keeps the source's frame rate, or that of
    film where the source has less: frames that would come closer together than that are left out.
    """
    held: Any = None
    for frame in _in_span(source, span, clock):
        if held is not None:
            yield held
        held = frame
    if held is not None:
        # How long the last picture is shown a file tells badly: by the distance to whatever is decoded next.
        if span.length is not None and not source.damage.cut_off:
            held.duration = max(1, round((span.start + span.length) / clock) - held.pts)
        yield held


def _in_span(source: Source, span: Span, clock: Fraction) -> Iterator[Any]:
    if span.source_in > 0:
        seek(source, float(span.source_in))
    least = Fraction(3, 4) / max(source.stream.average_rate or 0, _FILM) if span.speed > 1 else Fraction(0)
    before: Any = None
    last: Fraction | None = None
    for frame in frames(source):
        at = frame.pts * frame.time_base
        if at < span.source_in:
            before = frame
            continue
        if span.source_out is not None and at >= span.source_out:
            break
        if before is not None and at > span.source_in and last is None:
            last = span.start
            yield _stamped(before, last, clock, span)
        before = None
        time = span.start + (at - span.source_in) / span.speed
        if last is None or time - last >= least:
            last = time
            yield _stamped(frame, time, clock, span)
    if last is None and before is not None:
        yield _stamped(before, span.start, clock, span)


def _stamped(frame: Any, time: Fraction, clock: Fraction, span: Span) -> Any:
    length = frame.duration * frame.time_base / span.speed
    if span.source_out is not None:
        length = min(length, span.start + (span.source_out - span.source_in) / span.speed - time)
    frame.pts, frame.duration, frame.time_base = round(time / clock), max(1, round(length / clock)), clock
    return frame
