"""Measures how much memory ten minutes of 1080p take in the worker, beside one minute of the same: both should take the same.

By ``make bench``; ``python tests/bench/long.py still moving`` measures the parts named. Memory is the worker's peak of resident pages.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media import FFMPEG

from skillwire.studio.draft import Draft, appended, to_json
from skillwire.studio.edit import Behind, Gone, apply
from skillwire.studio.effects.choices import Background
from skillwire.studio.effects.targets import Removal

sys.path.insert(0, str(Path(__file__).with_name("quality")))
import footage

MINUTES = (1, 10)
SIZE = (1920, 1080)
# Half the usual rate: what could grow grows with minutes and with frames, and there are thousands of these.
RATE = 15


@dataclass(frozen=True)
class Part:
    """A kind of edit: what it needs of footage, how that is set into the picture, and what is asked for."""

    footage: Callable[[], Path | None]
    filters: str
    background: Background | None = None
    words: str = ""


def _cover(size: tuple[int, int]) -> str:
    return f"scale={size[0]}:{size[1]}:force_original_aspect_ratio=increase,crop={size[0]}:{size[1]}"


def parts(size: tuple[int, int]) -> dict[str, Part]:
    """Name → part, for clips of that size."""
    width, height = size
    large = (width * 5 // 4, height * 5 // 4)
    pan = f"crop={width}:{height}:x='(iw-ow)*(0.5+0.45*sin(t*0.5))':y='(ih-oh)*(0.5+0.4*sin(t*0.37))'"
    still = _cover(size)
    return {
        "replace": Part(footage.talker, still, background=Background("scene", "beach")),
        "blur": Part(footage.talker, still, background=Background("blur", "medium")),
        "still": Part(footage.square, still, words="all people"),
        "moving": Part(footage.square, f"{_cover(large)},{pan}", words="all people"),
    }


def clip_of(part: Part, source: Path, seconds: float, folder: Path) -> Path:
    """The footage, looped, as a clip of that length."""
    target = folder / f"{seconds:g}.mp4"
    command = [FFMPEG, "-y", "-v", "error", "-stream_loop", "-1", "-i", str(source), "-t", str(seconds), "-an"]
    command += ["-vf", f"fps={RATE},{part.filters},setsar=1", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "24"]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(target)], check=True)
    return target


class Worker:
    """A worker of the studio with a cache of its own; ``ask`` gives it a task, ``peak`` tells its memory in bytes."""

    def __init__(self, home: Path) -> None:
        environment = {**os.environ, "SKILLWIRE_HOME": str(home)}
        command = [sys.executable, "-m", "skillwire.studio.worker"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def ask(self, task: dict[str, Any]) -> dict[str, Any]:
        """The answer to a task. Raises ``RuntimeError`` when it fails."""
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            answer = json.loads(line)
            if "done" in answer:
                return answer["done"]
            if "failed" in answer:
                raise RuntimeError(answer["failed"])
        raise RuntimeError("the worker ended")

    def peak(self) -> int:
        """The most memory it had so far."""
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def close(self) -> None:
        """Ends it."""
        self._process.stdin.close()
        self._process.wait()


def measured(part: Part, clip: Path, seconds: float, folder: Path) -> tuple[int, float]:
    """Peak memory in bytes and seconds by the clock, for looking into the clip and rendering the edit."""
    worker = Worker(folder / f"home {clip.stem}")
    draft = appended(Draft(), "m", clip.name, round(seconds * 1000), sound=False)
    status = clip.stat()
    file = {"path": str(clip), "name": clip.name, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    start = time.perf_counter()
    try:
        if part.background:
            worker.ask({"task": "find_people", "path": str(clip), "name": clip.name})
            behind = Behind(part.background, "", frozenset({"m"}))
            draft = apply(draft, {"op": "replace_background", "with": "…"}, behind=behind).draft
        else:
            task = {"task": "find_things", "path": str(clip), "name": clip.name, "span": [0, seconds]}
            found = worker.ask(task | {"words": part.words})
            gone = Gone({"m": Removal(tuple(found["tracks"]))}, {"what": "", "count": 0, "sure": "", "notes": ""})
            draft = apply(draft, {"op": "remove_object", "target": part.words}, gone=gone).draft
        media = {"m": file | {"video_codec": "h264"}}
        target = str(folder / "out.mp4")
        worker.ask({"task": "render", "draft": to_json(draft), "media": media, "target": target, "quality": "draft"})
        return worker.peak(), time.perf_counter() - start
    finally:
        worker.close()


def main() -> None:
    """Print a line for each part, or for those named."""
    for name, part in parts(SIZE).items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        source = part.footage()
        if source is None:
            sys.stdout.write(f"{name}: not measured: npm or apt-get is needed to fetch the clip\n")
            continue
        told = []
        with tempfile.TemporaryDirectory() as scratch:
            for minutes in MINUTES:
                clip = clip_of(part, source, minutes * 60, Path(scratch))
                peak, seconds = measured(part, clip, minutes * 60, Path(scratch))
                told.append(f"{minutes:3} min {peak / 1e6:6.0f} MB ({seconds:5.0f} s)")
        sys.stdout.write(f"{name:8} {SIZE[0]} × {SIZE[1]}, {RATE} fps: {', '.join(told)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
