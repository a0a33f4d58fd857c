"""The reference library's own tests, run against this project's reading of Agent Skills through the shim beside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support import reference_library


@pytest.mark.slow
def test_the_reference_librarys_own_tests_pass():
    try:
        source = reference_library.source()
    except reference_library.Unavailable as error:
        pytest.skip(f"the reference library cannot be fetched: {error}")
    shim = Path(__file__).resolve().parent
    search = os.pathsep.join([str(shim), *filter(None, sys.path)])
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            os.devnull,
            "--rootdir",
            source,
            "tests",
        ],
        check=False,
        cwd=source,
        env={**os.environ, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^40 passed in", done.stdout, re.MULTILINE), done.stdout
