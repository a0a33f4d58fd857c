"""Trims that copy whole groups of pictures: which packets are the film's own, and that the film looks right all through."""

from __future__ import annotations

import subprocess
from itertools import pairwise

import av
import imageio_ffmpeg
import numpy as np
import pytest


@pytest.fixture(scope="session")
def film(tmp_path_factory, bunny, ffmpeg):
    """A function: the bunny with a keyframe every half second, by its name."""
    folder = tmp_path_factory.mktemp("film")
    kinds = {
        "closed.mp4": ["-bf", "3"],
        "plain.mp4": ["-bf", "0"],
        "tagged.mkv": ["-bf", "2", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"],
        "open.mkv": ["-bf", "3", "-x264-params", "open-gop=1"],
        "vfr.mp4": ["-bf", "2", "-vf", "select='mod(n,5)',scale=320:180", "-fps_mode", "vfr"],
        "baseline.mp4": ["-profile:v", "baseline"],
    }

    def make(name):
        path = folder / name
        if not path.exists():
            ffmpeg(
                *("-i", bunny, "-t", "4", "-s", "320x180", "-c:v", "libx264", "-crf", "20", "-g", "12"),
                *("-keyint_min", "12", "-sc_threshold", "0", "-c:a", "aac", *kinds[name], path),
            )
        return path

    return make


# Seconds that are kept, and the least part of the packets that are the film's own.
CUTS = [(0.7, 3.3, 0.6), (1.0, 3.0, 0.7), (0, 2.2, 0.6), (1.3, None, 0.8), (0.51, 1.49, 0.0), (1.1, 1.2, 0.0)]


@pytest.mark.parametrize("name", ["closed.mp4", "plain.mp4", "tagged.mkv", "open.mkv", "vfr.mp4", "baseline.mp4"])
@pytest.mark.parametrize(("start", "end", "part"), CUTS)
def test_pictures_and_times(name, start, end, part, film, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    rendered(film(name), target, {"op": "trim", "start": start, "end": end}, quality="high")
    before, after = look.decode(film(name), "gray"), look.decode(target, "gray")
    stop = end or before.times[-1] + 1
    shown = [n for n, time in enumerate(before.times) if start - 1e-6 <= time < stop - 1e-6]
    times = [before.times[n] - start for n in shown]
    if times[0] > 1e-3 and shown[0] > 0:  # the picture on screen when the cut begins
        shown, times = [shown[0] - 1, *shown], [0, *times]
    assert after.times == pytest.approx(times, abs=0.0011)
    likeness = [look.psnr(before.pictures[n], picture) for n, picture in zip(shown, after.pictures, strict=True)]
    assert min(likeness) > 34
    own = set(look.packets(film(name)))
    copied = sum(packet in own for packet in look.packets(target))
    if name not in ("open.mkv", "vfr.mp4"):
        assert copied >= part * len(shown)
    assert all(
        (a == b).all()
        for a, b in zip(
            [before.pictures[n] for n, p in zip(shown, likeness, strict=True) if p == 99.0],
            [picture for picture, p in zip(after.pictures, likeness, strict=True) if p == 99.0],
            strict=True,
        )
    )


@pytest.mark.parametrize("name", ["closed.mp4", "tagged.mkv", "baseline.mp4"])
def test_other_readers_accept_it(name, film, look, rendered, tmp_path):
    """ffmpeg itself finds nothing to complain about, seeks into every part, and sound stays with the pictures."""
    target = tmp_path / "out.mp4"
    rendered(film(name), target, {"op": "trim", "start": 0.7, "end": 3.3})
    run = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "warning", "-xerror"]
    checked = subprocess.run([*run, "-i", target, "-f", "null", "-"], capture_output=True, text=True, check=True)
    assert checked.stderr == ""
    for place in ("0.1", "1.2", "2.5"):
        command = [*run, "-ss", place, "-i", target, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
        picture = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8)
        whole = look.decode(film(name), "gray")
        n = int(np.searchsorted(whole.times, float(place) + 0.7 - 1e-6))
        assert look.psnr(whole.pictures[n].ravel(), picture) > 34
    sound, own = look.samples(target)[0], look.samples(film(name))[0, 33_600:]
    length = min(sound.size, own.size) - 4800
    # Matroska tells times in whole ms.
    likeness = [np.corrcoef(sound[4800:length], own[4800 + lag : length + lag])[0, 1] for lag in range(-48, 49, 8)]
    assert max(likeness) > 0.97


def test_decoding_times_grow(film, rendered, tmp_path):
    for name in ("closed.mp4", "vfr.mp4"):
        target = tmp_path / name
        rendered(film(name), target, {"op": "trim", "start": 0.7, "end": 3.3}, sound=False)
        with av.open(str(target)) as container:
            packets = [packet for packet in container.demux(video=0) if packet.size]
        assert all(a.dts < b.dts for a, b in pairwise(packets))
        assert all(packet.dts <= packet.pts for packet in packets)
