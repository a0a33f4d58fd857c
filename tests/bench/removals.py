"""Measures what taking people out costs at 1080p against a plain transcode by the same encoder, round by round in the same run.

The analysis is part of it, as it is the first time that a clip is seen. Besides wall times the processor times are compared: they
hardly depend on what else the machine does.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

from large import clocked, large, rendered

from skillwire.studio.draft import Clip
from skillwire.studio.effects.finding.targets import Removal
from skillwire.studio.effects.vanish import search

sys.path.insert(0, str(Path(__file__).with_name("quality")))
import footage
from cutouts import walking
from removing import cases
from staging import FPS, staged, written

QUALITY = "standard"
SECONDS = 8
ROUNDS = 3


def clips(square: Path, folder: Path) -> dict[str, tuple[Path, float]]:
    """Clips by what they show, each with its length in seconds."""
    found = {"a square full of people, camera standing": (square, float(SECONDS))}
    for case in cases(walking(square), None):
        if case.name in ("walker with a shadow", "walker with a shadow, hand-held pan"):
            path = folder / f"staged {case.moving}.mp4"
            written(staged(case.scene, case.count, case.cast, case.act, noise=case.noise).shown, path)
            found[case.name] = path, case.count / FPS
    return found | {"a street with cuts and a cyclist, camera moving": (footage.street(), float(SECONDS))}


def main() -> None:
    """Print a line for each clip."""
    square = footage.square()
    if square is None:
        sys.stdout.write("not measured: apt-get is needed to fetch the clip\n")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for label, (clip, seconds) in clips(square, folder).items():
            file = large(clip, folder, seconds)
            whole = Clip("m", file.name, 0, round(seconds * 1000))

            def without_people(whole=whole, file=file, seconds=seconds) -> None:
                found = search(file.path, file.name, "all the people", (0.0, seconds))
                removed = Removal(tuple(found["tracks"]))
                bare = Clip(whole.media, whole.name, whole.start, whole.duration, removed=removed)
                rendered(bare, file, folder / "out.mp4", QUALITY)

            rounds = []
            for number in range(ROUNDS):
                os.environ["SKILLWIRE_HOME"] = str(folder / f"home {label} {number}")
                plain = clocked(partial(rendered, whole, file, folder / "plain.mp4", QUALITY))
                rounds.append((plain, clocked(without_people)))
            wall, work = (statistics.median(ours[n] / plain[n] for plain, ours in rounds) for n in range(2))
            best = min(ours[0] for _, ours in rounds)
            sys.stdout.write(
                f"{label:48} {best:5.1f} s = {wall:.2f} of a transcode by the clock, {work:.2f} by processor time\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
