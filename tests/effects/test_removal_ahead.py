"""Removal works ahead in threads: its pictures are the same each time, what it holds is bounded, and it ends when it is told to."""

import sys
import threading
from contextlib import closing
from itertools import islice

import av
import numpy as np
import pytest

from skillwire.studio.effects.finding import sparse
from skillwire.studio.effects.finding.analysis import Analysis, Shot
from skillwire.studio.effects.finding.targets import from_json
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.planes import planes_of
from skillwire.studio.effects.removal.remove import Remover
from skillwire.studio.effects.vanish import analysis_of, vanished
from skillwire.studio.media.read import frames, open_video
from support.walker import FPS, frames_of, picture, staged, standing, track_of, wandering

SIZE = (320, 180)
SHOT = 1.2


@pytest.fixture(scope="module")
def street(footage):
    return picture(footage / "bikes.mp4", 215)


@pytest.fixture(scope="module")
def swinging(street):
    """Pictures of a walker before a hand-held camera, and the analysis of them."""
    stages = list(staged(wandering(street, SIZE), 2.5))
    track = track_of(stages)
    path = tuple((one.time, np.eye(3)) for one in stages[::4])
    return stages, Analysis(SIZE, (Shot(0, 2.6, still=False, path=path),), (track,))


def remover_of(analysis, read=lambda _times: iter(())):
    remover = Remover(analysis, analysis.tracks)
    remover.prepare(read, (0, analysis.shots[-1].end))
    return remover


def timed(stages, pictures):
    return ((one.time, frame) for one, frame in zip(stages, pictures, strict=True))


def as_bytes(frame):
    return b"".join(plane.tobytes() for plane in planes_of(frame).each())


def standing_shots(street, count):
    """A walk through shots before a camera that stands, and the analysis: a track in each shot."""
    stages = list(staged(standing(street, SIZE), count * SHOT))
    whole = track_of(stages, every=2)
    tracks = []
    for n in range(count):
        seen = [m for m, time in enumerate(whole.times) if n * SHOT <= time < (n + 1) * SHOT]
        own = ([column[m] for m in seen] for column in (whole.times, whole.boxes, whole.scores))
        tracks.append(Track(n + 1, "person", n, *own, "person", travel=5.0))
    shots = tuple(Shot(n * SHOT, (n + 1) * SHOT, still=True) for n in range(count))
    return stages, Analysis(SIZE, shots, tuple(tracks))


def test_the_same_pictures_come_out_however_the_threads_take_turns(swinging):
    stages, analysis = swinging
    usual, results = sys.getswitchinterval(), []
    try:
        for interval in (usual, 1e-5):
            sys.setswitchinterval(interval)
            pictures = frames_of([one.shown for one in stages])
            results.append([as_bytes(frame) for _, frame in remover_of(analysis).mended(timed(stages, pictures))])
    finally:
        sys.setswitchinterval(usual)
    assert results[0] == results[1]


def test_the_pictures_that_others_are_mended_from_stay_as_they_are(swinging):
    stages, analysis = swinging
    pictures = frames_of([one.shown for one in stages])
    before = [as_bytes(frame) for frame in pictures]
    done = [as_bytes(frame) for _, frame in remover_of(analysis).mended(timed(stages, pictures))]
    assert [as_bytes(frame) for frame in pictures] == before
    assert sum(one != was for one, was in zip(done, before, strict=True)) > len(stages) // 2


def test_plates_are_made_one_shot_ahead(street):
    stages, analysis = standing_shots(street, 4)
    pictures = frames_of([one.shown for one in stages])
    asked = []

    def read(times):
        asked.append(analysis.shot_at(times[0]))
        return timed(stages, pictures)

    done = remover_of(analysis, read).mended(timed(stages, pictures))
    next(done)
    assert set(asked) <= {0, 1}
    assert len(list(done)) == len(stages) - 1
    assert asked == [0, 1, 2, 3]


def test_it_ends_when_it_is_told_to(swinging):
    stages, analysis = swinging
    before = set(threading.enumerate())
    done = remover_of(analysis).mended(timed(stages, frames_of([one.shown for one in stages])))
    assert len(list(islice(done, 5))) == 5
    done.close()
    assert set(threading.enumerate()) <= before


def test_an_error_while_reading_comes_through(swinging):
    stages, analysis = swinging

    def broken():
        yield from islice(timed(stages, frames_of([one.shown for one in stages])), 40)
        raise OSError("gone")

    before = set(threading.enumerate())
    with pytest.raises(OSError, match="gone"):
        list(remover_of(analysis).mended(broken()))
    assert set(threading.enumerate()) <= before


@pytest.fixture
def cuts(tmp_path):
    """A clip of four shots, all of whose frames are needed by others."""
    random = np.random.default_rng(3)
    path = tmp_path / "cuts.mp4"
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=FPS, options={"x264-params": "bframes=0:scenecut=0"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for n in range(60):
            if n % 15 == 0:
                blocks = np.kron(random.integers(20 + 50 * (n // 15), 70 + 50 * (n // 15), (12, 20)), np.ones((15, 16)))
            frame = av.VideoFrame.from_ndarray(np.dstack([blocks.astype(np.uint8)] * 3), format="rgb24")
            target.mux(stream.encode(frame.reformat(format="yuv420p")))
        target.mux(stream.encode(None))
    return path


def test_a_clip_is_read_once_where_no_frame_was_left_out(cuts, monkeypatch):
    """Cuts are looked at again only where frames between were skipped."""
    opened = []
    real = sparse.open_video
    monkeypatch.setattr(sparse, "open_video", lambda *where: opened.append(where) or real(*where))
    assert [round(shot.start * FPS) for shot in analysis_of(cuts, cuts.name).shots] == [0, 15, 30, 45]
    assert len(opened) == 1


def test_nothing_reads_a_file_any_more_when_a_render_was_broken_off(cuts):
    removal = from_json({"marks": [{"at": 0.2, "box": [0.4, 0.4, 0.6, 0.6]}]})
    before = set(threading.enumerate())
    with closing(open_video(cuts, cuts.name)) as source:
        shown = vanished(removal, source, cuts, frames(source), lambda at: at, (0.0, 2.4), lambda _remark: None)
        assert len(list(islice(shown, 3))) == 3
        shown.close()
        assert set(threading.enumerate()) <= before
