"""What moves behind a hole: followed from picture to picture to where it shows, and not taken from where only one picture shows it."""

import cv2
import numpy as np
import pytest

from skillwire.studio.effects.camera import View
from skillwire.studio.effects.planes import Planes
from skillwire.studio.effects.removal.around import Around, Sight
from skillwire.studio.effects.removal.cutout import Hole, mask_of
from skillwire.studio.effects.removal.stills import Still
from skillwire.studio.effects.removal.traced import Tracer
from skillwire.studio.effects.removal.votes import outvoted
from support.walker import picture

WIDTH, HEIGHT = SIZE = (480, 272)
REGION = (180, 60, 320, 220)
HOLE = (230, 100, 270, 190)
EVERYWHERE = np.full((HEIGHT, WIDTH), 255, np.uint8)


@pytest.fixture(scope="module")
def streets(footage):
    shown = [cv2.cvtColor(picture(footage / "bikes.mp4", number), cv2.COLOR_BGR2GRAY) for number in (215, 160)]
    return [cv2.resize(one, (2 * WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for one in shown]


def passing(streets, number, pace):
    """A street, and before the lower part of it something that passes, ``pace`` pixels a picture."""
    scene = streets[0][:, 200 : 200 + WIDTH].copy()
    moved = np.asarray([[1, 0, pace * number - 240], [0, 1, 0]], np.float64)
    other = cv2.warpAffine(streets[1], moved, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    scene[130:] = other[130:]
    return scene


def still(grey, number, box, place=None):
    """A picture with a bright thing in a box, which is hidden."""
    left, top, right, bottom = box
    shown = grey.copy()
    shown[top:bottom, left:right] = 235
    colour = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    planes = Planes(shown, colour, colour)
    boxes = [np.asarray(box, np.float32)]
    return Still(number / 25, lambda: planes, View(planes.y), np.eye(3) if place is None else place, boxes, boxes)


def decibels(one, other):
    return 10 * np.log10(255**2 / np.mean((one.astype(np.float64) - other) ** 2))


@pytest.mark.parametrize(("pace", "walks"), [(-4, 8), (6, -8)])
def test_what_passes_behind_a_thing_is_followed_to_where_it_shows(streets, pace, walks):
    left, top, right, bottom = HOLE
    boxes = {n: (left + walks * n, top, right + walks * n, bottom) for n in range(-14, 15)}
    stills = {n: still(passing(streets, n, pace), n, box) for n, box in boxes.items()}
    before, after = [stills[-n] for n in range(1, 15)], [stills[n] for n in range(1, 15)]
    found = Tracer().behind(stills[0], before, after, REGION)
    true = passing(streets, 0, pace)
    hole = np.s_[top - REGION[1] : bottom - REGION[1], left - REGION[0] : right - REGION[0]]
    x0, y0, x1, y1 = REGION
    truth, shown = true[y0:y1, x0:x1], stills[0].planes.y[y0:y1, x0:x1]
    unknown = np.zeros_like(shown)
    unknown[hole] = 255
    telea = cv2.inpaint(shown, unknown, 5, cv2.INPAINT_TELEA)
    assert decibels(found.whole.y[hole], truth[hole]) > decibels(telea[hole], truth[hole]) + 7
    assert found.missed < 12
    assert (found.shows == 255).all()
    beside = np.ones(shown.shape, bool)
    beside[hole[0].start - 20 : hole[0].stop + 30, hole[1].start - 20 : hole[1].stop + 20] = False
    assert (found.whole.y == shown)[beside].all()


def test_what_never_shows_is_not_made_up(streets):
    """A thing that stands in its place before a camera that does, too."""
    scene = streets[0][:, 200 : 200 + WIDTH]
    stills = [still(scene, n, HOLE) for n in range(9)]
    found = Tracer().behind(stills[4], stills[3::-1], stills[5:], REGION)
    left, top, right, bottom = (edge // 2 for edge in np.subtract(HOLE, (*REGION[:2], *REGION[:2])))
    assert not found.shows[top:bottom, left:right].any()
    assert (found.whole.y[2 * top : 2 * bottom, 2 * left : 2 * right] == 235).all()


def test_where_nothing_is_beside_a_hole_nothing_is_told_of_how_it_fits(streets):
    scene, everything = streets[0][:, 200 : 200 + WIDTH], (0, 0, WIDTH, HEIGHT)
    stills = [still(scene, n, everything) for n in range(3)]
    assert Tracer().behind(stills[1], stills[:1], stills[2:], everything).missed == float("inf")
    assert Tracer().behind(stills[1], stills[:1], stills[2:], everything, 50.0) is None


def sight(grey, number):
    return Sight(number / 25, grey, 1.0, np.eye(3), EVERYWHERE)


def test_what_one_picture_shows_and_the_others_do_not_is_outvoted(streets):
    scene = streets[0][:, 200 : 200 + WIDTH]
    free = EVERYWHERE.copy()
    left, top, right, bottom = HOLE
    free[top:bottom, left:right] = 0
    around = Around(Sight(0.0, scene, 1.0, np.eye(3), free), REGION, SIZE)
    strange, brighter = scene.copy(), cv2.add(scene, 9)
    strange[120:160, 240:260] = 250
    odd, plain = outvoted(around, [sight(strange, 1), sight(brighter, 2)], [sight(scene, 3), sight(scene, 4)])
    assert plain is None
    x, y = REGION[:2]
    assert (odd[(126 - y) // 2 : (154 - y) // 2, (244 - x) // 2 : (256 - x) // 2] == 255).all()
    assert not odd[: (105 - y) // 2].any()
    assert not odd[:, (285 - x) // 2 :].any()
    # Of two nobody knows which is right.
    assert outvoted(around, [sight(strange, 1), sight(scene, 2)], []) == [None, None]


def test_thin_edges_beyond_the_box_stay_and_limbs_go():
    apart = np.full((80, 70), 1, np.uint8)
    apart[20:60, 20:50] = 90  # the thing
    apart[30:38, 50:60] = 90  # an arm
    apart[45:47, 50:66] = 90  # an edge of the scene, a little out of place
    hole = Hole(np.asarray([40, 40, 100, 120], np.float32))
    mask, _ = mask_of(apart, hole, (0, 0), np.full(apart.shape, 255, np.uint8))
    assert (mask[31:37, 51:59] == 255).all()
    assert not mask[44:48, 58:66].any()
