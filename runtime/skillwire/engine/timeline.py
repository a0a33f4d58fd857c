"""Reads a draft through the skill's own short keys, tells it to people, and tells what changed between two of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skillwire.engine.wording import say
from skillwire.spec.model import DraftMap

# The names the seven keys have in prose ("duration(ms)", "track type"), longest first so that "track type" wins.
_LONG_NAMES = ("track type", "tracks", "segments", "duration", "metadata")
_KINDS = ("video", "audio", "text")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a track: name, start and end in seconds, volume 0–1 where it is an audio one and stated."""

    name: str
    start: float
    end: float
    volume: float | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """A track of the draft; ``kind`` is ``video``, ``audio``, ``text`` or the word the skill uses."""

    kind: str
    segments: tuple[Segment, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All tracks of a draft, top to bottom."""

    tracks: tuple[Track, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether there is anything to export: a track with at least one segment."""
        return any(track.segments for track in self.tracks)

    def has(self, kind: str) -> bool:
        """Whether a track of that kind holds a segment."""
        return any(track.kind == kind and track.segments for track in self.tracks)

    def describe(self, language: str) -> str:
        """``Timeline (2 tracks): 1. Video: city (0-10s) 2. Audio: lo-fi (0-10s, 35%)``, in the user's language."""
        if not self.ready:
            return say("timeline_empty", language)
        lines = [f"{n}. {_track(track, language)}" for n, track in enumerate(self.tracks, 1) if track.segments]
        return f"{say('timeline', language, count=len(lines))} {' '.join(lines)}"

    def to_dicts(self) -> tuple[dict[str, Any], ...]:
        """The tracks as plain JSON objects, times in seconds."""
        return tuple(
            {
                "kind": track.kind,
                **({"label": track.label} if track.label else {}),
                "segments": [
                    {"name": s.name, "start": s.start, "end": s.end}
                    | ({} if s.volume is None else {"volume": s.volume})
                    for s in track.segments
                ],
            }
            for track in self.tracks
        )


def read(draft: Any, draft_map: DraftMap) -> Timeline:
    """A draft as a timeline. Anything that does not fit is left out; a draft of another shape gives an empty timeline."""
    names = {long: short for short, prose in draft_map.keys.items() if (long := _long_name(prose))}
    keys = {long: names.get(long, long) for long in _LONG_NAMES}
    tracks = []
    for raw in _items(draft, keys["tracks"]):
        number = raw.get(keys["track type"])
        kind = draft_map.track_types.get(number, str(number)) if isinstance(number, int) else str(number or "")
        metadata = raw.get(keys["metadata"])
        label = _first_text(metadata, ("label", "role", "title")) if isinstance(metadata, Mapping) else ""
        tracks.append(Track(kind, tuple(_segments(raw, keys)), label))
    return Timeline(tuple(tracks))


def compare(before: Timeline, after: Timeline, language: str) -> tuple[str, ...]:
    """What changed, a sentence for each thing, in the user's language; empty when nothing did."""
    changes: list[str] = []
    for kind in dict.fromkeys(track.kind for track in (*before.tracks, *after.tracks)):
        old = [segment for track in before.tracks if track.kind == kind for segment in track.segments]
        new = [segment for track in after.tracks if track.kind == kind for segment in track.segments]
        if old == new:
            continue
        kind_name = say(f"kind_{kind}", language) if kind in _KINDS else kind
        if not new:
            changes.append(say("track_gone", language, kind=kind_name))
            continue
        if not old:
            names = ", ".join(_segment(segment) for segment in new)
            changes.append(say("track_new", language, kind=kind_name, what=names))
            continue
        now = ", ".join(_segment(segment) for segment in new)
        changes.append(say("track_changed", language, kind=kind_name, what=now))
    return tuple(changes)


def outcome(before: Timeline, after: Timeline) -> str:
    """A word for the name of the finished file: ``silent`` when the sound went, else ``edited``."""
    if before.has("audio") and not after.has("audio") and after.has("video"):
        return "silent"
    return "edited"


def _long_name(prose: str) -> str | None:
    plain = re.sub(r"[^a-z ]", " ", prose.lower())
    return next((name for name in _LONG_NAMES if name in plain), None)


def _items(holder: Any, key: str) -> list[Mapping[str, Any]]:
    value = holder.get(key) if isinstance(holder, Mapping) else None
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _segments(track: Mapping[str, Any], keys: Mapping[str, str]) -> list[Segment]:
    segments, cursor = [], 0.0
    for raw in _items(track, keys["segments"]):
        metadata = raw.get(keys["metadata"])
        metadata = metadata if isinstance(metadata, Mapping) else {}
        length = _seconds(raw.get(keys["duration"]))
        start = _seconds(metadata.get("start", raw.get("start")))
        begin = cursor if start is None else start
        end = begin + (length or 0.0)
        cursor = end
        volume = metadata.get("volume")
        segments.append(
            Segment(
                name=_first_text(metadata, ("name", "title", "text")) or _first_text(raw, ("name", "title", "text")),
                start=round(begin, 3),
                end=round(end, 3),
                volume=float(volume) if isinstance(volume, (int, float)) and not isinstance(volume, bool) else None,
            )
        )
    return segments


def _seconds(milliseconds: Any) -> float | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)):
        return None
    return milliseconds / 1000


def _first_text(holder: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((value for key in keys if isinstance(value := holder.get(key), str) and value), "")


def _track(track: Track, language: str) -> str:
    name = track.label or (say(f"kind_{track.kind}", language) if track.kind in _KINDS else track.kind)
    quoted = track.kind == "text"
    return f"{name}: {', '.join(_segment(segment, quoted=quoted) for segment in track.segments)}"


def _segment(segment: Segment, *, quoted: bool = False) -> str:
    name = f'"{segment.name}"' if quoted and segment.name else segment.name
    percent = "" if segment.volume is None or segment.volume == 1 else f", {segment.volume:.0%}"
    return f"{name} ({segment.start:g}-{segment.end:g}s{percent})".strip()
