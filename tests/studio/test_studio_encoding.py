"""Renders that must encode: H.264 yuv420p with the source's times, tags, pixel shape and rotation."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from skillwire.studio.media.shape import canvas_size, fitted, upright

# Input, what its pictures are compared with, and the least PSNR (dB) of each grey picture.
ENCODED = [
    ("vp8.webm", "vp8.webm", 34),
    ("vp9odd.webm", "vp9odd.webm", 34),
    ("mpeg4.avi", "base.mp4", 30),
    ("hevc10.mp4", "hevc10.mp4", 30),
    ("full.mkv", "full.mkv", 32),
    ("sar.webm", "sar.webm", 34),
]


@pytest.mark.parametrize(("name", "reference", "least"), ENCODED)
def test_pictures_are_encoded(name, reference, least, clip, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    assert rendered(clip(name), target) == []
    before, film, after = (
        look.decode(clip(name), "gray"),
        look.decode(clip(reference), "gray"),
        look.decode(target, "gray"),
    )
    assert after.kinds == ["audio", "video"]
    assert (after.stream.codec, after.stream.pix_fmt) == ("h264", "yuv420p")
    assert after.stream.size == tuple(side // 2 * 2 for side in before.stream.size)
    assert (after.stream.sar or 1) == (before.stream.sar or 1)
    assert after.times == pytest.approx(film.times, abs=0.0006)
    width, height = after.stream.size
    worst = min(look.psnr(a[:height, :width], b) for a, b in zip(film.pictures, after.pictures, strict=True))
    assert worst >= least
    # A tag that the source does not state (2 is "unspecified") may be anything the decoder found instead.
    stated = [(a, b) for a, b in zip(before.stream.tags[:3], after.stream.tags[:3], strict=True) if a != 2]
    assert all(a == b for a, b in stated)


def test_sound_is_encoded_in_place(clip, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    for name in ("vp8.webm", "mpeg4.avi"):
        rendered(clip(name), target)
        before, after = look.samples(clip(name)), look.samples(target)
        length = min(before.shape[1], after.shape[1])
        assert length >= 95_000
        assert np.corrcoef(before[0, :length], after[0, :length])[0, 1] > 0.98


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_kept_or_carried_out(degrees, clip, look, rendered, tmp_path):
    """A trim keeps the tag; a change of size turns the pictures themselves, as any player would show them."""
    source, target = clip(f"turned{degrees}.mov"), tmp_path / "out.mp4"
    rendered(source, target, {"op": "trim", "start": 0.5, "end": 1.5})
    kept = look.decode(target, "gray")
    assert (kept.rotation, kept.stream.size) == (look.decode(source).rotation, (320, 180))
    rendered(source, target, {"op": "resolution", "height": 180})
    turned, film = look.decode(target, "gray"), look.decode(clip("base.mp4"), "gray")
    assert turned.rotation == 0
    quarters = {90: 1, 180: 2, 270: 3}[degrees]
    assert turned.stream.size == ((180, 320) if quarters % 2 else (320, 180))
    assert min(look.psnr(np.rot90(a, quarters), b) for a, b in zip(film.pictures, turned.pictures, strict=True)) > 30


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1920, 1080), (1920, 1080)),
        ((1080, 1920), (1080, 1920)),
        ((3840, 2160), (1920, 1080)),
        ((2160, 3840), (1080, 1920)),
        ((321, 181), (320, 180)),
        ((4096, 1716), (2578, 1080)),
        ((1, 1), (2, 2)),
    ],
)
def test_fitted(size, expected):
    assert fitted(*size) == expected


@pytest.mark.parametrize(
    ("display", "ratio", "height", "expected"),
    [
        ((1280, 720), (9, 16), None, (720, 1280)),
        ((1280, 720), (1, 1), None, (720, 720)),
        ((1280, 720), (4, 5), None, (720, 900)),
        ((1080, 1920), (16, 9), None, (1920, 1080)),
        ((1280, 720), None, 480, (854, 480)),
        ((720, 1280), None, 480, (480, 854)),
        ((640, 272), None, 1080, (2542, 1080)),
        ((3840, 2160), (9, 16), None, (1080, 1920)),
    ],
)
def test_canvas_size(display, ratio, height, expected):
    assert canvas_size(display, ratio, height) == expected


def test_odd_angles_are_left_alone():
    assert upright((46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30)) == upright(None) == []


def test_pixel_shape_follows_the_scale(clip, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    rendered(clip("sar.webm"), target, {"op": "resolution", "height": 90})
    after = look.decode(target)
    assert after.stream.size == (214, 90)  # 320×180 of 4:3 pixels is 427×180 square ones
    assert (after.stream.sar or Fraction(1)) == 1


@pytest.fixture(scope="module")
def slides(tmp_path_factory, ffmpeg):
    """A picture every two seconds, as recordings of slides have them."""
    path = tmp_path_factory.mktemp("slides") / "slides.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=0.5:duration=8", "-c:v", "libx264", "-bf", "0", path)
    return path


@pytest.mark.parametrize(
    ("operations", "length", "pictures"),
    [
        ([{"op": "trim", "start": 0.3, "end": 0.7}], 0.4, 1),
        ([{"op": "trim", "start": 0.5, "end": 5}], 4.5, 3),
        ([{"op": "speed", "factor": 4}], 2.0, 4),
        ([{"op": "aspect", "ratio": "1:1"}, {"op": "trim", "start": 1, "end": 3.5}], 2.5, 2),
    ],
)
def test_pictures_that_stand_long(operations, length, pictures, slides, rendered, look, tmp_path):
    rendered(slides, tmp_path / "out.mp4", *operations)
    assert len(look.decode(tmp_path / "out.mp4", "gray").pictures) == pictures
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration / 1e6 == pytest.approx(length, abs=0.05)


@pytest.mark.parametrize("operation", [{"op": "rotate", "degrees": 180}, {"op": "trim", "start": 0.3, "end": 1.7}])
def test_pictures_are_not_cut_into_slices(operation, clip, rendered, tmp_path):
    """Slices, one for each processor, compress worse than whole pictures; x264 notes its settings in what it writes."""
    rendered(clip("base.mp4"), tmp_path / "out.mp4", operation)
    assert b"sliced_threads=0" in (tmp_path / "out.mp4").read_bytes()
    assert b"sliced_threads=1" not in (tmp_path / "out.mp4").read_bytes()
