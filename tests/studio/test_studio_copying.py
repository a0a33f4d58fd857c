"""Renders that copy the pictures: same packets, same times, same tags."""

from __future__ import annotations

import hashlib

import av
import numpy as np
import pytest

COPIED = [
    "base.mp4",
    "silent.mp4",
    "h264.mov",
    "h264.mkv",
    "vfr.mp4",
    "tagged.mp4",
    "turned90.mov",
    "turned180.mp4",
    "edited.mp4",
    "delayed.mkv",
    "covered.mp4",
    "surround.mkv",
]


@pytest.mark.parametrize("name", COPIED)
@pytest.mark.parametrize("sound", [False, True], ids=["silent", "sound"])
def test_pictures_are_copied(name, sound, clip, look, rendered, tmp_path):
    source = clip(name)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    target = tmp_path / "out.mp4"
    assert rendered(source, target, sound=sound) == []
    before, after = look.decode(source), look.decode(target)
    assert after.kinds == (["audio", "video"] if sound and "audio" in before.kinds else ["video"])
    assert look.packets(target) == look.packets(source)
    assert len(after.times) == len(before.times)
    assert after.times == pytest.approx(before.times, abs=1e-6)
    assert all((a == b).all() for a, b in zip(before.pictures, after.pictures, strict=True))
    assert (after.rotation, after.stream) == (before.rotation, before.stream)
    assert hashlib.sha256(source.read_bytes()).hexdigest() == digest
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_index_is_in_front(clip, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    rendered(clip("base.mp4"), target, sound=True)
    data = target.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_avi_gets_its_showing_times_back(clip, look, rendered, tmp_path):
    """AVI stores decoding order only; with B-frames the pictures' order must be found again."""
    target = tmp_path / "out.mp4"
    rendered(clip("h264.avi"), target, sound=False)
    film, after = look.decode(clip("base.mp4")), look.decode(target)
    assert after.times == pytest.approx(film.times, abs=1e-6)
    assert all((a == b).all() for a, b in zip(film.pictures, after.pictures, strict=True))
    with av.open(str(target)) as container:
        assert container.streams.video[0].duration * container.streams.video[0].time_base == 2


def test_sound_beside_copied_pictures(clip, look, rendered, tmp_path):
    """AAC is copied, everything else becomes AAC; both keep their place in time."""
    for name, copied in (("base.mp4", True), ("surround.mkv", False)):
        target = tmp_path / name
        rendered(clip(name), target.with_suffix(".mp4"), sound=True)
        before, after = look.samples(clip(name)), look.samples(target.with_suffix(".mp4"))
        length = min(before.shape[1], after.shape[1])
        assert abs(before.shape[1] - after.shape[1]) < 4096
        likeness = np.corrcoef(before[0, :length], after[0, :length])[0, 1]
        assert (likeness == pytest.approx(1, abs=1e-9)) if copied else likeness > 0.98


def test_broken_tail_is_rendered_up_to_there(clip, look, rendered, tmp_path):
    whole, source, target = clip("h264.mkv"), clip("tail.mkv"), tmp_path / "out.mp4"
    rendered(source, target, sound=False)
    packets = look.packets(target)
    assert 10 < len(packets) < len(look.packets(whole))
    assert packets == look.packets(whole)[: len(packets)]


def test_packet_cut_off_in_its_middle_is_left_out(clip, ffmpeg, look, rendered, tmp_path):
    """As of a recording that was stopped hard: whatever is copied decodes, and the damage is told."""
    whole, broken, target = tmp_path / "whole.mp4", tmp_path / "broken.mp4", tmp_path / "out.mp4"
    ffmpeg("-i", clip("silent.mp4"), "-c", "copy", "-movflags", "frag_keyframe+empty_moov", whole)
    packets = look.packets(whole)
    data = whole.read_bytes()
    broken.write_bytes(data[: data.index(packets[-5]) + len(packets[-5]) // 2])
    notes = rendered(broken, target)
    assert look.packets(target) == packets[:-5]
    assert len(look.decode(target, "gray").pictures) == len(packets) - 5
    assert any("ends early" in note for note in notes)
