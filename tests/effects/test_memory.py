"""A film three times as long takes no more memory. ``make soak`` has ten minutes of 1080p."""

from pathlib import Path

import pytest

from skillwire.studio.effects.backdrop.choices import Background
from support.memory import Edit, looped, peak

SIZE, RATE = (320, 240), 10
EDITS = {
    "replaced": ("carphone_pristine.mp4", Edit(background=Background("scene", "beach"))),
    "removed": ("bikes.mp4", Edit(words="all cars")),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of another process")
@pytest.mark.parametrize("name", EDITS)
def test_a_longer_film_takes_no_more_memory(name, footage, tmp_path):
    source, edit = EDITS[name]
    short, long = (
        peak(edit, looped(footage / source, tmp_path / f"{n}.mp4", n, SIZE, RATE, pans=False), n, tmp_path)
        for n in (20, 60)
    )
    # All 400 frames more would be 46 MB.
    assert long - short < 25_000_000
