"""The agent ``adk`` against the real ``google-adk``: its own ``api_server``, with a model that follows a script."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from skillwire.engine.events import Artifact, Text, Timeline
from skillwire.errors import JobFailed, ServiceRefused, UsageError
from skillwire.session import open_session
from support import loopback_only

SKILL = "video-audio-remover"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CLIP = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\r\n" + bytes(range(256)) * 4096


def _installed():
    try:
        return importlib.util.find_spec("google.adk") is not None
    except ModuleNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not _installed(), reason="google-adk is not installed here; `make interop` runs these")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address of an ``adk api_server`` that serves the scripted apps and can reach no other machine."""
    folder = tmp_path_factory.mktemp("adk")
    apps = shutil.copytree(HERE / "apps", folder / "apps", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(loopback_only.__file__, folder / "loopback_only.py")
    (folder / "sitecustomize.py").write_text("import loopback_only\n\nloopback_only.install()\n")
    command = [sys.executable, "-m", "google.adk.cli", "api_server", "--host", "127.0.0.1", "--port", "0", str(apps)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "HOME": str(folder)},
    )
    said = []
    for line in process.stderr:
        said.append(line)
        address = re.search(r"running on (http://127\.0\.0\.1:\d+)", line)
        if address:
            break
    else:
        pytest.fail("".join(said[-20:]))
    rest = threading.Thread(target=said.extend, args=[process.stderr])
    rest.start()
    yield address[1]
    process.terminate()
    process.wait()
    rest.join()
    process.stderr.close()


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "hafen für 一.mp4"
    path.write_bytes(CLIP)
    return path


def texts(events):
    return [event.text for event in events if isinstance(event, Text)]


@pytest.mark.parametrize(
    "skill", [SKILL, "objectremover-video", "video-ai-no", "video-editing-ai-background", "examples/music-box-maker"]
)
def test_a_run(skill, server, clip, tmp_path):
    place, out = skill if "/" not in skill else str(ROOT / skill), tmp_path / "out.bin"
    if "/" in skill:
        clip = clip.with_suffix(".txt")
        clip.write_bytes(b"E5 D#5\r\n")
    with open_session(place, agent=f"adk:{server}#scripted_editor") as session:
        events = list(session.run("please remove it", [clip], actions=["message"], output=out))
    assert out.read_bytes() == clip.read_bytes()[::-1]
    assert texts(events) == ["The sound is gone."], "the pieces are joined once, the tool's call is not told"
    assert isinstance(events[-1], Artifact)
    (timeline,) = [event for event in events if isinstance(event, Timeline)]
    assert "silent.mp4" in timeline.changes[0]


def test_a_recorded_run_replays_without_the_server(server, clip, tmp_path):
    tape, told = tmp_path / "tape.yaml", []
    for agent, record in ((f"adk:{server}#scripted_editor", tape), (f"replay:{tape}", None)):
        out = tmp_path / f"{len(told)}.mp4"
        with open_session(SKILL, agent=agent, record=record) as session:
            told.append([event.kind for event in session.run("remove all audio", [clip], output=out)])
        assert out.read_bytes() == CLIP[::-1]
    assert told[0] == told[1]


def test_a_conversation(server, clip, tmp_path):
    with open_session(SKILL, agent=f"adk:{server}#scripted_editor") as session:
        assert texts(session.run("hello there", actions=["message"], wants_file=False)) == ["I was only asked to talk."]
        list(session.run("remove all audio", [clip], output=tmp_path / "1.mp4"))
        list(session.run("remove all audio", actions=["message", "export"], output=tmp_path / "2.mp4"))
        told = list(session.run("show it as a timeline", actions=["message"], wants_file=False))
        assert [event.text for event in told if isinstance(event, Timeline)] == [
            "Timeline (1 tracks): 1. Video: harbour (0-4s)"
        ]
    assert (tmp_path / "1.mp4").read_bytes() == CLIP[::-1]
    assert (tmp_path / "2.mp4").read_bytes() == b"no clip came along"[::-1], "a clip goes along once"


def test_a_lost_session_is_opened_again(server, clip, tmp_path):
    with open_session(SKILL, agent=f"adk:{server}#scripted_editor") as session:
        list(session.run("hello there", [clip], actions=["upload", "message"], wants_file=False))
        sessions = f"{server}/apps/scripted_editor/users/skillwire/sessions"
        lost = session.memory["values"]["session_id"]
        assert httpx.delete(f"{sessions}/{lost}", trust_env=False).status_code == 200
        list(session.run("remove all audio", [clip], actions=["message"], output=tmp_path / "out.mp4"))
        assert session.memory["values"]["session_id"] != lost
    assert (tmp_path / "out.mp4").read_bytes() == CLIP[::-1]


@pytest.mark.parametrize(
    ("app", "words", "raised", "match"),
    [
        ("scripted_editor", "break it", JobFailed, "the script breaks here"),
        ("scripted_editor", "only talk to me", JobFailed, "nothing was exported"),
        ("keeping_editor", "remove all audio", JobFailed, "made no file|nothing was exported"),
        ("nowhere", "remove all audio", UsageError, "no app 'nowhere'; it has .*scripted_editor"),
    ],
)
def test_what_cannot_be_is_told(app, words, raised, match, server, clip):
    with open_session(SKILL, agent=f"adk:{server}#{app}") as session, pytest.raises(raised, match=match):
        list(session.run(words, [clip], actions=["message"]))
    assert sorted(path.name for path in clip.parent.iterdir()) == [clip.name]


def test_a_question_that_adk_has_no_route_for(server):
    with open_session(SKILL, agent=f"adk:{server}#scripted_editor") as session, pytest.raises(ServiceRefused) as told:
        list(session.run("how many credits are left?"))
    assert told.value.code == 501
