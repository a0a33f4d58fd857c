"""Somebody far who goes, beside and behind somebody near who stays: all of the one is taken, nothing of the other."""

import av
import cv2
import numpy as np
import pytest

from skillwire.studio.effects.analysis import Analysis, Shot
from skillwire.studio.effects.planes import planes_of
from skillwire.studio.effects.remove import Remover
from skillwire.studio.effects.segmenter import Segmenter, thumbnail
from skillwire.studio.effects.tracks import Track
from support.walker import FPS, Staged, frames_of, picture, staged, standing, track_of, wandering

SIZE = (640, 360)
# Where the near one's picture (352 × 288) is put.
LEFT, TOP = 150, 72


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
    return old, [planes_of(frame).each() for _, frame in done]


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
    own = [part > 0.95 for part in parts]
    changed = sum(int((mine & (one[0] != other[0])).sum()) for mine, one, other in zip(own, old, new, strict=True))
    return changed / sum(int(mine.sum()) for mine in own)


@pytest.mark.parametrize(("camera", "left"), [(standing, 0.2), (wandering, 0.2)])
def test_of_who_passes_behind_all_goes_that_shows(street, man, camera, left):
    walk = list(staged(camera(street, SIZE), 4))
    stages, parts = before_them(man, walk)
    far, near = sighted(stages, [one.alpha for one in walk]), staying(parts)
    old, new = removed(stages, [far, near], [far], still=camera is standing)
    assert left_of(stages, old, new) < left
    assert touched(parts, old, new) < 2e-4
