"""``skillwire studio``: every option of the real command, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from support.command import assert_one_sentence, skillwire


@contextmanager
def _served(home, *options):
    """The command, running, and a client of it that has signed in and opened a session."""
    command = [sys.executable, "-m", "skillwire", "studio", "--port", "0", "--home", str(home), *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            ready = json.loads(process.stdout.readline())
            with httpx.Client(base_url=ready["url"], timeout=60) as client:
                token = client.post("/api/auth/anonymous-token", headers={"X-Client-Id": "me"}).json()["data"]["token"]
                client.headers["Authorization"] = f"Bearer {token}"
                session = client.post("/api/tasks/me/with-session/nemo_agent", json={}).json()["data"]["session_id"]
                yield process, client, session, ready["pid"]
        finally:
            process.kill()


def _refer(client, session, address):
    return client.post(
        f"/api/upload-video/nemo_agent/me/{session}", json={"urls": [address], "source_type": "url"}
    ).json()


def _say(client, session, text):
    body = {"session_id": session, "new_message": {"parts": [{"text": text}]}}
    return client.post("/run_sse", json=body).text


def _available(client):
    return client.get("/api/credits/balance/simple").json()["data"]["available"]


@pytest.fixture
def shelf(tmp_path, footage):
    folder = tmp_path / "shelf"
    folder.mkdir(mode=0o700)
    (folder / "bunny.mp4").write_bytes((footage / "bigbuckbunny.mp4").read_bytes())
    return folder


@pytest.mark.parametrize(("options", "cost"), [((), False), (("--metered",), True)])
def test_edits_cost_credits_when_metered_only(tmp_path, shelf, options, cost):
    with _served(tmp_path / "home", "--hand-over", shelf, *options) as (_, client, session, _pid):
        assert _refer(client, session, (shelf / "bunny.mp4").as_uri())["code"] == 0
        before = _available(client)
        _say(client, session, "remove all audio")
        assert (_available(client) < before) is cost


def test_files_are_taken_from_handed_over_folders_only(tmp_path, shelf):
    with _served(tmp_path / "home") as (_, client, session, _pid):
        assert _refer(client, session, (shelf / "bunny.mp4").as_uri())["code"] != 0


@pytest.mark.parametrize(("options", "fetched"), [((), False), (("--private-urls",), True)])
def test_this_machine_is_fetched_from_when_allowed_only(tmp_path, shelf, options, fetched):
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(shelf)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            port = re.search(r"port (\d+)", server.stdout.readline())[1]
            with _served(tmp_path / "home", *options) as (_, client, session, _pid):
                answer = _refer(client, session, f"http://127.0.0.1:{port}/bunny.mp4")
                assert (answer["code"] == 0) is fetched
        finally:
            server.kill()


def test_like_cloud_speaks_of_buttons_and_repeats_itself(tmp_path, shelf):
    told = []
    for home in ("one", "two"):
        options = ("--like-cloud", "--seed", "3", "--cloud-delay", "0", "--hand-over", shelf)
        with _served(tmp_path / home, *options) as (_, client, session, _pid):
            _refer(client, session, (shelf / "bunny.mp4").as_uri())
            stream = "".join(_say(client, session, text) for text in ["remove all audio", "undo"] * 3)
            told.append(re.findall(r'"text": ?"([^"]*)"', stream))
    assert told[0] == told[1]
    assert re.search(r"\[Export\]|\[Preview\]|timeline", " ".join(told[0]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--seed", "3"), "--like-cloud"),
        (("--cloud-delay", "2"), "--like-cloud"),
        (("--like-cloud", "--cloud-delay", "-1"), "--cloud-delay"),
        (("--port", "70000"), "--port"),
        (("--hand-over", "no/such/folder"), "--hand-over"),
    ],
)
def test_wrong_options_are_told(tmp_path, options, words):
    done = skillwire("studio", "--home", tmp_path / "home", *options)
    assert done.returncode == 2
    assert_one_sentence(done, words)


def test_help_names_every_option_of_the_service():
    service = subprocess.run(
        [sys.executable, "-m", "skillwire.studio", "--help"], capture_output=True, text=True, check=True
    )
    ours = skillwire("studio", "--help").stdout
    inner = {"--until-stdin-closes"}
    assert set(re.findall(r"--[a-z-]+", service.stdout)) - inner <= set(re.findall(r"--[a-z-]+", ours))


def test_a_port_in_use_is_told(tmp_path):
    with _served(tmp_path / "one") as (_, client, _session, _pid):
        done = skillwire("studio", "--home", tmp_path / "two", "--port", client.base_url.port)
        assert done.returncode == 3
        assert "--port" in done.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_the_service_ends_with_the_command(tmp_path, number, code):
    with _served(tmp_path / "home") as (process, _client, _session, pid):
        process.send_signal(number)
        assert process.wait(timeout=120) == code
        # Its end of the pipe is closed when the service is gone too, which holds the other end.
        assert process.stdout.read() == b""
        assert not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()
