"""Which of several tracks is meant; where that is not clear, the question is handed back."""

import numpy as np
import pytest

from skillwire.studio.effects.finding.analysis import Analysis, Shot
from skillwire.studio.effects.finding.asked import meant
from skillwire.studio.effects.finding.colours import NAMES
from skillwire.studio.effects.finding.pick import chosen
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.finding.wish import wish_of

SIZE = (1000, 600)


def thing(number, label="person", *, x=500, foot=500, tall=300, travel=2.0, colour=None, shot=0, seen=(0.0, 5.0)):
    group = {"car": "vehicle", "truck": "vehicle", "bus": "vehicle", "bicycle": "cycle"}.get(label, label)
    track = Track(number, group, shot, label=label, travel=travel, sharpness=1.0)
    for time in np.linspace(*seen, 11):
        track.times.append(float(time))
        track.boxes.append(np.asarray([x - tall / 6, foot - tall, x + tall / 6, foot], np.float32))
        track.scores.append(0.7)
    if colour:
        track.colours[NAMES.index(colour)] = 0.5
    return track


def pick(words, *tracks):
    shots = tuple(Shot(10.0 * n, 10.0 * n + 10, still=True) for n in range(1 + max(track.shot for track in tracks)))
    choice = chosen(wish_of(words), Analysis(SIZE, shots, tracks))
    return [track.id for track in choice.tracks], [track.id for track in choice.candidates]


NEAR, FAR = thing(1, x=420, tall=420, foot=590), thing(2, x=800, tall=90, foot=280)
RED, BLUE = thing(3, "car", x=200, colour="red", travel=0.05), thing(4, "car", x=700, colour="blue", travel=3)

CASES = [
    ("the person in the background", [NEAR, FAR], [2], []),
    ("the person in the foreground", [NEAR, FAR], [1], []),
    ("the person", [NEAR, FAR], [], [1, 2]),
    ("the person", [NEAR], [1], []),
    ("the person in the background", [NEAR], [1], []),
    ("the person in the background", [thing(1, tall=700, foot=700)], [], [1]),  # who is alone and fills the picture
    ("people", [NEAR, FAR], [1, 2], []),
    ("the person on the left", [NEAR, FAR], [1], []),
    ("the second person from the left", [NEAR, FAR], [2], []),
    ("the biggest person", [NEAR, FAR], [1], []),
    ("people in the background", [NEAR, FAR], [2], []),
    ("the red car", [RED, BLUE], [3], []),
    ("the yellow car", [RED, BLUE], [], []),
    ("the parked car", [RED, BLUE], [3], []),
    ("the moving cars", [RED, BLUE], [4], []),
    ("the bus", [RED, thing(5, "bus", x=500)], [5], []),
    ("the van", [RED, thing(5, "truck", x=500)], [], [3, 5]),
    ("the dog", [RED, NEAR], [], []),
    ("both cars", [RED, BLUE], [3, 4], []),
    ("both cars", [RED, BLUE, thing(5, "car", x=900)], [], [3, 4, 5]),
    ("the other people", [NEAR, FAR], [2], []),
    ("the other people", [FAR, thing(6, x=200, tall=90)], [], [2, 6]),
    ("the one on the left", [NEAR, RED], [], [1, 3]),
    (
        "the person in the background",
        [
            NEAR,
            thing(2, tall=90, foot=280, colour="red", seen=(0, 2)),
            thing(6, tall=95, foot=285, colour="red", seen=(3, 5)),
        ],
        [2, 6],
        [],
    ),
    ("the person", [NEAR, thing(6, shot=1, seen=(10, 15))], [1, 6], []),
    ("the cyclist", [thing(7, x=300), FAR, thing(8, "bicycle", x=300, foot=520, tall=220)], [7, 8], []),
    (
        "the tourists",
        [thing(9, tall=550, foot=590), thing(10, x=100, tall=80), thing(11, x=900, tall=80)],
        [10, 11],
        [],
    ),
]


@pytest.mark.parametrize(
    ("words", "tracks", "meant", "asked"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_which_is_meant(words, tracks, meant, asked):
    found, candidates = pick(words, *tracks)
    assert sorted(found) == meant
    assert sorted(candidates) == asked


def test_pieces_of_one_who_waits_half_hidden_are_joined_and_a_part_of_them_is_no_rival():
    passing = thing(2, x=800, tall=90, foot=280, colour="red", seen=(0, 5))
    passing.times = [0.0, 0.5, 4.5, 5.0]
    passing.boxes, passing.scores = passing.boxes[:4], passing.scores[:4]
    waiting = thing(6, x=790, tall=90, foot=282, colour="red", seen=(2, 3))
    legs = thing(7, x=790, tall=40, foot=282, colour="blue", seen=(2, 3.5))
    assert pick("the person in the background", NEAR, passing, waiting, legs) == ([2, 6], [])
    elsewhere = thing(8, x=200, tall=90, foot=280, colour="red", seen=(0, 5))
    assert pick("the person in the background", NEAR, passing, elsewhere) == ([], [2, 8])


def test_pieces_are_level_in_the_scene_however_the_camera_nods():
    """Who comes back in another part of the picture, since the camera has moved, is the same; who comes back elsewhere is not."""
    first, again = (
        thing(n, x=800, tall=90, foot=280, colour="red", seen=seen) for n, seen in ((2, (0, 1)), (6, (4, 5)))
    )
    again.boxes = [box + np.asarray([0, 70, 0, 70], np.float32) for box in again.boxes]
    nodding = tuple(
        (float(time), np.asarray([[1, 0, 0], [0, 1, 70.0 * (time > 3)], [0, 0, 1]])) for time in np.arange(0, 10, 0.2)
    )
    for path, meant_, asked in ((nodding, [2, 6], []), ((), [], [2, 6])):
        analysis = Analysis(SIZE, (Shot(0, 10, still=not path, path=path),), (NEAR, first, again))
        choice = chosen(wish_of("the person in the background"), analysis)
        assert [track.id for track in choice.tracks] == meant_
        assert [track.id for track in choice.candidates if track.id != 1] == asked


def test_a_thing_out_of_the_used_part_is_not_asked_about():
    early, late = thing(1, seen=(0, 2)), thing(2, seen=(6, 9))
    analysis = Analysis(SIZE, (Shot(0, 10, still=True),), (early, late))
    assert [track.id for track in chosen(wish_of("the person"), analysis, (5.0, 10.0)).tracks] == [2]


@pytest.mark.parametrize(
    ("words", "goes", "asked"),
    [
        ("everyone except the person in the background", [1], []),
        ("everyone except the dog", [], [1, 2]),
        ("everyone except the one on the left", [2], []),
        ("only keep the person in the foreground", [2], []),
        ("除了左边的人都去掉", [2], []),
        ("the red car and the person in the background", [3, 2], []),
    ],
)
def test_exceptions_and_several_kinds(words, goes, asked):
    analysis = Analysis(SIZE, (Shot(0, 10, still=True),), (NEAR, FAR, RED))
    found = meant(words, analysis, (0.0, 10.0))
    assert [track.id for track in found.tracks] == goes
    assert sorted(track.id for track in found.candidates) == asked


@pytest.mark.parametrize(("score", "travel", "goes"), [(0.45, 0.05, False), (0.45, 1.0, True), (0.6, 0.05, True)])
def test_of_all_people_a_faint_one_that_never_moves_stays(score, travel, goes):
    doubtful = thing(6, x=200, tall=200, travel=travel)
    doubtful.scores = [score] * len(doubtful.times)
    assert pick("everybody", NEAR, doubtful)[0] == ([1, 6] if goes else [1])
    tracks, asked = pick("the person on the left", NEAR, doubtful)
    assert 6 in tracks + asked
