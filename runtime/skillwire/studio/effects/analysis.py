"""One look through a clip: its shots, whether the camera stands still in each, and what moves where. Kept by content hash."""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.camera import Matrix, View, motion
from skillwire.studio.effects.detector import Detection, Detector, suppressed, tiles
from skillwire.studio.effects.planes import planes_of
from skillwire.studio.effects.shots import Cuts
from skillwire.studio.effects.tracks import Seen, Track, Tracker

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

# Changes when what is kept, or how it is found, changes.
VERSION = 2
# Pictures looked at a second; between them boxes are interpolated.
_RATE = 6.0
# The larger side of the pictures that things are looked for in.
_SIDE = 960
# A camera stands still when nothing of the background moves more than this: in pixels of the full picture, and of the one measured.
_STILL_PX = 1.0
_STILL_MEASURED_PX = 0.35
# A tile of a still shot is looked at again when the mean of a 32nd of it changes by this much (of 255), or after so many seconds.
_TILE_CHANGE = 5.0
_TILE_EVERY = 2.0
_AHEAD = 4


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
        return max(0, int(np.searchsorted([shot.start for shot in self.shots], time + 1e-6, side="right")) - 1)

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


def content_key(path: Path) -> str:
    """A file's content as a short name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:40]


def kept(path: Path, folder: Path, make: Callable[[], Analysis]) -> Analysis:
    """The analysis of the file, from ``folder`` when it was made before; a damaged one is made anew."""
    place = folder / f"{content_key(path)}.v{VERSION}.json"
    try:
        return Analysis.from_json(json.loads(place.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        analysis = make()
    folder.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(analysis.to_json()), "utf-8")
    part.replace(place)
    return analysis


def analysed(frames: Iterator[tuple[float, VideoFrame]]) -> Analysis:
    """Looks through upright yuv420p frames with their times (seconds). Memory is bounded by a few small pictures."""
    look = _Look(Detector())
    with ThreadPoolExecutor(1) as worker:
        waiting: deque[Future[None]] = deque()
        cuts = Cuts()
        next_sample = -1.0
        time, step, size = 0.0, 0.04, (2, 2)
        for now, frame in frames:
            step, time = max(now - time, 1e-3), now
            luma = planes_of(frame).y
            size = (frame.width, frame.height)
            begins = cuts.starts(luma)
            if not begins and now < next_sample - 1e-6:
                continue
            next_sample = now + 1 / _RATE
            while len(waiting) >= _AHEAD:
                waiting.popleft().result()
            waiting.append(worker.submit(look.at, now, _small(frame), View(luma), begins=begins, size=size))
        for one in waiting:
            one.result()
    return look.done(time + step, size)


def _small(frame: VideoFrame) -> NDArray[np.uint8]:
    scale = min(1.0, _SIDE / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    return np.asarray(frame.to_ndarray(format="bgr24", width=width, height=height), np.uint8)


class _Look:
    """The work on sampled pictures, in order."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._tracker: Tracker | None = None
        self._tiles = _Tiles(detector)
        self._tracks: list[Track] = []
        self._starts: list[float] = []
        self._still: list[bool] = []
        self._paths: list[tuple[tuple[float, Matrix], ...]] = []
        self._path: list[tuple[float, Matrix]] = []
        self._shifts: list[float] = []
        self._limit = _STILL_PX
        self._reference: View | None = None
        self._before: View | None = None

    def at(self, time: float, picture: NDArray[np.uint8], view: View, *, begins: bool, size: tuple[int, int]) -> None:
        if begins or self._tracker is None:
            self._close()
            self._starts.append(time)
            self._tracker = Tracker(len(self._starts) - 1, self._detector, 1000 * len(self._starts))
            self._reference = self._before = None
        scale = size[0] / picture.shape[1]
        camera = np.eye(3)
        still = False
        view.without = self._tracker.boxes()
        if self._before is not None and self._reference is not None:
            self._limit = max(_STILL_PX, _STILL_MEASURED_PX / view.scale)
            home = motion(self._reference, view)
            still = home.trust > 0.3 and home.shift < self._limit
            self._shifts.append(home.shift if home.trust > 0.3 else 1e6)
            if not still:
                step = motion(self._before, view)
                camera = step.matrix if step.trust > 0.3 else camera
        self._path.append((time, camera @ self._path[-1][1] if self._path else camera))
        found = self._tiles.found(time, picture, still=still)
        self._tracker.step(Seen(time, picture, scale), found, camera)
        if self._reference is None:
            view.without = self._tracker.boxes()
            self._reference = view
        self._before = view

    def done(self, end: float, size: tuple[int, int]) -> Analysis:
        self._close()
        ends = [*self._starts[1:], end]
        shots = tuple(Shot(*facts) for facts in zip(self._starts, ends, self._still, self._paths, strict=True))
        return Analysis(size, shots, tuple(self._tracks))

    def _close(self) -> None:
        if self._tracker is None:
            return
        self._tracks += self._tracker.done()
        # One picture in twenty may be misjudged: a bus before the lens, a flash.
        self._still.append(not self._shifts or float(np.quantile(self._shifts, 0.95)) < self._limit)
        self._paths.append(() if self._still[-1] else tuple(self._path))
        self._shifts, self._path = [], []
        self._tiles = _Tiles(self._detector)


class _Tiles:
    """Looks at the whole picture each time, and at its tiles when there is something new in them."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._known: dict[int, tuple[float, NDArray[Any], list[Detection]]] = {}

    def found(self, time: float, picture: NDArray[np.uint8], *, still: bool) -> list[Detection]:
        import cv2  # noqa: PLC0415 - slow import

        height, width = picture.shape[:2]
        found = list(self._detector.whole(picture))
        for number, region in enumerate(tiles(width, height)):
            x0, y0, x1, y1 = region
            face: Any = cv2.resize(picture[y0:y1, x0:x1, 1], (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
            known = self._known.get(number)
            fresh = known is not None and time - known[0] < _TILE_EVERY
            if still and known is not None and fresh and float(np.abs(face - known[1]).max()) < _TILE_CHANGE:
                found += known[2]
                continue
            seen = self._detector.inside(picture, [region])
            self._known[number] = (time, face, seen)
            found += seen
        return suppressed(found)
