"""Runs survive kill -9 at every request they make: nothing is done twice, nothing that was made is lost."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest

from skillwire.agents.registry import open_agent
from skillwire.catalog import find
from skillwire.cli.jobs import state_of
from skillwire.engine.events import Artifact
from skillwire.errors import TransportFailed, UsageError
from skillwire.folders import data_dir
from skillwire.journal import Journal
from skillwire.session import Session
from support.standin import FINISHED, StandIn

SKILL = "video-audio-remover"
CALLS = ("token", "session", "upload", "state", "message", "export", "export_status", "download")
MOMENTS = [(call, when) for call in CALLS for when in ("before", "after") if (call, when) != ("message", "before")]


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(FINISHED)
    return path


def run_and_die(service, clip):
    """A run in a process of its own, which the service kills. Returns the journal's run."""
    command = [sys.executable, "-m", "skillwire", "run", SKILL, str(clip), "remove all audio", "--agent", service.url]
    service.victim = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    service.victim.wait(timeout=120)
    journal = Journal()
    (run,) = journal.runs()
    state = state_of(journal, run)
    journal.close()
    return run, state


def resume(run):
    """Resume in this process, without waiting. Returns (events, waits)."""
    skill, waits = find(run.skill), []
    with Session(skill, open_agent(run.agent, skill), journal=Journal(), sleep=waits.append) as session:
        return list(session.resume(run)), waits


@pytest.mark.parametrize(("call", "when"), MOMENTS)
def test_a_killed_run_goes_on(call, when, clip):
    with StandIn(faults=[{"call": call, "kill": when}]) as service:
        run, state = run_and_die(service, clip)
        if state == "done":
            # The answer to the last request was taken in before the signal came.
            assert (call, when) == ("download", "after")
        else:
            assert state == "stopped"
            events, _ = resume(run)
            assert isinstance(events[-1], Artifact)
        assert service.calls.count("message") == 1
        assert service.calls.count("export") <= 1 + (call, when).count("export")
        exported = {request.json["id"] for request in service.seen if request.call == "export"}
        assert len(exported) == 1, "one render, whatever was submitted again"
    assert sorted(path.name for path in clip.parent.iterdir()) == ["clip.mp4", "clip.silent.mp4"]
    assert (clip.parent / "clip.silent.mp4").read_bytes() == FINISHED
    assert clip.read_bytes() == FINISHED
    journal = Journal()
    assert [entry.state for entry in journal.runs()] == ["done"]
    journal.close()


# The journal has the answer, and the process dies before the vault has the token in it.
DIES_BEFORE_THE_VAULT = """
import os, signal, sys
from skillwire.vault import Vault
Vault.keep = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
from skillwire.cli.quick import main
main()
"""


def test_a_token_that_never_reached_the_vault_is_asked_for_again(clip):
    with StandIn() as service:
        command = [sys.executable, "-c", DIES_BEFORE_THE_VAULT, "run", SKILL, str(clip), "remove all audio"]
        died = subprocess.run([*command, "--agent", service.url], capture_output=True, check=False, timeout=120)
        assert died.returncode == -signal.SIGKILL
        journal = Journal()
        (run,) = journal.runs()
        journal.close()
        events, _ = resume(run)
        assert isinstance(events[-1], Artifact)
        asked = [request.headers["x-client-id"] for request in service.seen if request.call == "token"]
    assert len(asked) == len(set(asked)) == 2, "under a new client id, for the service may give each just one token"


def test_an_export_that_never_arrived_is_submitted_under_its_id(clip):
    with StandIn(faults=[{"call": "export", "kill": "before"}]) as service:
        run, _ = run_and_die(service, clip)
        service.faults.append(
            {"call": "export_status", "status": 404, "json": {"code": 404, "message": "no such render"}}
        )
        events, _ = resume(run)
        assert isinstance(events[-1], Artifact)
        assert service.calls[-5:] == ["export", "export_status", "export", "export_status", "download"]
        assert len({request.json["id"] for request in service.seen if request.call == "export"}) == 1


def test_a_message_that_may_have_been_lost_is_asked_about_and_never_sent_again(clip):
    with StandIn(faults=[{"call": "message", "kill": "before"}]) as service:
        run, state = run_and_die(service, clip)
        assert state == "stopped"
        waits: list[float] = []
        skill = find(run.skill)
        with (
            Session(skill, open_agent(run.agent, skill), journal=Journal(), sleep=waits.append) as session,
            pytest.raises(TransportFailed, match="did not change"),
        ):
            list(session.resume(run))
        assert waits == [30, 60, 60, 60, 60]
        assert service.calls.count("message") == 1
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]


def test_two_processes_do_not_fight_over_a_run(clip):
    with StandIn(faults=[{"call": "export", "kill": "before"}]) as service:
        run, _ = run_and_die(service, clip)
        journal = Journal()
        lock = journal.own(run)
        assert lock is not None
        with pytest.raises(UsageError, match="already at work"):
            resume(run)
        journal.release(run, lock)
        journal.close()
        events, _ = resume(run)
        assert isinstance(events[-1], Artifact)


def test_a_service_that_comes_back_finds_the_run_where_it_stopped(clip):
    fault = {"call": "export_status", "nth": "all", "status": 503, "text": "down"}
    with StandIn(faults=[fault]) as service:
        skill = find(SKILL)
        with (
            Session(skill, open_agent(service.url, skill), journal=Journal(), sleep=lambda _: None) as session,
            pytest.raises(TransportFailed),
        ):
            list(session.run("remove all audio", [clip]))
        service.faults.clear()
        journal = Journal()
        (run,) = journal.runs()
        assert state_of(journal, run) == "stopped"
        assert "503" in run.note
        journal.close()
        events, _ = resume(run)
        assert isinstance(events[-1], Artifact)
        assert [service.calls.count(call) for call in ("token", "session", "upload", "message", "export")] == [1] * 5


def test_a_changed_skill_is_not_resumed_with_another_meaning(clip, tmp_path):
    folder = tmp_path / "skills" / SKILL
    folder.mkdir(parents=True)
    shutil.copyfile(find(SKILL).source, folder / "SKILL.md")
    with StandIn(faults=[{"call": "export", "kill": "before"}]) as service:
        command = [sys.executable, "-m", "skillwire", "run", str(folder), str(clip), "remove all audio"]
        service.victim = subprocess.Popen(
            [*command, "--agent", service.url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        service.victim.wait(timeout=120)
        with (folder / "SKILL.md").open("a", encoding="utf-8") as file:
            file.write("\nChanged.\n")
        journal = Journal()
        (run,) = journal.runs()
        journal.close()
        with pytest.raises(UsageError, match="changed since"):
            resume(run)


def test_the_journal_holds_no_secret(clip):
    with StandIn() as service:
        skill = find(SKILL)
        with Session(skill, open_agent(service.url, skill), journal=Journal()) as session:
            flow = session.run("remove all audio", [clip])
            for event in flow:
                if event.kind == "timeline":
                    break
            flow.close()
        (secret,) = service.issued
    everything = b"".join(path.read_bytes() for path in (data_dir() / "journal").iterdir())
    assert b"session_id" in everything, "the journal was written"
    assert secret.encode() not in everything


def test_a_journal_of_another_version_is_set_aside(tmp_path):
    Journal(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        db.execute("PRAGMA user_version=1")
        db.execute("ALTER TABLE runs DROP COLUMN options")
    journal = Journal(tmp_path)
    assert journal.runs() == []
    journal.close()
    assert (tmp_path / "journal.format-1.db").is_file()
