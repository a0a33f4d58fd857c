"""Where the command starts. ``validate PATH…`` is answered here, everything else by the click group.

Editors and commit hooks validate on every save, and loading click would take longer than the check itself.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from skillwire.errors import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from skillwire.spec.agentskills import FIELDS, folder_of, validate


def main() -> None:
    """Run the command line and exit with the code that ``errors`` documents."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A path need not be text in this locale's encoding. What cannot be shown is escaped, which JSON reads back.
        sys.stdout.reconfigure(errors="backslashreplace")
    name, *paths = sys.argv[1:] or [""]
    if name == "validate" and paths and not any(path.startswith("-") for path in paths):
        sys.exit(report(list(map(Path, paths))))
    from skillwire.cli.main import main as all_commands  # noqa: PLC0415 - the reason for this module

    all_commands()


def report(paths: Sequence[Path], fields: frozenset[str] = FIELDS) -> int:
    """Validate skills and print the verdicts: valid ones on stdout, breaches on stderr. Returns the exit code."""
    code = EXIT_OK
    try:
        for path in paths:
            folder = folder_of(path)
            found = validate(folder, fields)
            if not found:
                print(_shown(f"Valid skill: {folder}"), flush=True)
                continue
            print(_shown(f"Validation failed for {folder}:"), file=sys.stderr)
            for violation in found:
                print(_shown(f"  - {violation.message} (line {violation.line})"), file=sys.stderr)
            code = max(code, EXIT_USAGE if found[0].rule == "path" else EXIT_FINDINGS)
    except BrokenPipeError:  # the reader went away; the verdict stands
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _shown(text: str) -> str:
    """``text`` as a terminal may have it: names in a file can hold control sequences."""
    if text.isprintable():
        return text
    from skillwire.engine.wording import plain  # noqa: PLC0415 - only hostile or broken text needs it

    return plain(text)
