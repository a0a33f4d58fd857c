"""The timeline: tracks of video, audio and text segments, as records and as the API's JSON with its short keys.

    draft    {"t": tracks, "d": ms, "m": {"canvas": {"ratio", "height", "turn", "mode"}}}
    track    {"tt": 0 video | 1 audio | 7 text, "sg": segments, "d": ms, "m": {"label"}}
    segment  {"d": ms, "m": {"name", "start", …}}

All times are whole milliseconds. A segment's ``start`` is on the timeline, ``in``/``out`` are in its file; ``out`` absent
means to the file's end. ``muted`` ranges count from the segment's start on the timeline. ``removed`` (video only)
tells what is taken out of the picture: ``{"tracks": [ids], "marks": [{"at": s, "box": [left, top, right, bottom]} or {"at", "click"}]}``,
times in seconds of the file, places in parts of the upright picture. ``background`` (video only) is
``{"kind", "value"}``: what stands behind the people.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from skillwire.studio.effects.backdrop import choices
from skillwire.studio.effects.backdrop.choices import Background
from skillwire.studio.effects.finding import targets
from skillwire.studio.effects.finding.targets import Removal

VIDEO, AUDIO, TEXT = 0, 1, 7
ORIGINAL = "Original sound"
MAX_SEGMENTS = 1000
MAX_MS = 24 * 3600 * 1000
MAX_TEXT = 2000
# Each is kept as a drawing while it is shown.
MAX_TITLES = 100

_Effect = TypeVar("_Effect")


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of a file on a video or audio track. ``volume`` and ``muted`` concern audio only, ``background`` and
    ``removed`` video only.
    """

    media: str
    name: str
    start: int
    duration: int
    source_in: int = 0
    source_out: int | None = None
    speed: float = 1.0
    volume: float = 1.0
    muted: tuple[tuple[int, int], ...] = ()
    background: Background | None = None
    removed: Removal | None = None

    @property
    def end(self) -> int:
        """Where it ends on the timeline, ms."""
        return self.start + self.duration

    @property
    def whole(self) -> bool:
        """Whether all of the file plays, at its own speed."""
        return self.source_in == 0 and self.source_out is None and self.speed == 1

    @property
    def transparent(self) -> bool:
        """Whether all but the people in it is to be seen through."""
        return self.background is not None and self.background.kind == "transparent"


@dataclass(frozen=True, slots=True)
class Title:
    """A line of text over the picture. ``position``: ``top``, ``center`` or ``bottom``."""

    text: str
    start: int
    duration: int
    position: str = "center"


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """Clips that sound together with the other audio tracks. ``label``: ``Original sound``, ``BGM`` …"""

    label: str
    clips: tuple[Clip, ...]


@dataclass(frozen=True, slots=True)
class Canvas:
    """The wanted picture: ``ratio`` as width, height (9, 16) and ``height`` in pixels; ``None`` keeps the source's.

    ``crop``: what has other proportions is cut to fill it, else it stands whole before a blur. ``turn``: degrees clockwise that every clip is turned by, 0, 90, 180 or 270.
    """

    ratio: tuple[int, int] | None = None
    height: int | None = None
    turn: int = 0
    crop: bool = False

    @property
    def plain(self) -> bool:
        """Whether the picture stays in its own shape."""
        return self.ratio is None and self.height is None and not self.turn


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole timeline."""

    video: tuple[Clip, ...] = ()
    audio: tuple[AudioTrack, ...] = ()
    titles: tuple[Title, ...] = ()
    canvas: Canvas = field(default_factory=Canvas)

    @property
    def duration(self) -> int:
        """Length in ms: the pictures', or the sound's where there are none."""
        if self.video:
            return max(clip.end for clip in self.video)
        return max((clip.end for track in self.audio for clip in track.clips), default=0)

    @property
    def ready(self) -> bool:
        """Whether there is anything to export."""
        return bool(self.video)

    @property
    def transparent(self) -> bool:
        """Whether anything in it is meant to be seen through."""
        return any(clip.transparent for clip in self.video)

    @property
    def media(self) -> frozenset[str]:
        """Ids of all files it plays."""
        behind = (clip.background.value for clip in self.video if clip.background and clip.background.kind == "media")
        return frozenset(clip.media for clip in (*self.video, *(c for track in self.audio for c in track.clips))) | {
            *behind
        }


def appended(draft: Draft, media: str, name: str, duration: int, *, sound: bool) -> Draft:
    """The draft with a whole clip of ``duration`` ms behind what is there, its sound on the track of original sound."""
    clip = Clip(media, name, start=max((clip.end for clip in draft.video), default=0), duration=duration)
    audio = list(draft.audio)
    if sound:
        place = next((n for n, track in enumerate(audio) if track.label == ORIGINAL), None)
        if place is None:
            audio.insert(0, AudioTrack(ORIGINAL, (clip,)))
        else:
            audio[place] = AudioTrack(ORIGINAL, (*audio[place].clips, clip))
    return replace(draft, video=(*draft.video, clip), audio=tuple(audio))


def with_sound(draft: Draft, media: str, name: str, duration: int) -> Draft:
    """The draft with a sound of ``duration`` ms from its start on, on a track of its own."""
    return replace(draft, audio=(*draft.audio, AudioTrack(name, (Clip(media, name, 0, duration),))))


def to_json(draft: Draft) -> dict[str, Any]:
    """The draft as the API shows it; ``from_json`` reads it back to an equal draft."""
    tracks = []
    if draft.video:
        tracks.append(_track(VIDEO, [_clip_json(clip, audio=False) for clip in draft.video]))
    tracks += [
        _track(AUDIO, [_clip_json(clip, audio=True) for clip in track.clips], label=track.label)
        for track in draft.audio
    ]
    if draft.titles:
        tracks.append(
            _track(
                TEXT,
                [
                    {
                        "d": title.duration,
                        "m": {"name": title.text, "start": title.start, "position": title.position},
                    }
                    for title in draft.titles
                ],
                label="Title",
            )
        )
    canvas = {
        "ratio": f"{draft.canvas.ratio[0]}:{draft.canvas.ratio[1]}" if draft.canvas.ratio else None,
        "height": draft.canvas.height,
        "turn": draft.canvas.turn or None,
        "mode": "crop" if draft.canvas.crop else None,
    }
    stated = {key: value for key, value in canvas.items() if value is not None}
    return {"t": tracks, "d": draft.duration, "m": {"canvas": stated} if stated else {}}


def from_json(data: Any) -> Draft:
    """A draft from its JSON. Raises ``ValueError`` with a sentence telling what is wrong and where."""
    if not isinstance(data, Mapping):
        raise ValueError("the draft is not an object")  # noqa: TRY004 - all that is wrong with a draft is a ValueError
    video: list[Clip] = []
    audio: list[AudioTrack] = []
    titles: list[Title] = []
    for n, track in enumerate(_list(data, "t", "draft")):
        where = f"t[{n}]"
        segments = _list(track, "sg", where)
        kind = track.get("tt") if isinstance(track, Mapping) else None
        if kind == VIDEO:
            video += [_clip(segment, f"{where}.sg[{i}]") for i, segment in enumerate(segments)]
        elif kind == AUDIO:
            clips = tuple(
                replace(_clip(segment, f"{where}.sg[{i}]"), background=None, removed=None)
                for i, segment in enumerate(segments)
            )
            if clips:
                audio.append(AudioTrack(_text(_meta(track), "label", where, "Audio"), clips))
        elif kind == TEXT:
            titles += [_title(segment, f"{where}.sg[{i}]") for i, segment in enumerate(segments)]
        else:
            raise ValueError(f"{where}.tt is none of 0 (video), 1 (audio), 7 (text)")
    if len(titles) > MAX_TITLES:
        raise ValueError(f"there are more than {MAX_TITLES} titles")
    return Draft(tuple(video), tuple(audio), tuple(titles), _canvas(_meta(data).get("canvas")))


def _track(kind: int, segments: list[dict[str, Any]], label: str = "") -> dict[str, Any]:
    end = max(segment["m"]["start"] + segment["d"] for segment in segments)
    return {"tt": kind, "sg": segments, "d": end, "m": {"label": label} if label else {}}


def _clip_json(clip: Clip, *, audio: bool) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": clip.name, "media": clip.media, "start": clip.start, "in": clip.source_in}
    if clip.source_out is not None:
        meta["out"] = clip.source_out
    if clip.speed != 1:
        meta["speed"] = clip.speed
    if audio:
        meta["volume"] = clip.volume
        if clip.muted:
            meta["muted"] = [list(span) for span in clip.muted]
    else:
        meta |= {"background": clip.background.to_json()} if clip.background else {}
        meta |= {"removed": clip.removed.to_json()} if clip.removed else {}
    return {"d": clip.duration, "m": meta}


def _clip(segment: Any, where: str) -> Clip:
    meta = _meta(segment)
    source_in = _ms(meta, "in", where, 0)
    source_out = _ms(meta, "out", where, -1) if meta.get("out") is not None else None
    if source_out is not None and source_out <= source_in:
        raise ValueError(f"{where}.m.out lies before its in")
    return Clip(
        media=_text(meta, "media", where),
        name=_text(meta, "name", where, ""),
        start=_ms(meta, "start", where, 0),
        duration=_ms(segment, "d", where),
        source_in=source_in,
        source_out=source_out,
        speed=_number(meta, "speed", where, 1.0, low=0.01, high=100.0),
        volume=_number(meta, "volume", where, 1.0, low=0.0, high=100.0),
        muted=tuple(_span(span, f"{where}.m.muted") for span in _list(meta, "muted", where)),
        background=_effect(meta, "background", choices.from_json, f"{where}.m"),
        removed=_effect(meta, "removed", targets.from_json, f"{where}.m"),
    )


def _effect(meta: Mapping[str, Any], key: str, read: Callable[[Any], _Effect], where: str) -> _Effect | None:
    if meta.get(key) is None:
        return None
    try:
        return read(meta[key])
    except ValueError as error:
        raise ValueError(f"{where}.{error}") from None


def _title(segment: Any, where: str) -> Title:
    meta = _meta(segment)
    position = _text(meta, "position", where, "center")
    if position not in ("top", "center", "bottom"):
        raise ValueError(f"{where}.m.position is none of top, center, bottom")
    return Title(_text(meta, "name", where), _ms(meta, "start", where, 0), _ms(segment, "d", where), position)


def _canvas(data: Any) -> Canvas:
    if not isinstance(data, Mapping):
        return Canvas()
    ratio = None
    if data.get("ratio") is not None:
        width, colon, height = _text(data, "ratio", "m.canvas").partition(":")
        if not (colon and width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
            raise ValueError("m.canvas.ratio is not of the form 9:16")
        ratio = (int(width[:4]), int(height[:4]))
        if not all(0 < side <= 100 for side in ratio):
            raise ValueError("m.canvas.ratio has a side outside 1 to 100")
    height_px = data.get("height")
    if height_px is not None and (type(height_px) is not int or not 16 <= height_px <= 4320):
        raise ValueError("m.canvas.height is not a number of pixels from 16 to 4320")
    turn = data.get("turn") or 0
    if type(turn) is not int or turn not in (0, 90, 180, 270):
        raise ValueError("m.canvas.turn is none of 0, 90, 180, 270")
    if data.get("mode") not in (None, "fit", "crop"):
        raise ValueError("m.canvas.mode is none of fit, crop")
    return Canvas(ratio, height_px, turn, crop=data.get("mode") == "crop")


def _list(holder: Any, key: str, where: str) -> list[Any]:
    value = holder.get(key, []) if isinstance(holder, Mapping) else None
    if not isinstance(value, list) or len(value) > MAX_SEGMENTS:
        raise ValueError(f"{where}.{key} is not a list of at most {MAX_SEGMENTS}")
    return value


def _meta(holder: Any) -> Mapping[str, Any]:
    value = holder.get("m") if isinstance(holder, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _ms(holder: Any, key: str, where: str, default: int | None = None) -> int:
    value = holder.get(key, default) if isinstance(holder, Mapping) else None
    if type(value) is not int or not 0 <= value <= MAX_MS:
        raise ValueError(f"{where}.{key} is not a whole number of ms from 0 to {MAX_MS}")
    return value


def _number(holder: Mapping[str, Any], key: str, where: str, default: float, *, low: float, high: float) -> float:
    value = holder.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{where}.{key} is not a number")
    if not low <= value <= high:
        raise ValueError(f"{where}.{key} is not from {low:g} to {high:g}")
    return float(value)


def _text(holder: Any, key: str, where: str, default: str | None = None) -> str:
    value = holder.get(key, default) if isinstance(holder, Mapping) else None
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError(f"{where}.{key} is not a text of at most {MAX_TEXT} characters")
    if any("\ud800" <= char <= "\udfff" for char in value):  # half of a surrogate pair: legal in JSON, not in UTF-8
        raise ValueError(f"{where}.{key} holds a broken character")
    return value


def _span(value: Any, where: str) -> tuple[int, int]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(type(edge) is int and 0 <= edge <= MAX_MS for edge in value)
        or value[0] >= value[1]
    ):
        raise ValueError(f"{where} holds something other than [from, to] in ms")
    return value[0], value[1]
