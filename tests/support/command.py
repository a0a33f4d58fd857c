"""Calls the command as a user does: a process of its own, its streams read back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def skillwire(*arguments: str | Path, cwd: Path | None = None, **options) -> subprocess.CompletedProcess:
    """Run ``skillwire`` with no terminal and no input; stdout and stderr come back as text."""
    return subprocess.run(
        [sys.executable, "-m", "skillwire", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **({"stdin": subprocess.DEVNULL} | options if "input" not in options else options),
    )


def assert_one_sentence(done: subprocess.CompletedProcess, *words: str) -> None:
    """A failure is one clear line on stderr that names what, where and what to do; never a traceback."""
    lines = done.stderr.strip().splitlines()
    assert lines, "a failure says something"
    assert lines[-1].startswith("skillwire: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[-1]
