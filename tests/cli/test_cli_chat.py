"""``skillwire chat``: a conversation line by line, as a pipe gives it."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys

import pytest

from skillwire.cli.lines import split_line
from support.command import skillwire
from support.media import kinds
from support.standin import FINISHED, StandIn

SKILL = "video-audio-remover"


@pytest.fixture
def clip(tmp_path, footage):
    return shutil.copyfile(footage / "bigbuckbunny.mp4", tmp_path / "my clip.mp4")


def chat(lines, *arguments, cwd):
    return skillwire("chat", SKILL, *arguments, cwd=cwd, input="\n".join(lines) + "\n")


def test_files_words_undo_timeline_and_export(clip, tmp_path):
    done = chat(
        ["'my clip.mp4'", "remove all audio", "/timeline", "/undo", "remove the sound", "/export out.mp4", "/quit"],
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "Audio removed." in done.stdout
    assert "Audio added" in done.stdout, "undo brings the sound back"
    assert done.stdout.count("Timeline (1 tracks)") >= 2
    assert kinds(tmp_path / "out.mp4") == ["video"]
    assert kinds(clip) == ["video", "audio"]


@pytest.mark.usefixtures("clip")
def test_it_goes_on_in_a_later_process(tmp_path):
    first = chat(["my\\ clip.mp4 remove all audio"], cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    second = chat(["/export out.mp4"], "--resume", cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    assert kinds(tmp_path / "out.mp4") == ["video"]
    fresh = chat(["/timeline"], cwd=tmp_path)
    assert "The timeline is empty." in fresh.stdout


@pytest.mark.usefixtures("clip")
def test_an_error_ends_a_turn_and_not_the_conversation(tmp_path):
    done = chat(["/export", "/dance", "missing.mp4", "'my clip.mp4' remove all audio", "export"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "there is nothing to export yet" in done.stderr
    assert "there is no /dance" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my clip.edited.mp4", "my clip.mp4"]


@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "as it is"])
def test_a_dragged_path_is_no_command(clip, tmp_path, escaped):
    """Terminals write whole paths: they begin as commands do, and may have spaces."""
    folder = tmp_path / "a folder's"
    folder.mkdir()
    path = str(clip.rename(folder / "my clip.mp4"))
    typed = path.replace(" ", "\\ ").replace("'", "\\'") if escaped else path
    done = chat([f"{typed} remove all audio", "/export out.mp4"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "there is no /" not in done.stderr
    assert kinds(tmp_path / "out.mp4") == ["video"]


def test_one_session_and_one_upload_for_a_whole_conversation(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(FINISHED)
    with StandIn() as service:
        done = chat(
            ["clip.mp4", "remove all audio", "make it louder", "/export x.mp4"], "--agent", service.url, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        calls = service.calls
    assert [calls.count(call) for call in ("token", "session", "upload", "message", "export")] == [1, 1, 1, 2, 1]
    assert (tmp_path / "x.mp4").read_bytes() == FINISHED


def test_on_a_terminal(tmp_path):
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "skillwire", "chat", SKILL]
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, cwd=tmp_path, close_fds=True)
    os.close(child)
    os.write(parent, b"/help\n/quit\n")
    shown = b""
    while True:
        try:
            part = os.read(parent, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    assert process.wait(timeout=120) == 0
    os.close(parent)
    assert b"/export [FILE]" in shown


@pytest.mark.parametrize(
    ("line", "names", "words"),
    [
        ("a.mp4 make it short", ["a.mp4"], "make it short"),
        ("'b c.mp4' a.mp4", ["b c.mp4", "a.mp4"], ""),
        ('"b c.mp4" x', ["b c.mp4"], "x"),
        ("b\\ c.mp4 x", ["b c.mp4"], "x"),
        ("make a.mp4 short", [], "make a.mp4 short"),
        ("https://h/x.mp4 cut it", ["https://h/x.mp4"], "cut it"),
        ("don't cut", [], "don't cut"),
        ("b c.mp4 a.mp4 cut", ["b c.mp4", "a.mp4"], "cut"),
        ("'it'\\''s.mp4' cut", ["it's.mp4"], "cut"),
        ("it\\'s.mp4 'a.mp4' cut", ["it's.mp4", "a.mp4"], "cut"),
        ("~nobody-of-that-name/a.mp4 cut", [], "~nobody-of-that-name/a.mp4 cut"),
        ("x" * 5000, [], "x" * 5000),
        ("a\0b", [], "a\0b"),
        ("", [], ""),
    ],
)
def test_files_at_the_start_of_a_line(tmp_path, monkeypatch, line, names, words):
    monkeypatch.chdir(tmp_path)
    for name in ("a.mp4", "b c.mp4", "it's.mp4"):
        (tmp_path / name).write_bytes(b"x")
    assert split_line(line) == (names, words)


def test_an_address_of_a_file_is_a_path(tmp_path):
    path = tmp_path / "b c.mp4"
    path.write_bytes(b"x")
    assert split_line(f"{path.as_uri()} go") == ([str(path)], "go")
