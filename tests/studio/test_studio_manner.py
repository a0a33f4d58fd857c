"""Answering as the hosted service does: late, about buttons, at times silent, and the same for the same seed."""

from __future__ import annotations

import pytest

from skillwire.studio.manner import LikeCloud


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_turns_follow_from_the_seed(seed):
    turns = [[manner.next_turn() for _ in range(400)] for manner in (LikeCloud(seed, 5), LikeCloud(seed, 5))]
    assert turns[0] == turns[1]
    assert 0.22 < sum(turn.silent for turn in turns[0]) / 400 < 0.38
    assert all(1.5 <= turn.delay <= 5 for turn in turns[0])
    assert turns[0] != [LikeCloud(seed + 1, 5).next_turn() for _ in range(400)]


def test_over_the_api(start, tmp_path, clip):
    client = start(tmp_path / "home", "--like-cloud", "--seed", "3", "--cloud-delay", "0.05").client().sign_in()
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    expected = LikeCloud(3, 0.05)
    silences = 0
    for number in range(16):
        turn = expected.next_turn()
        before = client.draft(session)
        events = client.say(session, "remove all audio" if number % 2 == 0 else "撤销上一步")
        assert client.draft(session) != before
        texts = [part["text"] for event in events for part in event["content"]["parts"] if "text" in part]
        assert events
        assert (texts == []) == turn.silent
        silences += turn.silent
        if texts:
            assert turn.added["en" if number % 2 == 0 else "zh"] in texts[-1]
    assert 0 < silences < 16


def test_heartbeats_while_it_waits(start, tmp_path, clip):
    client = start(tmp_path / "home", "--like-cloud", "--seed", "1", "--cloud-delay", "0.6").client().sign_in()
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    body = {"session_id": session, "new_message": {"parts": [{"text": "mute it"}]}}
    lines = client.post("/run_sse", json=body).text.split("\n\n")
    assert "data: heartbeat" in lines
    assert lines.index("data: heartbeat") < next(n for n, line in enumerate(lines) if "functionCall" in line)


def test_what_changes_nothing_is_never_silent(start, tmp_path, clip):
    client = start(tmp_path / "home", "--like-cloud", "--cloud-delay", "0").client().sign_in()
    session = client.open_session()
    client.upload(session, clip("silent.mp4"))
    for _ in range(12):
        assert "nothing to remove" in client.told(session, "remove all audio")
