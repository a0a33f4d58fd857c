"""A look leaves out frames no other needs, and still tells cuts to the frame."""

import gc

import av
import numpy as np
import pytest

from skillwire.studio.effects.finding.shots import first_after_cut
from skillwire.studio.effects.finding.sparse import Sparse
from skillwire.studio.effects.vanish import analysis_of
from skillwire.studio.media.shape import display_matrix

RATE, COUNT = 25, 70


def clip(path, cut, bframes, rate=RATE):
    """Two blocky scenes that drift, the second from frame number ``cut`` on; keyframes do not follow the cut."""
    random = np.random.default_rng(11)
    scenes = [
        np.kron(random.integers(low, high, (12, 24, 3)), np.ones((16, 16, 1))) for low, high in ((0, 90), (120, 250))
    ]
    options = {"qp": "12", "x264-params": f"bframes={bframes}:b-adapt=0:scenecut=0:keyint=250:b-pyramid=none"}
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(COUNT):
            scene = scenes[number >= cut][:180, number % 60 : number % 60 + 320].astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(scene), format="rgb24")
            target.mux(stream.encode(frame.reformat(format="yuv420p")))
        target.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("cut", [30, 31, 32, 33])
def test_cuts_are_told_to_the_frame(tmp_path, cut):
    path = clip(tmp_path / "cut.mp4", cut, bframes=2)
    seen = [time for time, _ in Sparse(path, path.name).frames()]
    assert len(seen) < 0.5 * COUNT
    assert max(np.diff(seen)) < 0.13
    shots = analysis_of(path, path.name).shots
    assert [round(shot.start * RATE) for shot in shots] == [0, cut]


def test_nothing_is_left_out_where_frames_are_rare_or_all_needed(tmp_path):
    slow = clip(tmp_path / "slow.mp4", 100, bframes=3, rate=8)
    seen = [round(time * 8) for time, _ in Sparse(slow, slow.name).frames()]
    assert seen[-20:] == list(range(COUNT - 20, COUNT))
    plain = Sparse(clip(tmp_path / "plain.mp4", 100, bframes=0), "plain.mp4")
    assert len(list(plain.frames())) == COUNT


def test_a_stretch_comes_whole(tmp_path):
    path = clip(tmp_path / "cut.mp4", 40, bframes=2)
    sparse = Sparse(path, path.name)
    assert list(sparse.between(0.0, 1.0)) == []
    list(sparse.frames())
    assert [round(time * RATE) for time, _ in sparse.between(36 / RATE, 42 / RATE)] == list(range(36, 43))


def test_the_frame_after_a_cut_is_the_one_most_unlike_the_one_before():
    dark, light = (np.full((64, 96), value, np.uint8) for value in (20, 200))
    assert first_after_cut([(0.0, dark), (0.1, dark + 3), (0.2, light), (0.3, light)], 9.0) == 0.2
    assert first_after_cut([], 9.0) == 9.0


def test_a_picture_goes_when_it_was_looked_at(tmp_path):
    """A frame that is tied to itself stays in memory until the collector of cycles comes by: hundreds of them at once."""
    path = tmp_path / "clip.mp4"
    clip(path, 30, 0)
    gc.collect()
    gc.disable()
    try:
        for _, frame in Sparse(path, path.name).frames():
            display_matrix(frame)
        del frame
        assert gc.collect() < COUNT
    finally:
        gc.enable()
