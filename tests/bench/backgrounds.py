"""Measures what a new background costs at 1080p against a plain transcode by the same encoder, round by round in the same run.

Once as it is the first time, and once when the people in the clip are known from a render before another background. Besides wall
times the processor times are compared: they hardly depend on what else the machine does.
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
from skillwire.studio.effects.backdrop.choices import Background

sys.path.insert(0, str(Path(__file__).with_name("quality")))
import footage

SECONDS = 8
PAIRS = 3
BACKGROUNDS = {
    "colour": Background("colour", "#00b140"),
    "scene": Background("scene", "office"),
    "blur": Background("blur", "medium"),
}


def main() -> None:
    """Print a line for each background and quality."""
    clip = footage.talker()
    if clip is None:
        sys.stdout.write("not measured: npm is needed to fetch the clip\n")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        file = large(clip, folder, SECONDS)

        def took(background: Background | None, quality: str) -> tuple[float, float]:
            shown = Clip("m", file.name, 0, SECONDS * 1000, background=background)
            return clocked(partial(rendered, shown, file, folder / "out.mp4", quality))

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
