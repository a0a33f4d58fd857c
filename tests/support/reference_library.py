"""The reference library of Agent Skills: its source for its tests, and a venv that has it installed, for comparisons.

Both are kept below the running interpreter's prefix (``.venv/share``), so that later runs need no network.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

REQUIREMENT = "skills-ref==0.1.1"
FOLDER = "skills_ref-0.1.1"


class Unavailable(Exception):
    """It is not here and cannot be fetched."""


def _home() -> Path:
    home = Path(sys.prefix) / "share" / "skillwire-tests"
    home.mkdir(parents=True, exist_ok=True)
    return home


def source() -> Path:
    """The unpacked source distribution, with its ``tests`` folder. Raises ``Unavailable``."""
    kept = _home() / FOLDER
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(dir=_home()) as scratch:
            # pip builds the metadata of what it downloads; the build backend is there, so no isolated one is fetched.
            options = ("--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--retries", "1")
            _python("-m", "pip", "download", "--quiet", *options, "--dest", scratch, REQUIREMENT)
            with tarfile.open(next(Path(scratch).glob("*.tar.gz"))) as archive:
                archive.extractall(scratch, filter="data")
            _keep(Path(scratch) / FOLDER, kept)
    return kept


def installed() -> Path:
    """The ``bin`` folder of a venv with the library, its dependencies and the command ``agentskills``.

    Raises ``Unavailable``.
    """
    kept = _home() / "reference"
    if not (kept / "bin" / "agentskills").exists():
        _python("-m", "venv", "--clear", "--without-pip", str(kept))
        _python("-m", "pip", "--python", str(kept / "bin" / "python"), "install", "--quiet", str(source()))
    return kept / "bin"


def _keep(made: Path, kept: Path) -> None:
    try:
        made.replace(kept)
    except OSError:
        if not kept.is_dir():  # otherwise another run was first
            raise


def _python(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    if done.returncode:
        raise Unavailable(f"{' '.join(arguments[1:4])} failed: {done.stderr.strip().splitlines()[-1:]}")
