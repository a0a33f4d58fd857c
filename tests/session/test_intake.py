"""What may be handed over: the file is there, small enough, and what it says it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.errors import BadInput
from skillwire.intake import check, sniff, sniff_file
from skillwire.spec.model import Auth, Skill

FORMATS = ("mp4", "mov", "avi", "webm", "mkv", "jpg", "png", "gif", "webp", "mp3", "wav", "m4a", "aac")
SKILL = Skill("a", "1", "A", "", "SKILL.md", "unknown", "0", Auth(None), formats=FORMATS, max_bytes=1000)
MP4 = b"\0\0\0\x18ftypmp42"


@pytest.mark.parametrize(
    ("head", "format_"),
    [
        (MP4, "mp4"),
        (b"\0\0\0\x14ftypqt  ", "mov"),
        (b"\0\0\0\x14ftypM4A ", "m4a"),
        (b"\0\0\0\x08wide", "mov"),
        (b"\x1aE\xdf\xa3....matroska", "mkv"),
        (b"\x1aE\xdf\xa3.....webm", "webm"),
        (b"RIFF....AVI LIST", "avi"),
        (b"RIFF....WAVEfmt ", "wav"),
        (b"RIFF....WEBPVP8 ", "webp"),
        (b"\xff\xd8\xff\xe0", "jpg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF89a", "gif"),
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90", "mp3"),
        (b"\xff\xf1\x50", "aac"),
        (b"%PDF-1.7", "pdf"),
        (b"hello", None),
        (b"", None),
    ],
)
def test_types_by_content(head, format_):
    assert sniff(head) == format_


def test_real_footage(footage):
    assert sniff_file(footage / "bigbuckbunny.mp4") == "mp4"


@given(st.binary(max_size=64))
def test_any_bytes_are_a_known_format_or_none(head):
    assert sniff(head) in {*FORMATS, "pdf", "zip", "ogg", "flac", "elf", "exe", None}


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.mp4", b"", "empty"),
        ("a.mp4", MP4 + bytes(2000), "takes at most"),
        ("a.txt", b"hello", "txt is not supported"),
        ("a.mp4", b"just some text", "holds text"),
        ("a.mp4", b"%PDF-1.7", "named .mp4 but is pdf"),
        ("a.pdf", b"%PDF-1.7", "pdf is not supported"),
        ("a.mp4", b"\x7fELF", "is elf"),
        ("noname", b"\0\1\2", "not supported"),
    ],
)
def test_refused(tmp_path, name, content, complaint):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput, match=complaint) as caught:
        check(path, SKILL)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mp4", MP4),
        ("A.MP4", MP4),
        ("a.mov", MP4),
        ("a.mkv", b"\x1aE\xdf\xa3....webm"),
        ("a.mp4", b"\0\1\2\3unknown"),
    ],
)
def test_accepted(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert check(path, SKILL) == len(content)


def test_what_is_no_file(tmp_path):
    for path, complaint in (
        (tmp_path, "a folder"),
        (tmp_path / "x.mp4", "No such file"),
        (Path("/dev/null"), "regular"),
    ):
        with pytest.raises(BadInput, match=complaint):
            check(path, SKILL)
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(BadInput, match="regular"):
        check(tmp_path / "pipe.mp4", SKILL)


def test_a_skill_without_formats_takes_any(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("hello")
    assert check(path, Skill("a", "1", "A", "", "SKILL.md", "unknown", "0", Auth(None))) == 5
