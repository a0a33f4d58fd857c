"""The detector's decoding on numbers, and the whole of it on real street pictures."""

import numpy as np
import pytest

from skillwire.studio.effects.finding.detector import Detection, Detector, anchors, decoded, labels, suppressed, tiles
from support.walker import picture


def box(*edges):
    return np.asarray(edges, np.float32)


def test_anchors_are_those_of_the_architecture():
    made = anchors()
    assert made.shape == (19206, 4)
    np.testing.assert_allclose(made[0], [4, 4, 24, 24])
    np.testing.assert_allclose(made[1], [4, 4, 24 / 2**0.5, 24 * 2**0.5], rtol=1e-6)
    np.testing.assert_allclose(made[-1][:2], [320 * 5 / 6, 320 * 5 / 6], rtol=1e-6)
    # Every level's anchors of one octave have the same area.
    np.testing.assert_allclose(made[:3, 2] * made[:3, 3], 576, rtol=1e-5)


def test_boxes_are_decoded_from_their_anchors():
    at = np.asarray([[100, 200, 20, 40]], np.float32)
    np.testing.assert_allclose(decoded(np.zeros((1, 4), np.float32), at), [[180, 90, 220, 110]])
    shifted = np.asarray([[0.5, -0.25, np.log(2), 0]], np.float32)
    np.testing.assert_allclose(decoded(shifted, at), [[170, 90, 210, 130]], rtol=1e-5)
    assert np.isfinite(decoded(np.full((1, 4), 1e9, np.float32), at)).all()


def test_the_best_of_what_overlaps_stays():
    found = [
        Detection(box(0, 0, 100, 200), 0.9, "person", "person"),
        Detection(box(5, 5, 105, 205), 0.8, "person", "person"),
        Detection(box(10, 10, 60, 60), 0.7, "person", "person"),  # a part
        Detection(box(5, 5, 105, 205), 0.6, "car", "vehicle"),
        Detection(box(6, 5, 105, 205), 0.5, "truck", "vehicle"),
        Detection(box(300, 0, 400, 200), 0.4, "person", "person"),
    ]
    assert [one.score for one in suppressed(found)] == [0.9, 0.6, 0.4]
    assert suppressed([]) == []


def test_somebody_small_within_the_box_of_somebody_near_stays_when_seen_clearly():
    near = Detection(box(0, 0, 300, 300), 0.9, "person", "person")
    far = box(200, 100, 240, 220)
    clear, faint = (Detection(far, score, "person", "person") for score in (0.6, 0.3))
    assert suppressed([near, clear]) == [near, clear]
    assert suppressed([near, faint]) == [near]
    assert suppressed([near, Detection(box(60, 60, 200, 300), 0.6, "person", "person")]) == [
        near
    ]  # not so much smaller


@pytest.mark.parametrize("size", [(640, 272), (1920, 1080), (176, 144), (17, 9)])
def test_tiles_cover_the_picture(size):
    width, height = size
    seen = np.zeros((height, width), bool)
    for x0, y0, x1, y1 in tiles(width, height):
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
        seen[y0:y1, x0:x1] = True
    assert seen.all()


def test_confusable_classes_share_a_group():
    groups = labels().groups
    assert groups["car"] == groups["truck"] == groups["bus"] != groups["person"]
    assert len([name for name in labels().names if name]) == 80


def test_the_cyclist_is_seen(footage):
    shown = picture(footage / "bikes.mp4", 120)
    found = Detector().whole(shown)
    person = next(one for one in found if one.label == "person" and one.score > 0.6)
    assert 340 < person.box[0] < 400
    assert 450 < person.box[2] < 520
    assert {"bicycle", "car"} <= {one.label for one in found}


def test_small_things_need_a_closer_look(footage):
    """The cyclist at a fifth of the size is found in a tile, in the picture's own pixels."""
    shown = picture(footage / "bikes.mp4", 120)
    wide = np.full((1080, 1920, 3), 128, np.uint8)
    wide[100:372, 1200:1840] = shown
    found = Detector().inside(wide, tiles(1920, 1080))
    person = max((one for one in found if one.label == "person"), key=lambda one: one.score)
    assert person.score > 0.5
    assert 1500 < person.box[0] < 1620
    blank = Detector().inside(np.full((300, 400, 3), 128, np.uint8), tiles(400, 300), least=0.4)
    assert blank == []
