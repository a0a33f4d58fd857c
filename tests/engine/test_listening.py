"""The clock of a stream, driven without a clock: frames come with the second they arrive at."""

from __future__ import annotations

import pytest

from skillwire.engine import listening
from skillwire.engine.conversation import Conversation
from skillwire.engine.effects import Closed, Frame, NextFrame, OpenStream, Reply, Send, Silence, Wait
from skillwire.engine.events import Event, Status, Text
from skillwire.errors import TransportFailed
from skillwire.spec.model import Auth, Call, DraftMap, Skill, StreamRule, Verb

MESSAGE = Call("message", Verb.STREAM, "POST", "/run", body={"text": "<msg>"})
STATE = Call("state", Verb.CALL, "GET", "/state", returns=("draft",))
DRAFT = DraftMap(
    {"t": "tracks", "tt": "track type", "sg": "segments", "d": "duration(ms)", "m": "metadata"}, {0: "video"}
)


def make_talk(**rule):
    skill = Skill(
        name="a",
        version="1",
        title="A",
        description="",
        source="SKILL.md",
        platform="unknown",
        digest="0",
        auth=Auth(None),
        calls={"message": MESSAGE, "state": STATE},
        stream=StreamRule(**rule),
        draft=DRAFT,
    )
    talk = Conversation(skill, new_id=lambda: "id", now_ms=lambda: 0)
    talk.values["message"] = "hello"
    return talk


def drive(talk, frames, drafts=()):
    """Run ``listen`` with scripted frames; returns (events, waits, number of messages sent)."""
    frames, drafts = iter(frames), iter(drafts)
    flow, answer, events, waits, sent = listening.listen(talk, MESSAGE), None, [], [], 0
    try:
        while True:
            step = flow.send(answer)
            answer = None
            match step:
                case Event():
                    events.append(step)
                case OpenStream():
                    sent += 1
                    answer = Reply(200, streaming=True)
                case NextFrame():
                    answer = next(frames)
                case Send():
                    answer = Reply(200, data={"code": 0, "draft": next(drafts, {})})
                case Wait(seconds=seconds):
                    waits.append(seconds)
    except StopIteration:
        return events, waits, sent


def notices(events, text="still"):
    return [event for event in events if isinstance(event, Status) and event.text == text]


def test_a_notice_every_two_minutes_of_heartbeats_in_the_skills_words():
    frames = [Frame("", at) for at in range(15, 300, 15)] + [Closed(300)]
    events, _, _ = drive(make_talk(notice="still", notice_every=120), frames)
    assert len(notices(events)) == 2


def test_a_notice_also_when_nothing_at_all_comes():
    events, _, _ = drive(make_talk(notice="still", notice_every=60), [Silence(60), Silence(120), Closed(130)])
    assert len(notices(events)) == 2


@pytest.mark.parametrize(
    ("rule", "frames", "reason"),
    [
        ({"heartbeats_only": 600}, [Frame("", at) for at in range(100, 1000, 100)], "nothing but heartbeats for 600 s"),
        (
            {"timeout": 900, "heartbeats_only": 600},
            [Frame('{"content":{"parts":[{"text":"x"}]}}', at) for at in range(100, 2000, 100)],
            "no end after 900 s",
        ),
        ({"timeout": 90}, [Silence(50), Silence(100)], "no end after 90 s"),
    ],
)
def test_a_stream_without_end_is_given_up_and_the_message_not_repeated(rule, frames, reason):
    talk = make_talk(**rule)
    with pytest.raises(TransportFailed, match=reason):
        drive(talk, frames)


def test_after_a_cut_the_state_is_asked_until_it_changed():
    changed = {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"name": "clip"}}]}]}
    events, waits, sent = drive(make_talk(), [Closed(5, clean=False, reason="reset")], [{}, {}, {}, changed])
    assert sent == 1
    assert waits == [30, 60, 60]
    assert events[-1].changes == ("Video added: clip (0-1s).",)


def test_five_unchanged_answers_after_a_cut_end_it():
    talk = make_talk()
    with pytest.raises(TransportFailed, match="did not change"):
        drive(talk, [Closed(5, clean=False, reason="reset")])


def test_unnamed_and_named_frames_are_read_alike():
    frames = [Frame('{"content":{"parts":[{"text":"a"}]}}', 1, "update"), Closed(2)]
    events, _, _ = drive(make_talk(), frames)
    assert [event.text for event in events if isinstance(event, Text)] == ["a"]
