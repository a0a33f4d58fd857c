"""Calls the command inside the test's process, for commands that start nothing: the same code paths, many times as fast."""

from __future__ import annotations

from typing import NamedTuple
from unittest.mock import patch

from skillwire.cli import main


class Done(NamedTuple):
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


def command(capsys, *arguments) -> Done:
    """Run ``skillwire`` with these arguments; failures are told and mapped to exit codes as in a process of its own."""
    name = str(arguments[0])
    with patch.dict(main.COMMANDS, {name: (f"skillwire.cli.{name}", "")}):
        code = main._run([str(argument) for argument in arguments], debug=False)
    out, err = capsys.readouterr()
    return Done(code, out, err)
