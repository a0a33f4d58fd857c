"""Places pointed at by hand: boxes, clicks and painted masks, in message parts and in words."""

import base64

import cv2
import numpy as np
import pytest

from skillwire.errors import JobFailed
from skillwire.studio.answers import ApiError
from skillwire.studio.effects.finding.analysis import Analysis, Shot
from skillwire.studio.effects.finding.targets import from_json
from skillwire.studio.effects.following.painted import mark_of, shape_of
from skillwire.studio.effects.planes import planes_of
from skillwire.studio.effects.removal.remove import Remover
from skillwire.studio.effects.vanish import targets_of
from skillwire.studio.marks import marks_in, marks_of
from support.walker import FPS, frames_of, picture, staged, standing

SIZE = (640, 360)


def png(array):
    return base64.b64encode(cv2.imencode(".png", array)[1].tobytes()).decode()


def disc(channels=1):
    mask = np.zeros((180, 320, channels), np.uint8)
    cv2.circle(mask, (160, 90), 20, (255,) * channels, -1)
    return mask


@pytest.mark.parametrize(
    ("words", "marks"),
    [
        ("remove box 0.1 0.2 0.3 0.4 at 2.5", [{"at": 2.5, "box": [0.1, 0.2, 0.3, 0.4]}]),
        ("please erase the area (10%, 20%, 30%, 40%)", [{"at": 0.0, "box": [0.1, 0.2, 0.3, 0.4]}]),
        ("remove click 0.5,0.5 @ 3s", [{"at": 3.0, "click": [0.5, 0.5]}]),
        ("remove box 0.1 0.2 0.3 0.4 and point 0.9 0.9", None),
        ("remove the box on the left", []),
        ("remove box 0.3 0.2 0.1 0.4", []),
        ("remove box 10 20 30 40", []),
        ("make a box 0.1 0.2 0.3 0.4", []),
    ],
)
def test_marks_in_words(words, marks):
    found = list(marks_of(words))
    assert found == marks if marks is not None else len(found) == 2


@pytest.mark.parametrize(
    "mark",
    [
        {"at": 0, "box": [0, 0, 2, 1]},
        {"at": "1", "mask": "AAAA"},
        {"at": 0},
        "box",
        {"at": 0, "box": [0, 0, 1, 1], "shape": "ff"},
    ],
)
def test_a_broken_mark_is_refused(mark):
    with pytest.raises(ApiError, match="mark"):
        marks_in([{"mark": mark}])


def test_marks_are_found_among_parts():
    mask = {"at": 1, "mask": png(disc())}
    click = {"at": 1, "click": [0.5, 0.5]}
    assert marks_in([{"text": "remove this"}, {"mark": mask}, {"mark": click}]) == (mask, click)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_painted_mask_becomes_a_box_and_a_shape(channels):
    read = mark_of(png(disc(channels)))
    np.testing.assert_allclose(read["box"], [140 / 320, 70 / 180, 181 / 320, 111 / 180], atol=0.002)
    shape = shape_of(read["shape"])
    assert 0.74 < (shape > 0).mean() < 0.84  # a disc is π/4 of its box
    removal = from_json({"marks": [{"at": 0.5, **read}]})
    assert from_json(removal.to_json()) == removal


@pytest.mark.parametrize("picture", ["", "?", png(np.zeros((20, 20), np.uint8)), base64.b64encode(b"text").decode()])
def test_a_mask_that_is_none_is_told(picture):
    with pytest.raises(JobFailed, match="mask"):
        mark_of(picture)


@pytest.mark.parametrize("still", [True, False])
def test_only_what_was_painted_goes(footage, still):
    scene = cv2.resize(picture(footage / "bikes.mp4", 215), SIZE)
    cv2.circle(scene, (320, 180), 38, (200, 40, 180), -1)
    stages = list(staged(standing(scene, SIZE), 1, light=0))
    end = stages[-1].time + 1 / FPS
    path = () if still else tuple((one.time, np.eye(3)) for one in stages)
    analysis = Analysis(SIZE, (Shot(0, end, still, path),), ())
    targets = targets_of(from_json({"marks": [{"at": 0.2, **mark_of(png(disc()))}]}), analysis)
    remover = Remover(analysis, targets)
    frames = frames_of([one.empty for one in stages])
    before = [planes_of(frame).v.copy() for frame in frames]
    remover.prepare(
        lambda times: ((stages[n].time, frames[n]) for n in sorted({int(t * FPS) for t in times})), (0, end)
    )
    timed = iter([(one.time, frame) for one, frame in zip(stages, frames, strict=True)])
    after = [planes_of(frame).v for _, frame in remover.mended(timed)]
    purple = before[12][90, 160]
    assert abs(int(after[12][90, 160]) - int(purple)) > 20
    # A corner of the box lies outside what was painted.
    corner = np.abs(after[12][70:73, 139:143].astype(int) - before[12][70:73, 139:143])
    assert corner.max() <= 2
    assert remover.tally.share > 0.5
