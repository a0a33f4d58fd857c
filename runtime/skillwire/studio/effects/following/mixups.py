"""Where following went over from a thing to another one that is known: there it ends."""

from __future__ import annotations

from bisect import bisect_right

from skillwire.studio.effects.boxes import Boxes, iou
from skillwire.studio.effects.finding.analysis import Analysis
from skillwire.studio.effects.finding.tracks import Track

# Times with boxes in full-size pixels, in order.
Boxed = list[tuple[float, Boxes]]

# Boxes that overlap so well are of one thing, and so badly of two; so many sightings on end tell.
_ONE, _TWO, _TELL = 0.4, 0.1, 3


def without_mixups(way: Boxed, at: float, shot: int, analysis: Analysis) -> Boxed:
    """The part of a way around the time ``at`` on which it neither came to lie on a known thing that was elsewhere nor left one.

    Both ways through time alike: what is followed is what it lay on where it was marked.
    """
    if len(way) < 2:
        return way
    followed = Track(0, "", shot, [time for time, _ in way], [box for _, box in way])
    first, last = way[0][0], way[-1][0]
    for track in analysis.tracks:
        if track.shot != shot:
            continue
        told = [
            (time, overlap > _ONE)
            for time, box in zip(track.times, track.boxes, strict=True)
            if (there := followed.at(time, 0.0)) is not None
            and not _TWO <= (overlap := float(iou(there, box[None])[0])) <= _ONE
        ]
        middle = bisect_right([time for time, _ in told], at)
        around = [together for _, together in told[max(0, middle - _TELL) : middle + _TELL]]
        if 2 * sum(around) == len(around):
            continue  # nothing is known of it there
        together = 2 * sum(around) > len(around)
        last = min(last, _changes(told[middle:], last, together=together))
        first = max(first, _changes(told[:middle][::-1], first, together=together))
    return [one for one in way if first <= one[0] <= last]


def _changes(told: list[tuple[float, bool]], otherwise: float, *, together: bool) -> float:
    """The last time before sightings, from the marked one on, tell otherwise than ``together``; ``otherwise`` where they do not."""
    for number in range(len(told) - _TELL + 1):
        if all(one != together for _, one in told[number : number + _TELL]):
            return told[number - 1][0] if number else otherwise
    return otherwise
