"""A conversation survives kill -9 at every request it makes: the next ``chat`` goes on with the turn, and does nothing twice."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from skillwire.journal import Journal
from support.command import skillwire
from support.standin import FINISHED, StandIn

SKILL = "video-audio-remover"
CALLS = ("token", "session", "upload", "state", "message", "export", "export_status", "download")
# A message that never arrived is waited for; that it is not sent again is shown with runs.
MOMENTS = [(call, when) for call in CALLS for when in ("before", "after") if (call, when) != ("message", "before")]
TURNS = ("clip.mp4 remove all audio", "/export out.mp4")
IN_EXPORT = ("export", "export_status", "download")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(FINISHED)
    return tmp_path


def chat_and_die(service, folder, *lines):
    command = [sys.executable, "-m", "skillwire", "chat", SKILL, "--agent", service.url]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    service.victim = subprocess.Popen(command, cwd=folder, text=True, **streams)
    service.victim.communicate("\n".join(lines) + "\n", timeout=60)


def chat(service, folder, *lines, options=()):
    return skillwire(
        "chat", SKILL, "--agent", service.url, *options, cwd=folder, input="".join(f"{x}\n" for x in lines)
    )


@pytest.mark.parametrize(("call", "when"), MOMENTS)
def test_the_next_chat_goes_on_with_the_interrupted_turn(call, when, folder):
    with StandIn(faults=[{"call": call, "kill": when}]) as service:
        chat_and_die(service, folder, *TURNS)
        done = chat(service, folder, *(() if call in IN_EXPORT else TURNS[1:]))
        assert done.returncode == 0, done.stderr
        assert "skillwire:" not in done.stderr
        assert service.calls.count("message") == 1
        assert len({request.json["id"] for request in service.seen if request.call == "export"}) == 1
        assert service.calls.count("upload") == 1 + (call == "upload")
    assert sorted(path.name for path in folder.iterdir()) == ["clip.mp4", "out.mp4"]
    assert (folder / "out.mp4").read_bytes() == FINISHED
    journal = Journal()
    assert {run.state for run in journal.runs()} == {"done"}
    journal.close()


def test_a_turn_that_was_finished_is_not_gone_on_with(folder):
    with StandIn() as service:
        chat(service, folder, TURNS[0])
        before = list(service.calls)
        done = chat(service, folder)
    assert service.calls == before
    assert "interrupted" not in done.stderr


def test_another_conversation_does_not_touch_it(folder):
    with StandIn(faults=[{"call": "message", "kill": "after"}]) as service:
        chat_and_die(service, folder, TURNS[0])
        before = list(service.calls)
        done = skillwire("chat", "video-ai-no", "--agent", service.url, cwd=folder, input="")
    assert service.calls == before
    assert "interrupted" not in done.stderr


def test_on_a_terminal_the_user_may_leave_it(folder):
    with StandIn(faults=[{"call": "message", "kill": "after"}]) as service:
        chat_and_die(service, folder, TURNS[0])
        before = list(service.calls)
        shown = on_a_terminal(folder, service.url, b"n\n/quit\n")
        assert service.calls == before
        assert b"Go on with it? [Y/n]" in shown
        assert "interrupted" not in chat(service, folder).stderr, "it is not asked about again"


def test_a_session_lost_later_gets_the_clips_of_earlier_turns_again(folder):
    with StandIn() as service:
        chat(service, folder, TURNS[0])
        service.sound = True
        service.faults.append({"call": "message", "nth": 2, "json": {"code": 1002}})
        done = chat(service, folder, "mute the clip", options=("--resume",))
        assert done.returncode == 0
        assert "handed over again" in done.stderr
        assert service.calls[-5:] == ["message", "session", "upload", "message", "state"]
        assert service.calls.count("upload") == 2
        assert b"clip.mp4" in [request for request in service.seen if request.call == "upload"][-1].body


def on_a_terminal(folder, url, keys):
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "skillwire", "chat", SKILL, "--agent", url]
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, cwd=folder, close_fds=True)
    os.close(child)
    os.write(parent, keys)
    shown = b""
    while True:
        try:
            part = os.read(parent, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    assert process.wait(timeout=120) == 0
    os.close(parent)
    return shown
