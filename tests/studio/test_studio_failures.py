"""What goes wrong with files and disks is told in a sentence, and nothing half-written stays."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from skillwire.errors import BadInput, JobFailed
from skillwire.studio.media.probe import probe

RENDER_WITH_A_SMALL_DISK = """
import json, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from skillwire.studio.worker import run
print(json.dumps(run(json.loads(sys.argv[1]), lambda fraction: None)))
"""


@pytest.mark.parametrize("name", ["text.mp4", "headless.mp4", "playlist.mp4"])
def test_no_media_is_told(name, clip):
    with pytest.raises(BadInput) as caught:
        probe(clip(name))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_told(tmp_path):
    with pytest.raises(BadInput, match="no longer there"):
        probe(tmp_path / "gone.mp4")


def test_sound_alone_is_no_clip(clip, tmp_path, rendered):
    with pytest.raises(JobFailed, match="no video stream"):
        rendered(clip("sound.mp3"), tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["base.mp4", "vp8.webm"])
def test_full_disk(name, clip, tmp_path):
    source = clip(name)
    info, status = probe(source), source.stat()
    task = {
        "task": "render",
        "draft": {"t": [{"tt": 0, "sg": [{"d": info.duration, "m": {"media": "m", "name": name}}]}]},
        "media": {
            "m": {
                "path": str(source),
                "name": name,
                "size": status.st_size,
                "mtime_ns": status.st_mtime_ns,
                "video_codec": info.video_codec,
            }
        },
        "target": str(tmp_path / "out.mp4"),
        "quality": "high",
    }
    run = subprocess.run(
        [sys.executable, "-c", RENDER_WITH_A_SMALL_DISK, json.dumps(task)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2] / "runtime",
    )
    answer = json.loads(run.stdout)
    assert answer["kind"] == "OutputFailed", answer
    assert "disk" in answer["failed"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", ["delete", "change"])
def test_input_that_went_or_changed(harm, studio, client, clip, tmp_path):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    stored = next((studio.home / "media" / session).iterdir())
    if harm == "delete":
        stored.unlink()
    else:
        stored.write_bytes(clip("h264.mov").read_bytes())
    status = client.export(session, tmp_path / "out.mp4")
    assert status["status"] == "failed"
    assert ("no longer there" if harm == "delete" else "changed") in status["error"]
    assert "base.mp4" in status["error"]


def test_folder_of_renders_that_went(start, tmp_path, clip):
    studio = start(tmp_path / "home")
    client = studio.client().sign_in()
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    shutil.rmtree(studio.home / "renders")
    status = client.export(session, tmp_path / "out.mp4")
    assert status["status"] == "failed"
    assert "folder" in status["error"]


def test_broken_tail_is_rendered(client, clip):
    session = client.open_session()
    client.upload(session, clip("tail.mkv"))
    name, _ = client.submit(session)
    status = client.wait(name)
    assert status["status"] == "completed"


# Segments a client may put into a draft itself → the end of the render in seconds. Beyond a clip's end its last picture stays.
CRAFTED = [
    ([{"d": 1000, "m": {"in": 90_000}}], 0.04),
    ([{"d": 1000, "m": {"in": 500, "out": 1500}}], 1.0),
    ([{"d": 2000, "m": {}}, {"d": 2000, "m": {"start": 1000}}], 3.0),
    ([{"d": 2000, "m": {}}, {"d": 2000, "m": {"start": 3000}}], 5.0),
    ([{"d": 2000, "m": {"start": 500}}], 2.5),
    ([{"d": 1, "m": {"in": 0, "out": 1}}], 0.04),
]


@pytest.mark.parametrize(("segments", "end"), CRAFTED)
def test_crafted_drafts(segments, end, client, clip, look, tmp_path):
    session = client.open_session()
    media = client.upload(session, clip("silent.mp4"))["data"]["files"][0]["id"]
    for segment in segments:
        segment["m"] |= {"media": media}
    result = client.export(session, tmp_path / "out.mp4", draft={"t": [{"tt": 0, "sg": segments}]})
    assert look.decode(result, "gray").times[-1] + 0.04 == pytest.approx(end, abs=0.05)
