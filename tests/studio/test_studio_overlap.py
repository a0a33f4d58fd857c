"""Stages of a render at the same time: the same packets in the same order, bounded, and gone when closed."""

from __future__ import annotations

import threading

import pytest

from skillwire.studio.overlap import FRAMES, PACKETS, Overlap


def _threads():
    return {thread for thread in threading.enumerate() if thread is not threading.current_thread()}


def _twice(frames):
    for frame in frames:
        yield frame
        yield -frame


def test_packets_come_in_order_and_no_thread_stays():
    before = _threads()
    overlap = Overlap()
    assert list(overlap.encoded(iter(range(1, 200)), _twice)) == [sign * n for n in range(1, 200) for sign in (1, -1)]
    overlap.close()
    assert _threads() == before


def test_drawing_and_encoding_run_beside_each_other():
    """Each stage waits for the other to be at work: one after the other they would never meet."""
    meeting = threading.Barrier(2, timeout=20)

    def frames():
        yield 0
        meeting.wait()
        yield 1

    def encode(drawn):
        for frame in drawn:
            if frame == 0:
                meeting.wait()
            yield frame

    overlap = Overlap()
    assert list(overlap.encoded(frames(), encode)) == [0, 1]
    overlap.close()


def test_little_is_made_before_it_is_asked_for():
    drawn = 0
    enough = threading.Event()

    def frames():
        nonlocal drawn
        for n in range(10_000):
            drawn += 1
            if drawn == FRAMES + PACKETS:
                enough.set()
            yield n

    overlap = Overlap()
    packets = overlap.encoded(frames(), lambda feed: feed)
    assert next(packets) == 0
    assert enough.wait(20)
    overlap.close()
    # What waits in both queues, what each thread holds in its hands, and what was taken.
    assert drawn <= FRAMES + PACKETS + 4


@pytest.mark.parametrize("stage", ["drawing", "encoding"])
def test_an_error_of_a_stage_is_raised_where_packets_are_taken(stage):
    def frames():
        yield 1
        if stage == "drawing":
            raise ValueError("drawing")
        yield 2

    def encode(feed):
        for frame in feed:
            if frame == 2:
                raise ValueError("encoding")
            yield frame

    before = _threads()
    overlap = Overlap()
    packets = overlap.encoded(frames(), encode)
    assert next(packets) == 1
    with pytest.raises(ValueError, match=stage):
        next(packets)
    overlap.close()
    assert _threads() == before


def test_closing_in_the_middle_closes_what_is_read():
    closed = threading.Event()

    def frames():
        try:
            yield from range(10_000)
        finally:
            closed.set()

    before = _threads()
    overlap = Overlap()
    packets = overlap.encoded(frames(), _twice)
    assert next(packets) == 0
    overlap.close()
    assert closed.is_set()
    assert _threads() == before


def test_closing_before_the_first_packet():
    overlap = Overlap()
    overlap.encoded(iter(range(3)), _twice)
    overlap.close()
    overlap.close()
