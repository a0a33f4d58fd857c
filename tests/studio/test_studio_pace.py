"""How long a render still takes: from the first word of it, by what earlier ones took."""

from __future__ import annotations

import pytest

from skillwire.studio.pace import Pace


def test_before_anything_is_known_there_is_an_estimate_that_grows_with_the_film():
    short, long = (Pace().begin(length, copied=False).expected for length in (10_000, 60_000))
    assert long == pytest.approx(6 * short)
    assert Pace().begin(10_000, copied=True).expected < short
    assert Pace().begin(0, copied=True).expected > 0


def test_what_was_done_tells_what_is_left_and_waiting_does_not_count():
    estimate = Pace().begin(60_000, copied=False)
    assert estimate.left(0.0, now=1000.0) == estimate.expected
    assert estimate.left(0.25, now=1010.0) == pytest.approx(30)
    assert estimate.left(0.5, now=1030.0) == pytest.approx(30)


def test_renders_taken_up_in_the_middle_count_from_there():
    estimate = Pace().begin(60_000, copied=False)
    estimate.left(0.5, now=0.0)
    assert estimate.left(0.75, now=10.0) == pytest.approx(10)


def test_the_next_render_is_estimated_by_the_last():
    pace = Pace()
    copies = pace.begin(60_000, copied=True).expected
    for _ in range(20):
        estimate = pace.begin(10_000, copied=False)
        estimate.left(0.0, now=0.0)
        estimate.ended(now=3.0)
    assert pace.begin(60_000, copied=False).expected == pytest.approx(18, rel=0.01)
    assert pace.begin(60_000, copied=True).expected == copies


def test_an_end_without_a_word_teaches_nothing():
    pace = Pace()
    before = pace.begin(5000, copied=False)
    before.ended(now=99.0)
    assert pace.begin(5000, copied=False).expected == before.expected
