"""Clips of a drawn thing that moves over real footage, before a camera whose path is known, as files: what following is measured against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np

from skillwire.studio.effects.finding.analysis import Analysis, Shot

FPS = 25
SIZE = (480, 270)
_SIDE = 36


@dataclass(frozen=True)
class Clip:
    """A file, what is known of it, and of each picture the truth: the thing's box or ``None``, and the scene without it (BGR)."""

    path: Path
    analysis: Analysis
    boxes: list[np.ndarray | None]
    shown: list[np.ndarray]
    empty: list[np.ndarray]

    def mark(self, number: int) -> dict:
        """The thing's box in a picture, as the JSON of a mark."""
        parts = np.clip(self.boxes[number] / np.asarray([*SIZE, *SIZE]), 0, 1)
        return {"at": number / FPS, "box": [float(part) for part in parts]}


def wandering(number: int) -> np.ndarray:
    """Where a hand-held camera is: maps the scene to the picture."""
    time = number / FPS
    turn = np.radians(0.8 * np.sin(1.3 * time))
    zoom = 1 + 0.03 * np.sin(0.9 * time)
    cos, sin = zoom * np.cos(turn), zoom * np.sin(turn)
    return np.asarray(
        [[cos, -sin, -140 - 90 * np.sin(0.8 * time)], [sin, cos, -70 - 25 * np.sin(0.7 * time)], [0, 0, 1]]
    )


def standing(_number: int) -> np.ndarray:
    """The same camera on a tripod."""
    return np.asarray([[1, 0, -140], [0, 1, -70], [0, 0, 1.0]])


def filmed(
    path: Path,
    scene: np.ndarray,
    camera: Callable[[int], np.ndarray],
    way: Callable[[int], tuple[float, float] | None],
    *,
    count: int = 60,
    cut: int | None = None,
    before: tuple[int, int, int, int] | None = None,
) -> Clip:
    """The thing with its middle ``way(number)`` in the scene (``None``: away), whose picture is larger than what the camera shows.

    ``cut``: from this picture on another scene without it is shown; ``before``: a part of the scene that hides it.
    """
    random = np.random.default_rng(4)
    thing = cv2.resize(random.integers(0, 255, (5, 5, 3), np.uint8), (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
    inside = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.ellipse(inside, (_SIDE // 2, _SIDE // 2), (_SIDE // 2 - 2, _SIDE // 2 - 2), 0, 0, 360, 255, -1)
    boxes, shown, empty = [], [], []
    for number in range(count):
        place = camera(number)
        other = cut is not None and number >= cut
        plain = cv2.warpPerspective(scene[:, ::-1] // 2 + 90 if other else scene, place, SIZE)
        middle = None if other else way(number)
        full = plain.copy()
        box = None
        if middle is not None:
            put = place @ np.asarray([[1, 0, middle[0] - _SIDE / 2], [0, 1, middle[1] - _SIDE / 2], [0, 0, 1]])
            alpha = cv2.warpPerspective(inside, put, SIZE).astype(np.float32) / 255
            if before is not None:
                wall = np.zeros(scene.shape[:2], np.uint8)
                wall[before[1] : before[3], before[0] : before[2]] = 255
                alpha[cv2.warpPerspective(wall, place, SIZE) > 0] = 0
            drawn = cv2.warpPerspective(thing, put, SIZE)
            full = (plain * (1 - alpha[..., None]) + drawn * alpha[..., None]).astype(np.uint8)
            x, y = (put @ np.asarray([_SIDE / 2, _SIDE / 2, 1]))[:2]
            box = np.asarray([x - _SIDE / 2, y - _SIDE / 2, x + _SIDE / 2, y + _SIDE / 2], np.float32)
            hidden = alpha.sum() < 0.1 * (inside > 0).sum()
            box = None if hidden else box
        boxes.append(box)
        shown.append(full)
        empty.append(plain)
    _written(path, shown)
    ends = [0, count] if cut is None else [0, cut, count]
    still = camera is standing
    shots = tuple(
        Shot(start / FPS, end / FPS, still, () if still else _path(camera, start, end)) for start, end in pairwise(ends)
    )
    return Clip(path, Analysis(SIZE, shots, ()), boxes, shown, empty)


def _path(camera: Callable[[int], np.ndarray], start: int, end: int) -> tuple[tuple[float, np.ndarray], ...]:
    home = np.linalg.inv(camera(start))
    return tuple((number / FPS, camera(number) @ home) for number in range(start, end, 4))


def _written(path: Path, pictures: list[np.ndarray]) -> None:
    options = {"qp": "14", "x264-params": "bframes=2:b-adapt=0:scenecut=0:keyint=30:b-pyramid=none"}
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
