"""What a box holds is followed where it goes by itself, ends where it is gone, and keeps its place where it does not go."""

import base64
from dataclasses import replace

import cv2
import numpy as np
import pytest

from skillwire.studio.effects.boxes import clipped, iou
from skillwire.studio.effects.finding.analysis import Analysis, Shot
from skillwire.studio.effects.finding.targets import from_json
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.following import followed, passages
from skillwire.studio.effects.following.followed import Follower
from skillwire.studio.effects.following.marked import lasting, meant_by
from skillwire.studio.effects.following.mixups import without_mixups
from skillwire.studio.effects.following.painted import mark_of
from skillwire.studio.effects.following.passages import Passages
from skillwire.studio.effects.planes import planes_of
from skillwire.studio.effects.removal.remove import Remover
from support.passing import FPS, SIZE, filmed, standing, wandering
from support.walker import frames_of, picture, psnr


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("SKILLWIRE_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def scene(footage):
    """A street, twice as wide as what is shown of it."""
    return cv2.resize(picture(footage / "bikes.mp4", 215), (960, 540), interpolation=cv2.INTER_CUBIC)


def crossing(number):
    """From left to right in 60 pictures, all the time in view."""
    return 220 + 5 * number, 240 + 20 * np.sin(number / 6)


def marked(clip, number, analysis=None, *, follows=True):
    analysis = analysis or clip.analysis
    (mark,) = from_json({"marks": [clip.mark(number)]}).marks
    return meant_by(mark, analysis, -1, Follower(clip.path, clip.path.name, analysis) if follows else None)


def overlaps(clip, track):
    """Of each picture how well the track's box lies on the thing; ``None`` where there is no box, or none of it."""
    result = []
    for number, truth in enumerate(clip.boxes):
        box = track.at(number / FPS, 0.0)
        known = truth is not None and box is not None
        result.append(float(iou(clipped(truth, SIZE), clipped(box, SIZE)[None])[0]) if known else None)
    return result


@pytest.mark.parametrize("camera", [standing, wandering])
@pytest.mark.parametrize("number", [5, 30, 57])
def test_a_thing_that_goes_is_followed_both_ways(tmp_path, scene, camera, number):
    clip = filmed(tmp_path / "goes.mp4", scene, camera, crossing)
    found = overlaps(clip, marked(clip, number))
    assert sum(one is not None for one in found) >= 57
    there = [one for one in found if one is not None]
    assert np.mean(there) > 0.75
    assert min(there) > 0.4


@pytest.mark.parametrize("camera", [standing, wandering])
def test_a_thing_that_stays_keeps_its_place_in_the_scene(tmp_path, scene, camera):
    clip = filmed(tmp_path / "stays.mp4", scene, camera, lambda _number: (380, 240))
    rides, follows = marked(clip, 30, follows=False), marked(clip, 30)
    assert follows.times == rides.times
    np.testing.assert_array_equal(np.stack(follows.boxes), np.stack(rides.boxes))
    assert min(one for one in overlaps(clip, follows) if one is not None) > 0.8


def test_a_slow_thing_is_followed_although_few_pictures_are_kept(tmp_path, scene, monkeypatch):
    monkeypatch.setattr(followed, "_PASSED", 6)
    clip = filmed(tmp_path / "slow.mp4", scene, wandering, lambda number: (380 + 0.35 * number, 240), count=75)
    found = overlaps(clip, marked(clip, 0))
    assert None not in found[:74]
    assert min(one for one in found if one is not None) > 0.6


def test_a_place_that_something_passes_does_not_go_with_it(tmp_path, scene):
    clip = filmed(tmp_path / "passed.mp4", scene, wandering, lambda number: (180 + 10 * number, 250))
    middle = wandering(4) @ np.asarray([400, 250, 1])
    box = [
        (middle[0] - 26) / SIZE[0],
        (middle[1] - 26) / SIZE[1],
        (middle[0] + 26) / SIZE[0],
        (middle[1] + 26) / SIZE[1],
    ]
    (mark,) = from_json({"marks": [{"at": 4 / FPS, "box": box}]}).marks
    follower = Follower(clip.path, clip.path.name, clip.analysis)
    follows, rides = (meant_by(mark, clip.analysis, -1, one) for one in (follower, None))
    np.testing.assert_array_equal(np.stack(follows.boxes), np.stack(rides.boxes))


def test_it_ends_where_the_thing_leaves(tmp_path, scene):
    clip = filmed(tmp_path / "leaves.mp4", scene, standing, lambda number: (400 + 8 * number, 240))
    track = marked(clip, 8)
    # Its box is in the picture to a third until picture 28.
    assert 20 / FPS < track.times[-1] < 30 / FPS
    assert all(one > 0.4 for one in overlaps(clip, track)[:20])


def test_it_ends_where_the_thing_is_gone_for_good(tmp_path, scene):
    clip = filmed(tmp_path / "gone.mp4", scene, wandering, crossing, before=(380, 0, 960, 540))
    track = marked(clip, 8)
    hidden = next(number for number, box in enumerate(clip.boxes) if box is None)
    assert hidden - 8 <= track.times[-1] * FPS <= hidden + 2


def test_it_is_found_again_behind_what_hides_it_for_a_moment(tmp_path, scene):
    clip = filmed(tmp_path / "again.mp4", scene, standing, crossing, before=(340, 0, 385, 540))
    found = overlaps(clip, marked(clip, 10))
    assert np.mean([one for one in found[45:] if one is not None]) > 0.6
    assert sum(one is not None for one in found[45:]) >= 13


def test_it_does_not_pass_a_cut(tmp_path, scene):
    clip = filmed(tmp_path / "cut.mp4", scene, wandering, crossing, cut=35)
    track = marked(clip, 10)
    assert track.shot == 0
    assert 30 / FPS < track.times[-1] < 35 / FPS


def test_what_is_known_for_a_moment_is_followed_from_there(tmp_path, scene):
    clip = filmed(tmp_path / "known.mp4", scene, wandering, crossing)
    seen = [28, 30, 32]
    known, twice = (
        Track(number, "person", 0, [n / FPS for n in when], [clip.boxes[n] for n in when], [0.5] * len(when), "person")
        for number, when in ((7, seen), (8, [50, 52]))
    )
    track = marked(clip, 30, replace(clip.analysis, tracks=(known, twice)))
    assert track.id == 7
    assert set(track.same) == {7, 8}
    found = overlaps(clip, track)
    assert sum(one is not None for one in found) >= 57
    assert np.mean([one for one in found if one is not None]) > 0.75
    # The detector's own sightings stay what they are.
    assert [track.times[n] for n in range(len(track.times)) if track.times[n] in known.times] == known.times
    other = marked(clip, 30, replace(clip.analysis, tracks=(twice,)))
    assert (other.id, other.same) == (-1, (8,))


@pytest.mark.parametrize("meets", [False, True])
def test_what_words_chose_is_followed_past_its_sightings(tmp_path, scene, meets):
    """Until it meets another of its kind: what was only followed might be that one from there on."""
    clip = filmed(tmp_path / "chosen.mp4", scene, wandering, crossing)
    seen = [24, 27, 30, 33, 36]
    known = Track(7, "person", 0, [n / FPS for n in seen], [clip.boxes[n] for n in seen], [0.8] * 5, "person")
    other = Track(8, "person", 0, [n / FPS for n in (52, 59)], [clip.boxes[n] for n in (52, 59)], [0.8] * 2, "person")
    analysis = replace(clip.analysis, tracks=(known, other) if meets else (known,))
    track = lasting(known, analysis, Follower(clip.path, clip.path.name, analysis))
    assert track.times[0] < 3 / FPS
    assert track.times[-1] == pytest.approx((46 if meets else 59) / FPS, abs=6 / FPS)
    found = [one for one in overlaps(clip, track) if one is not None]
    assert np.mean(found) > 0.75
    assert [track.scores[track.times.index(time)] for time in known.times] == known.scores
    assert max(score for score, time in zip(track.scores, track.times, strict=True) if time not in known.times) < 0.5


def test_what_came_through_the_edge_is_not_followed_beyond_it(tmp_path, scene):
    clip = filmed(tmp_path / "edge.mp4", scene, standing, lambda number: (150 + 5 * number, 240))
    seen = [0, 10, 20, 30]
    boxes = [clip.boxes[n] - np.asarray([60, 0, 60, 0], np.float32) * (n == 0) for n in seen]
    known = Track(7, "person", 0, [(n + 10) / FPS for n in seen], boxes, [0.8] * 4, "person")
    analysis = replace(clip.analysis, tracks=(known,))
    assert lasting(known, analysis, Follower(clip.path, clip.path.name, analysis)).times[0] == known.times[0]


def test_what_is_followed_is_taken_out(tmp_path, scene):
    clip = filmed(tmp_path / "out.mp4", scene, wandering, crossing)
    results = []
    for follows in (True, False):
        remover = Remover(clip.analysis, [marked(clip, 30, follows=follows)])
        frames = frames_of(clip.shown)
        timed = [(number / FPS, frame) for number, frame in enumerate(frames)]
        remover.prepare(lambda times, timed=timed: (timed[min(59, round(t * FPS))] for t in times), (0.0, 60 / FPS))
        after = [frame.to_ndarray(format="bgr24") for _, frame in remover.mended(iter(timed))]
        where = [
            np.abs(one.astype(int) - other).max(axis=2) > 12 for one, other in zip(clip.shown, clip.empty, strict=True)
        ]
        plain = [frame.to_ndarray(format="bgr24") for frame in frames_of(clip.empty)]
        results.append(np.mean([psnr(after[n], plain[n], where[n]) for n in range(5, 55, 5)]))
        assert planes_of(frames[0]).size == SIZE
    assert results[0] > 22
    assert results[0] > results[1] + 8


def test_it_is_followed_once(tmp_path, scene, monkeypatch):
    clip = filmed(tmp_path / "once.mp4", scene, standing, crossing, count=30)
    first = marked(clip, 10)
    monkeypatch.setattr(Passages, "at", lambda *_: pytest.fail("it was read again"))
    again = marked(clip, 10)
    assert again.times == first.times
    np.testing.assert_allclose(np.stack(again.boxes), np.stack(first.boxes), atol=0.06)
    for kept in (tmp_path / "home").rglob("followed/*.json"):
        kept.write_text('{"times": [0], "boxes": 3}', "utf-8")
    with pytest.raises(pytest.fail.Exception):
        marked(clip, 10)


def test_pictures_come_backwards_in_windows(tmp_path, scene, monkeypatch):
    clip = filmed(tmp_path / "windows.mp4", scene, standing, crossing)
    stretch = Passages(clip.path, clip.path.name)
    there = [one.time for one in stretch.forwards(0.2, 2.0, 0.5)]
    assert 20 <= len(there) < 45
    assert there[0] >= 0.2 - 1e-6
    assert there[-1] < 2.0
    one = next(stretch.forwards(0.0, 1.0, 0.5))
    assert (one.luma.shape, one.colours.shape) == ((136, 240), (68, 120, 2))
    monkeypatch.setattr(passages, "_MOST_BYTES", 5 * (one.luma.nbytes + one.colours.nbytes))
    back = [small.time for small in stretch.backwards(2.0, 0.2, 0.5)]
    assert back == sorted(back, reverse=True)
    assert set(there) <= set(back)
    assert stretch.at(0.5, 1.0).time == pytest.approx(12 / FPS)
    assert stretch.at(2.9, 1.0).time == pytest.approx(59 / FPS)
    assert stretch.at(99.0, 1.0) is None


def test_a_painted_thing_is_followed_in_its_shape(tmp_path, scene):
    clip = filmed(tmp_path / "painted.mp4", scene, wandering, crossing, count=30)
    mask = np.zeros(SIZE[::-1], np.uint8)
    x0, y0, x1, y1 = (round(float(edge)) for edge in clip.boxes[10])
    cv2.ellipse(mask, ((x0 + x1) // 2, (y0 + y1) // 2), (17, 17), 0, 0, 360, 255, -1)
    painted = mark_of(base64.b64encode(cv2.imencode(".png", mask)[1].tobytes()).decode())
    (mark,) = from_json({"marks": [{"at": 10 / FPS, **painted}]}).marks
    track = meant_by(mark, clip.analysis, -1, Follower(clip.path, clip.path.name, clip.analysis))
    assert 0.7 < (track.shape > 0).mean() < 0.9
    assert np.mean([one for one in overlaps(clip, track) if one is not None]) > 0.7


def walk(first, last, x, pace):
    """A box on its way, four times a second."""
    times = np.arange(first, last, 0.25)
    return [(time, np.asarray([x + pace * time, 10, x + pace * time + 20, 50], np.float32)) for time in times.tolist()]


def known(number, *pieces):
    sightings = [one for piece in pieces for one in piece]
    return Track(number, "person", 0, [time for time, _ in sightings], [box for _, box in sightings])


@pytest.mark.parametrize(
    ("others", "span"),
    [
        ([], (0.0, 7.75)),
        # It goes on upon somebody who came towards it until they met.
        ([known(1, walk(0, 4, 240, -30), walk(4, 8, 0, 30))], (0.0, 3.75)),
        # It was somebody else before they met.
        ([known(1, walk(0, 2, 0, 30), walk(2, 8, 120, -30))], (2.25, 7.75)),
        # Who only passes it changes nothing, nor who is always with it, nor who is in another shot.
        ([known(1, walk(0, 8, 240, -30)), known(2, walk(1, 7, 1, 30))], (0.0, 7.75)),
    ],
)
def test_a_way_ends_where_it_goes_over_to_something_known(others, span):
    way = walk(0, 8, 0, 30)
    analysis = Analysis(SIZE, (Shot(0, 8, still=True),), tuple(others))
    kept = without_mixups(way, 3.0, 0, analysis)
    assert kept[0][0] == pytest.approx(span[0], abs=0.3)
    assert kept[-1][0] == pytest.approx(span[1], abs=0.3)
    assert without_mixups(way, 3.0, 1, analysis) == way
