"""Somebody near who stays while somebody far goes: the outline of the one, and where the other is while half hidden."""

import av
import numpy as np
import pytest

from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.planes import Planes, planes_of
from skillwire.studio.effects.removal import guards
from skillwire.studio.effects.removal.guards import Guards
from skillwire.studio.effects.removal.holes import Holes
from skillwire.studio.effects.removal.silhouette import portrait

SIZE = (640, 360)
WHOLE = (0, 0, 176, 144)
MAN = np.asarray([20, 10, 170, 144], np.float32)


def box(*edges):
    return np.asarray(edges, np.float32)


def track(number, at, times):
    """A person whose box at a time is ``at(time)``."""
    made = Track(number, "person", 0, label="person", scores=[0.8] * len(times))
    made.times, made.boxes = [float(time) for time in times], [at(time) for time in times]
    return made


@pytest.fixture
def driving(footage):
    """A man talking in a car, 176 × 144."""
    with av.open(str(footage / "carphone_pristine.mp4")) as container:
        return planes_of(next(container.decode(video=0)))


def test_a_portrait_is_of_the_near_one_alone(driving):
    seen = portrait(driving, MAN, WHOLE, [box(4, 10, 24, 60)])
    assert (seen[30:45, 40:55] == 255).all()  # his face
    assert not seen[:15, :15].any()  # the window
    assert portrait(driving, MAN, WHOLE, [box(4, 10, 90, 140)]) is None  # nearly as large: who is who cannot be told


def test_a_portrait_of_nobody_is_none(driving):
    for plane, level in zip(driving.each(), (90, 128, 128), strict=True):
        plane[:] = level
    assert portrait(driving, MAN, WHOLE, []) is None


EMPTY = Planes(*(np.full(shape, 90, np.uint8) for shape in ((360, 640), (180, 320), (180, 320))))
NEAR = track(1, lambda _time: box(250, 40, 450, 359), np.arange(0, 4.1, 0.1))


def walking(number, times):
    """Somebody small who walks 100 pixels a second, behind the near one from 1.5 s to 4 s."""
    return track(number, lambda time: box(60 + 100 * time, 150, 100 + 100 * time, 290), times)


@pytest.mark.parametrize(
    ("near", "times", "at", "there"),
    [
        ([NEAR], np.arange(0.2, 1.61, 0.2), 2.2, True),  # goes behind: followed a little further than it was seen
        ([NEAR], np.arange(3.8, 5.1, 0.2), 3.1, True),  # comes from there
        ([], np.arange(0.2, 1.61, 0.2), 2.2, False),  # nothing hides it
        ([NEAR], np.arange(0.2, 0.81, 0.2), 1.4, False),  # lost before it reaches what hides it
        ([NEAR], np.arange(0.2, 1.61, 0.2), 3.0, False),  # hidden for long: where it is now is not known
    ],
)
def test_what_goes_behind_something_is_followed_a_little_further(near, times, at, there):
    far = walking(2, times)
    assert (Holes([far], near, SIZE).box(far, at, 0.5) is not None) == there


BEFORE, AFTER = np.arange(0.2, 1.61, 0.2), np.arange(3.8, 5.1, 0.2)


@pytest.mark.parametrize(
    ("near", "times", "there"),
    [
        ([NEAR], [*BEFORE, *AFTER], True),  # seen on either side: it went on in between
        ([], [*BEFORE, *AFTER], False),  # nothing hides it
        ([NEAR], [*BEFORE, *AFTER + 4], False),  # for too long to know how it went
    ],
)
def test_who_passes_behind_somebody_is_followed_on_the_way(near, times, there):
    far = walking(2, times)
    for time in (2.1, 2.7, 3.3):
        found = Holes([far], near, SIZE).box(far, time, 0.3)
        assert (found is not None) == there
        if there:
            assert found == pytest.approx(box(60 + 100 * time, 150, 100 + 100 * time, 290), abs=2)


def test_who_comes_back_as_another_is_followed_on_the_way():
    far, again, stranger = walking(2, BEFORE), walking(3, AFTER), walking(3, AFTER)
    stranger.colours = np.eye(len(stranger.colours), dtype=np.float32)[0]
    far.colours = again.colours = np.eye(len(stranger.colours), dtype=np.float32)[1]
    assert Holes([far, again], [NEAR], SIZE).box(far, 2.9, 0.1) == pytest.approx(box(350, 150, 390, 290), abs=2)
    assert Holes([far, stranger], [NEAR], SIZE).box(far, 2.9, 0.1) is None


def test_the_way_behind_somebody_leads_through_the_scene():
    """The camera goes along and back: who stands still in the scene moves in the picture."""

    def camera(time):
        return np.asarray([[1, 0, 40 * np.sin(2 * time)], [0, 1, 0], [0, 0, 1]], np.float64)

    path = [(float(time), camera(time)) for time in np.arange(0, 6, 0.1)]
    far = track(2, lambda time: box(260, 150, 300, 290) + box(*[40 * np.sin(2 * time), 0] * 2), [*BEFORE, *AFTER])
    found = Holes([far], [NEAR], SIZE, path).box(far, 2.4, 0.1)
    assert found == pytest.approx(box(260, 150, 300, 290) + box(*[40 * np.sin(4.8), 0] * 2), abs=3)


def test_of_who_shows_behind_a_target_the_portrait_stays():
    low = track(3, lambda _time: box(270, 180, 310, 359), [0.0, 1.0, 2.0])
    behind = track(4, lambda _time: box(250, 40, 450, 330), [0.0, 1.0, 2.0])
    holes = Holes([low], [behind], SIZE)
    assert [met.track.id for met in holes.met(1.0, 0.5, before=False)] == [4]
    assert holes.met(1.0, 0.5, before=True) == []
    shape = np.full((20, 10), 255, np.uint8)
    ((_, plain),) = holes.at(1.0, 0.5)
    ((_, kept),) = holes.at(1.0, 0.5, portraits={4: shape})
    assert plain.shapes == ()
    assert kept.shapes[0][1] is shape


def test_of_who_is_seen_behind_a_target_no_portrait_is_taken():
    """To the network who passes before them is a part of them."""
    low = track(3, lambda _time: box(330, 200, 370, 359), [0.0, 1.0, 2.0])
    behind = track(4, lambda _time: box(250, 40, 450, 330), [0.0, 1.0, 2.0])
    shape = np.full((20, 10), 255, np.uint8)
    ((_, hole),) = Holes([low], [behind], SIZE).at(1.0, 0.5, portraits={4: shape})
    assert hole.shapes == ()
    assert len(hole.behind) == 1


@pytest.fixture
def looks(monkeypatch):
    """What the network says at each look, to be filled; ``None`` when it sees nobody."""
    told = []

    def portrait(_planes, _box, region, *_others, **_how):
        shape = told.pop(0)
        size = ((region[3] - region[1]) // 2, (region[2] - region[0]) // 2)
        return None if shape is None else np.full(size, 255, np.uint8) * shape(*size)

    monkeypatch.setattr(guards, "portrait", portrait)
    return told


def everywhere(height, width):
    return np.ones((height, width), np.uint8)


def but_for_a_part(height, width):
    made = everywhere(height, width)
    made[height // 3 : height // 2, width // 3 : width // 2] = 0
    return made


def test_a_part_that_one_look_misses_is_told_by_the_one_before(looks):
    far = walking(2, np.arange(0.2, 2.41, 0.2))
    watch = Guards(Holes([far], [NEAR], SIZE))
    looks += [everywhere, but_for_a_part, but_for_a_part, None]
    at = [watch.at(time, 0.3, lambda: EMPTY)[0].get(1) for time in (2.0, 2.1, 2.2, 2.3)]
    assert [None if one is None else bool(one[74, 48]) for one in at] == [True, True, False, None]


def test_who_is_long_gone_is_forgotten(looks):
    times = np.arange(0.2, 3.01, 0.2)
    crowd = [track(n, lambda _time: box(250, 40, 450, 359), times + 10 * n) for n in range(5, 30)]
    fars = [track(100 + n, lambda _time: box(260, 150, 300, 290), times + 10 * n) for n in range(5, 30)]
    watch = Guards(Holes(fars, crowd, SIZE))
    looks += [everywhere] * 25
    for n in range(5, 30):
        assert watch.at(10 * n + 1.0, 0.3, lambda: EMPTY)[0].keys() == {n}
    assert not looks
    assert len(watch.looked) == 1
