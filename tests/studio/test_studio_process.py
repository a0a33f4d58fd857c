"""The process: starting, stopping, being killed, and workers that crash."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _gone(pids):
    while any(_alive(pid) for pid in pids):
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory, ffmpeg, bunny):
    """An MPEG-4 part 2 clip whose encoding takes a while."""
    path = tmp_path_factory.mktemp("long") / "long.mkv"
    ffmpeg(
        *("-stream_loop", "3", "-i", bunny, "-an", "-s", "768x432"),
        *("-c:v", "mpeg4", "-q:v", "5", path),
    )
    return path


def test_says_once_where_it_is_and_binds_loopback_only(studio):
    assert set(studio.ready) == {"url", "pid"}
    assert studio.ready["pid"] == studio.popen.pid
    port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)", studio.ready["url"])[1])
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening


def test_home_is_private(studio):
    assert studio.home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_at_a_signal(number, start, tmp_path, clip):
    studio = start(tmp_path / "home")
    client = studio.client().sign_in()
    client.upload(client.open_session(), clip("base.mp4"))
    workers = studio.children()
    assert workers
    studio.popen.send_signal(number)
    assert studio.popen.wait(timeout=120) == 0
    assert studio.popen.stdout.read() == b""
    assert _gone(workers)


def test_stops_with_its_parent_in_the_middle_of_a_render(start, tmp_path, long_clip):
    studio = start(tmp_path / "home")
    client = studio.client().sign_in()
    session = client.open_session()
    client.upload(session, long_clip)
    name, _ = client.submit(session)
    client.wait(name, until=("processing",))
    workers = studio.children()
    assert studio.close() == 0
    assert _gone(workers)
    assert [path for path in (tmp_path / "home" / "renders").iterdir() if path.suffix == ".mp4"] == []


def test_killed_and_started_again_goes_on(start, tmp_path, clip, long_clip, look):
    """Sessions and finished renders are there; what was under way is done again; no worker survives."""
    first = start(tmp_path / "home")
    client = first.client().sign_in()
    token, headers = client.headers["Authorization"], dict(client.headers)
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    client.say(session, "remove all audio")
    draft = client.draft(session)
    done = client.submit(session)[0]
    client.wait(done)
    other = client.open_session()
    client.upload(other, long_clip)
    under_way, _ = client.submit(other)
    client.wait(under_way, until=("processing",))
    workers = first.children()
    first.popen.kill()
    first.popen.wait()
    assert _gone(workers)
    second = start(tmp_path / "home")
    client = second.client()
    client.headers.update({name: value for name, value in headers.items() if name.lower().startswith("x-skill")})
    client.headers["Authorization"] = token
    assert client.draft(session) == draft
    status = client.get(f"/api/render/proxy/lambda/{done}").json()
    assert client.get(status["output"]["url"]).status_code == 200
    status = client.wait(under_way)
    assert status["status"] == "completed", status
    target = tmp_path / "out.mp4"
    target.write_bytes(client.get(status["output"]["url"]).content)
    assert len(look.packets(target)) == len(look.packets(long_clip))
    assert [path.name for path in (tmp_path / "home" / "renders").iterdir() if ".part" in path.name] == []


def test_a_second_studio_leaves_the_first_ones_jobs_alone(start, tmp_path, long_clip):
    first = start(tmp_path / "home")
    client = first.client().sign_in()
    session = client.open_session()
    client.upload(session, long_clip)
    name, _ = client.submit(session)
    client.wait(name, until=("processing",))
    second = start(tmp_path / "home")
    assert len(second.children()) == 1
    other = second.client()
    other.headers.update(client.headers)
    assert other.wait(name)["status"] == "completed"


def test_a_crashed_worker_fails_its_job_only(start, tmp_path, long_clip):
    studio = start(tmp_path / "home")
    client = studio.client().sign_in()
    session = client.open_session()
    before = set(studio.children())
    client.upload(session, long_clip)
    name, _ = client.submit(session)
    client.wait(name, until=("processing",))
    while not (workers := set(studio.children()) - before):
        time.sleep(0.02)
    os.kill(workers.pop(), signal.SIGSEGV)
    status = client.wait(name)
    assert status["status"] == "failed"
    assert "SIGSEGV" in status["error"]
    assert status["code"] == 0
    assert client.wait(client.submit(session)[0])["status"] == "completed"


def test_progress_grows_and_tells_the_time_left(client, long_clip):
    session = client.open_session()
    client.upload(session, long_clip)
    name, _ = client.submit(session)
    seen = []
    while True:
        status = client.get(f"/api/render/proxy/lambda/{name}").json()
        seen.append(status["progress"])
        if status["status"] == "completed":
            break
        assert status["status"] == "pending" or status["seconds_left"] > 0
        time.sleep(0.05)
    assert seen == sorted(seen)
    assert len({value for value in seen if 0 < value < 1}) >= 2


def test_cancelling_frees_the_machine(start, tmp_path, long_clip):
    """The worker is gone when the answer is there, nothing half-written stays, and the next render gets its place."""
    studio = start(tmp_path / "home")
    client = studio.client().sign_in()
    session = client.open_session()
    client.upload(session, long_clip)
    before = set(studio.children())
    name, _ = client.submit(session)
    client.wait(name, until=("processing",))
    while not (workers := set(studio.children()) - before):
        time.sleep(0.02)
    status = client.delete(f"/api/render/proxy/lambda/{name}").json()
    assert not any(_alive(pid) for pid in workers)
    assert (status["code"], status["status"]) == (0, "failed")
    assert "cancelled" in status["error"]
    assert list((studio.home / "renders").iterdir()) == []
    assert client.get(f"/api/render/proxy/lambda/{name}").json()["error"] == status["error"]
    done = client.wait(client.submit(session)[0])
    assert done["status"] == "completed"
    kept = client.delete(f"/api/render/proxy/lambda/{done['id']}").json()
    assert (kept["status"], len(list((studio.home / "renders").iterdir()))) == ("completed", 1)
    assert client.delete("/api/render/proxy/lambda/never").json()["code"] == 404


def test_cancelling_what_waits(start, tmp_path, long_clip):
    studio = start(tmp_path / "home")
    client = studio.client().sign_in()
    session = client.open_session()
    client.upload(session, long_clip)
    first, _ = client.submit(session)
    second, _ = client.submit(session, output={"format": "mp4", "quality": "draft"})
    assert client.delete(f"/api/render/proxy/lambda/{second}").json()["status"] == "failed"
    assert client.wait(first)["status"] == "completed"
    assert len(list((studio.home / "renders").iterdir())) == 1


def _run_to_its_end(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "skillwire.studio", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "runtime")},
    )


def test_a_taken_port_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = _run_to_its_end("--home", tmp_path, "--port", taken.getsockname()[1])
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (3, "", 1)
    assert "port" in run.stderr


def test_a_home_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "studio.db").write_text("not a database, but long enough to look like something" * 50)
    for home in (tmp_path / "file", tmp_path):
        run = _run_to_its_end("--home", home)
        assert (run.returncode, run.stdout, run.stderr.count("\n")) == (3, "", 1), run.stderr
        assert str(home) in run.stderr


def test_tables_of_another_release_are_set_aside(start, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with sqlite3.connect(home / "studio.db") as store:
        store.execute("CREATE TABLE jobs (id TEXT)")
    store.close()
    studio = start(home)
    assert studio.client().sign_in().open_session()
    assert (home / "studio.db.other-release").exists()


def test_what_is_no_longer_owned_goes(start, tmp_path, clip):
    """Accounts whose week is over go at the next start, with their clips and renders."""
    first = start(tmp_path / "home")
    client = first.client().sign_in()
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    client.wait(client.submit(session)[0])
    first.close()
    with sqlite3.connect(tmp_path / "home" / "studio.db") as store:
        store.execute("UPDATE accounts SET expires = 1")
    store.close()
    second = start(tmp_path / "home")
    assert list((second.home / "renders").iterdir()) == []
    assert list((second.home / "media").iterdir()) == []
    answer = second.client().get(
        "/api/credits/balance/simple", headers={"Authorization": client.headers["Authorization"]}
    )
    assert answer.json()["code"] == 1001
