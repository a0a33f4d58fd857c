"""Real footage, odd inputs made on the fly, a studio process and a client for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import av
import httpx
import imageio_ffmpeg
import numpy as np
import pytest

from skillwire.studio.draft import Draft, appended
from skillwire.studio.edit import apply
from skillwire.studio.media.probe import probe
from skillwire.studio.render import MediaFile, render

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
RUNTIME = Path(__file__).resolve().parents[2] / "runtime"


def _ffmpeg(*arguments):
    subprocess.run([FFMPEG, "-v", "error", "-y", *map(str, arguments)], check=True)


# How each input is made: arguments between the base clip (320×180, 25 fps, 2 s, H.264 with B-frames, AAC) and the output.
INPUTS = {
    "base.mp4": ["-c", "copy"],
    "silent.mp4": ["-an", "-c", "copy"],
    "h264.mov": ["-c", "copy"],
    "h264.mkv": ["-c", "copy"],
    "h264.avi": ["-c:v", "copy", "-c:a", "mp3"],
    "vfr.mp4": ["-vf", "select='not(mod(n,3))+gt(n,30)'", "-fps_mode", "vfr", "-c:v", "libx264", "-c:a", "copy"],
    "tagged.mp4": [
        *("-c:v", "libx264", "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"),
        *("-color_range", "tv", "-vf", "setsar=4/3", "-c:a", "copy"),
    ],
    "surround.mkv": ["-c:v", "copy", "-c:a", "ac3", "-ac", "6"],
    "vp8.webm": ["-c:v", "libvpx", "-b:v", "2M", "-c:a", "libvorbis"],
    "vp9odd.webm": [
        *("-vf", "scale=321:181,setsar=1", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
        *("-b:v", "2M", "-c:a", "libopus"),
    ],
    "mpeg4.avi": ["-c:v", "mpeg4", "-q:v", "2", "-bf", "2", "-c:a", "mp3"],
    "hevc10.mp4": [
        *("-c:v", "libx265", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1"),
        *("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"),
        *("-x265-params", "log-level=error", "-c:a", "copy"),
    ],
    "full.mkv": ["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p", "-c:a", "copy"],
    "sar.webm": ["-vf", "setsar=4/3", "-c:v", "libvpx", "-b:v", "2M", "-c:a", "libvorbis"],
    "sound.mp3": ["-vn", "-c:a", "mp3"],
    "sound.wav": ["-vn"],
    "sound.m4a": ["-vn", "-c", "copy"],
    "sound.aac": ["-vn", "-c", "copy"],
    "picture.png": ["-frames:v", "1", "-update", "1"],
    "picture.jpg": ["-frames:v", "1", "-update", "1"],
    "picture.gif": ["-frames:v", "1"],
    "moving.gif": ["-an", "-vf", "fps=10"],
    "moving.webp": ["-an", "-c:v", "libwebp_anim", "-lossless", "1", "-loop", "0"],
    "picture.webp": ["-frames:v", "1", "-c:v", "libwebp"],
}


# Inputs whose streams begin or end otherwise; all arguments but the output.
CLOCKS = {
    # Starts in the middle of a GOP, by an edit list.
    "edited.mp4": ["-ss", "0.7", "-i", "base", "-c", "copy"],
    # Pictures begin half a second after the sound.
    "delayed.mkv": ["-itsoffset", "0.5", "-i", "base", "-i", "base", "-map", "0:v", "-map", "1:a", "-c", "copy"],
    # Begin 3.2 s after zero.
    "late.mkv": ["-itsoffset", "3.2", "-i", "base", "-c", "copy", "-copyts"],
    "late.mp4": ["-itsoffset", "3.2", "-i", "base", "-c", "copy", "-copyts"],
    # As browsers record: it states no length and has no index.
    "recorded.webm": ["-i", "base", "-c:v", "libvpx", "-b:v", "2M", "-c:a", "libopus", "-live", "1"],
    # Its sound goes on for as long again as its pictures.
    "outlasted.mp4": ["-t", "1.2", "-i", "base", "-i", "base", "-map", "0:v", "-map", "1:a", "-c", "copy"],
}


@pytest.fixture(scope="session")
def bunny(footage):
    """1280×720, 5.3 s, H.264 with 5.1 AAC sound."""
    return footage / "bigbuckbunny.mp4"


@pytest.fixture(scope="session")
def ffmpeg():
    """A function that runs ffmpeg with arguments."""
    return _ffmpeg


@pytest.fixture(scope="session")
def clip(tmp_path_factory, bunny):
    """A function: the path of an input by name, made when first asked for."""
    folder = tmp_path_factory.mktemp("clips")
    base = folder / "source.mp4"
    _ffmpeg(
        *("-i", bunny, "-t", "2", "-vf", "scale=320:180", "-c:v", "libx264", "-bf", "3", "-preset", "veryfast"),
        *("-c:a", "aac", "-ac", "2", base),
    )
    return _maker(folder, base)


@pytest.fixture(scope="session")
def flash(tmp_path_factory):
    """The same inputs from a film of 2.4 s in which the picture is white and a tone sounds from 0.8 to 1.2 s and 1.8 to 2 s."""
    folder = tmp_path_factory.mktemp("flashes")
    base = folder / "source.mp4"
    on = "between(t,0.799,1.199)+between(t,1.799,1.999)"
    _ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2.4"),
        *("-f", "lavfi", "-i", f"aevalsrc='0.6*sin(2*PI*500*t)*({on})':s=48000:d=2.4"),
        *("-vf", f"eq=brightness=-0.35:contrast=0.4,drawbox=c=white:t=fill:enable='{on}'", "-g", "20", "-bf", "3"),
        *("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", base),
    )
    return _maker(folder, base)


def _maker(folder, base):
    def make(name):
        path = folder / name
        if path.exists():
            return path
        if name.startswith("turned"):  # turned90.mov: shown turned by that many degrees
            _ffmpeg("-display_rotation", name[6:].split(".")[0], "-i", base, "-c", "copy", path)
        elif name == "voices.mkv":  # has two tracks of sound, the second another tone
            _ffmpeg(
                *("-i", base, "-f", "lavfi", "-i", "sine=frequency=2000:duration=2", "-map", "0:v", "-map", "0:a"),
                *("-map", "1:a", "-c:v", "copy", "-c:a", "aac", "-disposition:a:0", "default", path),
            )
        elif name == "covered.mp4":  # has cover art besides the pictures
            cover = make("picture.png")
            _ffmpeg(
                *("-i", base, "-i", cover, "-map", "0", "-map", "1", "-c", "copy", "-c:v:1", "mjpeg"),
                *("-disposition:v:1", "attached_pic", path),
            )
        elif name == "tail.mkv":  # cut off in the middle
            data = make("h264.mkv").read_bytes()
            path.write_bytes(data[: len(data) * 6 // 10])
        elif name == "headless.mp4":  # the index at its end is missing
            data = make("base.mp4").read_bytes()
            path.write_bytes(data[: len(data) // 2])
        elif name == "text.mp4":
            path.write_text("not a film\n" * 100)
        elif name == "playlist.mp4":  # would make a careless reader open another file
            path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{base}\n#EXT-X-ENDLIST\n")
        elif name in CLOCKS:
            _ffmpeg(*(base if argument == "base" else argument for argument in CLOCKS[name]), path)
        else:
            _ffmpeg("-i", base, *INPUTS[name], path)
        return path

    return make


def _decode(path, pix_fmt=None):
    """Times in seconds and pictures of a file."""
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic)
        frames = list(container.decode(stream))
        return SimpleNamespace(
            times=[float(frame.time) for frame in frames],
            pictures=[frame.to_ndarray(format=pix_fmt) for frame in frames],
            rotation=frames[0].rotation,
            stream=SimpleNamespace(
                codec=stream.codec_context.name,
                size=(stream.width, stream.height),
                pix_fmt=stream.pix_fmt,
                sar=stream.sample_aspect_ratio,
                tags=(
                    stream.codec_context.color_primaries,
                    stream.codec_context.color_trc,
                    stream.codec_context.colorspace,
                    stream.codec_context.color_range,
                ),
            ),
            kinds=sorted(s.type for s in container.streams),
        )


def _samples(path):
    """The sound as float samples at 48 kHz, shape (2, n), decoded by ffmpeg; silence before a late start is kept."""
    raw = subprocess.run(
        [
            *(FFMPEG, "-v", "error", "-i", str(path), "-af", "aresample=48000:async=1:first_pts=0"),
            *("-ac", "2", "-f", "f32le", "-"),
        ],
        check=True,
        capture_output=True,
    ).stdout
    return np.frombuffer(raw, np.float32).reshape(-1, 2).T


def _packets(path):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@pytest.fixture(scope="session")
def look():
    """Functions that look into files: ``decode``, ``samples``, ``packets``, ``psnr``."""

    def psnr(a, b):
        error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
        return 99.0 if error == 0 else 10 * np.log10(255**2 / error)

    return SimpleNamespace(decode=_decode, samples=_samples, packets=_packets, psnr=psnr)


@pytest.fixture(scope="session")
def rendered():
    """A function: a clip, whole or edited by operations, rendered to a file. Returns the notes on damage met."""

    def make(source, target, *operations, sound=True, quality="standard"):
        sources = source if isinstance(source, list) else [source]
        draft, media = Draft(), {}
        for path in sources:
            info, status = probe(path), path.stat()
            draft = appended(draft, path.name, path.name, info.duration, sound=sound and info.has_audio)
            media[path.name] = MediaFile(path, path.name, status.st_size, status.st_mtime_ns, info.video_codec)
        for operation in operations:
            draft = apply(draft, operation).draft
        return render(draft, media, target, quality, lambda _: None)

    return make


class Client(httpx.Client):
    """A client of the API that does what the skills do."""

    def sign_in(self):
        answer = self.post("/api/auth/anonymous-token", headers={"X-Client-Id": str(uuid.uuid4())}).json()
        self.headers["Authorization"] = f"Bearer {answer['data']['token']}"
        self.headers.update({"X-Skill-Source": "a-skill", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"})
        return self

    def open_session(self, language="en"):
        body = {"task_name": "project", "language": language}
        return self.post("/api/tasks/me/with-session/nemo_agent", json=body).json()["data"]["session_id"]

    def upload(self, session, *paths):
        parts = [("files", (path.name, path.read_bytes())) for path in paths]
        return self.post(f"/api/upload-video/nemo_agent/me/{session}", files=parts).json()

    def refer(self, session, *urls):
        body = {"urls": list(urls), "source_type": "url"}
        return self.post(f"/api/upload-video/nemo_agent/me/{session}", json=body)

    def say(self, session, text, *parts):
        body = {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": session,
            "new_message": {"parts": [{"text": text}, *parts]},
        }
        answer = self.post("/run_sse", json=body, headers={"Accept": "text/event-stream"})
        if not answer.headers["content-type"].startswith("text/event-stream"):
            return answer.json()
        lines = [line for line in answer.text.split("\n\n") if line]
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]

    def told(self, session, text):
        """What was said in the end."""
        return self.say(session, text)[-1]["content"]["parts"][0]["text"]

    def draft(self, session):
        return self.get(f"/api/state/nemo_agent/me/{session}/latest").json()["data"]["state"]["draft"]

    def submit(self, session, name=None, **body):
        name = name or f"render_{uuid.uuid4().hex}"
        body = {"id": name, "sessionId": session, "output": {"format": "mp4", "quality": "high"}} | body
        return name, self.post("/api/render/proxy/lambda", json=body).json()

    def wait(self, name, until=("completed", "failed")):
        for _ in range(3000):
            status = self.get(f"/api/render/proxy/lambda/{name}").json()
            if status["status"] in until:
                return status
            time.sleep(0.02)
        raise TimeoutError(status)

    def export(self, session, target, **body):
        """The finished file, or the failed status."""
        name, answer = self.submit(session, **body)
        assert answer["code"] == 0, answer
        status = self.wait(name)
        if status["status"] == "failed":
            return status
        answer = httpx.get(status["output"]["url"])
        assert answer.status_code == 200
        target.write_bytes(answer.content)
        return target


class Process:
    """``python -m skillwire.studio`` on a home."""

    def __init__(self, home, *arguments):
        self.home = Path(home)
        self.shelf = self.home / "shelf"
        self.shelf.mkdir(parents=True, exist_ok=True)
        self.shelf.chmod(0o700)
        self.popen = subprocess.Popen(
            [
                *(sys.executable, "-m", "skillwire.studio", "--port", "0", "--home", str(home)),
                *("--hand-over", str(self.shelf), "--until-stdin-closes", *arguments),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(RUNTIME)},
        )
        self.ready = json.loads(self.popen.stdout.readline())
        self.clients = []

    def client(self):
        self.clients.append(Client(base_url=self.ready["url"], timeout=60))
        return self.clients[-1]

    def children(self):
        """Process ids of the workers."""
        listed = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children").read_text().split()
        return [int(pid) for pid in listed]

    def close(self):
        for client in self.clients:
            client.close()
        self.popen.stdin.close()
        self.popen.stdout.close()
        return self.popen.wait(timeout=120)


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    """One studio for all tests that do not stop it."""
    process = Process(tmp_path_factory.mktemp("studio") / "home")
    yield process
    process.close()


@pytest.fixture
def start():
    """A function that starts a studio of the test's own."""
    started = []

    def begin(home, *arguments):
        started.append(Process(home, *arguments))
        return started[-1]

    yield begin
    for process in started:
        if process.popen.poll() is None:
            process.popen.kill()
        process.close()


@pytest.fixture
def client(studio):
    """A signed-in client."""
    with studio.client() as client:
        yield client.sign_in()
