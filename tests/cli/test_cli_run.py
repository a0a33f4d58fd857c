"""``skillwire run`` as a user calls it: real clips in, real files out, and one sentence when it cannot be."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys

import pytest

from support.command import assert_one_sentence, skillwire
from support.media import digest, frame_digests, kinds, packets

REMOVER = "video-audio-remover"
WORDS = "remove all audio from this video and export it silent"
CALLS = ["token", "session", "upload", "state", "message", "state", "export", "export_status", "download"]


@pytest.fixture
def clip(tmp_path, footage):
    return shutil.copyfile(footage / "bigbuckbunny.mp4", tmp_path / "clip.mp4")


@pytest.mark.parametrize("words", [WORDS, "把视频里的声音全部去掉"], ids=["english", "chinese"])
def test_a_clip_loses_its_sound_and_nothing_else(clip, words):
    before = digest(clip)
    done = skillwire("run", REMOVER, "clip.mp4", words, cwd=clip.parent)
    assert done.returncode == 0, done.stderr
    silent = clip.parent / "clip.silent.mp4"
    assert "clip.silent.mp4" in done.stdout
    assert kinds(clip) == ["video", "audio"]
    assert kinds(silent) == ["video"]
    assert packets(silent) == packets(clip)
    assert frame_digests(silent) == frame_digests(clip)
    assert digest(clip) == before
    assert {path.name for path in clip.parent.iterdir()} == {"clip.mp4", "clip.silent.mp4"}


def test_events_as_json_lines_and_a_named_output(clip, tmp_path):
    done = skillwire("run", REMOVER, clip, WORDS, "-o", tmp_path / "out.mp4", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in events} >= {"status", "text", "timeline", "progress", "artifact"}
    artifact = events[-1]
    assert artifact["path"] == str(tmp_path / "out.mp4")
    assert artifact["bytes"] == (tmp_path / "out.mp4").stat().st_size


def test_a_skill_without_a_clip_answers_questions(tmp_path):
    done = skillwire("run", REMOVER, "how many credits do I have left?", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "available:" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_shows_every_request_and_sends_none(clip, monkeypatch):
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_topsecret")
    done = skillwire("run", REMOVER, clip, WORDS, "--agent", "dry", "--json")
    assert done.returncode == 0, done.stderr
    requests = [event for line in done.stdout.splitlines() if (event := json.loads(line))["event"] == "request"]
    assert [request["call"] for request in requests] == CALLS[1:], "the token is known, so none is asked for"
    for request in requests:
        headers = {name.lower(): value for name, value in request["headers"].items()}
        assert headers["authorization"] == "Bearer ***"
        assert headers["x-skill-source"] == REMOVER
        assert headers["x-skill-version"] == "1.0.0"
        assert headers["x-skill-platform"] == "unknown"
        assert request["url"].startswith("https://")
    assert "topsecret" not in done.stdout + done.stderr
    assert requests[1]["files"] == [str(clip)]
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]


def test_without_a_terminal_nothing_is_sent_to_a_strange_host(clip):
    done = skillwire("run", REMOVER, clip, WORDS, "--agent", "cloud")
    assert done.returncode == 3
    assert_one_sentence(done, "nothing was sent", "--yes")
    assert "clip.mp4 (1.0 MB)" in done.stderr, "what would be sent is shown"


def make(name, content):
    def build(folder, _clip):
        path = folder / name
        path.write_bytes(content)
        return path

    return build


def huge(folder, clip):
    path = folder / "huge.mp4"
    shutil.copyfile(clip, path)
    os.truncate(path, 501 * 1024 * 1024)  # sparse: no disk is used
    return path


@pytest.mark.parametrize(
    ("build", "code", "words"),
    [
        (lambda folder, _: folder / "missing.mp4", 2, ("missing.mp4", "No such file", "check the path")),
        (make("notes.txt", b"hello"), 2, ("notes.txt", "not supported", "webm")),
        (make("fake.mp4", b"this is no video"), 2, ("fake.mp4", "holds text")),
        (make("empty.mp4", b""), 2, ("empty.mp4", "empty")),
        (make("broken.mp4", b"\0\0\0\x18ftypmp42" + bytes(5000)), 3, ("4001",)),
        (huge, 2, ("huge.mp4", "501.0 MB", "500.0 MB", "compress or trim")),
        (lambda folder, _: folder, 2, ("folder",)),
    ],
    ids=["missing", "text", "fake", "empty", "broken", "too large", "folder"],
)
def test_a_file_that_cannot_be_used(tmp_path, clip, build, code, words):
    path = build(tmp_path, clip)
    before = {entry.name for entry in tmp_path.iterdir()}
    done = skillwire("run", REMOVER, path, WORDS)
    assert done.returncode == code, done.stderr
    assert_one_sentence(done, *words)
    assert {entry.name for entry in tmp_path.iterdir()} == before, "nothing is left behind"


@pytest.mark.parametrize(
    ("text", "extra", "code", "words"),
    [
        (None, (), 2, ("no-such-skill",)),
        (b"\x00\xff\xfe\x00" * 50, (), 2, ("SKILL.md",)),
        (b"---\nname: bare\ndescription: Nothing in it.\n---\n\n# Bare\n", (), 2, ("cannot run",)),
    ],
    ids=["unknown", "unreadable", "empty of facts"],
)
def test_a_skill_that_cannot_run(tmp_path, clip, text, extra, code, words):
    reference = "no-such-skill"
    if text is not None:
        (tmp_path / "bare").mkdir()
        (tmp_path / "bare" / "SKILL.md").write_bytes(text)
        reference = tmp_path / "bare"
    done = skillwire("run", reference, clip, WORDS, *extra)
    assert done.returncode == code, done.stderr
    assert_one_sentence(done, *words)


def test_a_skill_without_a_version_runs_only_with_a_given_one(shared, clip):
    seed = next(path for path in sorted((shared / "seeds").iterdir()) if "video-audio-remover" in path.read_text())
    done = skillwire("run", seed, clip, WORDS)
    assert done.returncode == 2
    assert_one_sentence(done, "version", "--set version=")
    done = skillwire("run", seed, clip, WORDS, "--set", "version=1.0.0")
    assert done.returncode == 0, done.stderr
    assert kinds(clip.parent / "clip.silent.mp4") == ["video"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run",), ("Missing argument",)),
        (("run", REMOVER), ("nothing to do",)),
        (("runn", REMOVER), ("did you mean 'run'",)),
        (("run", REMOVER, "clip.mp4", WORDS, "--agent", "nobody"), ("no agent 'nobody'", "local")),
        (("run", REMOVER, "clip.mp4", WORDS, "--agent", "http://example.org"), ("plain http",)),
        (("run", REMOVER, "clip.mp4", WORDS, "--set", "version"), ("KEY=VALUE",)),
        (("run", REMOVER, "clip.mp4", WORDS, "-o", "clip.mp4"), ("replace an input",)),
        (("run", REMOVER, "clip.mp4", WORDS, "-o", "nowhere/out.mp4"), ("nowhere",)),
    ],
)
def test_a_command_that_makes_no_sense(clip, arguments, words):
    done = skillwire(*arguments, cwd=clip.parent)
    assert done.returncode in (2, 3)
    assert_one_sentence(done, *words)


def test_a_full_disk_is_told_and_leaves_nothing(clip, tmp_path):
    def small_files_only():
        # The kernel refuses to let any file grow beyond this, as a full disk would.
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    done = skillwire("run", REMOVER, clip, WORDS, preexec_fn=small_files_only)
    assert done.returncode == 3, done.stdout
    assert_one_sentence(done)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_an_interrupt_leaves_nothing_half_written(clip, tmp_path):
    words = "set the speed to 0.25x, make it 1080p and export it"  # takes longer than the signal, on any machine
    command = [sys.executable, "-m", "skillwire", "run", REMOVER, str(clip), words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    process.stderr.readline()  # the run has begun
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Interrupted" in stderr
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_transparent_film_is_told_of_and_named_after_what_it_is(tmp_path, footage):
    shutil.copyfile(footage / "carphone_pristine.mp4", tmp_path / "man.mp4")
    words = "make the background transparent"
    done = skillwire("run", "video-editing-ai-background", "man.mp4", words, "-o", "out.mp4", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert any("WebM (VP9 with alpha)" in event["text"] for event in events if event["event"] == "text")
    assert events[-1]["path"] == "out.webm"
    assert {path.name for path in tmp_path.iterdir()} == {"man.mp4", "out.webm"}
