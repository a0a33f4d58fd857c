"""Cropping to other proportions: what is kept in view, how calmly it is followed, and what is drawn."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from av.video.frame import VideoFrame

from skillwire.studio.draft import Draft, appended, from_json, to_json
from skillwire.studio.edit import apply
from skillwire.studio.effects.backdrop.people import small_bgr
from skillwire.studio.effects.finding.detector import Detection, Detector
from skillwire.studio.effects.framing import BINS, STEP, interest_in, places, salient
from skillwire.studio.effects.planes import matrix_of, planes_of
from skillwire.studio.effects.reframe import reframed
from skillwire.studio.media.read import frames, open_video

RATE = 25
WIDTH, HEIGHT = 320, 180
WINDOW = 100


def _frame(n, luma, chroma=128):
    frame = VideoFrame(luma.shape[1], luma.shape[0], "yuv420p")
    planes = planes_of(frame)
    planes.y[:] = luma
    planes.u[:] = planes.v[:] = chroma
    frame.pts, frame.time_base = n, Fraction(1, RATE)
    return frame


def _film(count, picture=lambda _: np.full((HEIGHT, WIDTH), 90, np.uint8)):
    return (_frame(n, picture(n)) for n in range(count))


def _seen(middle, width=20, recognised=True):
    """What a look tells when one thing is at ``middle``, in pixels."""
    interest = np.zeros(BINS)
    interest[max(0, round((middle - width / 2) * BINS / WIDTH)) : round((middle + width / 2) * BINS / WIDTH)] = 1
    return interest, recognised


def _followed(middles, count, **film):
    """Where the window begins in each frame when the thing is at ``middles(frame)``."""
    looks = (middles(n) for n in range(0, count + STEP, STEP))
    return [place for _, place in places(_film(count, **film), WINDOW, 0, lambda *_: next(looks))]


@pytest.mark.parametrize("middle", [10, 60, 160, 250, 315])
def test_what_stands_still_is_centred_as_far_as_the_picture_goes(middle):
    found = _followed(lambda _: _seen(middle), 60)
    assert found == pytest.approx([min(max(middle - WINDOW / 2, 0), WIDTH - WINDOW)] * 60, abs=3)


def test_small_movements_are_not_followed():
    found = _followed(lambda n: _seen(160 + (3 if n // STEP % 2 else -3)), 120)
    assert np.ptp(found) == pytest.approx(0)


def test_what_walks_stays_in_view_and_the_window_never_jerks():
    count = 200

    def middle(n):
        return 40 + 240 * n / count

    found = np.asarray(_followed(lambda n: _seen(middle(n)), count))
    thing = np.asarray([middle(n) for n in range(count)])
    assert ((thing > found + 10) & (thing < found + WINDOW - 10)).all()
    speed = np.diff(found)
    assert speed.min() >= 0
    assert speed.max() <= 0.75 * WINDOW / RATE
    assert np.abs(np.diff(speed)).max() < 0.75 * WINDOW / RATE / 4


def test_a_leap_of_the_subject_is_a_pan():
    found = np.asarray(_followed(lambda n: _seen(60 if n < 60 else 260), 160))
    assert found[0] == pytest.approx(10, abs=3)
    assert found[-1] == pytest.approx(210, abs=10)
    steps = np.diff(found)
    assert steps.max() <= 2.6 * WINDOW / RATE
    assert np.abs(np.diff(steps)).max() <= 2.6 * WINDOW / RATE / 5


def test_a_cut_starts_anew():
    def picture(n):
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
        return ((columns if n < 40 else rows) * 7 % 200 + 20).astype(np.uint8)

    looks = iter([_seen(60)] * 4 + [_seen(260)] * 9)
    found = [place for _, place in places(_film(100, picture), WINDOW, 0, lambda *_: next(looks))]
    assert found[:40] == pytest.approx([10] * 40, abs=3)
    assert found[40:] == pytest.approx([210] * 60, abs=3)


def test_who_is_lost_for_a_moment_is_waited_for():
    def middle(n):
        return _seen(250) if n < 24 or n > 60 else _seen(40, recognised=False)

    assert np.ptp(_followed(middle, 100)) == pytest.approx(0)


def test_every_frame_comes_once_in_order_and_few_wait():
    taken = 0

    def film():
        nonlocal taken
        for frame in _film(200):
            taken += 1
            yield frame

    waiting = []
    times = []
    for frame, _ in places(film(), WINDOW, 0, lambda *_: _seen(100)):
        times.append(frame.pts)
        waiting.append(taken - len(times))
    assert times == list(range(200))
    assert max(waiting) <= 2 * STEP


@pytest.mark.parametrize("count", [1, 2, STEP, STEP + 1, 3 * STEP - 1])
def test_short_films(count):
    assert len(_followed(lambda _: _seen(200), count)) == count


def test_people_count_more_than_things_and_faces_more_than_feet():
    person = Detection(np.asarray([10, 20, 50, 160], np.float32), 0.8, "person", "person")
    car = Detection(np.asarray([200, 60, 300, 120], np.float32), 0.8, "car", "car")
    across = interest_in([person, car], (WIDTH, HEIGHT), 0)
    assert across[: BINS // 2].sum() > 2 * across[BINS // 2 :].sum()
    down = interest_in([person], (WIDTH, HEIGHT), 1)
    middle = round(90 * BINS / HEIGHT)
    assert down[:middle].sum() > 1.3 * down[middle:].sum()


@pytest.mark.parametrize(("axis", "place"), [(0, 0.8), (1, 0.3)])
def test_what_stands_out_is_found_without_a_name(axis, place):
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    luma = (100 + 20 * np.sin(columns / 9) * np.sin(rows / 7)).astype(np.uint8)
    luma[44:64, 246:266] = np.random.default_rng(3).integers(0, 255, (20, 20))
    interest = salient(luma, axis)
    assert interest.sum() == pytest.approx(1)
    assert (interest * np.linspace(0, 1, BINS)).sum() == pytest.approx(place, abs=0.12)


def test_a_flat_picture_is_cut_in_its_middle():
    flat = np.full((HEIGHT, WIDTH), 90, np.uint8)
    assert [place for _, place in places(_film(30), WINDOW, 0, lambda *_: (salient(flat, 0), False))] == pytest.approx(
        [110] * 30, abs=3
    )


@pytest.mark.parametrize(
    ("size", "inside"),
    [((100, 180), "where the thing is"), ((320, 80), "the rows of the thing"), ((200, 360), "enlarged")],
)
def test_what_is_drawn_is_that_part_of_the_picture(size, inside):
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    ramp = (16 + columns / WIDTH * 200).astype(np.uint8) if size[1] >= 180 else (16 + rows).astype(np.uint8)
    interest = np.zeros(BINS)
    interest[118:122] = 1
    cut = list(reframed(_film(20, lambda _: ramp), size, None, look=lambda *_: (interest, True)))
    assert [(frame.width, frame.height, frame.format.name) for frame in cut] == [(*size, "yuv420p")] * 20, inside
    scale = max(size[0] / WIDTH, size[1] / HEIGHT)
    shown = planes_of(cut[0]).y.astype(float)
    if size[1] >= 180:
        wanted = 16 + (110 + np.arange(size[0]) / scale) / WIDTH * 200
        assert np.abs(shown - wanted).max() < 3
    else:
        wanted = 16 + 50 + np.arange(size[1])[:, None]
        assert np.abs(shown - wanted).max() < 3
    assert [frame.pts for frame in cut] == list(range(20))


def test_larger_pictures_are_made_smaller_first():
    big = (_frame(n, np.full((720, 1280), 60 + n, np.uint8)) for n in range(5))
    cut = list(reframed(big, (90, 160), None, look=lambda *_: (np.ones(BINS) / BINS, False)))
    assert [(frame.width, frame.height) for frame in cut] == [(90, 160)] * 5
    assert [int(planes_of(frame).y.mean()) for frame in cut] == [60, 61, 62, 63, 64]


def test_a_rider_stays_in_view(footage):
    """Real footage, hand-held, with cuts and riders that pass in half a second; compared with a crop of the middle."""
    source = open_video(footage / "bikes.mp4", "bikes.mp4")
    network = Detector()
    followed, centred = [], []
    for n, (frame, left) in enumerate(places(frames(source), 152.0, 0)):
        if n % 5:
            continue
        found = network.whole(small_bgr(planes_of(frame), matrix_of(frame)))
        people = [one for one in found if one.label == "person" and one.score > 0.6]
        large = [one for one in people if one.box[3] - one.box[1] > 130]
        if len(people) == len(large) == 1:
            middle = float(large[0].box[0] + large[0].box[2]) / 2
            followed.append(left < middle < left + 152)
            centred.append(244 < middle < 396)
    assert len(followed) >= 10
    assert sum(followed) >= 0.8 * len(followed)
    assert sum(followed) > 3 * sum(centred)


def test_the_draft_keeps_the_wish():
    draft = apply(appended(Draft(), "m", "m.mp4", 1000, sound=False), {"op": "aspect", "ratio": "9:16", "mode": "crop"})
    assert draft.sentence == "aspect_cropped"
    assert to_json(draft.draft)["m"]["canvas"] == {"ratio": "9:16", "mode": "crop"}
    assert from_json(to_json(draft.draft)) == draft.draft
    fitted = apply(draft.draft, {"op": "aspect", "ratio": "1:1"})
    assert to_json(fitted.draft)["m"]["canvas"] == {"ratio": "1:1"}
    with pytest.raises(ValueError, match="mode"):
        from_json({"t": [], "m": {"canvas": {"mode": "stretch"}}})
