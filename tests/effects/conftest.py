"""A second of a man talking, as files."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from skillwire.studio.render import MediaFile


@pytest.fixture(scope="session")
def man(footage, tmp_path_factory):
    """A second of a man talking in a car, 176×144, H.264."""
    path = tmp_path_factory.mktemp("man") / "man.mp4"
    with av.open(str(footage / "carphone_pristine.mp4")) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 176, 144, "yuv420p"
        for n, frame in zip(range(25), source.decode(video=0), strict=False):
            frame.pict_type, frame.pts, frame.time_base = 0, n, Fraction(1, 25)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def spoken(man, tmp_path_factory):
    """The same second with a tone of 440 Hz."""
    path = tmp_path_factory.mktemp("spoken") / "spoken.mp4"
    tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(48_000, dtype=np.float32) / 48_000)
    with av.open(str(man)) as source, av.open(str(path), "w") as target:
        pictures = target.add_stream_from_template(source.streams.video[0])
        sound = target.add_stream("aac", rate=48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.stack([tone, tone]).astype(np.float32), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, 0
        for packet in [*sound.encode(frame), *sound.encode(None)]:
            target.mux(packet)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = pictures
                target.mux(packet)
    return path


@pytest.fixture(scope="session")
def media_file():
    """A function: a file as renders take it."""

    def make(path, codec="h264"):
        status = path.stat()
        return MediaFile(path, path.name, status.st_size, status.st_mtime_ns, codec)

    return make
