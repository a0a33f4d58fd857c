"""``skillwire batch`` as a user calls it: real clips, failures passed over, and going on after a kill."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter

import av
import pytest

from support.command import assert_one_sentence, skillwire
from support.media import kinds, packets

REMOVER = "video-audio-remover"


@pytest.fixture
def folder(tmp_path, footage):
    (tmp_path / "talks").mkdir()
    for name in ("one.mp4", "two.mp4"):
        shutil.copyfile(footage / "bigbuckbunny.mp4", tmp_path / "talks" / name)
    shutil.copyfile(footage / "bikes.mp4", tmp_path / "bikes.mp4")
    return tmp_path


def _list(folder, *rows):
    (folder / "jobs.csv").write_text("\n".join(["skill,files,words,output", *rows]) + "\n")


def _batch(folder, *options):
    return skillwire("batch", "jobs.csv", *options, cwd=folder)


def _outcomes(done):
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["event"] == "summary"
    return [event for event in events if event["event"] == "outcome"], events[-1]


def _length(path):
    with av.open(str(path)) as container:
        return container.duration / 1e6


def test_each_clip_gets_a_render_of_its_own_and_failures_hold_up_nobody(folder):
    _list(
        folder,
        f"{REMOVER},talks,remove all audio from this video,silent/",
        ",missing.mp4,remove all audio,",
        ",bikes.mp4,trim to the first 2 seconds,out/short.mp4",
        ",talks/one.mp4 | bikes.mp4,make it twice as fast,out/joined.mp4",
    )
    done = _batch(folder)
    assert done.returncode == 3
    assert "4 done, 1 failed" in done.stdout
    assert "jobs.csv:3: " in done.stderr
    assert "missing.mp4" in done.stderr
    for name in ("one.mp4", "two.mp4"):
        silent = folder / "silent" / name
        assert kinds(silent) == ["video"]
        assert packets(silent) == packets(folder / "talks" / name)
    assert _length(folder / "out" / "short.mp4") == pytest.approx(2, abs=0.1)
    whole = _length(folder / "talks" / "one.mp4") + _length(folder / "bikes.mp4")
    assert _length(folder / "out" / "joined.mp4") == pytest.approx(whole / 2, abs=0.2)

    shutil.copyfile(folder / "talks" / "one.mp4", folder / "missing.mp4")
    (folder / "silent" / "two.mp4").unlink()
    outcomes, summary = _outcomes(_batch(folder, "--json"))
    assert [outcome["state"] for outcome in outcomes] == ["skipped", "done", "done", "skipped", "skipped"]
    assert summary == {"event": "summary", "done": 2, "skipped": 3, "failed": 0, "left": 0}
    assert kinds(folder / "silent" / "two.mp4") == ["video"]


def test_other_words_or_another_clip_are_another_job(folder):
    _list(folder, f"{REMOVER},talks/one.mp4,remove all audio,a.mp4", ",bikes.mp4,make it square,b.mp4")
    assert _batch(folder).returncode == 0
    _list(folder, f"{REMOVER},talks/one.mp4,trim to the first second,a.mp4", ",bikes.mp4,make it square,b.mp4")
    shutil.copyfile(folder / "talks" / "two.mp4", folder / "bikes.mp4")
    outcomes, _ = _outcomes(_batch(folder, "--json"))
    assert [outcome["state"] for outcome in outcomes] == ["done", "done"]
    outcomes, _ = _outcomes(_batch(folder, "--json"))
    assert [outcome["state"] for outcome in outcomes] == ["skipped", "skipped"]
    outcomes, _ = _outcomes(_batch(folder, "--json", "--again"))
    assert [outcome["state"] for outcome in outcomes] == ["done", "done"]


def test_fail_fast_leaves_the_rest(folder):
    _list(folder, f"{REMOVER},missing.mp4,mute it,", ",bikes.mp4,mute it,b.mp4")
    done = _batch(folder, "--fail-fast")
    assert done.returncode == 3
    assert "0 done, 1 failed, 1 not begun" in done.stdout
    assert not (folder / "b.mp4").exists()


def test_killed_in_a_render_it_goes_on_and_sends_nothing_twice(folder):
    _list(folder, f"{REMOVER},talks,make it 1.5 times slower,slow/")
    command = [sys.executable, "-m", "skillwire", "batch", "jobs.csv", "--json"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as process:
        for line in process.stdout:
            event = json.loads(line)
            if event.get("number") == 2 and event["event"] == "progress" and event["step"] == "export_status":
                break
        os.killpg(process.pid, signal.SIGKILL)
    assert sorted(path.name for path in (folder / "slow").glob("*.mp4")) == ["one.mp4"]
    done = _batch(folder, "--json")
    assert done.returncode == 0, done.stdout
    events = [json.loads(line) for line in done.stdout.splitlines()]
    outcomes = [event["state"] for event in events if event["event"] == "outcome"]
    assert outcomes == ["skipped", "done"]
    assert [path.name for path in sorted((folder / "slow").iterdir())] == ["one.mp4", "two.mp4"]
    # Both runs are finished in the journal: the one that was cut short was taken up, not begun anew.
    runs = [json.loads(line) for line in skillwire("jobs", "--json", cwd=folder).stdout.splitlines()]
    assert Counter(run["state"] for run in runs) == {"done": 2}


def test_nothing_is_sent_with_the_agent_dry(folder):
    _list(folder, f"{REMOVER},bikes.mp4,mute it,b.mp4")
    done = _batch(folder, "--agent", "dry")
    assert done.returncode == 0, done.stderr
    assert "POST" in done.stdout
    assert not (folder / "b.mp4").exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["no-such-skill,bikes.mp4,mute it,"], ["no-such-skill"]),
        ([f"{REMOVER},nowhere/*.mp4,mute it,"], ["jobs.csv", "line 2", "nowhere"]),
        ([f"{REMOVER},bikes.mp4,,"], ["line 2", "words"]),
    ],
)
def test_a_list_that_cannot_be_used_starts_nothing(folder, rows, words):
    _list(folder, *rows)
    done = _batch(folder)
    assert done.returncode == 2
    assert_one_sentence(done, *words)


def test_no_list(tmp_path):
    done = skillwire("batch", "none.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert_one_sentence(done, "none.csv")
