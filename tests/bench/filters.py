"""Measures renders that change the pictures against a plain ffmpeg transcode of the same part with the same codec settings."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from media import FFMPEG, clip_1080p, compare

from skillwire.studio.draft import Draft, appended
from skillwire.studio.edit import Song, apply
from skillwire.studio.media.encode import QUALITIES
from skillwire.studio.media.music import compose
from skillwire.studio.render import MediaFile, render

SECONDS = 4
PAIRS = 2
QUALITY = "standard"
# Name → operations, and the part of the clip that the transcode works on, in seconds.
FILTERS = {
    "trim": ([{"op": "trim", "start": 1, "end": 3.5}], (1, 2.5)),
    "trim, all encoded": ([{"op": "trim", "start": 1, "end": 3.5}, {"op": "rotate", "degrees": 180}], (1, 2.5)),
    "add text": ([{"op": "add_text", "text": "The whole way down\n一路向下", "position": "bottom"}], (0, SECONDS)),
    "speed 2x": ([{"op": "speed", "factor": 2}], (0, SECONDS)),
    "speed 0.5x": ([{"op": "speed", "factor": 0.5}], (0, SECONDS)),
    "aspect 9:16": ([{"op": "aspect", "ratio": "9:16"}], (0, SECONDS)),
    "aspect 1:1": ([{"op": "aspect", "ratio": "1:1"}], (0, SECONDS)),
    "aspect 9:16, cropped": ([{"op": "aspect", "ratio": "9:16", "mode": "crop"}], (0, SECONDS)),
    "resolution 720p": ([{"op": "resolution", "height": 720}], (0, SECONDS)),
    "rotate 90": ([{"op": "rotate", "degrees": 90}], (0, SECONDS)),
    "volume": ([{"op": "volume", "factor": 0.5}], (0, SECONDS)),
    "music": ([{"op": "add_music", "query": "calm"}], (0, SECONDS)),
}


def processor_seconds() -> tuple[float, float]:
    """What this process, and its children that have ended, have taken of the processors, in seconds."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime, children.ru_utime + children.ru_stime


def main() -> None:
    """Print a line for each filter, or for those whose names begin with an argument."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        clip = clip_1080p(folder, SECONDS)
        status = clip.stat()
        media = {"m": MediaFile(clip, clip.name, status.st_size, status.st_mtime_ns, "h264")}
        whole = appended(Draft(), "m", clip.name, SECONDS * 1000, sound=True)
        settings = QUALITIES[QUALITY]
        bed = folder / "calm.wav"
        songs = [Song("bed", bed.name, compose("calm", bed), generated=True)]
        media["bed"] = MediaFile(bed, bed.name, bed.stat().st_size, bed.stat().st_mtime_ns)
        chosen = sys.argv[1:] or FILTERS
        for label, (operations, (start, length)) in FILTERS.items():
            if not any(label.startswith(name) for name in chosen):
                continue
            draft = whole
            for operation in operations:
                draft = apply(draft, operation, songs).draft
            command = [FFMPEG, "-y", "-v", "error", "-ss", str(start), "-t", str(length), "-i", str(clip)]
            command += ["-c:v", "libx264", "-crf", str(settings.crf), "-preset", settings.preset]
            command += ["-c:a", "aac", "-b:a", "192k", str(folder / "plain.mp4")]

            def ours(draft: Draft = draft) -> None:
                render(draft, media, folder / "out.mp4", QUALITY, lambda _: None)

            def theirs(command: list[str] = command) -> None:
                subprocess.run(command, check=True)

            before = processor_seconds()
            mine, other, ratio = compare(ours, theirs, PAIRS)
            # Ours runs in this process, theirs in children: what both took of the processors, however busy the machine was.
            own, child = (after - start for after, start in zip(processor_seconds(), before, strict=True))
            sys.stdout.write(
                f"{label:34} {mine:7.2f} s / {other:7.2f} s = {ratio:.2f} of a plain transcode ({QUALITY}); "
                f"processors {own / child:.2f}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
