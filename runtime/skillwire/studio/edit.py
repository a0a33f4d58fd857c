"""Editing operations: a draft and what was asked → the next draft and what to tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from skillwire.studio.arrange import ORDERINGS, arranged, in_order, ordered
from skillwire.studio.draft import MAX_TEXT, MAX_TITLES, ORIGINAL, AudioTrack, Canvas, Clip, Draft, Title
from skillwire.studio.effects.backdrop.choices import Background, shown_names
from skillwire.studio.effects.finding.targets import Removal
from skillwire.studio.outcome import Edit, Unsupported, clock, describe
from skillwire.studio.perclip import on_clip
from skillwire.studio.timeline import cut, hastened, muted_range

# Beyond these nothing useful is left to see or hear.
MIN_SPEED, MAX_SPEED = 0.1, 16.0
MAX_VOLUME = 10.0
MAX_HEIGHT = 1080
MUSIC = "BGM"
# Under speech, music at about a third of its level leaves the words clear; alone it keeps its own.
MUSIC_VOLUME = 0.35
# A song shorter than this (ms) would be repeated thousands of times.
MIN_SONG = 1000


@dataclass(frozen=True, slots=True)
class Song:
    """A sound file of the session that may be laid under the pictures; ``duration`` in ms."""

    media: str
    name: str
    duration: int
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """What is to stand behind people: the background, its name for people, and the media that people are in.

    ``name``: of a file its name; of nothing (transparent) what the export will be.
    """

    background: Background
    name: str
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Gone:
    """What is to be taken out of the pictures: of which media what, and the values of the sentence about it."""

    removed: Mapping[str, Removal]
    values: Mapping[str, Any]


def apply(
    draft: Draft,
    operation: Mapping[str, Any],
    songs: Sequence[Song] = (),
    behind: Behind | None = None,
    gone: Gone | None = None,
) -> Edit:
    """Carries out one operation (as the reading gives it: ``{"op": name, …}``, times in seconds).

    ``songs``: what music there is, oldest first. ``behind``: what "replace_background" chose.
    ``gone``: what "remove_object" means. Raises ``Unsupported`` when it cannot be done; the draft is a value, so nothing has changed then.
    """
    if operation.get("clip") is not None:
        return _of_one_clip(draft, operation)
    if operation.get("op") == "add_music":
        return _add_music(draft, operation, songs)
    if operation.get("op") == "replace_background" and behind is not None:
        return _replace_background(draft, behind)
    if operation.get("op") == "remove_object" and gone is not None:
        return _remove_object(draft, gone)
    edit = _EDITS.get(str(operation.get("op")))
    if edit is None:
        raise Unsupported(describe(operation))
    return edit(draft, operation)


def _of_one_clip(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    """An operation with ``clip`` (counted from 1) concerns that clip only; its times count from the clip's start."""
    number = int(operation["clip"])
    if not 1 <= number <= len(draft.video):
        raise Unsupported(describe(operation), "no_such_clip", number=number, count=len(draft.video))
    outcome: list[Edit] = []

    def change(alone: Draft) -> Draft:
        outcome.append(apply(alone, {key: value for key, value in operation.items() if key != "clip"}))
        return outcome[-1].draft

    changed = on_clip(draft, number, change)
    return replace(outcome[-1], draft=changed)


def _remove_audio(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    if not draft.audio:
        return Edit(draft, "already_silent")
    if operation.get("start") is None and operation.get("end") is None:
        return Edit(replace(draft, audio=()), "sound_removed")
    start, end = _range(draft, operation)
    if (start, end) == (0, draft.duration):
        return Edit(replace(draft, audio=()), "sound_removed")
    tracks = _each_clip(draft.audio, lambda clip: muted_range(clip, start, end))
    return Edit(replace(draft, audio=tracks), "muted", _shown(start, end))


def _trim(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    start, end = _range(draft, operation)
    if (start, end) == (0, draft.duration):
        return Edit(draft, "nothing_to_trim", _shown(start, end))
    video = tuple(piece for clip in draft.video if (piece := cut(clip, start, end)))
    audio = tuple(
        AudioTrack(track.label, pieces)
        for track in draft.audio
        if (pieces := tuple(piece for clip in track.clips if (piece := cut(clip, start, end))))
    )
    titles = tuple(
        replace(title, start=max(0, title.start - start), duration=shown)
        for title in draft.titles
        if (shown := min(title.start + title.duration, end) - max(title.start, start)) > 0
    )
    trimmed = replace(draft, video=video, audio=audio, titles=titles)
    return Edit(trimmed, "trimmed", {**_shown(start, end), "length": clock(trimmed.duration)})


def _speed(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    factor = float(operation["factor"])
    fastest = max(clip.speed for clip in draft.video) * factor
    slowest = min(clip.speed for clip in draft.video) * factor
    if not (slowest >= MIN_SPEED and fastest <= MAX_SPEED):
        raise Unsupported(describe(operation), "out_of_bounds", low=f"{MIN_SPEED:g}", high=f"{MAX_SPEED:g}")
    if factor == 1:
        return Edit(draft, "same_speed")
    video = tuple(hastened(clip, factor) for clip in draft.video)
    length = max(clip.end for clip in video)
    # Music is not part of what happens in the clip: it keeps its own tempo and ends with the pictures.
    audio = tuple(
        AudioTrack(track.label, tuple(hastened(clip, factor) for clip in track.clips))
        if track.label == ORIGINAL
        else AudioTrack(track.label, tuple(piece for clip in track.clips if (piece := cut(clip, 0, length))))
        for track in draft.audio
    )
    titles = tuple(
        replace(title, start=round(title.start / factor), duration=max(1, round(title.duration / factor)))
        for title in draft.titles
    )
    faster = replace(draft, video=video, audio=tuple(track for track in audio if track.clips), titles=titles)
    return Edit(faster, "speed_set", {"factor": f"{factor:g}", "length": clock(faster.duration)})


def _volume(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    if not draft.audio:
        return Edit(draft, "already_silent")
    factor = float(operation["factor"])
    if factor == 0:
        return Edit(replace(draft, audio=()), "sound_removed")
    loudest = max(clip.volume for track in draft.audio for clip in track.clips) * factor
    if not factor > 0 or loudest > MAX_VOLUME:
        raise Unsupported(describe(operation), "out_of_bounds", low="0", high=f"{MAX_VOLUME:g}")
    tracks = _each_clip(draft.audio, lambda clip: replace(clip, volume=round(clip.volume * factor, 6)))
    return Edit(replace(draft, audio=tracks), "volume_set", {"percent": f"{factor:.0%}"})


def _aspect(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    width, colon, height = str(operation["ratio"]).partition(":")
    if not (colon and width.isdecimal() and height.isdecimal() and 0 < int(width) <= 100 and 0 < int(height) <= 100):
        raise Unsupported(describe(operation))
    crop = operation.get("mode") == "crop"
    canvas = replace(draft.canvas, ratio=(int(width), int(height)), crop=crop)
    sentence = "aspect_cropped" if crop else "aspect_set"
    return Edit(replace(draft, canvas=canvas), sentence, {"ratio": f"{int(width)}:{int(height)}"})


def _resolution(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    asked = int(operation["height"])
    if asked < 64:
        raise Unsupported(describe(operation), "out_of_bounds", low="64", high=str(MAX_HEIGHT))
    height = min(asked, MAX_HEIGHT)
    canvas: Canvas = replace(draft.canvas, height=height)
    sentence = "resolution_set" if height == asked else "resolution_capped"
    return Edit(replace(draft, canvas=canvas), sentence, {"height": height, "asked": asked})


def _rotate(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    degrees = float(operation["degrees"])
    if degrees % 90:
        raise Unsupported(describe(operation), "quarter_turns")
    turn = round(draft.canvas.turn + degrees) % 360
    canvas = replace(draft.canvas, turn=turn)
    return Edit(replace(draft, canvas=canvas), "rotated", {"degrees": f"{degrees:g}"})


def _add_text(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    text = str(operation["text"]).strip()
    if not text or len(text) > MAX_TEXT or len(draft.titles) >= MAX_TITLES:
        raise Unsupported(describe(operation), "out_of_bounds", low="1", high=f"{MAX_TEXT}, {MAX_TITLES}")
    start, end = _range(draft, operation)
    title = Title(text, start, end - start, str(operation.get("position") or "center"))
    values = {"text": text, "position": title.position, **_shown(start, end)}
    emoji = any("\U0001f000" <= char <= "\U0001faff" for char in text)
    sentence = "text_added_plain_emoji" if emoji else "text_added"
    return Edit(replace(draft, titles=(*draft.titles, title)), sentence, values)


def _add_music(draft: Draft, operation: Mapping[str, Any], songs: Sequence[Song]) -> Edit:
    """Lays a song under all of the pictures, from its start, again and again where it is shorter; it replaces an earlier one."""
    usable = [song for song in songs if song.duration >= MIN_SONG]
    if not usable:
        raise Unsupported(describe(operation), "no_music")
    words = str(operation.get("query") or "").casefold().split()
    # The one whose name the words fit best; of equals, the one that came last.
    song = max(reversed(usable), key=lambda song: sum(word in song.name.casefold() for word in words))
    other = tuple(
        track for track in draft.audio if track.label != MUSIC and any(clip.media != song.media for clip in track.clips)
    )
    volume = operation.get("volume")
    level = (MUSIC_VOLUME if other else 1.0) if volume is None else float(volume)
    if not 0 < level <= MAX_VOLUME:
        raise Unsupported(describe(operation), "out_of_bounds", low="0", high=f"{MAX_VOLUME:g}")
    clips = []
    for start in range(0, draft.duration, song.duration):
        length = min(song.duration, draft.duration - start)
        stop = None if length == song.duration else length
        clips.append(Clip(song.media, song.name, start, length, source_out=stop, volume=level))
    music = AudioTrack(MUSIC, tuple(clips))
    sentence = "music_generated" if song.generated else "music_added"
    return Edit(replace(draft, audio=(*other, music)), sentence, {"name": song.name, "percent": f"{level:.0%}"})


def _replace_background(draft: Draft, behind: Behind) -> Edit:
    """Sets the background of every clip that people are in; the clip of the background itself leaves the timeline."""
    chosen = behind.background
    if chosen.kind == "media":
        clips = in_order(draft)
        draft = arranged(draft, [n for n, clip in enumerate(clips) if clip.media != chosen.value])
    video = tuple(replace(clip, background=chosen) if clip.media in behind.people else clip for clip in draft.video)
    sentence = {
        "blur": "background_blurred",
        "scene": "background_drawn",
        "media": "background_file",
        "transparent": "background_transparent",
    }
    values = {"name": behind.name or shown_names([chosen.value])}
    return Edit(replace(draft, video=video), sentence.get(chosen.kind, "background_set"), values)


def _remove_object(draft: Draft, gone: Gone) -> Edit:
    """Adds what is to go to what went before, in every clip of its media."""
    video = tuple(
        replace(clip, removed=(clip.removed or Removal()).and_also(gone.removed[clip.media]))
        if clip.media in gone.removed
        else clip
        for clip in draft.video
    )
    return Edit(replace(draft, video=video), "object_removed", gone.values)


_EDITS: dict[str, Callable[[Draft, Mapping[str, Any]], Edit]] = {
    "remove_audio": _remove_audio,
    "trim": _trim,
    "speed": _speed,
    "volume": _volume,
    "aspect": _aspect,
    "resolution": _resolution,
    "rotate": _rotate,
    "add_text": _add_text,
    **dict.fromkeys(ORDERINGS, ordered),
}


def _range(draft: Draft, operation: Mapping[str, Any]) -> tuple[int, int]:
    """The asked range in ms on the timeline; negative seconds count from the end, no end means to the end."""
    total = draft.duration

    def resolve(seconds: Any, default: int) -> int:
        if seconds is None:
            return default
        milliseconds = round(float(seconds) * 1000)
        return min(max(0, milliseconds + total if milliseconds < 0 else milliseconds), total)

    start, end = resolve(operation.get("start"), 0), resolve(operation.get("end"), total)
    if start >= end:
        raise Unsupported(describe(operation), "empty_range", length=clock(total))
    return start, end


def _each_clip(tracks: tuple[AudioTrack, ...], change: Callable[[Clip], Clip]) -> tuple[AudioTrack, ...]:
    return tuple(AudioTrack(track.label, tuple(change(clip) for clip in track.clips)) for track in tracks)


def _shown(start: int, end: int) -> dict[str, str]:
    return {"start": clock(start), "end": clock(end)}
