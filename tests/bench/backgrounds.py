"""Measures what a new background costs at 1080p against a plain transcode by the same encoder, round by round in the same run.

Once as it is the first time, and once when the people in the clip are known from a render before another background. Besides wall
times the processor times are compared: they hardly depend on what else the machine does.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from media import FFMPEG

from skillwire.studio.draft import Clip, Draft
from skillwire.studio.effects.choices import Background
from skillwire.studio.render import MediaFile, render

sys.path.insert(0, str(Path(__file__).with_name("quality")))
import footage

SECONDS = 8
PAIRS = 3
BACKGROUNDS = {
    "colour": Background("colour", "#00b140"),
    "scene": Background("scene", "office"),
    "blur": Background("blur", "medium"),
}


def large(clip: Path, folder: Path) -> MediaFile:
    """The talker scaled up to 1080p30 with noise: no native footage of people at that size comes inside a package."""
    target = folder / "large.mp4"
    command = [FFMPEG, "-y", "-v", "error", "-i", str(clip), "-t", str(SECONDS), "-an"]
    command += ["-vf", "scale=1920:1080:flags=bicubic,fps=30,noise=alls=6:allf=t", "-c:v", "libx264", "-preset"]
    subprocess.run([*command, "ultrafast", "-b:v", "16M", "-pix_fmt", "yuv420p", str(target)], check=True)
    status = target.stat()
    return MediaFile(target, target.name, status.st_size, status.st_mtime_ns, "mpeg4")  # not to be copied


def main() -> None:
    """Print a line for each background and quality."""
    clip = footage.talker()
    if clip is None:
        sys.stdout.write("not measured: npm is needed to fetch the clip\n")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        media = {"m": large(clip, folder)}

        def took(background: Background | None, quality: str) -> tuple[float, float]:
            draft = Draft(video=(Clip("m", "large.mp4", 0, SECONDS * 1000, background=background),))
            wall, work = time.perf_counter(), time.process_time()
            render(draft, media, folder / "out.mp4", quality, lambda _: None)
            return time.perf_counter() - wall, time.process_time() - work

        def round_of(background: Background, quality: str, number: int) -> list[tuple[float, float]]:
            os.environ["SKILLWIRE_HOME"] = str(folder / f"home {label} {quality} {number}")
            return [took(None, quality), took(background, quality), took(background, quality)]

        for quality in ("standard", "high"):
            for label, background in BACKGROUNDS.items():
                rounds = [round_of(background, quality, number) for number in range(PAIRS)]
                told = []
                for turn, name in ((1, "first"), (2, "again")):
                    wall, work = (statistics.median(each[turn][n] / each[0][n] for each in rounds) for n in range(2))
                    best = min(each[turn][0] for each in rounds)
                    told.append(
                        f"{name} {best:5.1f} s = {wall:.2f} of a transcode by the clock, {work:.2f} by processor time"
                    )
                sys.stdout.write(f"{quality:9} {label:7} {'; '.join(told)}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
