"""Measures this project against the reference library of Agent Skills, both in the same run on the same skill.

Prints: validating one skill as a whole process; compiling a skill whole against the reference library reading its
frontmatter, each in a process that is warm but has never seen that skill; and the same for one skill over and over.
Compiling is measured in both forms of the code, C (see ``skillwire.native``) where that has been built, and pure Python.
Ratios are ours over theirs, of medians; the sides take turns, so that a busy machine slows all. A whole process is measured
by the clock, what goes on within one by processor time, which leaves out what other processes take meanwhile.
"""

from __future__ import annotations

import json
import os
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

# Run by each library's own interpreter: folders come as arguments, the seconds that each takes go out as JSON.
LOOP = """
import json, sys, time
{setup}
times = []
for argument in sys.argv[1:]:
    {prepare}
    start = time.process_time()
    {call}
    times.append(time.process_time() - start)
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
        found = {"process": _compare([mine for mine, _ in pairs], [other for _, other in pairs])}
        for key, asked in (("compile", folders), ("again", folders[:1] * SKILLS)):
            for form, row in _in_turns(theirs / "python", asked).items():
                found[f"{key} {form}"] = row
        return found


def _in_turns(theirs: Path, folders: list[Path]) -> dict[str, dict[str, float]]:
    """The comparison for each form of our code that there is."""
    forms = {"in C": "", "in Python": "1"} if _is_compiled() else {"in Python": "1"}
    mine: dict[str, list[float]] = {form: [] for form in forms}
    other: list[float] = []
    for _ in range(TURNS):
        for form, pure in forms.items():
            mine[form] += _loop(sys.executable, folders, OURS, SKILLWIRE_PURE=pure)
        other += _loop(str(theirs), folders, THEIRS)
    return {form: _compare(times, other) for form, times in mine.items()}


def _is_compiled() -> bool:
    code = "import skillwire.spec.build as it; print(it.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "SKILLWIRE_PURE": ""},
    )
    return not done.stdout.strip().endswith(".py")


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def _loop(python: str, folders: list[Path], parts: dict[str, str], **environment: str) -> list[float]:
    text = LOOP.format(warm_up=WARM_UP, **parts)
    command = [python, "-c", text, *map(str, folders)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment})
    return list(json.loads(done.stdout))


def _compare(ours: list[float], theirs: list[float]) -> dict[str, float]:
    mine, other = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
    return {"ours_ms": round(mine, 2), "reference_ms": round(other, 2), "ratio": round(mine / other, 3)}


def main() -> None:
    """Print the comparisons."""
    told = {
        "process": ("validate ONE, whole process", 0.7),
        "compile": ("compile whole / read frontmatter", 0.5),
        "again": ("  the same, one file over and over", 0.5),
    }
    for key, row in measure().items():
        what, _, form = key.partition(" ")
        label, limit = told[what]
        shown = f"{row['ours_ms']:8.2f} ms / {row['reference_ms']:8.2f} ms = {row['ratio']:.3f}"
        sys.stdout.write(f"{label:36}{form:10} {shown} (at most {limit})\n")


if __name__ == "__main__":
    main()
