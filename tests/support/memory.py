"""How much memory the studio's worker takes for an edit of a clip of a given length."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from skillwire.studio.draft import Draft, appended, to_json
from skillwire.studio.edit import Behind, Gone, apply
from skillwire.studio.effects.backdrop.choices import Background
from skillwire.studio.effects.finding.targets import Removal
from skillwire.studio.pool import worker_environment

_FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
# Seconds of footage that are encoded for a clip of any length.
_UNIT = 60


@dataclass(frozen=True)
class Edit:
    """People before another background, or what words mean taken out; ``pans``: of footage across which a camera is made to swing.

    ``suffix``: of the file it is rendered to.
    """

    background: Background | None = None
    words: str = ""
    pans: bool = False
    suffix: str = ".mp4"


def looped(source: Path, target: Path, seconds: float, size: tuple[int, int], rate: int, *, pans: bool) -> Path:
    """Footage played again and again, as a silent H.264 clip of that length (seconds), size and rate (frames a second).

    A minute of it is encoded, at most; longer clips repeat its packets. The camera swings whole times in a minute.
    """
    width, height = size
    large = (width * 5 // 4, height * 5 // 4) if pans else size
    place = ":x='(iw-ow)*(0.5+0.45*sin(t*PI/6))':y='(ih-oh)*(0.5+0.4*sin(t*PI/7.5))'" if pans else ""
    cover = f"scale={large[0]}:{large[1]}:force_original_aspect_ratio=increase,crop={large[0]}:{large[1]}"
    drawn = [
        "-vf",
        f"fps={rate},{cover},crop={width}:{height}{place},setsar=1",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ]
    unit = target.with_suffix(".unit.mp4")
    _repeated(source, unit, min(seconds, _UNIT), [*drawn, "-crf", "24", "-pix_fmt", "yuv420p"])
    _repeated(unit, target, seconds, ["-c", "copy"])
    unit.unlink()
    return target


def _repeated(source: Path, target: Path, seconds: float, options: list[str]) -> None:
    command = [_FFMPEG, "-y", "-v", "error", "-stream_loop", "-1", "-i", str(source), "-t", str(seconds), "-an"]
    subprocess.run([*command, *options, str(target)], check=True)


def peak(edit: Edit, clip: Path, seconds: float, folder: Path) -> int:
    """The most memory (bytes of resident pages) a worker of its own ever has that looks into the clip and renders the edit."""
    worker = _Worker(folder / f"home {clip.stem}")
    status = clip.stat()
    file = {"path": str(clip), "name": clip.name, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    draft = appended(Draft(), "m", clip.name, round(seconds * 1000), sound=False)
    try:
        if edit.background:
            worker.ask({"task": "find_people", "path": str(clip), "name": clip.name})
            behind = Behind(edit.background, "", frozenset({"m"}))
            draft = apply(draft, {"op": "replace_background"}, behind=behind).draft
        else:
            task = {"task": "find_things", "path": str(clip), "name": clip.name, "span": [0, seconds]}
            found = worker.ask(task | {"words": edit.words})
            gone = Gone({"m": Removal(tuple(found["tracks"]))}, {"what": "", "count": 0, "sure": "", "notes": ""})
            draft = apply(draft, {"op": "remove_object", "target": edit.words}, gone=gone).draft
        task = {"task": "render", "draft": to_json(draft), "media": {"m": file | {"video_codec": "h264"}}}
        worker.ask(task | {"target": str(folder / f"out{edit.suffix}"), "quality": "draft"})
        return worker.peak()
    finally:
        worker.close()


class _Worker:
    """A worker as the studio's pool starts it, with a cache of its own."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "skillwire.studio.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=worker_environment() | {"SKILLWIRE_HOME": str(home)},
        )

    def ask(self, task: Mapping[str, Any]) -> dict[str, Any]:
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
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
