"""Pictures kept for plates, and outlines that go along with what stays."""

import numpy as np
import pytest

from skillwire.studio.effects.boxes import padded
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.planes import Planes
from skillwire.studio.effects.removal.cutout import cut_to, stretched
from skillwire.studio.effects.removal.holes import ROOM, Holes
from skillwire.studio.effects.removal.samples import Samples


def grey(level):
    return Planes(np.full((36, 64), level, np.uint8), np.full((18, 32), 90, np.uint8), np.full((18, 32), 160, np.uint8))


def keep(samples, shot, count):
    for n in range(count):
        samples.keep(shot, n / 10, grey(40 + n % 100))


def test_kept_pictures_come_back(tmp_path):
    samples = Samples(tmp_path, "key")
    keep(samples, 0, 10)
    assert samples.of(0) == []
    samples.settle(0)
    back = Samples(tmp_path, "key").of(0)
    assert [one.time for one in back] == [n / 10 for n in range(10)]
    for n, one in enumerate(back):
        for plane, was in zip(one.planes().each(), grey(40 + n).each(), strict=True):
            assert plane.shape == was.shape
            assert np.abs(plane.astype(int) - was).max() <= 2
    assert Samples(tmp_path, "other").of(0) == []


def test_a_long_shot_is_covered_evenly(tmp_path):
    samples = Samples(tmp_path, "key")
    keep(samples, 0, 500)
    samples.settle(0)
    times = [one.time for one in samples.of(0)]
    assert 24 <= len(times) < 48
    assert len({round(step, 6) for step in np.diff(times)}) == 1
    assert times[-1] > 45


def test_damaged_pictures_are_none(tmp_path):
    samples = Samples(tmp_path, "key")
    keep(samples, 0, 3)
    samples.settle(0)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", b"text", whole[:200], whole[:-40]):
        file.write_bytes(damaged)
        assert samples.of(0) == []


def track(number, lefts, group="person"):
    times = [n / 5 for n in range(len(lefts))]
    boxes = [np.asarray([x, 40, x + 40, 140], np.float32) for x in lefts]
    return Track(number, group, 0, times, boxes, [0.9] * len(times), group, travel=5.0)


def test_an_outline_goes_along_with_what_stays_before_a_target():
    target, stays = track(1, [100] * 6), track(2, [50 + 10 * n for n in range(6)])
    stays.boxes = [box + np.asarray([0, 0, 0, 20], np.float32) for box in stays.boxes]  # nearer: its foot is lower
    holes = Holes([target], [stays], (640, 360))
    shape = np.zeros((32, 32), np.uint8)
    ((_, plain),) = holes.at(0.4, 0.5)
    ((_, known),) = holes.at(0.4, 0.5, {2: shape})
    ((_, scene),) = holes.at(0.4, 0.5, {2: None})
    assert len(plain.before) == 1
    assert not known.before
    assert len(scene.standing) == 1
    ((box, carried),) = known.shapes
    assert carried is shape
    np.testing.assert_allclose(box, padded(stays.boxes[2], ROOM))
    ((_, later),) = holes.at(0.8, 0.5, {2: shape})
    assert later.shapes[0][0][0] - box[0] == pytest.approx(20)


def test_an_outline_keeps_its_form_where_it_is_carried():
    region = (0, 0, 200, 200)
    mask = np.zeros((100, 100), np.uint8)
    mask[30:60, 20:30] = 255
    shape = cut_to(mask, np.asarray([30, 50, 70, 130], np.float32), region)
    put = stretched(shape, np.asarray([90, 50, 130, 130], np.float32), (0, 0), (100, 100)) > 127
    rows, columns = np.flatnonzero(put.any(1)), np.flatnonzero(put.any(0))
    assert (rows[0], rows[-1]) == pytest.approx((30, 59), abs=1)
    assert (columns[0], columns[-1]) == pytest.approx((50, 59), abs=1)


@pytest.mark.parametrize(
    ("lefts", "stays"),
    [([510, 530, 550, 570, 590], True), ([90, 70, 50, 30, 10], True), ([310, 330, 350, 370, 390], False)],
)
def test_what_crosses_the_edge_is_there_until_it_is_out(lefts, stays):
    gone = track(1, lefts)
    holes = Holes([gone], [], (640, 360))
    last = gone.times[-1]
    assert holes.box(gone, last + 0.2, 0.25) is not None
    assert (holes.box(gone, last + 0.4, 0.25) is not None) == stays
    assert len(holes.hidden(last + 0.4, 0.25)) == stays
    assert holes.box(gone, last + 0.9, 0.25) is None


def test_past_its_end_a_track_goes_on_at_the_pace_of_a_while():
    walks = track(1, [100, 110, 120, 130, 140, 145])
    box = walks.at(walks.times[-1] + 0.2, 0.5)
    # Its last step was only half as long as the others.
    assert box[0] == pytest.approx(145 + 15 * 0.5, abs=0.1)
    assert box[2] - box[0] == pytest.approx(40)
