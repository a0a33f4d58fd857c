"""``make soak``: real runs with the studio, killed at random moments and resumed. Not part of ``make test``: it takes minutes."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time

import pytest

from support.command import skillwire
from support.media import digest, kinds

MOMENTS = 20
SKILL = "video-audio-remover"
SEED = 20261121


@pytest.fixture(scope="module")
def whole_run_seconds(tmp_path_factory, footage):
    """How long a run takes that nobody kills; moments are drawn from it."""
    clip = shutil.copyfile(footage / "bigbuckbunny.mp4", tmp_path_factory.mktemp("whole") / "clip.mp4")
    start = time.monotonic()
    assert skillwire("run", SKILL, clip, "remove all audio").returncode == 0
    return time.monotonic() - start


@pytest.mark.parametrize("number", range(MOMENTS))
def test_a_run_killed_at_a_random_moment_is_finished_by_resuming(number, tmp_path, footage, whole_run_seconds):
    clip = shutil.copyfile(footage / "bigbuckbunny.mp4", tmp_path / "clip.mp4")
    before = digest(clip)
    moment = random.Random(SEED + number).uniform(0, whole_run_seconds)
    command = [sys.executable, "-m", "skillwire", "run", SKILL, str(clip), "remove all audio"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=moment)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    done = skillwire("resume")
    if "no run was stopped" in done.stderr and not (tmp_path / "clip.silent.mp4").exists():
        # Killed before the run was written down: nothing was begun, so there is nothing to resume.
        done = skillwire("run", SKILL, clip, "remove all audio")
    assert done.returncode in (0, 2), done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "clip.silent.mp4"], (
        f"killed at {moment:.3f} s"
    )
    assert kinds(tmp_path / "clip.silent.mp4") == ["video"]
    assert digest(clip) == before
