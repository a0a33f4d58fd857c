"""Removal against staged truth: by the studio's own way from a box to frames, and by filling each picture alone (Telea)."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import footage
import numpy as np
from measures import Motion, decibels, likeness, squared
from staging import FPS, Act, Staged, in_half_colour, staged, standing, wandering, written

from skillwire.studio.effects.finding.detector import Detector, suppressed, tiles
from skillwire.studio.effects.finding.targets import Mark, Removal
from skillwire.studio.effects.upright import seconds_of
from skillwire.studio.effects.vanish import analysis_of, search, vanished
from skillwire.studio.media.read import frames, open_video

if TYPE_CHECKING:
    from cutouts import Cutout

SIZE = (640, 360)
# Telea and the measures of flicker are taken of every so many pictures.
_SAMPLED = 4
# A person counts as detected from this score, where the box lies on the true one this well.
_SCORE, _SAME = 0.45, 0.3
_TELEA_RADIUS, _TELEA_GROWN = 5, 5
# Further than this from the hole (parts of the short side) nothing may change.
_AROUND = 0.2


@dataclass(frozen=True)
class Case:
    """A staged clip: what it is about, the camera, the scene and who crosses it how."""

    name: str
    moving: bool
    scene: Callable[[int], np.ndarray]
    count: int
    cast: list[Cutout]
    act: Act
    noise: float = 2.0


@dataclass(frozen=True)
class Row:
    """Results of one way: PSNR (dB) and SSIM in the hole, warping error in the hole (root mean square, bytes), detected share."""

    psnr: float
    ssim: float
    flicker: float
    detected: float


@dataclass(frozen=True)
class Outcome:
    """A case's results; ``before`` is how often the person was detected; processor milliseconds a frame; share of pixels changed elsewhere."""

    case: Case
    ours: Row
    telea: Row
    true_flicker: float
    before: float
    each: float
    elsewhere: float
    sheet: np.ndarray


def cases(walker: list[Cutout] | None, talker: list[Cutout] | None) -> list[Case]:
    """All cases that there is footage for."""
    street = next(footage.pictures(footage.street(), 215, 1))
    drive = list(footage.pictures(footage.street(), 76, 60))
    taxi = list(footage.pictures(footage.street(), 30, 46))
    fence = list(footage.pictures(footage.street(), 187, 55))
    found = []
    if walker:
        still, tall = standing(street[:, 40:], SIZE), Act(0.5, shadow=0.35)
        across = Act(0.5, 0.97, 0.1, 0.9, shadow=0.3)
        found += [
            Case("walker with a shadow", moving=False, scene=still, count=100, cast=walker, act=tall),
            Case(
                "walker who stops, light changes by 12 %",
                moving=False,
                scene=still,
                count=120,
                cast=walker,
                act=Act(0.6, 0.9, shadow=0.2, light=0.12, rests=True),
            ),
            Case(
                "small walker, quick",
                moving=False,
                scene=still,
                count=60,
                cast=walker,
                act=Act(0.28, 0.8, 1.1, -0.1),
                noise=4.0,
            ),
            Case(
                "walker with a shadow, hand-held pan",
                moving=True,
                scene=wandering(street, SIZE, 1.0),
                count=100,
                cast=walker,
                act=tall,
            ),
            Case(
                "walker, quick pan",
                moving=True,
                scene=wandering(street, SIZE, 2.0),
                count=80,
                cast=walker,
                act=Act(0.45, 0.9, 0.9, 0.1, light=0.05),
            ),
            Case(
                "walker before real traffic, camera rides along",
                moving=True,
                scene=lambda number: drive[number],
                count=len(drive),
                cast=walker,
                act=Act(0.5, 0.98, 0.1, 0.9),
                noise=0.0,
            ),
            Case(
                "walker before cars that pass, real pan",
                moving=True,
                scene=lambda number: taxi[number],
                count=len(taxi),
                cast=walker,
                act=across,
                noise=0.0,
            ),
            Case(
                "walker before a real street, hand-held",
                moving=True,
                scene=lambda number: fence[number],
                count=len(fence),
                cast=walker,
                act=across,
                noise=0.0,
            ),
        ]
    if talker:
        lean = Act(0.75, 1.0, -0.25, 1.25)
        found += [
            Case("large head and shoulders", False, standing(street[:, 40:], SIZE), 100, talker, lean),
            Case("large head and shoulders, slow pan", True, wandering(street, SIZE, 0.7), 100, talker, lean),
        ]
    return found


def measured(case: Case, folder: Path) -> Outcome:
    """Stages a case, takes the person out in both ways, and measures."""
    stage = staged(case.scene, case.count, case.cast, case.act, noise=case.noise)
    path = folder / "staged.mp4"
    written(stage.shown, path)
    start = time.process_time()
    ours = _removed(stage, path)
    each = (time.process_time() - start) / case.count * 1e3
    path.unlink()
    empty = [in_half_colour(picture) for picture in stage.empty]
    shown = [in_half_colour(picture) for picture in stage.shown]
    holes = [alpha > 0.05 for alpha in stage.alpha]
    places = [n for n in range(0, case.count - 1, _SAMPLED) if min(holes[n].sum(), holes[n + 1].sum()) > 300]
    telea = {n: _telea(shown[n], holes[n]) for place in places for n in (place, place + 1)}
    motions = {n: Motion(empty[n], empty[n + 1]) for n in places}
    detector = Detector()

    def row(result) -> Row:
        both = {n: holes[n] | holes[n + 1] for n in places}
        return Row(
            decibels(np.mean([squared(result[n], empty[n], holes[n]) for n in places])),
            float(np.mean([likeness(result[n], empty[n], holes[n]) for n in places])),
            float(np.sqrt(np.mean([motions[n].warping_error(result[n], result[n + 1], both[n]) for n in places]))),
            _detected(detector, [(result[n], stage.boxes[n]) for n in places]),
        )

    true = row(empty)
    away = max(3, round(_AROUND * min(SIZE)))
    far = [cv2.dilate(hole.astype(np.uint8), np.ones((2 * away + 1,) * 2)) == 0 for hole in holes]
    changed = [float((ours[n][far[n]] != shown[n][far[n]]).any(axis=-1).mean()) for n in places if far[n].any()]
    middle = places[len(places) // 2]
    sheet = np.hstack([shown[middle], ours[middle], telea[middle], empty[middle]])
    return Outcome(
        case,
        row(ours),
        row(telea),
        true.flicker,
        _detected(detector, [(shown[n], stage.boxes[n]) for n in places]),
        each,
        float(np.mean(changed)) if changed else 0.0,
        sheet,
    )


def emptied(square: Path, folder: Path) -> tuple[float, float]:
    """How many people a picture are detected on the square, before and after "everybody" is taken out of its first ten seconds."""
    pictures = list(footage.pictures(square, 0, 100))
    path = folder / "square.mp4"
    written(pictures, path, rate=10)
    found = search(path, path.name, "all the people", (0.0, 10.0))
    removal = Removal(tuple(found["tracks"]))
    with closing(open_video(path, path.name)) as source:
        shown = vanished(removal, source, path, frames(source), lambda at: at, (0.0, 10.0), lambda _remark: None)
        done = [frame.to_ndarray(format="bgr24") for frame in shown]
    detector = Detector()

    def seen(series) -> float:
        counts = []
        for picture in series[::_SAMPLED]:
            height, width = picture.shape[:2]
            # They are small: in tiles as well.
            looks = [*detector.whole(picture, _SCORE), *detector.inside(picture, tiles(width, height), _SCORE)]
            counts.append(len(suppressed([one for one in looks if one.label == "person"])))
        return float(np.mean(counts))

    return seen(pictures), seen(done)


def _removed(stage: Staged, path: Path) -> list[np.ndarray]:
    """The studio's way: a box drawn by hand in one picture, analysis, tracks, two passes."""
    height, width = stage.shown[0].shape[:2]
    middle = max(range(len(stage.boxes)), key=lambda n: (_area(stage.boxes[n]), -abs(n - len(stage.boxes) / 2)))
    box = np.asarray(stage.boxes[middle]) / (width, height, width, height)
    removal = Removal(marks=(Mark(middle / FPS, tuple(float(edge) for edge in box)),))
    analysis_of(path, path.name)
    with closing(open_video(path, path.name)) as source:
        span = (0.0, len(stage.shown) / FPS)
        stages = vanished(removal, source, path, frames(source), lambda at: at, span, lambda _remark: None)
        done = {round(seconds_of(frame) * FPS): frame.to_ndarray(format="bgr24") for frame in stages}
    return [done[n] for n in range(len(stage.shown))]


def _telea(picture, hole):
    mask = cv2.dilate(hole.astype(np.uint8) * 255, np.ones((_TELEA_GROWN,) * 2, np.uint8))
    return cv2.inpaint(picture, mask, _TELEA_RADIUS, cv2.INPAINT_TELEA)


def _detected(detector: Detector, looks) -> float:
    """In which share of pictures a person is still detected at the place."""
    found = [
        any(one.label == "person" and _overlap(one.box, box) > _SAME for one in detector.whole(picture, _SCORE))
        for picture, box in looks
    ]
    return float(np.mean(found))


def _overlap(one, other) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0.0, wide) * max(0.0, tall)
    return float(both / max(1e-6, _area(one) + _area(other) - both))


def _area(box) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
