"""What one look through a clip tells: its shots, whether the camera stands still in each, what moves where. Kept by content hash."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from skillwire.studio.effects.camera import Matrix
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.room import Room, content_of

# Changes when what is kept, or how it is found, changes.
VERSION = 9


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch without a cut, in seconds: ``start`` ≤ t < ``end``; ``still``: whether the camera stands still.

    ``path``: where a moving camera was: times, and the matrices that map the shot's first picture's pixels to that time's.
    """

    start: float
    end: float
    still: bool
    path: tuple[tuple[float, Matrix], ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of a clip. ``size``: (width, height) of the upright picture that boxes refer to."""

    size: tuple[int, int]
    shots: tuple[Shot, ...]
    tracks: tuple[Track, ...]

    def shot_at(self, time: float) -> int:
        """The number of the shot on screen at a time."""
        return max(0, bisect_right(self.shots, time + 1e-6, key=attrgetter("start")) - 1)

    def to_json(self) -> dict[str, Any]:
        """As JSON; ``from_json`` reads it back."""
        return {
            "version": VERSION,
            "size": list(self.size),
            "shots": [
                [shot.start, shot.end, shot.still, [[time, matrix.ravel().tolist()] for time, matrix in shot.path]]
                for shot in self.shots
            ],
            "tracks": [
                {
                    "id": track.id,
                    "group": track.group,
                    "shot": track.shot,
                    "label": track.label,
                    "times": track.times,
                    "boxes": [[round(float(edge), 1) for edge in box] for box in track.boxes],
                    "scores": [round(score, 3) for score in track.scores],
                    "colours": [round(float(share), 3) for share in track.colours],
                    "sharpness": round(track.sharpness, 4),
                    "travel": round(track.travel, 4),
                }
                for track in self.tracks
            ],
        }

    @classmethod
    def from_json(cls, data: Any) -> Analysis:
        """Raises ``ValueError`` or ``KeyError`` for what this version did not write."""
        if data["version"] != VERSION:
            raise ValueError("written by another version")
        tracks = tuple(
            Track(
                **{
                    **fields,
                    "boxes": [np.asarray(box, np.float32) for box in fields["boxes"]],
                    "colours": np.asarray(fields["colours"], np.float32),
                }
            )
            for fields in data["tracks"]
        )
        width, height = data["size"]
        shots = tuple(
            Shot(start, end, still, tuple((time, np.asarray(matrix).reshape(3, 3)) for time, matrix in path))
            for start, end, still, path in data["shots"]
        )
        return cls((width, height), shots, tracks)


# What is kept of all clips together, in bytes.
_MOST = 200_000_000


def content_key(path: Path) -> str:
    """A file's content, and the version of what is kept of it, as a short name."""
    return f"{content_of(path)}.v{VERSION}"


def kept(path: Path, folder: Path, make: Callable[[], Analysis]) -> Analysis:
    """The analysis of the file, from ``folder`` when it was made before; a damaged one is made anew."""
    room, name = Room(folder, _MOST), f"{content_key(path)}.json"
    place = room.find(name)
    try:
        if place is not None:
            return Analysis.from_json(json.loads(place.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    analysis = make()
    with suppress(OSError), room.writing(name) as file:  # on a full disk it is made again next time
        file.write(json.dumps(analysis.to_json()).encode())
    return analysis
