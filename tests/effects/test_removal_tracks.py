"""Shots, tracks and cameras told from real and from staged clips."""

import json

import av
import numpy as np
import pytest

from skillwire.studio.effects.camera import View, motion
from skillwire.studio.effects.finding.analysis import Analysis, Shot, kept
from skillwire.studio.effects.finding.detector import Detection
from skillwire.studio.effects.finding.look import analysed
from skillwire.studio.effects.finding.shots import Cuts
from skillwire.studio.effects.finding.tracks import Seen, Tracker
from skillwire.studio.effects.planes import planes_of
from support.walker import picture, standing, wandering

BLANK = np.full((360, 640, 3), 90, np.uint8)


class Script:
    """Stands for a detector: finds what the script shows in any region, at the time of the last ``look``."""

    def __init__(self):
        self.now = []

    def inside(self, _picture, regions):
        (x0, y0, x1, y1) = regions[0]
        return [
            one for one in self.now if x0 <= one.box[0] and y0 <= one.box[1] and one.box[2] <= x1 and one.box[3] <= y1
        ]


def person(x, y=100, score=0.7, size=(40, 120)):
    return Detection(np.asarray([x, y, x + size[0], y + size[1]], np.float32), score, "person", "person")


def followed(script):
    """Tracks of a script: for each sixth of a second what the detector finds."""
    detector = Script()
    tracker = Tracker(0, detector, 1)
    for n, found in enumerate(script):
        detector.now = []
        tracker.step(Seen(n / 6, BLANK, 1.0), found, np.eye(3))
    return tracker.done()


@pytest.mark.parametrize(
    ("name", "starts"),
    [("bikes.mp4", [0, 30, 76, 137, 187, 242]), ("bigbuckbunny.mp4", [0]), ("carphone_pristine.mp4", [0])],
)
def test_shots_begin_at_the_cuts(footage, name, starts):
    cuts = Cuts()
    with av.open(str(footage / name)) as container:
        found = [n for n, frame in enumerate(container.decode(video=0)) if cuts.starts(planes_of(frame).y)]
    assert found == starts


def test_a_flash_is_no_cut():
    cuts = Cuts()
    scene = np.random.default_rng(1).integers(40, 120, (180, 320), np.uint8)
    assert [cuts.starts(one) for one in (scene, scene, scene + 60, scene, scene)] == [True, False, False, False, False]


def test_one_walker_is_one_track():
    (track,) = followed([[person(20 + 15 * n)] for n in range(20)])
    assert len(track.times) == 20
    assert track.travel > 1
    np.testing.assert_allclose(track.at(0.25, 0.0)[0], 20 + 15 * 1.5, atol=0.5)
    assert track.at(-0.1, 0.2)[0] < 20
    assert track.at(9.0, 0.5) is None


def test_two_who_cross_stay_two():
    script = [[person(20 + 20 * n, 90), person(500 - 20 * n, 150)] for n in range(24)]
    tracks = followed(script)
    assert len(tracks) == 2
    assert all(abs(track.boxes[-1][0] - track.boxes[0][0]) > 400 for track in tracks)


def test_who_was_hidden_comes_back_and_is_away_in_between():
    script = [[person(100 + 4 * n)] if n < 10 or n > 22 else [] for n in range(32)]
    (track,) = followed(script)
    assert track.at(16 / 6, 0.5) is None
    assert track.at(28 / 6, 0.0) is not None


def test_who_is_too_quick_to_be_followed_is_one_track():
    script = [[person(20 + 110 * (n // 2))] if n % 2 == 0 else [] for n in range(10)]
    (track,) = followed(script)
    assert track.travel > 3
    assert track.at(0.5, 0.0) is not None


def test_who_left_is_one_track_also_when_flow_knew_more():
    detector, tracker = Script(), Tracker(0, Script(), 1)
    grey = np.random.default_rng(2).integers(0, 255, (360, 640), np.uint8)
    for n in range(24):
        detector.now = []
        tracker.drift(n / 6, grey, 1.0)
        tracker.step(Seen(n / 6, BLANK, 1.0), [person(100)] if n < 4 else [], np.eye(3))
    assert len(tracker.done()) == 1


def test_two_who_may_be_confused_are_not_joined():
    script = [[person(100), person(260)], [], [], [person(180)], [], [], [], []]
    assert len(followed(script)) == 3


def test_who_stops_is_not_lost():
    way = [100 + 25 * min(n, 8) for n in range(16)]
    (track,) = followed([[person(x)] for x in way])
    assert len(track.times) >= 16


def test_noise_is_no_track():
    assert followed([[person(100)]] * 0 + [[person(300, score=0.4)], [], [], []]) == []
    assert followed([[person(100, score=0.3)]] * 8) == []
    assert len(followed([[person(300, score=0.8)], [], []])) == 1


@pytest.mark.parametrize(("view", "still"), [(standing, True), (wandering, False)])
def test_cameras_that_stand_still_are_told_from_those_that_move(footage, view, still):
    at = view(picture(footage / "bikes.mp4", 215), (480, 270))
    random = np.random.default_rng(3)

    def frames():
        for n in range(30):
            noisy = np.clip(at(n / 10).astype(np.int16) + random.integers(-6, 7, (270, 480, 3)), 0, 255).astype(
                np.uint8
            )
            yield n / 10, av.VideoFrame.from_ndarray(noisy, format="bgr24").reformat(format="yuv420p")

    analysis = analysed(frames())
    (shot,) = analysis.shots
    assert shot.still is still
    assert bool(shot.path) is not still
    assert shot.end == pytest.approx(3.0)
    read = Analysis.from_json(json.loads(json.dumps(analysis.to_json())))
    assert read.to_json() == analysis.to_json()


def test_a_homography_is_found(footage):
    scene = picture(footage / "bikes.mp4", 215)
    at = wandering(scene, (640, 360))
    one, other = (np.ascontiguousarray(at(time)[:, :, 1]) for time in (1.0, 1.2))
    found = motion(View(one), View(other))
    assert found.trust > 0.5
    assert found.shift > 2
    back = motion(View(other), View(one))
    np.testing.assert_allclose(found.matrix @ back.matrix / (found.matrix @ back.matrix)[2, 2], np.eye(3), atol=0.6)


def test_a_blank_wall_stands_still():
    wall = np.full((90, 160), 120, np.uint8)
    assert motion(View(wall), View(wall)).trust == 1.0
    assert motion(View(wall), View(wall + 90)).trust == 0.0


def test_an_analysis_is_made_once_and_a_damaged_one_anew(tmp_path):
    clip = tmp_path / "clip.bin"
    clip.write_bytes(b"content")
    made = []

    def make():
        made.append(1)
        return Analysis((4, 2), (Shot(0, 1, still=True),), ())

    first = kept(clip, tmp_path / "kept", make)
    assert kept(clip, tmp_path / "kept", make) == first
    assert len(made) == 1
    (record,) = (tmp_path / "kept").iterdir()
    record.write_text("{")
    assert kept(clip, tmp_path / "kept", make) == first
    assert len(made) == 2
    clip.write_bytes(b"other content")
    kept(clip, tmp_path / "kept", make)
    assert len(made) == 3
