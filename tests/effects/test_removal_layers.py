"""How what is hidden lies in other pictures: a scene of two depths, a thing that comes in, and which of two things is nearer."""

import cv2
import numpy as np
import pytest

from skillwire.studio.effects.camera import View
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.removal.around import Around, Sight
from skillwire.studio.effects.removal.bend import bend, relief_between
from skillwire.studio.effects.removal.entering import narrowed
from skillwire.studio.effects.removal.holes import Holes
from support.walker import picture

WIDTH, HEIGHT = SIZE = (320, 240)
REGION = (100, 60, 220, 180)
HOLE = np.s_[80:160, 130:190]


@pytest.fixture(scope="module")
def textures(footage):
    clip = footage / "bikes.mp4"
    shown = [cv2.cvtColor(picture(clip, number), cv2.COLOR_BGR2GRAY) for number in (215, 160)]
    return [cv2.resize(one, (480, 320), interpolation=cv2.INTER_AREA) for one in shown]


def moved(texture, x, y):
    step = np.asarray([[1, 0, x - 60], [0, 1, y - 40]], np.float64)
    return cv2.warpAffine(texture, step, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def layered(textures, x):
    """A wall that moved by ``x``, and before its lower part a floor that moved twice as far; the border lies in the hole."""
    scene = moved(textures[0], x, 0)
    scene[120:] = moved(textures[1], 2 * x, 0)[120:]
    return scene


def sight(grey, time, free=None):
    return Sight(time, grey, 1.0, np.eye(3), np.full((HEIGHT, WIDTH), 255, np.uint8) if free is None else free)


def around_hole(grey):
    free = np.full((HEIGHT, WIDTH), 255, np.uint8)
    free[HOLE] = 0
    shown = grey.copy()
    shown[HOLE] = 20
    return Around(sight(shown, 1.0, free), REGION, SIZE)


def in_hole(flow):
    """The flow in the hole, which lies in the region, in full-size pixels; above and below the border of the layers."""
    rows, columns = flow.shape[:2]
    y, x = (side / 120 for side in (rows, columns))
    part = 2 * flow[:, round(35 * x) : round(85 * x)]
    return part[round(25 * y) : round(52 * y)], part[round(68 * y) : round(95 * y)]


def test_the_rest_of_the_cameras_motion_is_found_around_the_hole(textures):
    around = around_hole(moved(textures[0], 0, 0))
    found = bend(around, sight(moved(textures[0], 1.4, -0.8), 1.2))
    assert found.flow is None
    corners = np.asarray([[[100, 60], [220, 180]]], np.float64)
    np.testing.assert_allclose(
        cv2.perspectiveTransform(corners, found.matrix) - corners, [[[1.4, -0.8]] * 2], atol=0.15
    )


def test_a_place_that_is_right_stays_as_it_is(textures):
    scene = moved(textures[0], 0, 0)
    found = bend(around_hole(scene), sight(scene, 1.2))
    assert found is None


def test_what_is_nearer_moves_further_also_where_it_is_hidden(textures):
    around = around_hole(layered(textures, 0))
    one, other = (sight(layered(textures, x), time) for x, time in ((2.0, 0.8), (-3.0, 1.3)))
    found = bend(around, one, lambda: (relief_between(around, one, other), -0.4))
    assert found.deep
    far, near = in_hole(found.of_region)
    assert abs(float(np.median(far[..., 0])) - 2) < 0.4
    assert abs(float(np.median(near[..., 0])) - 4) < 0.4
    onwards_far, onwards_near = in_hole(found.onwards(relief_between(around, one, other)).of_region)
    assert abs(float(np.median(onwards_far[..., 0])) + 3) < 0.6
    assert abs(float(np.median(onwards_near[..., 0])) + 6) < 0.6


def test_a_picture_shows_the_scene_where_it_was_filled():
    grey, free = np.full((HEIGHT, WIDTH), 90, np.uint8), np.full((HEIGHT, WIDTH), 255, np.uint8)
    free[HOLE] = 0
    half = np.full((60, 60), 200, np.uint8)
    planes = type("Planes", (), {"y": half})
    made = sight(grey, 0.0, free).filled(planes, np.full_like(half, 255), REGION)
    assert (made.grey[85:155, 135:185] == 200).all()
    assert (made.grey[free > 0] == 90).all()
    assert (made.free == 255).all()


@pytest.mark.parametrize(("edge", "came"), [("left", 40), ("left", 90), ("right", 60)])
def test_a_thing_has_come_in_as_far_as_anything_moves(textures, edge, came):
    before, now = moved(textures[0], 0, 0), moved(textures[0], 3, 0)
    for scene, far in ((before, came - 8), (now, came)):
        columns = slice(0, far) if edge == "left" else slice(WIDTH - far, WIDTH)
        scene[100:200, columns] = moved(textures[1], 5, far)[100:200, columns]
    step = np.asarray([[1, 0, 3], [0, 1, 0], [0, 0, 1]], np.float64)
    guess = [-60, 90, 130, 210] if edge == "left" else [190, 90, 380, 210]
    found = narrowed(View(before), View(now), step, np.asarray(guess, np.float32))
    inner = found[2] if edge == "left" else WIDTH - found[0]
    assert came <= inner <= came + 12
    assert found[1] <= 100


def test_nothing_has_come_in_where_all_moves_as_the_camera(textures):
    step = np.asarray([[1, 0, -2], [0, 1, 0], [0, 0, 1]], np.float64)
    views = View(moved(textures[0], 0, 0)), View(moved(textures[0], -2, 0))
    assert narrowed(*views, step, np.asarray([-60, 90, 130, 210], np.float32)) is None


def test_what_is_known_better_of_a_target_counts():
    track = following(1, "person", [(-20 + 10 * n, 100, 20 + 10 * n, 200) for n in range(8)], start=0.4)
    holes = Holes([track], [], SIZE)
    ((unsighted, box),) = holes.unsighted(0.3, 0.35)
    assert unsighted is track
    assert holes.unsighted(0.6, 0.35) == []
    holes.narrow(track, 0.3, np.asarray([box[0], 100, 4, 200], np.float32))
    assert holes.movers(0.3, 0.35)[0][2] == 4
    holes.narrow(track, 0.2, None)
    assert holes.at(0.2, 0.35) == []


def following(number, group, boxes, start=0.0):
    times = [start + n / 10 for n in range(len(boxes))]
    shown = [np.asarray(box, np.float32) for box in boxes]
    return Track(number, group, 0, label=group, times=times, boxes=shown, scores=[0.9] * len(shown))


@pytest.mark.parametrize(
    ("group", "start", "stays_before"),
    [
        ("bear", 100, False),
        ("person", 100, False),  # crosses the midst, where the other's body is
        ("person", 20, True),  # beside it, where a box of somebody is empty
    ],
)
def test_what_is_seen_within_another_box_is_the_nearer(group, start, stays_before):
    """Of two of a kind, the one whose foot is lower: unless the other is seen where the body of that one is."""
    target = following(1, "person", [(start + 10 * n, 110, start + 30 + 10 * n, 190) for n in range(8)])
    other = following(2, group, [(100 - n, 20, 230, 220) for n in range(8)])
    ((_, hole),) = Holes([target], [other], SIZE).at(0.7, 0.1)
    assert bool(hole.before) is stays_before
    assert bool(hole.behind) is not stays_before
