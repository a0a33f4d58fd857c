"""``make bench``: every measurement, each against a named baseline in the same run. Prints ratios, asserts nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PARTS = ("agentskills", "routing", "media", "filters", "backgrounds", "removals", "previews", "commands")


def main() -> None:
    """Run each part in a process of its own; say which could not run."""
    for part in PARTS:
        sys.stdout.write(f"-- {part}\n")
        sys.stdout.flush()
        done = subprocess.run([sys.executable, str(Path(__file__).with_name(f"{part}.py"))], check=False)
        if done.returncode:
            sys.exit(f"the benchmark {part!r} failed")


if __name__ == "__main__":
    main()
