"""Measures this project against the reference library of Agent Skills, both in the same run on the same skill.

Prints three lines: validating one skill as a whole process; compiling a skill whole against the reference library
reading its frontmatter, each in a process that is warm but has never seen that skill; and the same for one skill over and
over. Ratios are ours over theirs, of medians; the two sides take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests"))

import varied_skills  # noqa: E402 - beside this file

from support import reference_library  # noqa: E402 - found only once tests/ is on the path

PROCESSES = 25
SKILLS = 60
TURNS = 5
WARM_UP = 8  # skills read before the clock starts

# Run by each library's own interpreter: folders come as arguments, the seconds of each go out as JSON.
LOOP = """
import json, sys, time
{setup}
times = []
for argument in sys.argv[1:]:
    {prepare}
    start = time.perf_counter()
    {call}
    times.append(time.perf_counter() - start)
print(json.dumps(times[{warm_up}:]))
"""
OURS = {
    "setup": "from pathlib import Path; from skillwire.spec.build import load",
    "prepare": "path = argument + '/SKILL.md'",
    "call": "load(Path(path).read_bytes(), source=path)",
}
THEIRS = {
    "setup": "from pathlib import Path; from skills_ref import read_properties",
    "prepare": "folder = Path(argument)",
    "call": "read_properties(folder)",
}


def measure() -> dict[str, dict[str, float]]:
    """Median milliseconds of both sides and their ratio, for ``process``, ``compile`` and ``again``.

    Raises ``reference_library.Unavailable`` when the reference library cannot be had.
    """
    theirs = reference_library.installed()
    with tempfile.TemporaryDirectory() as scratch:
        folders = varied_skills.write(PROJECT, Path(scratch), SKILLS)
        ours = [str(Path(sys.executable).parent / "skillwire"), "validate", str(folders[0])]
        reference = [str(theirs / "agentskills"), "validate", str(folders[0])]
        _seconds(ours), _seconds(reference)  # once to fill caches
        pairs = [(_seconds(ours), _seconds(reference)) for _ in range(PROCESSES)]
        return {
            "process": _compare([mine for mine, _ in pairs], [other for _, other in pairs]),
            "compile": _in_turns(theirs / "python", folders),
            "again": _in_turns(theirs / "python", folders[:1] * SKILLS),
        }


def _in_turns(theirs: Path, folders: list[Path]) -> dict[str, float]:
    mine: list[float] = []
    other: list[float] = []
    for _ in range(TURNS):
        mine += _loop(sys.executable, folders, OURS)
        other += _loop(str(theirs), folders, THEIRS)
    return _compare(mine, other)


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def _loop(python: str, folders: list[Path], parts: dict[str, str]) -> list[float]:
    text = LOOP.format(warm_up=WARM_UP, **parts)
    done = subprocess.run([python, "-c", text, *map(str, folders)], check=True, capture_output=True, text=True)
    return list(json.loads(done.stdout))


def _compare(ours: list[float], theirs: list[float]) -> dict[str, float]:
    mine, other = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
    return {"ours_ms": round(mine, 2), "reference_ms": round(other, 2), "ratio": round(mine / other, 3)}


def main() -> None:
    """Print both comparisons."""
    found = measure()
    told = {
        "process": "validate ONE, whole process",
        "compile": "compile whole / read frontmatter",
        "again": "  the same, one file over and over",
    }
    limits = {"process": 0.7, "compile": 0.5, "again": 0.5}
    for key, label in told.items():
        row = found[key]
        shown = f"{row['ours_ms']:8.2f} ms / {row['reference_ms']:8.2f} ms = {row['ratio']:.3f}"
        sys.stdout.write(f"{label:34} {shown} (at most {limits[key]})\n")


if __name__ == "__main__":
    main()
