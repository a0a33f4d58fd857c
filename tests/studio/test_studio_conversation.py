"""The message stream: heartbeats while work goes on, several operations, what was not done, failures."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from skillwire.studio.accounts import Accounts
from skillwire.studio.backgrounds import Backgrounds
from skillwire.studio.conversation import Conversations
from skillwire.studio.media.probe import MediaInfo
from skillwire.studio.projects import Media, Projects
from skillwire.studio.removals import Removals
from skillwire.studio.songs import Songs
from skillwire.studio.store import open_store
from skillwire.studio.understand import planners, read

INFO = MediaInfo(
    kind="video", container="mov", duration=10_000, width=64, height=64, video_codec="h264", audio_codec="aac"
)


@pytest.fixture
def room(tmp_path):
    """A project with a clip of ten seconds, and a function that says something in it."""
    store = open_store(tmp_path / "home")
    accounts, projects = Accounts(store), Projects(store)
    token, _ = accounts.issue("client", 0.0)
    account = accounts.authenticate(f"Bearer {token}", 1.0)
    session = projects.create(account, name="p", language="en", now=1.0)
    media = Media("m_1", "city.mp4", Path("city.mp4"), 1, 1, INFO)
    projects.add_media(session, media, 1.0)
    projects.place(session.id, [media], 1.0)
    people = SimpleNamespace(found=False)

    async def look(_task):
        return {"found": people.found}

    backgrounds = Backgrounds(projects, SimpleNamespace(run=look), tmp_path / "backgrounds", None)
    removals = Removals(projects, SimpleNamespace(run=look))
    conversations = Conversations(projects, accounts, Songs(projects, None), backgrounds, removals, heartbeat=0.02)

    async def listen(text):
        return [line async for line in conversations.answer(account, session, text, "agent")]

    def say(text="…"):
        lines = asyncio.run(listen(text))
        return lines, [json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: ")]

    yield SimpleNamespace(
        say=say,
        draft=lambda: projects.draft(session.id),
        session=session,
        projects=projects,
        people=people,
        backgrounds=backgrounds,
        removals=removals,
    )
    store.close()


def reading(monkeypatch, *ops, unread=(), language="en", reply=""):
    monkeypatch.setattr(planners, "understand_with", lambda _: read.Reading(tuple(ops), tuple(unread), language, reply))


def spoken(events):
    return events[-1]["content"]["parts"][0]["text"]


def test_heartbeats_are_comments(room, monkeypatch):
    released = threading.Event()

    def slowly(_text):
        released.wait(0.2)
        return read.Reading(({"op": "remove_audio"},), (), "en", "")

    monkeypatch.setattr(planners, "understand_with", slowly)
    lines, events = room.say()
    assert lines[0] == b": heartbeat\n\n"
    assert "sound" in spoken(events)


def test_operations_are_carried_out_in_order(room, monkeypatch):
    reading(monkeypatch, {"op": "trim", "start": 2, "end": 8}, {"op": "speed", "factor": 2}, {"op": "undo"})
    _, events = room.say()
    calls = [e["content"]["parts"][0]["functionCall"] for e in events if "functionCall" in e["content"]["parts"][0]]
    assert [(call["name"], call["args"]) for call in calls] == [
        ("trim", {"start": 2, "end": 8}),
        ("speed", {"factor": 2}),
        ("undo", {}),
    ]
    assert room.draft().duration == 6000
    assert len([event for event in events if event.get("partial")]) == 3
    assert "".join(e["content"]["parts"][0]["text"] for e in events if e.get("partial")) == spoken(events)


@pytest.mark.parametrize("reply", ["What should pop?", ""])
def test_what_was_not_done_is_said(reply, room, monkeypatch):
    reading(
        monkeypatch,
        {"op": "replace_background", "with": "a beach"},
        {"op": "remove_audio"},
        unread=["make it pop"],
        reply=reply,
    )
    _, events = room.say()
    results = [e["content"]["parts"][0].get("functionResponse") for e in events]
    assert [r["response"]["status"] for r in results if r] == ["not_done", "done"]
    assert "Not done: replace background (with a beach)" in spoken(events)
    assert (reply or "make it pop") in spoken(events)
    assert room.draft().audio == ()


@pytest.mark.parametrize(
    ("language", "part"),
    [("en", "Removed"), ("zh", "已去掉"), ("de", "Removed"), ("zh-Hans", "已去掉"), ("", "Removed")],
)
def test_language_of_the_message_wins(language, part, room, monkeypatch):
    reading(monkeypatch, {"op": "remove_audio"}, language=language)
    assert spoken(room.say()[1]).startswith(part)


def test_nothing_read_changes_nothing(room, monkeypatch):
    before = room.draft()
    reading(monkeypatch)
    assert "example" in spoken(room.say()[1])
    assert room.draft() == before


def test_undo_reaches_back_to_the_first_upload(room, monkeypatch):
    first = room.draft()
    reading(monkeypatch, {"op": "remove_audio"}, {"op": "trim", "start": 0, "end": 5})
    room.say()
    reading(monkeypatch, {"op": "undo"}, {"op": "undo"}, {"op": "undo"})
    _, events = room.say()
    assert room.draft() == first
    assert "nothing to take back" in spoken(events)


def test_a_bug_ends_the_stream_with_an_error(room, monkeypatch):
    def broken(_text):
        raise ZeroDivisionError

    monkeypatch.setattr(planners, "understand_with", broken)
    before = room.draft()
    _, events = room.say()
    assert list(events[-1]) == ["error"]
    assert "ZeroDivision" not in json.dumps(events)
    assert room.draft() == before


def test_the_edit_happens_although_the_client_hangs_up(room, monkeypatch, tmp_path):
    started, release = threading.Event(), threading.Event()

    def slowly(_text):
        started.set()
        release.wait(5)
        return read.Reading(({"op": "remove_audio"},), (), "en", "")

    monkeypatch.setattr(planners, "understand_with", slowly)
    store = open_store(tmp_path / "home")
    projects, accounts = Projects(store), Accounts(store)
    account = SimpleNamespace(id=room.session.account, credits=100)

    async def scene():
        conversations = Conversations(
            projects, accounts, Songs(projects, None), room.backgrounds, room.removals, heartbeat=0.01
        )
        stream = conversations.answer(account, room.session, "…", "agent")
        await anext(stream)
        await stream.aclose()
        release.set()
        await asyncio.gather(*conversations._answering)

    asyncio.run(scene())
    assert projects.draft(room.session.id).audio == ()
    store.close()
