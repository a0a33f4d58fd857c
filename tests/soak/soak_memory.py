"""``make soak``: ten minutes of film take no more memory than one. At 1080p and 10 frames a second, which is thousands of frames."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from skillwire.studio.effects.backdrop.choices import Background
from support.memory import Edit, looped, peak

sys.path.insert(0, str(Path(__file__).parents[1] / "bench" / "quality"))
import footage

SIZE, RATE = (1920, 1080), 10
MOST = 1_500_000_000
EDITS = {
    "replaced": (footage.talker, Edit(background=Background("scene", "beach"))),
    "blurred": (footage.talker, Edit(background=Background("blur", "medium"))),
    "cut out": (footage.talker, Edit(background=Background("transparent"), suffix=".webm")),
    "removed, camera standing": (footage.square, Edit(words="all people")),
    "removed, camera swinging": (footage.square, Edit(words="all people", pans=True)),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of another process")
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", EDITS)
def test_ten_minutes_take_no_more_memory_than_one(name, tmp_path):
    source, edit = EDITS[name]
    path = source()
    if path is None:
        pytest.skip("npm or apt-get is needed to fetch the clip")
    one, ten = (
        peak(
            edit,
            looped(path, tmp_path / f"{minutes}.mp4", minutes * 60, SIZE, RATE, pans=edit.pans),
            minutes * 60,
            tmp_path,
        )
        for minutes in (1, 10)
    )
    sys.stdout.write(f"{name}: {one / 1e6:.0f} MB for one minute, {ten / 1e6:.0f} MB for ten\n")
    assert ten < MOST
    assert ten < 1.25 * one
