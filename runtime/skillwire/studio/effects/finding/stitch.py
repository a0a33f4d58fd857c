"""Pieces of tracks joined: what was hidden and came back, and what went too quickly to be followed from one look to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from skillwire.studio.effects.boxes import Boxes
    from skillwire.studio.effects.finding.tracks import OpenTrack

# What comes back within so many seconds, with so much of its colours the same, may be what was hidden.
_HIDDEN, _ALIKE = 4.0, 0.55
# Sides of the two boxes differ by less than this factor; centres lie nearer than so many sides.
_SIMILAR, _NEAR = 2.0, 0.8
# Within ``_QUICK`` seconds and so many sides of where it should be it may look otherwise: before another background, in other light.
_HERE, _HARDLY_ALIKE = 0.4, 0.25
# Within so many seconds a thing may also have gone so many of its heights a second, if it can be no other. A runner goes about four.
_QUICK, _PACE = 1.0, 4.0
_QUICK_SIMILAR = 1.6
# Only what was hardly seen can be so quick; of what was detected more often than this the way is known.
_GLIMPSES = 2


def stitched(found: list[OpenTrack]) -> list[OpenTrack]:
    """Joins pieces (in the order they begin) that are near in place, of the same size and colours."""
    result: list[OpenTrack] = []
    for number, one in enumerate(found):
        earlier = [other for other in result if _continues(other, one)]
        if not earlier:
            earlier = _only(result, one, found[number + 1 :])
        if not earlier:
            result.append(one)
            continue
        _join(max(earlier, key=lambda other: other.track.times[-1]), one)
    return result


def _only(earlier: list[OpenTrack], one: OpenTrack, later: list[OpenTrack]) -> list[OpenTrack]:
    """The one piece that may have gone on quickly as ``one``; none where it may as well be another, or gone on as another."""
    fits = [other for other in earlier if _hurries(other, one)]
    if not fits:
        return []
    best = max(fits, key=lambda other: other.track.times[-1])
    if any(_together(best, other) for other in fits if other is not best):
        return []
    return [] if any(_hurries(best, other) and _together(one, other) for other in later) else [best]


def _together(one: OpenTrack, other: OpenTrack) -> bool:
    """Whether both were seen at one time."""
    return one.track.times[0] <= other.track.times[-1] and other.track.times[0] <= one.track.times[-1]


def _continues(one: OpenTrack, other: OpenTrack) -> bool:
    """Whether ``other`` begins where ``one`` stood, or would have walked to, or where it would have come from."""
    if not _fits(one, other, _HIDDEN, _SIMILAR, _HARDLY_ALIKE):
        return False
    start, end = other.track.times[0], one.track.times[-1]
    before, after = one.track.boxes[-1], other.track.boxes[0]
    ways = [(before, after), (one.predicted(start, _HIDDEN), after)]
    if start - end <= _QUICK:
        ways.append((before, other.came_from(end)))
    apart = np.min([_apart(*way) for way in ways], axis=0)
    here = start - end <= _QUICK and bool((apart < _HERE * _sides(before)).all())
    near = bool((apart < _NEAR * np.maximum(_sides(before), _sides(after))).all())
    return near and (here or _alike(one, other) > _ALIKE)


def _hurries(one: OpenTrack, other: OpenTrack) -> bool:
    """Whether ``one`` may have got to where ``other`` begins in the time between."""
    glimpsed = min(len(one.detected), len(other.detected)) <= _GLIMPSES
    if not glimpsed or not _fits(one, other, _QUICK, _QUICK_SIMILAR, _ALIKE):
        return False
    before, after = one.track.boxes[-1], other.track.boxes[0]
    sides = np.maximum(_sides(before), _sides(after))
    reach = _NEAR * sides + _PACE * float(sides.max()) * (other.track.times[0] - one.track.times[-1])
    return bool((_apart(before, after) < reach).all())


def _fits(one: OpenTrack, other: OpenTrack, longest: float, similar: float, alike: float) -> bool:
    """Whether time, kind, size and colours allow that both are the same thing."""
    gap = other.track.times[0] - one.track.times[-1]
    if one.track.group != other.track.group or not 0 < gap <= longest:
        return False
    ratio = _sides(one.track.boxes[-1]) / _sides(other.track.boxes[0])
    return float(np.maximum(ratio, 1 / ratio).max()) < similar and _alike(one, other) > alike


def _alike(one: OpenTrack, other: OpenTrack) -> float:
    """The share of their colours that is the same."""
    return float(np.minimum(one.colours[-1], other.colours[0]).sum())


def _sides(box: Boxes) -> Boxes:
    return np.asarray(np.maximum(box[2:] - box[:2], 1), np.float32)


def _apart(one: Boxes, other: Boxes) -> Boxes:
    return np.asarray(np.abs((one[:2] + one[2:]) - (other[:2] + other[2:])) / 2, np.float32)


def _join(one: OpenTrack, other: OpenTrack) -> None:
    """Lets ``one`` go on as ``other``."""
    one.track.times += other.track.times
    one.track.boxes += other.track.boxes
    one.track.scores += other.track.scores
    one.colours += other.colours
    one.sharpness += other.sharpness
    one.detected += other.detected
    one.places += other.places
    for label, score in other.labels.items():
        one.labels[label] = one.labels.get(label, 0.0) + score
