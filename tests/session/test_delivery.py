"""A finished file appears whole or not at all, and replaces nothing it was not told to."""

from __future__ import annotations

import pytest

from skillwire.delivery import Delivery
from skillwire.errors import BadInput, OutputFailed

MP4 = b"\0\0\0\x18ftypmp42" + bytes(100)


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mov"
    path.write_bytes(MP4)
    return path


def deliver(delivery, content=MP4, label="silent"):
    delivery.scratch.write_bytes(content)
    try:
        return delivery.finish(label)
    finally:
        delivery.discard()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_beside_the_input_and_never_over_another_file(clip):
    assert deliver(Delivery(None, [clip])).name == "clip.silent.mp4"
    assert deliver(Delivery(None, [clip])).name == "clip.silent-2.mp4"
    assert names(clip.parent) == ["clip.mov", "clip.silent-2.mp4", "clip.silent.mp4"]


def test_an_explicit_output_is_replaced_whole(clip, tmp_path):
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")
    assert deliver(Delivery(target, [clip])) == target
    assert target.read_bytes() == MP4
    assert target.stat().st_mode & 0o044, "readable like any new file"


WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(100)
MOV = b"\0\0\0\x14ftypqt  " + bytes(100)


def test_a_film_of_another_kind_is_named_after_what_it_is(clip, tmp_path):
    assert deliver(Delivery(None, [clip]), WEBM).name == "clip.silent.webm"
    assert deliver(Delivery(None, [clip]), MOV).name == "clip.silent.mov"
    (tmp_path / "out.webm").write_bytes(b"another's")
    assert deliver(Delivery(tmp_path / "out.mp4", [clip]), WEBM).name == "out-2.webm"
    assert deliver(Delivery(tmp_path / "new.mp4", [clip]), WEBM).name == "new.webm"
    assert deliver(Delivery(tmp_path / "same.mkv", [clip]), WEBM).name == "same.mkv"
    assert deliver(Delivery(tmp_path / "plain", [clip]), WEBM).name == "plain"
    assert (tmp_path / "out.webm").read_bytes() == b"another's"


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><p>no", b'{"code": 1}', b"  <html>"])
def test_what_is_no_result_is_refused_and_nothing_stays(clip, content):
    with pytest.raises(OutputFailed, match="instead of the result"):
        deliver(Delivery(None, [clip]), content)
    assert names(clip.parent) == ["clip.mov"]


def test_an_output_that_would_destroy_something(clip, tmp_path):
    with pytest.raises(BadInput, match="replace an input"):
        Delivery(clip, [clip])
    link = tmp_path / "link.mov"
    link.symlink_to(clip)
    with pytest.raises(BadInput, match="replace an input"):
        Delivery(link, [clip])
    with pytest.raises(BadInput, match="folder"):
        Delivery(tmp_path, [clip])
    with pytest.raises(OutputFailed, match="No such file"):
        Delivery(tmp_path / "nowhere" / "out.mp4", [clip])
