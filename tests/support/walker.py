"""A walker drawn over real footage whose empty scene is known: what removal is measured against, made on the fly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from skillwire.studio.effects.finding.tracks import Track

FPS = 25


@dataclass(frozen=True)
class Staged:
    """One staged picture: with the walker, without (both BGR), where it or its shadow is (0 to 1), and its box."""

    time: float
    shown: np.ndarray
    empty: np.ndarray
    alpha: np.ndarray
    box: tuple[float, float, float, float]


def picture(path: Path, number: int) -> np.ndarray:
    """Frame ``number`` of a file, BGR."""
    with av.open(str(path)) as container:
        for n, frame in enumerate(container.decode(video=0)):
            if n == number:
                return frame.to_ndarray(format="bgr24")
    raise ValueError(f"{path} has no frame {number}")


def standing(scene: np.ndarray, size: tuple[int, int]) -> Callable[[float], np.ndarray]:
    """The scene before a camera that stands still."""
    fitted = cv2.resize(scene, size, interpolation=cv2.INTER_CUBIC)
    return lambda _time: fitted


def wandering(scene: np.ndarray, size: tuple[int, int]) -> Callable[[float], np.ndarray]:
    """The scene before a hand-held camera that pans, tilts, turns and zooms a little."""
    large = cv2.resize(scene, (size[0] * 8 // 5, size[1] * 8 // 5), interpolation=cv2.INTER_CUBIC)

    def at(time: float) -> np.ndarray:
        middle = (large.shape[1] / 2, large.shape[0] / 2)
        turn = cv2.getRotationMatrix2D(middle, 1.2 * np.sin(1.1 * time), 1 + 0.04 * np.sin(0.7 * time))
        turn[:, 2] += [
            size[0] / 2 - middle[0] + 0.22 * size[0] * np.sin(0.6 * time) + 2 * np.sin(9 * time),
            size[1] / 2 - middle[1] + 0.1 * size[1] * np.sin(0.45 * time) + 1.5 * np.cos(7 * time),
        ]
        return cv2.warpAffine(large, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)

    return at


def zooming(scene: np.ndarray, size: tuple[int, int]) -> Callable[[float], np.ndarray]:
    """The scene before a camera that turns about its axis and zooms in."""
    large = cv2.resize(scene, (size[0] * 9 // 5, size[1] * 9 // 5), interpolation=cv2.INTER_CUBIC)
    middle = (large.shape[1] / 2, large.shape[0] / 2)

    def at(time: float) -> np.ndarray:
        turn = cv2.getRotationMatrix2D(middle, 7 * np.sin(1.2 * time), 0.75 + 0.12 * time)
        turn[:, 2] += [size[0] / 2 - middle[0] + 50 * np.sin(time), size[1] / 2 - middle[1]]
        return cv2.warpAffine(large, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)

    return at


def passing(scene: np.ndarray, size: tuple[int, int]) -> Callable[[float], np.ndarray]:
    """A camera that goes past a wall above a floor: no homography holds for both, what is nearer moves faster."""
    width, height = size
    wall = cv2.resize(scene, (width * 2, height * 2), interpolation=cv2.INTER_CUBIC)
    floor = cv2.flip(cv2.resize(scene, (width * 12 // 5, height * 12 // 5), interpolation=cv2.INTER_CUBIC), 1)
    rows = np.arange(height, dtype=np.float32)
    depth = np.clip((rows / height - 0.55) / 0.45, 0, 1)

    def at(time: float) -> np.ndarray:
        gone, nod = 0.16 * width * time, 3 * np.sin(2 * time)
        shift = np.asarray([[1, 0, -0.2 * width - 0.6 * gone], [0, 1, -0.45 * height - nod]], np.float64)
        upper = cv2.warpAffine(wall, shift, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        x = np.arange(width, dtype=np.float32)[None] + (0.2 * width + gone * (0.6 + 0.8 * depth))[:, None]
        y = np.broadcast_to((rows + 0.7 * height + nod)[:, None], x.shape)
        lower = cv2.remap(
            floor, x.astype(np.float32), y.astype(np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        return np.where((depth > 0)[:, None, None], lower, upper)

    return at


def staged(
    view: Callable[[float], np.ndarray], seconds: float, *, noise: float = 2.0, light: float = 0.03, seed: int = 7
) -> Iterator[Staged]:
    """The walker crosses ``view`` once; noise has that deviation in bytes, light drifts by that share."""
    random = np.random.default_rng(seed)
    count = round(seconds * FPS)
    body = random.integers(0, 255, (24, 10, 3), np.uint8)
    for n in range(count):
        time = n / FPS
        scene = view(time).astype(np.float32) * (1 + light * np.sin(2 * np.pi * time / seconds))
        grain = random.normal(0, noise, scene.shape).astype(np.float32)
        height, width = scene.shape[:2]
        tall = height * 0.5
        x = width * (-0.1 + 1.2 * n / count)
        foot = height * 0.92
        figure, shade = _drawn((width, height), x, foot, tall, time)
        texture = cv2.resize(body, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        shadowed = scene * (1 - 0.3 * shade[:, :, None])
        mixed = shadowed * (1 - figure[:, :, None]) + texture * figure[:, :, None]
        shown, empty = (np.clip(one + grain, 0, 255).astype(np.uint8) for one in (mixed, scene))
        box = (x - 0.16 * tall, foot - tall, x + 0.16 * tall, foot)
        yield Staged(time, shown, empty, np.maximum(figure, shade), box)


def track_of(stages: list[Staged], every: int = 5) -> Track:
    """The walker's track as a detector would give it, a box every few pictures."""
    width, height = stages[0].shown.shape[1::-1]
    seen = [one for one in stages[::every] if one.box[2] > 4 and one.box[0] < width - 4]
    boxes = [np.clip(np.asarray(one.box, np.float32), 0, [width, height, width, height]) for one in seen]
    track = Track(1, "person", 0, label="person", scores=[0.8] * len(seen))
    track.times, track.boxes = [one.time for one in seen], [box.astype(np.float32) for box in boxes]
    return track


def frames_of(pictures: list[np.ndarray]) -> list[VideoFrame]:
    """BGR pictures as yuv420p frames."""
    return [VideoFrame.from_ndarray(one, format="bgr24").reformat(format="yuv420p") for one in pictures]


def psnr(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    """Peak signal to noise in dB over the pixels of a mask."""
    apart = (one[where].astype(np.float64) - other[where]) ** 2
    return float(10 * np.log10(255**2 / max(apart.mean(), 1e-9)))


def _drawn(size: tuple[int, int], x: float, foot: float, tall: float, time: float) -> tuple[np.ndarray, np.ndarray]:
    """The walker's alpha and its shadow's, both from 0 to 1."""
    figure, shade = (np.zeros(size[::-1], np.uint8) for _ in range(2))
    stride = 0.09 * tall * np.sin(6 * time)

    def point(right: float, up: float) -> tuple[int, int]:
        return round(x + right), round(foot - up * tall)

    thick = max(2, round(0.07 * tall))
    cv2.ellipse(figure, point(0, 0.9), (round(0.06 * tall), round(0.08 * tall)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(figure, point(0, 0.62), (round(0.1 * tall), round(0.22 * tall)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.line(figure, point(0, 0.45), point(side * stride, 0.03), 255, thick, cv2.LINE_AA)
        cv2.line(figure, point(0, 0.75), point(-side * 1.3 * stride, 0.45), 255, thick // 2, cv2.LINE_AA)
    cv2.ellipse(shade, point(0.06 * tall, 0.01), (round(0.17 * tall), round(0.035 * tall)), 0, 0, 360, 255, -1)
    shade = cv2.GaussianBlur(shade, (0, 0), 0.015 * tall)
    figure = cv2.GaussianBlur(figure, (0, 0), 0.8)
    return figure.astype(np.float32) / 255, shade.astype(np.float32) / 255
