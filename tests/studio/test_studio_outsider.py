"""Clients that are not ours: curl as an LLM agent would call it from a skill's text, and a disk that is truly full."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ATTRIBUTION = ["-H", "X-Skill-Source: a", "-H", "X-Skill-Version: 1.0.0", "-H", "X-Skill-Platform: unknown"]


@pytest.fixture
def curl(studio):
    """A function: the answer to a request to the address in ``NEMO_API_URL``, as text."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    environment = {"PATH": os.environ["PATH"], "NEMO_API_URL": studio.ready["url"]}

    def call(path, *options):
        command = ["curl", "-sS", *map(str, options), f"{environment['NEMO_API_URL']}{path}"]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    return call


def test_a_skill_followed_by_hand(curl, clip, tmp_path, look):
    """Token, session, upload, words, state, export, polls, download and claim link; no header that the skill does not name."""
    token = json.loads(curl("/api/auth/anonymous-token", "-X", "POST", "-H", "X-Client-Id: by-hand"))["data"]["token"]
    sign = ["-H", f"Authorization: Bearer {token}", *ATTRIBUTION]
    answer = curl("/api/tasks/me/with-session/nemo_agent", *sign, "-d", '{"task_name":"project","language":"en"}')
    session = json.loads(answer)["data"]["session_id"]
    upload = f"/api/upload-video/nemo_agent/me/{session}"
    taken = json.loads(curl(upload, *sign, "-F", f"files=@{clip('base.mp4')}", "-F", f"files=@{clip('vp8.webm')}"))
    assert [file["name"] for file in taken["data"]["files"]] == ["base.mp4", "vp8.webm"]
    body = {"app_name": "nemo_agent", "user_id": "me", "session_id": session}
    for words in ("remove all audio", 'add the text "你好 🎉 Grüße" at the top'):
        message = json.dumps(body | {"new_message": {"parts": [{"text": words}]}})
        stream = curl("/run_sse", *sign, "-N", "-H", "Accept: text/event-stream", "-d", message)
        assert all(block.startswith(("data: {", "data: heartbeat")) for block in stream.split("\n\n") if block)
    state = json.loads(curl(f"/api/state/nemo_agent/me/{session}/latest", *sign))["data"]["state"]
    assert [track["tt"] for track in state["draft"]["t"]] == [0, 7]
    order = {
        "id": "render_1",
        "sessionId": session,
        "draft": state["draft"],
        "output": {"format": "mp4", "quality": "high"},
    }
    refused = curl("/api/render/proxy/lambda", *sign[:2], "-d", json.dumps(order), "-o", "-", "-w", " %{http_code}")
    assert refused.endswith(" 402")
    status = json.loads(curl("/api/render/proxy/lambda", *sign, "-d", json.dumps(order)))
    while status["status"] in ("pending", "processing"):
        time.sleep(0.05)
        status = json.loads(curl("/api/render/proxy/lambda/render_1", *sign))
    assert status["status"] == "completed", status
    target = tmp_path / "out.mp4"
    path = re.sub(r"^http://[^/]+", "", status["output"]["url"])
    curl(path, "-o", target)
    part = subprocess.run(["head", "-c", "1000", target], capture_output=True, check=True).stdout
    assert part[4:8] == b"ftyp"
    curl("/api/render/proxy/render_1/download", *sign, "-r", "0-999", "-o", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == part
    found = look.decode(target)
    assert found.kinds == ["video"]
    assert found.times[-1] == pytest.approx(4 - 0.04, abs=0.09)
    claim = json.loads(curl("/api/auth/claim-token", *sign, "-d", json.dumps({"task_id": "t", "session_id": session})))
    assert claim["claim_token"].startswith("clm_")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:22/a.mp4",
        "http://localhost/a.mp4",
        "http://[::1]/a.mp4",
        "http://169.254.169.254/latest/a.mp4",
        "http://0x7f000001/a.mp4",
        "http://2130706433/a.mp4",
        "http://[::ffff:10.0.0.1]/a.mp4",
        "http://user:secret@127.0.0.1/a.mp4",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.mp4",
        "gopher://127.0.0.1/a.mp4",
        "/etc/passwd",
        "",
    ],
)
def test_addresses_of_this_machine_are_not_fetched(address, curl):
    token = json.loads(curl("/api/auth/anonymous-token", "-X", "POST", "-H", f"X-Client-Id: a{address}"))["data"][
        "token"
    ]
    sign = ["-H", f"Authorization: Bearer {token}"]
    session = json.loads(curl("/api/tasks/me/with-session/nemo_agent", *sign, "-d", "{}"))["data"]["session_id"]
    body = json.dumps({"urls": [address], "source_type": "url"})
    answer = json.loads(curl(f"/api/upload-video/nemo_agent/me/{session}", *sign, "-d", body))
    assert answer["code"] not in (0, 500)
    assert "Traceback" not in answer["message"]


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", place], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_is_told_and_the_service_lives_on(start, small_disk, clip, tmp_path):
    studio = start(small_disk / "home")
    client = studio.client().sign_in()
    session = client.open_session()
    assert client.upload(session, clip("base.mp4"))["code"] == 0
    filler = small_disk / "filler"
    with filler.open("wb") as file:
        free = os.statvfs(small_disk)
        file.write(b"\0" * max(0, free.f_bavail * free.f_frsize - 60_000))
    client.say(session, "make it 9:16")
    status = client.export(session, tmp_path / "out.mp4")
    assert isinstance(status, dict), "the render fitted on a full disk"
    assert status["status"] == "failed"
    assert "disk" in status["error"]
    assert [path.name for path in (Path(studio.home) / "renders").iterdir()] == []
    refused = client.upload(session, clip("full.mkv"))
    assert refused["code"] == 4002
    assert "space" in refused["message"]
    filler.unlink()
    assert client.upload(session, clip("silent.mp4"))["code"] == 0
    assert client.export(session, tmp_path / "out.mp4").stat().st_size > 0
