"""What removal puts where a thing was, against the empty scene it was drawn over."""

import cv2
import numpy as np
import pytest

from skillwire.studio.effects.finding.analysis import Analysis, Shot
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.inpaint import imagined, invented
from skillwire.studio.effects.planes import Planes, planes_of
from skillwire.studio.effects.removal.plate import PlateBuilder
from skillwire.studio.effects.removal.remove import Remover
from support.walker import FPS, frames_of, passing, picture, psnr, staged, standing, track_of, wandering, zooming

SIZE = (640, 360)


@pytest.fixture(scope="module")
def street(footage):
    return picture(footage / "bikes.mp4", 215)


def mended(stages, tracks, targets, *, still):
    """The staged pictures without the targets, as BGR, and the remover."""
    end = stages[-1].time + 1 / FPS
    remover = Remover(Analysis(SIZE, (Shot(0, end, still),), tuple(tracks)), targets)
    frames = frames_of([one.shown for one in stages])

    def read(times):
        for time in times:
            place = min(len(stages) - 1, round(time * FPS))
            yield stages[place].time, frames[place]

    remover.prepare(read, (0, end))
    timed = [(one.time, frame) for one, frame in zip(stages, frames, strict=True)]
    done = list(remover.mended(iter(timed)))
    assert [time for time, _ in done] == [one.time for one in stages]
    return [frame.to_ndarray(format="bgr24") for _, frame in done], remover


def there(group, box, stages):
    """The track of something that stays in its place."""
    times = [one.time for one in stages[::5]]
    boxes = [np.asarray(box, np.float32)] * len(times)
    return Track(2, group, 0, label=group, times=times, boxes=boxes, scores=[0.9] * len(times))


def empties(stages):
    """The empty scene after the same colour conversion."""
    return [frame.to_ndarray(format="bgr24") for frame in frames_of([one.empty for one in stages])]


def quality(stages, results):
    """PSNR in the hole over all pictures, and of per-frame Telea with the true mask."""
    squares, telea = [], []
    for n, (stage, result, empty) in enumerate(zip(stages, results, empties(stages), strict=True)):
        hole = stage.alpha > 0.05
        if hole.sum() < 300:
            continue
        squares.append(10 ** (-psnr(result, empty, hole) / 10))
        if n % 8 == 0:
            mask = cv2.dilate(hole.astype(np.uint8), np.ones((5, 5), np.uint8))
            filled = cv2.inpaint(stage.shown, mask, 5, cv2.INPAINT_TELEA)
            telea.append(10 ** (-psnr(filled, empty, hole) / 10))
    return -10 * np.log10(np.mean(squares)), -10 * np.log10(np.mean(telea))


@pytest.mark.parametrize(("noise", "light"), [(1.0, 0.0), (2.5, 0.06)])
def test_a_standing_camera_shows_what_is_behind(street, noise, light):
    stages = list(staged(standing(street, SIZE), 4, noise=noise, light=light))
    track = track_of(stages)
    results, remover = mended(stages, [track], [track], still=True)
    ours, telea = quality(stages, results)
    assert ours >= 33
    assert ours >= telea + 12
    assert remover.tally.share == 0


@pytest.mark.parametrize(("camera", "light"), [(wandering, 0.03), (wandering, 0.2), (zooming, 0.03), (passing, 0.03)])
def test_a_moving_camera_takes_it_from_other_pictures(street, camera, light):
    stages = list(staged(camera(street, SIZE), 2.5, light=light))
    track = track_of(stages)
    results, remover = mended(stages, [track], [track], still=False)
    ours, telea = quality(stages, results)
    assert ours >= telea + 7
    assert remover.tally.share < 0.2


def test_what_is_nearer_is_put_where_it_belongs(street):
    """A floor before a wall, of which no one motion of the camera fits both."""
    stages = list(staged(passing(street, SIZE), 2.5))
    track = track_of(stages)
    results, _ = mended(stages, [track], [track], still=False)
    ours, telea = quality(stages, results)
    assert ours >= telea + 13


def test_pixels_outside_the_box_keep_their_bytes(street):
    stages = list(staged(standing(street, SIZE), 2))
    track = track_of(stages)
    before = [planes_of(frame) for frame in frames_of([one.shown for one in stages])]
    end = stages[-1].time + 1 / FPS
    remover = Remover(Analysis(SIZE, (Shot(0, end, still=True),), (track,)), [track])
    frames = frames_of([one.shown for one in stages])
    remover.prepare(
        lambda times: ((stages[round(t * FPS) % 50].time, frames[round(t * FPS) % 50]) for t in times), (0, end)
    )
    changed = 0
    for (time, frame), old in zip(
        remover.mended(iter([(one.time, frame) for one, frame in zip(stages, frames, strict=True)])),
        before,
        strict=True,
    ):
        new = planes_of(frame)
        differs = new.y != old.y
        changed += int(differs.sum())
        box = track.at(time, 0.5)
        if box is None:
            assert not differs.any()
            continue
        pad = 0.35 * (box[2:] - box[:2]) + 20
        outside = np.ones_like(differs)
        x0, y0, x1, y1 = (int(edge) for edge in (*(box[:2] - pad), *(box[2:] + pad)))
        outside[max(0, y0) : y1, max(0, x0) : x1] = False
        assert not (differs & outside).any()
    assert changed > 10_000


def test_the_near_person_stays_when_the_far_one_goes(street):
    """Two walkers: the pixels of the one who stays are untouched, also where both meet."""
    far = list(staged(standing(street, SIZE), 3))
    near_box = (300.0, 60.0, 420.0, 359.0)
    stages = []
    for one in far:
        shown, empty = one.shown.copy(), one.empty.copy()
        for scene in (shown, empty):
            cv2.rectangle(scene, (310, 70), (410, 359), (30, 160, 220), -1)
        alpha = one.alpha.copy()
        alpha[70:360, 310:411] = 0
        stages.append(type(one)(one.time, shown, empty, alpha, one.box))
    track = track_of(stages)
    stays = there("person", near_box, stages)
    results, _ = mended(stages, [track, stays], [track], still=True)
    before = [frame.to_ndarray(format="bgr24") for frame in frames_of([one.shown for one in stages])]
    for result, old in zip(results, before, strict=True):
        assert np.array_equal(result[75:355, 320:400], old[75:355, 320:400])
    ours, _ = quality(stages, results)
    assert ours >= 25


def test_a_far_person_within_the_box_of_the_near_one_takes_nothing_of_them(street):
    """The near one moves a little, so the plate does not tell them from the far one: where it is not clear, they stay whole."""
    random = np.random.default_rng(4)
    stages = []
    for n, one in enumerate(staged(standing(street, SIZE), 3)):
        shown = one.shown.copy()
        sway = round(6 * np.sin(n / 4))
        body = (slice(20, 360), slice(250 + sway, 430 + sway))
        shown[body] = random.integers(0, 255, (1, 1, 3)) // 8 + np.asarray((30, 120, 190), np.uint8)
        stages.append(type(one)(one.time, shown, one.empty, one.alpha, one.box))
    track = track_of(stages)
    # Behind the near one nobody sees them.
    seen = [n for n, box in enumerate(track.boxes) if box[2] < 250 or box[0] > 430]
    track.times, track.boxes = [track.times[n] for n in seen], [track.boxes[n] for n in seen]
    track.scores = track.scores[: len(seen)]
    stays = there("person", (230, 10, 450, 359), stages)
    results, _ = mended(stages, [track, stays], [track], still=True)
    before = [frame.to_ndarray(format="bgr24") for frame in frames_of([one.shown for one in stages])]
    assert sum(int((result != old).sum()) for result, old in zip(results, before, strict=True)) > 50_000
    for result, old in zip(results, before, strict=True):
        assert np.array_equal(result[24:356, 262:418], old[24:356, 262:418])


def test_what_is_hidden_all_the_time_is_invented_and_told(street):
    scene = cv2.resize(street, SIZE)
    cv2.rectangle(scene, (300, 150), (360, 230), (200, 40, 180), -1)
    stages = list(staged(standing(scene, SIZE), 2, light=0))
    track = there("place", (296, 146, 365, 235), stages)
    results, remover = mended(stages, [track], [track], still=True)
    assert remover.tally.share > 0.5
    purple = np.abs(results[10][150:230, 300:360].astype(int) - (200, 40, 180)).sum(axis=2) < 60
    assert purple.mean() < 0.02


def test_shots_without_targets_pass_untouched(street):
    stages = list(staged(standing(street, SIZE), 1))
    track = track_of(stages)
    other = Analysis(SIZE, (Shot(0, 0.5, still=True), Shot(0.5, 1.1, still=True)), (track,))
    track.shot = 1
    frames = frames_of([one.shown for one in stages])
    remover = Remover(other, [track])
    remover.prepare(lambda _times: ((one.time, frame) for one, frame in zip(stages, frames, strict=True)), (0, 1.1))
    kept = [planes_of(frame).y.copy() for frame in frames[:12]]
    done = [frame for _, frame in remover.mended((one.time, frame) for one, frame in zip(stages, frames, strict=True))]
    assert all(np.array_equal(planes_of(frame).y, old) for frame, old in zip(done, kept, strict=False))


def test_a_plate_is_the_median_of_what_is_seen():
    builder = PlateBuilder((0, 0, 64, 32))
    place = Track(1, "place", 0)
    for n in range(9):
        planes = Planes(*(np.full(shape, 50 + n, np.uint8) for shape in ((32, 64), (16, 32), (16, 32))))
        if n < 6:
            planes.y[2:6, 4:8] = 200
        builder.add(planes, [(place, np.asarray([4, 2, 8, 6], np.float32))] if n < 6 else [])
    plate = builder.build()
    assert plate.planes.y[3, 5] == 57  # of 56, 57 and 58, which are all that shows there
    assert plate.planes.y[31, 0] == plate.planes.u[15, 31] == 54
    assert not plate.invented


def test_only_holes_are_filled(street):
    planes = planes_of(frames_of([cv2.resize(street, (320, 180))])[0])
    hole = np.zeros((90, 160), np.uint8)
    hole[30:50, 60:90] = 255
    old = Planes(*(plane.copy() for plane in planes.each()))
    old.y[60:100, 120:180] = 0
    filled = invented(old, hole)
    for new, before in zip(filled.each(), old.each(), strict=True):
        around = cv2.resize(cv2.dilate(hole, np.ones((5, 5))), before.shape[::-1], interpolation=cv2.INTER_NEAREST) == 0
        assert np.array_equal(new[around], before[around])
    assert filled.y[70:90, 130:170].mean() > 20


def test_a_calm_fill_runs_on_smoothly_and_takes_nothing_from_what_is_foul():
    ramp = np.tile(np.linspace(40, 200, 160, dtype=np.uint8), (90, 1))
    planes = Planes(ramp.copy(), np.full_like(ramp, 100), np.full_like(ramp, 150))
    hole, foul = np.zeros_like(ramp), np.zeros_like(ramp)
    hole[20:70, 50:110] = 255
    foul[15:75, 40:50] = 255
    planes.y[hole + foul > 0] = 255
    before = planes.y.copy()
    imagined(planes, hole, foul)
    assert np.array_equal(planes.y[hole == 0], before[hole == 0])
    assert np.abs(planes.y[hole > 0].astype(int) - ramp[hole > 0]).mean() < 8
    assert np.abs(planes.u[hole > 0].astype(int) - 100).max() <= 2


def test_a_calm_fill_of_everything_changes_nothing():
    planes = Planes(*(np.full((8, 8), 77, np.uint8) for _ in range(3)))
    imagined(planes, np.full((8, 8), 255, np.uint8), np.zeros((8, 8), np.uint8))
    assert (planes.y == 77).all()
