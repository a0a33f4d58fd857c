"""A wish and what was seen → the tracks that are meant, or the candidates among which the user must choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded, shared
from skillwire.studio.effects.finding.analysis import Analysis
from skillwire.studio.effects.finding.colours import NAMES
from skillwire.studio.effects.finding.pieces import is_part_of, pieces_of, track_length
from skillwire.studio.effects.finding.tracks import LIVING, STILL_TRAVEL, Track
from skillwire.studio.effects.finding.wish import ANY, Wish

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The best must lead the second by this share of its score, or the user is asked.
MARGIN = 0.2
# Below this nothing answers to the description.
_LEAST = 0.3
# Below this it is not even worth asking about.
_CANDIDATE = 0.12
# What lives and never moves must be seen as clearly as this, at its best sightings, to go along with all of its kind.
_CLEARLY, _BEST = 0.5, 5
# Noise stays where it is; what came this far, in diagonals of its box, is a thing, however faint.
_TRAVELLED = 1.5
# Of one of a group ("people on the left") this much of each attribute is enough.
_MEMBER = 0.5
_MOST_CANDIDATES = 9
# The other class of a group: a van is often seen as a truck.
_OTHER_LABEL = 0.7
# Who takes more of the picture than this is not in its background.
_NEAR = 0.2
# A thing whose colour takes this share of it is called by that colour.
_COLOURED = 0.3
# A cycle is ridden when it lies under the person this part of the time it is seen.
_RIDDEN = 0.6


@dataclass(frozen=True, slots=True)
class Choice:
    """``tracks``: what is meant, none when the user must choose from ``candidates``, the likeliest first.

    Both empty: nothing of the kind is there. ``margin``: how clearly the choice was made, 0 to 1.
    """

    tracks: tuple[Track, ...] = ()
    candidates: tuple[Track, ...] = ()
    margin: float = 1.0


def chosen(wish: Wish, analysis: Analysis, span: tuple[float, float] | None = None) -> Choice:
    """What of ``analysis`` is wished away; each shot is judged for itself. ``span``: the part of the file in use, in seconds."""
    pool = [
        track
        for track in analysis.tracks
        if wish.group in {track.group, ANY}
        and (span is None or (track.times[0] < span[1] and track.times[-1] >= span[0]))
    ]
    pool = _without_ghosts(pool)
    if wish.many:
        pool = [track for track in pool if _is_alive(track)] or pool
    if not pool:
        return Choice()
    tracks: list[Track] = []
    margin = 1.0
    unsure: list[tuple[float, Track]] = []
    for shot in sorted({track.shot for track in pool}):
        here = [track for track in pool if track.shot == shot]
        scores = _scores(wish, here, analysis)
        ranked = sorted(zip(scores, here, strict=True), key=lambda pair: -pair[0])
        unsure += ranked
        if wish.many:
            members = [pair for pair in ranked if pair[0] >= _MEMBER * _OTHER_LABEL]
            if wish.count and len(members) > wish.count:
                best, rest = members[wish.count - 1][0], members[wish.count][0]
                margin = min(margin, (best - rest) / best)
                members = members[: wish.count]
            if wish.others:
                margin = min(margin, _lead(members))
                members = [pair for pair in members if pair[1] is not _main(here)]
            tracks += [track for _, track in members]
            continue
        best = ranked[0][0]
        if best < _LEAST:
            continue
        one = pieces_of([track for score, track in ranked if score >= _LEAST], analysis.shots[shot].path)
        known = {id(track) for track in one}
        rivals = [pair for pair in ranked if id(pair[1]) not in known and not is_part_of(pair[1], one)]
        second = rivals[0][0] if rivals else 0.0
        margin = min(margin, (best - second) / best)
        tracks += one
    # Words that name no kind of thing are never enough to be sure.
    if tracks and margin >= MARGIN and (wish.group != ANY or len(pool) == 1):
        return Choice((*tracks, *_mounts(tracks, analysis, surely=wish.rider)), margin=margin)
    asked = sorted(unsure, key=lambda pair: -pair[0])[:_MOST_CANDIDATES]
    return Choice(
        candidates=tuple(track for score, track in asked if score >= _CANDIDATE), margin=margin if tracks else 0.0
    )


def _without_ghosts(pool: list[Track]) -> list[Track]:
    """Leaves out what is much briefer, smaller and less sure than the rest: more likely noise than meant."""
    if not pool:
        return pool
    longest = max(track_length(track) for track in pool)
    largest = max(track.size for track in pool)
    return [
        track
        for track in pool
        if track_length(track) >= 0.15 * longest
        or track.size >= 0.25 * largest
        or float(np.mean(track.scores)) >= 0.45
        or track.travel >= _TRAVELLED
    ]


def _is_alive(track: Track) -> bool:
    """Whether one of many is what it is taken for: a statue or a coat never moves, and is never seen quite clearly."""
    best = sorted(track.scores)[-_BEST:]
    return track.group not in LIVING or track.travel > STILL_TRAVEL or float(np.mean(best)) >= _CLEARLY


def _scores(wish: Wish, tracks: list[Track], analysis: Analysis) -> list[float]:
    scores = np.ones(len(tracks))
    if wish.label:
        exact = np.asarray([track.label == wish.label for track in tracks])
        scores *= np.where(exact, 1.0, _OTHER_LABEL)
    attributes = set(wish.attributes)
    if wish.rider:
        scores *= [1.0 if list(_mounts([track], analysis, surely=True)) else 0.25 for track in tracks]
    if wish.bystander and len(tracks) > 1:
        scores *= _no_main_person(tracks)
    for name in attributes:
        scores *= _attribute(name, tracks, analysis.size, alone=not wish.many)
    for colour in wish.colours:
        place = NAMES.index(colour)
        scores *= [min(1.0, float(track.colours[place]) / _COLOURED) for track in tracks]
    for group in wish.near:
        others = [track for track in analysis.tracks if track.group == group]
        scores *= [1.0 if any(_close(track, other) for other in others) else 0.2 for track in tracks]
    if wish.ordinal:
        number, side = wish.ordinal
        order = np.argsort([track.centre[0] * (1 if side == "left" else -1) for track in tracks])
        scores *= np.isin(np.arange(len(tracks)), order[number - 1 : number])
    return [float(score) for score in scores]


def _attribute(name: str, tracks: list[Track], size: tuple[int, int], *, alone: bool) -> NDArray[Any]:
    """How much each track answers to an attribute, 0 to 1; among several, compared with each other where one is meant."""
    x = np.asarray([track.centre[0] for track in tracks]) / size[0]
    areas = np.asarray([track.size for track in tracks])
    travel = np.asarray([track.travel for track in tracks])
    if name in {"left", "right", "middle"}:
        place = {"left": 1 - x, "right": x, "middle": 1 - np.abs(2 * x - 1)}[name]
        spread = float(np.ptp(place))
        if alone and spread > 0.08:
            place = (place + (place - place.min()) / spread) / 2
        return np.asarray(np.clip(place if alone else 0.5 + 2 * (place - 0.5), 0, 1))
    if name == "biggest":
        return np.asarray(np.sqrt(areas / areas.max()))
    if name == "smallest":
        return np.asarray(np.sqrt(areas.min() / areas))
    if name == "parked":
        return np.asarray(np.clip((1.0 - travel) / 0.8, 0, 1))
    if name == "moving":
        return np.asarray(np.clip((travel - 0.2) / 0.8, 0, 1))
    far = _far(tracks, size)
    return far if name == "background" else 1 - far


def _far(tracks: list[Track], size: tuple[int, int]) -> NDArray[Any]:
    """How far back each track seems to be: small beside the largest, its foot high, off centre, short-lived, soft.

    The largest is never taken for the background's unless it is alone; and then not when it is somebody who fills much of the
    picture: whoever is meant may not have been seen, while the only car is the car.
    """
    areas = np.asarray([track.size for track in tracks])
    if len(tracks) == 1:
        near = (areas > _NEAR * size[0] * size[1]) & (tracks[0].group in LIVING)
        return np.asarray(np.where(near, 0.2, 1.0))
    feet = np.asarray([track.foot for track in tracks])
    x = np.asarray([track.centre[0] for track in tracks]) / size[0]
    lengths = np.asarray([track_length(track) for track in tracks])
    sharpness = np.asarray([track.sharpness for track in tracks])
    small = 1 - np.sqrt(areas / areas.max())
    high = np.clip((feet.max() - feet) / (0.4 * size[1]), 0, 1)
    brief = 1 - lengths / max(float(lengths.max()), 1e-6)
    soft = 1 - sharpness / max(float(sharpness.max()), 1e-6)
    far: NDArray[Any] = np.clip(
        (0.55 * small + 0.25 * high + 0.1 * np.abs(2 * x - 1) + 0.05 * brief + 0.05 * soft) * 1.6, 0, 1
    )
    far[int(areas.argmax())] *= 0.2
    return far


def _no_main_person(tracks: list[Track]) -> NDArray[Any]:
    """Nought for a person who fills much more of the picture, for longer, than all others: nobody passing by."""
    weight = np.asarray([track.size * track_length(track) for track in tracks])
    main = int(weight.argmax())
    others = np.delete(weight, main)
    keep = np.ones(len(tracks))
    if weight[main] > 6 * others.max():
        keep[main] = 0.0
    return keep


def _main(tracks: list[Track]) -> Track:
    """What fills most of the picture for longest."""
    return max(tracks, key=lambda track: track.size * track_length(track))


def _lead(members: list[tuple[float, Track]]) -> float:
    """How clearly one of several is the main one, 0 to 1."""
    weights = sorted((track.size * track_length(track) for _, track in members), reverse=True)
    return 1 - weights[1] / weights[0] if len(weights) > 1 else 0.0


def _mounts(persons: list[Track], analysis: Analysis, *, surely: bool) -> list[Track]:
    """The bicycles and motorcycles that persons ride, which go with them: under them nearly all the time, and on the move with them.

    ``surely``: they are called riders, so what stands still under them is theirs as well.
    """
    result = []
    for cycle in analysis.tracks:
        if cycle.group != "cycle":
            continue
        for person in persons:
            if person.shot != cycle.shot or not (surely or min(person.travel, cycle.travel) > STILL_TRAVEL):
                continue
            under = [_is_under(box, person.at(time, 0.1)) for time, box in zip(cycle.times, cycle.boxes, strict=True)]
            if np.mean(under) >= _RIDDEN:
                result.append(cycle)
                break
    return result


def _is_under(cycle: Boxes, person: Boxes | None) -> bool:
    """Whether a cycle's box lies where one that is ridden does: below the person's middle, beneath it, of a like width."""
    if person is None:
        return False
    across = min(cycle[2], person[2]) - max(cycle[0], person[0])
    middle = (person[1] + person[3]) / 2
    fits = 0.4 < (cycle[2] - cycle[0]) / max(person[2] - person[0], 1) < 4
    return bool(
        fits
        and across > 0.6 * min(cycle[2] - cycle[0], person[2] - person[0])
        and cycle[3] > middle
        and cycle[1] < person[3]
    )


def _close(track: Track, other: Track) -> bool:
    if track.shot != other.shot:
        return False
    for time, box in zip(track.times, track.boxes, strict=True):
        beside: Boxes | None = other.at(time, 0.0)
        if beside is not None and float(shared(padded(box, 0.25), beside[None])[0]) > 0:
            return True
    return False
