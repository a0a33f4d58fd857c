"""Somebody far who goes, beside and behind somebody near who stays: all of the one is taken, nothing of the other."""

import av
import cv2
import numpy as np
import pytest

from skillwire.studio.effects.backdrop.segmenter import Segmenter, thumbnail
from skillwire.studio.effects.finding.analysis import Analysis, Shot
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.planes import Planes, planes_of
from skillwire.studio.effects.removal.parting import own_part
from skillwire.studio.effects.removal.remove import Remover
from skillwire.studio.effects.removal.silhouette import outline, outline_of
from support.walker import FPS, Staged, frames_of, picture, staged, standing, track_of, wandering

SIZE = (640, 360)
# Where the near one's picture (352 × 288) is put.
LEFT, TOP = 150, 72
# Left of this the network takes some of his car for him.
HIS = 280


@pytest.fixture(scope="module")
def street(footage):
    return picture(footage / "bikes.mp4", 215)


@pytest.fixture(scope="module")
def man(footage):
    """A man talking, as pictures of 352 × 288 with their alpha: cut out of a car as a network for portraits sees him."""
    segment, cut = Segmenter(0), []
    with av.open(str(footage / "carphone_pristine.mp4")) as container:
        for _, frame in zip(range(50), container.decode(video=0), strict=False):
            alpha = np.clip((cv2.resize(segment(thumbnail(planes_of(frame))), (352, 288)) - 0.35) / 0.4, 0, 1)
            cut.append((cv2.resize(frame.to_ndarray(format="bgr24"), (352, 288)), alpha))
    return cut


def before_them(man, stages):
    """The stages with the man standing before all, and his own part of each picture, 0 to 1."""
    made, parts = [], []
    for n, one in enumerate(stages):
        colours, alpha = man[min(n % 98, 98 - n % 98) % 50]
        part = np.zeros(SIZE[::-1], np.float32)
        part[TOP:, LEFT : LEFT + 352] = alpha
        over = np.zeros((*SIZE[::-1], 3), np.float32)
        over[TOP:, LEFT : LEFT + 352] = colours
        shown, empty = (
            np.uint8(scene * (1 - part[..., None]) + over * part[..., None]) for scene in (one.shown, one.empty)
        )
        made.append(Staged(one.time, shown, empty, one.alpha * (1 - part), one.box))
        parts.append(part)
    return made, parts


def staying(parts):
    """The near one's track."""
    times = [n / FPS for n in range(0, len(parts), 5)]
    boxes = []
    for part in parts[::5]:
        rows, columns = np.flatnonzero((part > 0.5).any(axis=1)), np.flatnonzero((part > 0.5).any(axis=0))
        boxes.append(np.asarray([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32))
    return Track(2, "person", 0, label="person", times=times, boxes=boxes, scores=[0.9] * len(times))


def sighted(stages, alone):
    """The far one's track as far as most of them shows. ``alone``: how much of them would show with nobody before them."""
    seen = [
        one if (one.alpha > 0.5).sum() > 0.6 * (all_of > 0.5).sum() else None
        for one, all_of in zip(stages, alone, strict=True)
    ]
    track = track_of([one for one in seen if one is not None], every=1)
    keep = range(0, len(track.times), 5)
    track.times, track.boxes, track.scores = (
        [each[n] for n in keep] for each in (track.times, track.boxes, track.scores)
    )
    return track


def removed(stages, tracks, targets, *, still):
    """The stages without the targets, as planes."""
    end = stages[-1].time + 1 / FPS
    remover = Remover(Analysis(SIZE, (Shot(0, end, still),), tuple(tracks)), targets)
    frames = frames_of([one.shown for one in stages])

    def read(times):
        for time in times:
            place = min(len(stages) - 1, round(time * FPS))
            yield stages[place].time, frames[place]

    remover.prepare(read, (0, end))
    old = [[plane.copy() for plane in planes_of(frame).each()] for frame in frames]
    done = list(remover.mended((one.time, frame) for one, frame in zip(stages, frames, strict=True)))
    return old, [planes_of(frame).each() for _, frame in done], remover.tally


def left_of(stages, old, new):
    """Which part of the far one's pixels still shows them."""
    left = total = 0
    for one, before, after, empty in zip(stages, old, new, frames_of([one.empty for one in stages]), strict=True):
        wanted = planes_of(empty).y.astype(int)
        theirs = (one.alpha > 0.3) & (np.abs(before[0].astype(int) - wanted) > 20)
        total += int(theirs.sum())
        left += int((theirs & (np.abs(after[0].astype(int) - before[0]) < 10)).sum())
    return left / total


def touched(parts, old, new):
    """Which part of the near one's pixels was changed at all."""
    own = [(part > 0.95) & (np.arange(SIZE[0]) > HIS) for part in parts]
    changed = sum(int((mine & (one[0] != other[0])).sum()) for mine, one, other in zip(own, old, new, strict=True))
    return changed / sum(int(mine.sum()) for mine in own)


@pytest.mark.parametrize(("camera", "left"), [(standing, 0.08), (wandering, 0.12)])
def test_of_who_passes_behind_all_goes_that_shows(street, man, camera, left):
    walk = list(staged(camera(street, SIZE), 4))
    stages, parts = before_them(man, walk)
    far, near = sighted(stages, [one.alpha for one in walk]), staying(parts)
    old, new, _ = removed(stages, [far, near], [far], still=camera is standing)
    assert left_of(stages, old, new) < left
    assert touched(parts, old, new) < 2e-4


def beside(street, man, left, count=75):
    """Pictures of a camera that stands, with the same man small at ``left``, as far away."""
    scene, random = standing(street, SIZE)(0.0), np.random.default_rng(3)
    colours, alpha = (cv2.resize(one, (106, 86), interpolation=cv2.INTER_AREA) for one in man[20])
    part = np.zeros(SIZE[::-1], np.float32)
    part[150:236, left : left + 106] = alpha
    shown = scene.astype(np.float32) * (1 - part[..., None])
    shown[150:236, left : left + 106] += colours * alpha[..., None]
    rows, columns = np.flatnonzero((part > 0.5).any(axis=1)), np.flatnonzero((part > 0.5).any(axis=0))
    box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
    stages = []
    for n in range(count):
        grain = random.normal(0, 2, scene.shape)
        both = (np.uint8(np.clip(one + grain, 0, 255)) for one in (shown, scene))
        stages.append(Staged(n / FPS, *both, part, box))
    return stages


def test_what_a_network_takes_for_both_is_parted_where_one_ends():
    """One before another whose box is known: the matte is of both, the picture shows where one ends."""
    matte, grey = np.zeros((120, 160), np.uint8), np.full((120, 160), 90, np.uint8)
    for mask in (matte, grey):
        mask[10:120, 60:130] = 255
        mask[40:110, 38:60] = 255
    grey[10:120, 60:130], grey[40:110, 38:60] = 170, 40
    luma = cv2.resize(grey, (320, 240), interpolation=cv2.INTER_NEAREST)
    planes = Planes(luma, np.full((120, 160), 128, np.uint8), np.full((120, 160), 128, np.uint8))
    other = np.asarray([74, 78, 124, 222], np.float32)
    own = own_part(matte, planes, [other])
    assert (own[12:118, 62:128] == 255).all()
    assert not own[44:100, 40:54].any()
    assert own_part(matte, planes, [])[70, 45] == 255
    # Where all of a box is the one's own, nothing of it is anybody else's.
    assert (own_part(matte, planes, [np.asarray([150, 60, 190, 200], np.float32)])[12:118, 62:128] == 255).all()


def test_of_one_behind_nothing_is_kept_that_may_be_a_rim_of_the_other():
    matte, grey = np.zeros((120, 160), np.uint8), np.full((120, 160), 90, np.uint8)
    matte[10:120, 40:130], grey[10:120, 40:130] = 255, 170
    grey[50:110, 70:92] = 40
    luma = cv2.resize(grey, (320, 240), interpolation=cv2.INTER_NEAREST)
    planes = Planes(luma, np.full((120, 160), 128, np.uint8), np.full((120, 160), 128, np.uint8))
    other = np.asarray([136, 96, 188, 222], np.float32)
    own = own_part(matte, planes, [other], behind=True)
    assert not own[52:108, 70:92].any()
    assert (own[12:46, 42:128] == 255).all()
    assert (own[12:118, 42:64] == 255).all()


@pytest.mark.parametrize(("left", "wide", "part"), [(90, 40, 1.0), (300, 40, 1.0), (90, 70, 0.5), (150, 70, 0.5)])
def test_who_is_small_or_half_hidden_is_outlined_as_in_portraits(street, man, left, wide, part):
    shown = standing(street, SIZE)(0.0).copy()
    size = (wide, round(wide * 288 / 352))
    colours, alpha = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in man[20])
    place = np.s_[150 : 150 + size[1], left : left + round(part * wide)]
    alpha = alpha[:, : round(part * wide), None]
    shown[place] = shown[place] * (1 - alpha) + colours[:, : round(part * wide)] * alpha
    rows, columns = np.nonzero(alpha[..., 0] > 0.5)
    edges = (left + columns.min(), 150 + rows.min(), left + columns.max() + 1, 150 + rows.max() + 1)
    box = np.asarray(edges, np.float32)
    planes = planes_of(frames_of([shown])[0])
    assert outline(planes, box, "person", (0, 0, *SIZE)) is None
    told = outline_of(planes, Track(1, "person", 0), box, (0, 0, *SIZE))
    theirs = np.zeros(SIZE[::-1], np.uint8)
    theirs[place] = alpha[..., 0] > 0.7
    own = cv2.resize(theirs, told.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    assert (told[own] > 0).mean() > 0.95
    assert 4 * np.count_nonzero(told) < 1.8 * (box[2] - box[0]) * (box[3] - box[1])
    assert outline_of(planes, Track(1, "car", 0), box, (0, 0, *SIZE)) is None


def test_somebody_apart_is_nobodys_part():
    matte = np.zeros((120, 160), np.uint8)
    matte[10:120, 60:130] = matte[40:90, 10:30] = 255
    planes = Planes(np.zeros((240, 320), np.uint8), *(np.zeros((120, 160), np.uint8) for _ in range(2)))
    other = np.asarray([18, 78, 62, 182], np.float32)
    assert not own_part(matte, planes, [other])[:, :40].any()
    assert own_part(matte, planes, [])[60, 20] == 255


@pytest.mark.parametrize("left", [90, 120, 150])
def test_who_stands_beside_all_the_time_goes_and_is_made_up_for(street, man, left):
    stages, parts = before_them(man, beside(street, man, left))
    far, near = track_of(stages), staying(parts)
    old, new, tally = removed(stages, [far, near], [far], still=True)
    assert left_of(stages, old, new) < 0.1
    assert touched(parts, old, new) == 0
    assert 0.5 < tally.share <= 1
