"""What happens to a single clip when the timeline is cut, sped up or muted. Times in ms."""

from __future__ import annotations

from dataclasses import replace

from skillwire.studio.draft import Clip


def cut(clip: Clip, start: int, end: int) -> Clip | None:
    """The part of the clip between ``start`` and ``end`` of the timeline, moved so that ``start`` becomes 0."""
    low, high = max(clip.start, start), min(clip.end, end)
    if low >= high:
        return None
    source_in = clip.source_in + round((low - clip.start) * clip.speed)
    source_out = clip.source_out if high == clip.end else clip.source_in + round((high - clip.start) * clip.speed)
    shift = low - clip.start
    length = high - low
    muted = tuple(
        (max(0, a - shift), min(length, b - shift)) for a, b in clip.muted if b > shift and a - shift < length
    )
    return replace(clip, start=low - start, duration=length, source_in=source_in, source_out=source_out, muted=muted)


def hastened(clip: Clip, factor: float) -> Clip:
    """The clip on a timeline that runs ``factor`` times as fast."""
    start, end = round(clip.start / factor), round(clip.end / factor)
    muted = tuple((round(a / factor), round(b / factor)) for a, b in clip.muted)
    return replace(
        clip,
        start=start,
        duration=max(1, end - start),
        speed=round(clip.speed * factor, 6),
        muted=tuple(span for span in muted if span[0] < span[1]),
    )


def muted_range(clip: Clip, start: int, end: int) -> Clip:
    """The clip, silent between ``start`` and ``end`` of the timeline."""
    low, high = max(0, start - clip.start), min(clip.duration, end - clip.start)
    if low >= high:
        return clip
    merged: list[tuple[int, int]] = []
    for a, b in sorted((*clip.muted, (low, high))):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], b))
        else:
            merged.append((a, b))
    return replace(clip, muted=tuple(merged))
