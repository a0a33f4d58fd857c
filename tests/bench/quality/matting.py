"""Mattes against keyed and staged truth: the studio's, and the network's answer as it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import footage
import numpy as np
from cutouts import KEYS, keyed, talking
from measures import MatteErrors, decibels, matte_errors, squared
from staging import Act, back_and_forth, staged, standing, wandering

from skillwire.studio.effects.backdrop.composite import Compositor
from skillwire.studio.effects.backdrop.matte import Matte
from skillwire.studio.effects.backdrop.people import PeopleMatter, detector
from skillwire.studio.effects.backdrop.segmenter import Segmenter, thumbnail
from skillwire.studio.effects.planes import Planes, planes_from_rgb, planes_of

FRAMES = 120
# The matte's curve and filter were chosen on the first; the others were not looked at.
STRETCHES = {
    "the first 120 pictures (tuned on)": 0,
    "120 pictures from 50 s on": 1200,
    "120 pictures from 150 s on": 3600,
}
_BT601 = 5
_SIZE = (640, 360)
# A new background that is nothing like the old ones.
_NEW = (40, 200, 60)


@dataclass(frozen=True)
class Row:
    """One clip under one key: errors of both, milliseconds of processor time a frame, PSNR of the new picture's edges where the truth is known."""

    clip: str
    key: str
    ours: MatteErrors
    network: MatteErrors
    each: float
    edges: tuple[float, float] | None = None


def keyed_rows(path: Path) -> Iterator[Row]:
    """The talker before his wall, by each key and stretch."""
    for name, start in STRETCHES.items():
        pictures = list(footage.pictures(path, start, FRAMES))
        frames = [_frame(picture) for picture in pictures]
        ours, each = _mattes(frames)
        raw = _raw(frames)
        ours = [_alpha(matte, frame) for matte, frame in zip(ours, frames, strict=True)]
        for key in KEYS:
            truth = [keyed(picture, key) for picture in pictures]
            yield Row(f"talker, {name}", key, matte_errors(ours, truth), matte_errors(raw, truth), each)


def staged_rows(path: Path) -> Iterator[tuple[Row, np.ndarray]]:
    """The talker before other scenes, where the alpha is the one he was put there with; with a sheet of pictures."""
    cast = talking(path, 2400, 80)[::2]
    street = next(footage.pictures(footage.street(), 215, 1))
    slow, quick = Act(0.85, 1.0, 0.35, 0.65, light=0.0), Act(0.85, 1.0, 0.1, 0.9, light=0.0)
    # No scene has people of its own: they would be matted, and rightly so.
    still, wander = standing(street[:, 40:], _SIZE), wandering(street, _SIZE, 1.0)
    drive = [cv2.resize(picture, _SIZE) for picture in footage.pictures(footage.street(), 139, 48)]
    scenes = {
        "talker before a street, standing camera": (still, slow, 60),
        "talker before a street, hand-held camera": (wander, slow, 60),
        "talker before real traffic": (lambda number: drive[back_and_forth(number, len(drive))], slow, 60),
        "talker hurrying past, standing camera": (still, quick, 24),
        "talker hurrying past, hand-held camera": (wander, quick, 24),
    }
    for name, (scene, act, count) in scenes.items():
        stage = staged(scene, count, cast, act, noise=2.0)
        frames = [_frame(picture) for picture in stage.shown]
        mattes, each = _mattes(frames)
        raw = _raw(frames)
        found = [_alpha(matte, frame) for matte, frame in zip(mattes, frames, strict=True)]
        bare = staged(lambda _n: np.full((*_SIZE[::-1], 3), _NEW, np.uint8), count, cast, act, noise=0.0)
        edges = _edges(frames, mattes, raw, bare)
        row = Row(name, "known", matte_errors(found, stage.alpha), matte_errors(raw, stage.alpha), each, edges)
        yield row, _sheet(*(series[count // 2] for series in (stage.shown, found, raw, stage.alpha)))


def _mattes(frames) -> tuple[list[Matte | None], float]:
    """As renders make them: people looked for now and then, each matted in a region of their own; milliseconds of processor time a frame."""
    matter = PeopleMatter(Segmenter(_BT601), detector(), _BT601)
    start = time.process_time()
    mattes = [matte for _, matte in matter.over(iter(frames))]
    return mattes, (time.process_time() - start) / len(frames) * 1e3


def _raw(frames) -> list[np.ndarray]:
    segmenter = Segmenter(_BT601)
    size = (frames[0].width, frames[0].height)
    return [cv2.resize(segmenter(thumbnail(planes_of(frame))), size) for frame in frames]


def _edges(frames, mattes, raw, bare) -> tuple[float, float]:
    """PSNR around the edge of people put before another background, against the truth: ours, and a plain mix by the network's matte."""
    size = (frames[0].width, frames[0].height)
    wall = planes_from_rgb(np.full((size[1], size[0], 3), _NEW[::-1], np.uint8), size, _BT601)
    errors: tuple[list[float], list[float]] = ([], [])
    for n in range(0, len(frames), 6):
        planes, matte = planes_of(frames[n]), mattes[n]
        part = (raw[n] * 255).astype(np.uint8)
        plain = Matte(part, cv2.resize(part, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA), (0, 0, *size))
        half = (bare.alpha[n] > 0.02) & (bare.alpha[n] < 0.98)
        edge = cv2.dilate(half.astype(np.uint8), np.ones((9, 9))) > 0
        for store, one, clean in ((errors[0], matte, True), (errors[1], plain, False)):
            if one is None:
                continue
            result = av.VideoFrame(*size, "yuv420p")
            into = planes_of(result)
            Compositor(clean=clean)(planes, one, wall, into)
            store.append(squared(_bgr(into, size), bare.shown[n], edge))
    return decibels(np.mean(errors[0])), decibels(np.mean(errors[1]))


def _bgr(planes: Planes, size: tuple[int, int]):
    frame = av.VideoFrame(*size, "yuv420p")
    for target, plane in zip(planes_of(frame).each(), planes.each(), strict=True):
        target[:] = plane
    return frame.to_ndarray(format="bgr24")


def _frame(picture) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24").reformat(format="yuv420p")


def _alpha(matte: Matte | None, frame) -> np.ndarray:
    if matte is None:
        return np.zeros((frame.height, frame.width), np.float32)
    return matte.of((0, 0, frame.width, frame.height)).full.astype(np.float32) / 255


def _sheet(picture, ours, raw, truth) -> np.ndarray:
    def before_green(alpha):
        part = alpha[..., None]
        return (picture * part + np.array(_NEW, np.float32) * (1 - part)).astype(np.uint8)

    return np.hstack([picture, before_green(ours), before_green(raw), before_green(truth)])
