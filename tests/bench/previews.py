"""Measures how long after an edit is asked for a preview of it is there: over HTTP, on half a minute of 1080p, with nothing known before.

Timed from the request: the answer to it, then the poster, then the small film.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from media import FFMPEG

sys.path.insert(0, str(Path(__file__).with_name("quality")))
import footage

SECONDS = 30
EDITS = {
    "talker": (footage.talker, ("replace the background with a beach", "replace the background with a clean office")),
    "square": (footage.square, ("remove the man in the middle", "remove the person", "remove all people")),
}


def large(source: Path, folder: Path, seconds: float = SECONDS) -> Path:
    """Footage scaled up to 1080p30 with noise and a tone: nothing of that size comes inside a package."""
    target = folder / f"{source.stem}.mp4"
    command = [FFMPEG, "-y", "-v", "error", "-stream_loop", "-1", "-i", str(source)]
    command += ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000", "-t", str(seconds)]
    cover = "scale=1920:1080:force_original_aspect_ratio=increase:flags=bicubic,crop=1920:1080,setsar=1"
    command += ["-vf", f"fps=30,{cover},noise=alls=6:allf=t", "-map", "0:v", "-map", "1:a", "-c:a", "aac"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", str(target)]
    subprocess.run(command, check=True)
    return target


@contextmanager
def studio(home: Path) -> Iterator[httpx.Client]:
    """A client, signed in, of a studio on a new home with a new cache."""
    command = [sys.executable, "-m", "skillwire.studio", "--home", str(home / "studio"), "--until-stdin-closes"]
    environment = {**os.environ, "SKILLWIRE_HOME": str(home)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    try:
        address = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=address, timeout=900) as client:
            answer = client.post("/api/auth/anonymous-token", headers={"X-Client-Id": str(uuid.uuid4())}).json()
            client.headers["Authorization"] = f"Bearer {answer['data']['token']}"
            yield client
    finally:
        process.stdin.close()
        process.wait()


def uploaded(client: httpx.Client, clip: Path) -> str:
    """A new session with that clip."""
    made = client.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "preview"}).json()
    session = made["data"]["session_id"]
    with clip.open("rb") as file:
        client.post(f"/api/upload-video/nemo_agent/me/{session}", files={"files": (clip.name, file)})
    return session


def said(client: httpx.Client, session: str, text: str) -> str:
    """The last thing said to a message."""
    body = {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": session,
        "new_message": {"parts": [{"text": text}]},
    }
    answer = client.post("/run_sse", json=body).text
    events = [json.loads(part.removeprefix("data: ")) for part in answer.split("\n\n") if part.startswith("data: {")]
    return events[-1]["content"]["parts"][0].get("text", "")


def main() -> None:
    """Print a line for each edit, in the order in which one session asks for them."""
    for name, (source, edits) in EDITS.items():
        path = source()
        if path is None:
            sys.stdout.write(f"{name}: not measured: npm or apt-get is needed to fetch the clip\n")
            continue
        with tempfile.TemporaryDirectory() as scratch:
            clip = large(path, Path(scratch))
            with studio(Path(scratch) / "home") as client:
                session = uploaded(client, clip)
                for edit in edits:
                    _report(client, session, name, edit)


def _report(client: httpx.Client, session: str, name: str, edit: str) -> None:
    start = time.perf_counter()

    def after(work: Callable[[], object]) -> float:
        work()
        return time.perf_counter() - start

    answers: list[str] = []
    answered = after(lambda: answers.append(said(client, session, edit)))
    poster = after(lambda: client.get(f"/api/preview/nemo_agent/me/{session}/poster"))
    proxy = after(lambda: client.get(f"/api/preview/nemo_agent/me/{session}/proxy"))
    told = answers[0].splitlines()[-1][:70] if answers else ""
    sys.stdout.write(
        f"{name:7} “{edit}”: answer after {answered:.1f} s, poster {poster:.1f} s, film {proxy:.1f} s ({told})\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
