"""Clips at 1080p to measure renders with. No native footage of people at that size comes inside a package, so it is scaled up."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from media import FFMPEG

from skillwire.studio.draft import Clip, Draft
from skillwire.studio.render import MediaFile, render


def large(clip: Path, folder: Path, seconds: float) -> MediaFile:
    """The beginning of a clip scaled up to 1080p30, with noise."""
    target = folder / f"{clip.stem}.large.mp4"
    command = [FFMPEG, "-y", "-v", "error", "-i", str(clip), "-t", str(seconds), "-an"]
    fitted = "scale=1920:1080:force_original_aspect_ratio=increase:flags=bicubic,crop=1920:1080"
    command += ["-vf", f"{fitted},fps=30,noise=alls=6:allf=t", "-c:v", "libx264", "-preset"]
    subprocess.run([*command, "ultrafast", "-b:v", "16M", "-pix_fmt", "yuv420p", str(target)], check=True)
    status = target.stat()
    return MediaFile(target, target.name, status.st_size, status.st_mtime_ns, "mpeg4")  # not to be copied


def clocked(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds that something takes: by the clock, and of the processors."""
    wall, work = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - work


def rendered(clip: Clip, file: MediaFile, target: Path, quality: str) -> None:
    """Renders a draft of one clip, whose medium is ``m``."""
    render(Draft(video=(clip,)), {"m": file}, target, quality, lambda _: None)
