"""Measures whole commands on half a minute of 1080p: ``skillwire run`` with each shipped skill, beside the time its text promises of a cloud.

Everything counts: the start, the studio's own start, the upload, the edit, the export at its best quality, the download. Each run has a
home of its own, so nothing is known of a clip beforehand.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from previews import SECONDS, large

sys.path.insert(0, str(Path(__file__).with_name("quality")))
import footage

_SKILLS = Path(__file__).resolve().parents[2] / "skills"
_PROMISE = re.compile(r"\*\*Quick edit\*\*[^\n]*?(\d+)-(\d+) (seconds|minutes)")
# Skill → footage, and the request of its own example; words that mean several things there are settled by taking the first.
COMMANDS = {
    "video-audio-remover": (footage.talker, "remove all audio from this video and export it silent"),
    "video-editing-ai-background": (
        footage.talker,
        "remove my background and replace it with a clean office setting",
    ),
    "video-ai-no": (footage.square, "remove the person in the background from my video automatically"),
    "objectremover-video": (footage.square, "remove the car parked in the background from the entire video"),
}


def promised(skill: str) -> tuple[int, int]:
    """The shortest and the longest time the skill's text names for such a clip, in seconds."""
    found = _PROMISE.search((_SKILLS / skill / "SKILL.md").read_text("utf-8"))
    if found is None:
        raise ValueError(f"{skill} promises no time")
    unit = 60 if found[3] == "minutes" else 1
    return int(found[1]) * unit, int(found[2]) * unit


def ran(skill: str, clip: Path, request: str, folder: Path) -> tuple[dict, float, float]:
    """What a run tells, its seconds by the clock and of the processors."""
    command = [sys.executable, "-m", "skillwire", "run", skill, str(clip), request, "--pick", "1", "--json"]
    environment = {**os.environ, "SKILLWIRE_HOME": str(folder / f"home {skill}")}
    clock, work = time.perf_counter(), _children()
    done = subprocess.run(
        [*command, "-o", str(folder / f"{skill}.mp4")], env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr or done.stdout)
    return json.loads(done.stdout.splitlines()[-1]), time.perf_counter() - clock, _children() - work


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print a line for each skill."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        clips: dict[str, Path] = {}
        for skill, (source, request) in COMMANDS.items():
            path = source()
            if path is None:
                sys.stdout.write(f"{skill}: not measured: npm or apt-get is needed to fetch the clip\n")
                continue
            clip = clips.get(path.name) or clips.setdefault(path.name, large(path, folder))
            _, clock, work = ran(skill, clip, request, folder)
            least, most = promised(skill)
            sys.stdout.write(
                f"{skill:28} {clock:5.1f} s by the clock, {work:5.1f} s of the processors for {SECONDS} s of 1080p; "
                f"its cloud promises {least}-{most} s\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
