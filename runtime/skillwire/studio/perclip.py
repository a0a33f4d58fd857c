"""An edit of one clip of several: carried out on a timeline of that clip alone, which is then put back in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from skillwire.studio.draft import ORIGINAL, AudioTrack, Clip, Draft
from skillwire.studio.timeline import cut


def on_clip(draft: Draft, number: int, change: Callable[[Draft], Draft]) -> Draft:
    """The draft after ``change`` of its clip of that number, counted from 1. What comes later moves along, music ends with it.

    Times that ``change`` deals with count from the clip's start. Raises ``IndexError`` when there is no such clip.
    """
    clip = sorted(draft.video, key=lambda one: one.start)[number - 1]

    def of_it(sound: Clip) -> bool:
        return clip.start <= sound.start < clip.end

    own = tuple(
        AudioTrack(ORIGINAL, sounds)
        for track in draft.audio
        if track.label == ORIGINAL
        if (sounds := tuple(_moved(sound, -clip.start) for sound in track.clips if of_it(sound)))
    )
    alone = change(Draft((_moved(clip, -clip.start),), own))
    shift = alone.duration - clip.duration

    def placed(clips: tuple[Clip, ...]) -> tuple[Clip, ...]:
        return tuple(_moved(one, clip.start) for one in clips)

    def others(clips: tuple[Clip, ...]) -> tuple[Clip, ...]:
        return tuple(_moved(one, shift) if one.start >= clip.end else one for one in clips if not of_it(one))

    video = tuple(sorted((*others(draft.video), *placed(alone.video)), key=lambda one: one.start))
    length = max(one.end for one in video)
    changed = placed(tuple(one for track in alone.audio for one in track.clips))
    audio = tuple(
        replace(track, clips=tuple(sorted((*others(track.clips), *changed), key=lambda one: one.start)))
        if track.label == ORIGINAL
        else replace(track, clips=tuple(piece for one in track.clips if (piece := cut(one, 0, length))))
        for track in draft.audio
    )
    titles = tuple(
        replace(title, start=title.start + shift) if title.start >= clip.end else title for title in draft.titles
    )
    return replace(draft, video=video, audio=tuple(track for track in audio if track.clips), titles=titles)


def _moved(clip: Clip, by: int) -> Clip:
    return replace(clip, start=clip.start + by)
