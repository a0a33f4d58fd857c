"""Measures this project against the reference library of Agent Skills, both in the same run on the same skill.

Prints two lines: validating one skill as a whole process, and compiling a skill whole against the reference library
reading the same file's frontmatter, each in a process that is warm. Ratios are ours over theirs, of medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests"))

from support import reference_library  # noqa: E402 - found only once tests/ is on the path

PROCESSES = 25
REPEATS = 60

# Run by each library's own interpreter: the file's path comes as argument, the seconds of each repeat go out as JSON.
LOOP = """
import json, sys, time
{setup}
times = []
for _ in range({repeats} + 5):
    start = time.perf_counter()
    {call}
    times.append(time.perf_counter() - start)
print(json.dumps(times[5:]))
"""
OURS = {
    "setup": "from pathlib import Path; from skillwire.spec.build import load; path = sys.argv[1] + '/SKILL.md'",
    "call": "load(Path(path).read_bytes(), source=path)",
}
THEIRS = {
    "setup": "from pathlib import Path; from skills_ref import read_properties; folder = Path(sys.argv[1])",
    "call": "read_properties(folder)",
}


def measure() -> dict[str, dict[str, float]]:
    """Median milliseconds of both sides and their ratio, for ``process`` and ``compile``.

    Raises ``reference_library.Unavailable`` when the reference library cannot be had.
    """
    theirs = reference_library.installed()
    with tempfile.TemporaryDirectory() as scratch:
        folder = _skill(Path(scratch))
        ours = [[str(Path(sys.executable).parent / "skillwire"), "validate", str(folder)]]
        reference = [[str(theirs / "agentskills"), "validate", str(folder)]]
        _seconds(ours[0]), _seconds(reference[0])  # once to fill caches
        pairs = [(_seconds(ours[0]), _seconds(reference[0])) for _ in range(PROCESSES)]
        return {
            "process": _compare([mine for mine, _ in pairs], [other for _, other in pairs]),
            "compile": _compare(_loop(sys.executable, folder, OURS), _loop(str(theirs / "python"), folder, THEIRS)),
        }


def _skill(scratch: Path) -> Path:
    """A shipped skill with its frontmatter in block style: the reference library refuses JSON inside YAML."""
    name = "video-audio-remover"
    text = (PROJECT / "skills" / name / "SKILL.md").read_text(encoding="utf-8")
    _, front, body = text.split("---\n", 2)
    stated = yaml.safe_load(front)
    stated = {key: stated[key] for key in ("name", "description", "license", "metadata")}
    folder = scratch / name
    folder.mkdir()
    block = yaml.safe_dump(stated, allow_unicode=True, sort_keys=False, default_flow_style=False, width=120)
    (folder / "SKILL.md").write_text(f"---\n{block}---\n{body}", encoding="utf-8")
    return folder


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def _loop(python: str, folder: Path, parts: dict[str, str]) -> list[float]:
    text = LOOP.format(repeats=REPEATS, **parts)
    done = subprocess.run([python, "-c", text, str(folder)], check=True, capture_output=True, text=True)
    return list(json.loads(done.stdout))


def _compare(ours: list[float], theirs: list[float]) -> dict[str, float]:
    mine, other = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
    return {"ours_ms": round(mine, 2), "reference_ms": round(other, 2), "ratio": round(mine / other, 3)}


def main() -> None:
    """Print both comparisons."""
    found = measure()
    told = {"process": "validate ONE, whole process", "compile": "compile whole / read frontmatter"}
    limits = {"process": 0.7, "compile": 0.5}
    for key, label in told.items():
        row = found[key]
        shown = f"{row['ours_ms']:8.2f} ms / {row['reference_ms']:8.2f} ms = {row['ratio']:.3f}"
        sys.stdout.write(f"{label:34} {shown} (at most {limits[key]})\n")


if __name__ == "__main__":
    main()
