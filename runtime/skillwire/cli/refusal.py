"""Exit code 1 for a skill that does not conform, as the reference tool has it, in place of 2 for unreadable input."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from skillwire.engine.wording import plain
from skillwire.errors import EXIT_FINDINGS, EXIT_OK, SkillUnreadable


def exit_with_findings(run: Callable[..., None]) -> Callable[..., int]:
    """Wrap a command's function: ``SkillUnreadable`` is told on stderr and becomes exit code 1."""

    @functools.wraps(run)
    def wrapped(*args: Any, **kwargs: Any) -> int:
        try:
            run(*args, **kwargs)
        except SkillUnreadable as error:
            click.echo(f"Error: {plain(str(error))}", err=True)
            return EXIT_FINDINGS
        return EXIT_OK

    return wrapped
