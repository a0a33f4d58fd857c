"""What ``--help`` prints of every command: no mark-up shows through, and examples keep their lines."""

from __future__ import annotations

import re

import pytest

from support.command import skillwire

COMMANDS = re.findall(r"^  ([a-z][a-z-]*)  ", skillwire("--help").stdout, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_plain_text(command):
    done = skillwire(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: skillwire {command}")
    assert not re.search(r"\\b|\x08|``|:[a-z]+:`", done.stdout)


def test_examples_stand_on_lines_of_their_own():
    assert len(COMMANDS) > 15
    lines = [line.strip() for line in skillwire("batch", "--help").stdout.splitlines()]
    at = lines.index("skill,files,words,output")
    assert lines[at + 1].count(",") == 3
