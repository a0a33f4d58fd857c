"""The order of the clips on a timeline. What belongs to a clip goes with it: its sound, and titles over it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from skillwire.studio.draft import ORIGINAL, AudioTrack, Clip, Draft, Title
from skillwire.studio.outcome import Edit, Unsupported, clock, describe
from skillwire.studio.timeline import cut


def ordered(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    """Carries out one of ``ORDERINGS``. Raises ``Unsupported``."""
    before = in_order(draft)
    places = new_order(operation, len(before))
    if places == list(range(len(before))):
        return Edit(draft, "same_order", {"clips": _listed(before)})
    after = arranged(draft, places)
    values = {"clips": _listed(after.video), "length": clock(after.duration)}
    if len(places) == len(before):
        return Edit(after, "clips_ordered", values)
    gone = ", ".join(clip.name for n, clip in enumerate(before) if n not in places)
    return Edit(after, "clips_removed", {**values, "gone": gone})


def new_order(operation: Mapping[str, Any], count: int) -> list[int]:
    """Which of ``count`` clips come one after the other, counted from 0, after one of ``ORDERINGS``.

    The operation counts them from 1, negative numbers from the end. Raises ``Unsupported`` when it names one that is not there,
    leaves none, or does not say enough.
    """

    def place(number: int) -> int:
        if not 1 <= abs(number) <= count:
            raise Unsupported(describe(operation), "no_such_clip", number=number, count=count)
        return number - 1 if number > 0 else count + number

    return ORDERINGS[str(operation["op"])](operation, list(range(count)), place)


def in_order(draft: Draft) -> list[Clip]:
    """The clips as they play."""
    return sorted(draft.video, key=lambda clip: clip.start)


def arranged(draft: Draft, places: Sequence[int]) -> Draft:
    """The draft with these of its clips (counted from 0, as they play) one after the other.

    Music and titles over several clips stay at their time, cut to the new length.
    """
    clips = in_order(draft)
    starts: dict[int, int] = {}
    length = 0
    for place in places:
        starts[place] = length
        length += clips[place].duration

    def moved(one: Clip | Title) -> int | None:
        """Where something that belongs to a clip begins now; ``None`` when that is gone."""
        owner = next((n for n, clip in enumerate(clips) if clip.start <= one.start < clip.end), None)
        return None if owner is None or owner not in starts else one.start - clips[owner].start + starts[owner]

    def of_one_clip(title: Title) -> bool:
        end = title.start + title.duration
        return any(clip.start <= title.start and end <= clip.end for clip in clips)

    def titles() -> Iterator[Title]:
        for title in draft.titles:
            start = moved(title) if of_one_clip(title) else title.start
            if start is not None and start < length:
                yield replace(title, start=start, duration=min(title.duration, length - start))

    video = tuple(replace(clips[place], start=start) for place, start in starts.items())
    audio = []
    for track in draft.audio:
        if track.label == ORIGINAL:
            kept = [replace(clip, start=start) for clip in track.clips if (start := moved(clip)) is not None]
        else:
            kept = [piece for clip in track.clips if (piece := cut(clip, 0, length))]
        audio.append(AudioTrack(track.label, tuple(sorted(kept, key=lambda clip: clip.start))))
    return replace(draft, video=video, audio=tuple(track for track in audio if track.clips), titles=tuple(titles()))


_Place = Callable[[int], int]


def _move(operation: Mapping[str, Any], order: list[int], place: _Place) -> list[int]:
    moving = place(int(operation["number"]))
    rest = [one for one in order if one != moving]
    side = next((side for side in ("before", "after") if operation.get(side) is not None), None)
    if side is None:
        at = place(int(operation["to"]))
    elif (other := place(int(operation[side]))) == moving:
        return order
    else:
        at = rest.index(other) + (side == "after")
    return [*rest[:at], moving, *rest[at:]]


def _swap(operation: Mapping[str, Any], order: list[int], place: _Place) -> list[int]:
    if operation.get("first") is None:
        if len(order) < 2:
            place(2)
        if len(order) != 2:
            raise Unsupported(describe(operation), "which_clips", count=len(order))
        return order[::-1]
    first, second = place(int(operation["first"])), place(int(operation["second"]))
    order[first], order[second] = order[second], order[first]
    return order


def _reverse(_operation: Mapping[str, Any], order: list[int], _place: _Place) -> list[int]:
    return order[::-1]


def _put_first(operation: Mapping[str, Any], order: list[int], place: _Place) -> list[int]:
    first = list(dict.fromkeys(place(int(number)) for number in operation["order"]))
    return [*first, *(one for one in order if one not in first)]


def _remove(operation: Mapping[str, Any], order: list[int], place: _Place) -> list[int]:
    if operation.get("except") is not None:
        kept = {place(int(number)) for number in operation["except"]}
        return [one for one in order if one in kept]
    gone = {place(int(number)) for number in operation["numbers"]}
    if len(gone) == len(order):
        raise Unsupported(describe(operation), "no_clip_left")
    return [one for one in order if one not in gone]


ORDERINGS: dict[str, Callable[[Mapping[str, Any], list[int], _Place], list[int]]] = {
    "move_clip": _move,
    "swap_clips": _swap,
    "reverse_clips": _reverse,
    "order_clips": _put_first,
    "remove_clips": _remove,
}


def _listed(clips: Sequence[Clip]) -> str:
    return ", ".join(f"{n}. {clip.name}" for n, clip in enumerate(clips, 1))
