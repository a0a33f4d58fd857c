"""Pictures far apart are put in their places; what is shown behind a thing does not depend on how long ago it was seen."""

import cv2
import numpy as np
import pytest

from skillwire.studio.effects.camera import View, motion_near, moved
from skillwire.studio.effects.finding.analysis import Analysis, Shot
from skillwire.studio.effects.finding.behind import seen_behind
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.planes import Planes
from skillwire.studio.effects.removal.ranked import ranked
from skillwire.studio.effects.removal.stills import Still
from skillwire.studio.effects.removal.unsure import is_doubtful
from skillwire.studio.effects.removal.warp import Layer, lit, way
from support.walker import picture

SIZE = (640, 360)


@pytest.fixture(scope="module")
def luma(footage):
    return cv2.cvtColor(cv2.resize(picture(footage / "bikes.mp4", 215), (960, 540)), cv2.COLOR_BGR2GRAY)


def seen(luma, x, y):
    return np.ascontiguousarray(luma[y : y + SIZE[1], x : x + SIZE[0]])


@pytest.mark.parametrize("off", [0, 9, -9])
def test_a_place_nearly_right_is_put_right(luma, off):
    one, other = View(seen(luma, 20, 30)), View(seen(luma, 260, 90))
    truth = np.asarray([[1, 0, -240], [0, 1, -60], [0, 0, 1]], float)
    guess = truth + np.asarray([[0, 0, off], [0, 0, -off], [0, 0, 0]])
    found = motion_near(one, other, guess)
    assert found.trust > 0.6
    corners = np.asarray([[300, 100], [600, 340]], float)
    np.testing.assert_allclose(moved(corners, found.matrix), moved(corners, truth), atol=0.7)


def test_a_picture_of_something_else_is_not_trusted(luma):
    noise = np.random.default_rng(2).integers(0, 255, SIZE[::-1], np.uint8)
    assert motion_near(View(seen(luma, 0, 0)), View(noise), np.eye(3)).trust < 0.3


def test_a_small_view_is_that_of_the_whole_picture(luma):
    large = cv2.resize(luma, (1920, 1080), interpolation=cv2.INTER_CUBIC)
    whole, half = View(large), View(cv2.resize(large, (960, 540), interpolation=cv2.INTER_AREA), (), 0.5)
    assert half.scale == pytest.approx(whole.scale)
    assert half.grey.shape == whole.grey.shape


def still(time, grey, boxes):
    return Still(time, lambda: None, View(grey), np.eye(3), boxes, boxes)


def test_what_agrees_around_the_hole_is_taken_from(luma):
    box = np.asarray([200, 100, 280, 260], np.float32)
    here = seen(luma, 100, 60)
    now = still(1.0, here, [box])
    now.load = lambda: type("Planes", (), {"size": SIZE})
    hole = np.zeros((180, 320), np.uint8)
    hole[50:130, 100:140] = 255
    hides, other, fits = (
        still(n, grey, boxes) for n, grey, boxes in ((1.1, here, [box]), (1.2, seen(luma, 0, 0), []), (1.3, here, []))
    )
    chosen, others = ranked(now, hole, (0, 0, *SIZE), [hides, other, fits])
    assert [one.time for one in chosen] == [1.3]
    assert [one.time for one in others] == [other.time]
    assert ranked(now, hole, (0, 0, *SIZE), [other], worst=3.0) == ([], [])


def test_a_mask_that_runs_away_is_doubted_and_a_shadow_is_not():
    inner = np.zeros((90, 160), np.uint8)
    inner[20:70, 60:90] = 255
    shadow, car = inner.copy(), inner.copy()
    shadow[62:70, 90:130] = 255
    car[10:70, 90:130] = 255
    assert not is_doubtful(shadow, inner)
    assert is_doubtful(car, inner)


def test_how_much_shows_behind_a_crowd_is_told_from_a_few_of_them(monkeypatch):
    """Ten minutes of a crowd before a camera that moves: each thing was once compared with all others at all times."""
    path = tuple((n / 6, np.eye(3)) for n in range(3600))
    crowd = []
    for n in range(200):
        times = [3 * n + m / 5 for m in range(10)]
        boxes = [np.asarray([40 + 20 * m, 40, 70 + 20 * m, 100], np.float32) for m in range(10)]
        crowd.append(Track(n, "person", 0, times, boxes, [0.9] * 10, "person", travel=3.0))
    asked = 0
    real = Track.at

    def at(self, time, reach):
        nonlocal asked
        asked += 1
        return real(self, time, reach)

    monkeypatch.setattr(Track, "at", at)
    analysis = Analysis((640, 360), (Shot(0, 600, still=False, path=path),), tuple(crowd))
    assert seen_behind(analysis, crowd) == 1.0
    assert asked < 20_000
    box = np.asarray([400, 40, 430, 100], np.float32)
    stays = Track(999, "person", 0, [time for time, _ in path], [box] * 3600, [0.9] * 3600, "person")
    assert seen_behind(analysis, [stays]) < 0.1


@pytest.mark.parametrize("size", [(30, 400), (40, 700), (700, 34), (64, 64)])
def test_narrow_places_are_compared_without_reading_beyond_them(size):
    """Flow is measured on smaller pictures, which may not become too narrow for it."""
    width, height = size
    random = np.random.default_rng(2)
    whole = random.integers(0, 255, (height, width), np.uint8)
    half = [random.integers(0, 255, (height, width), np.uint8) for _ in range(2)]
    layer = Layer(Planes(cv2.resize(whole, (2 * width, 2 * height)), *half), np.eye(3), (0, 0), whole, 0.5)
    there = way(layer, np.eye(3), (0, 0, 2 * width, 2 * height))
    result = lit(there, Planes(whole, *half), np.full_like(whole, 255))
    assert result.half.y.shape == (height, width)
