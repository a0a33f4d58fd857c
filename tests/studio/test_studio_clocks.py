"""Files whose clocks do not start at zero, that state no length, or whose sound outlasts their pictures: edited like any other."""

from __future__ import annotations

import numpy as np
import pytest

from skillwire.studio.media.probe import probe

OPERATIONS = {
    "as it is": [],
    "muted": [{"op": "remove_audio"}],
    "trimmed": [{"op": "trim", "start": 0.3, "end": 1.7}],
    "trimmed, titled": [{"op": "trim", "start": 0.3, "end": 1.7}, {"op": "add_text", "text": "Hi", "position": "top"}],
    "muted in part": [{"op": "remove_audio", "start": 1.4}],
    "slower": [{"op": "speed", "factor": 0.5}],
    "portrait": [{"op": "aspect", "ratio": "9:16"}],
}


def events(path, look):
    """When flashes and tones begin, and how long the film is; seconds."""
    film = look.decode(path, "gray")
    samples = np.abs(look.samples(path)) if "audio" in film.kinds else np.zeros((2, 0))
    bright = [picture.mean() > 150 for picture in film.pictures]
    flashes = [film.times[n] for n, lit in enumerate(bright) if lit and not (n and bright[n - 1])]
    loud = np.flatnonzero(samples.max(axis=0) > 0.1) / 48_000
    tones = [float(at) for n, at in enumerate(loud) if n == 0 or at - loud[n - 1] > 0.1]
    return flashes, tones, probe(path).duration / 1000


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", ["late.mkv", "late.mp4", "recorded.webm"])
def test_clock_makes_no_difference(name, operation, flash, rendered, look, tmp_path):
    """What comes out is what comes out of the same film that begins at zero and states its length, within a frame."""
    rendered(flash(name), tmp_path / "out.mp4", *OPERATIONS[operation])
    rendered(flash("base.mp4"), tmp_path / "usual.mp4", *OPERATIONS[operation])
    found, usual = events(tmp_path / "out.mp4", look), events(tmp_path / "usual.mp4", look)
    for times, expected in zip(found, usual, strict=True):
        assert times == pytest.approx(expected, abs=0.083 if operation == "slower" else 0.042)


@pytest.mark.parametrize("name", ["late.mkv", "late.mp4", "recorded.webm", "outlasted.mp4"])
def test_length_is_told(name, flash):
    assert probe(flash(name)).duration == pytest.approx(2400, abs=30)


@pytest.mark.parametrize("operation", ["portrait", "muted in part", "slower"])
def test_sound_that_outlasts_the_pictures_is_kept(operation, flash, rendered, look, tmp_path):
    rendered(flash("outlasted.mp4"), tmp_path / "out.mp4", *OPERATIONS[operation])
    rendered(flash("base.mp4"), tmp_path / "usual.mp4", *OPERATIONS[operation])
    (_, tones, length), (_, expected, whole) = (events(tmp_path / name, look) for name in ("out.mp4", "usual.mp4"))
    assert tones == pytest.approx(expected, abs=0.042)
    assert length == pytest.approx(whole, abs=0.042)


def test_what_follows_waits_for_the_sound(flash, rendered, look, tmp_path):
    rendered([flash("outlasted.mp4"), flash("base.mp4")], tmp_path / "out.mp4")
    flashes, tones, _ = events(tmp_path / "out.mp4", look)
    assert flashes == pytest.approx([0.8, 3.2, 4.2], abs=0.042)
    assert tones == pytest.approx([0.8, 1.8, 3.2, 4.2], abs=0.042)
