"""A home that cannot be used: every command that needs one says so in one sentence."""

from __future__ import annotations

import shutil

import pytest

from support.command import assert_one_sentence, skillwire

REMOVER = "video-audio-remover"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", REMOVER, "clip.mp4", "mute it"),
        ("chat", REMOVER),
        ("batch", "jobs.csv"),
        ("jobs",),
        ("resume",),
        ("consent", "list"),
        ("studio", "--port", "0"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("home", ["a file/home", "/proc/no home"])
def test_a_home_that_cannot_be_made_is_told(home, arguments, tmp_path, footage, monkeypatch):
    shutil.copyfile(footage / "bikes.mp4", tmp_path / "clip.mp4")
    (tmp_path / "jobs.csv").write_text(f"skill,files,words\n{REMOVER},clip.mp4,mute it\n", encoding="utf-8")
    (tmp_path / "a file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("SKILLWIRE_HOME", str(tmp_path / home))
    done = skillwire(*arguments, cwd=tmp_path)
    assert done.returncode == 3
    assert_one_sentence(done, "cannot keep", "SKILLWIRE_HOME")
    assert "unexpected" not in done.stderr


def test_a_studio_whose_home_cannot_be_made_is_told(tmp_path):
    done = skillwire("studio", "--port", "0", "--home", "/proc/no home", cwd=tmp_path)
    assert done.returncode == 3
    assert_one_sentence(done, "cannot keep the studio's files")
    assert "unexpected" not in done.stderr


def test_a_host_that_is_not_there_can_be_tried_again(tmp_path, footage):
    """Nothing has arrived, so there is no state to ask for."""
    shutil.copyfile(footage / "bikes.mp4", tmp_path / "clip.mp4")
    done = skillwire("run", REMOVER, "clip.mp4", "mute it", "--agent", "http://127.0.0.1:1", cwd=tmp_path)
    assert done.returncode == 3
    assert_one_sentence(done, "connection refused", "try again")
