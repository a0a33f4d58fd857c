"""``skillwire to-prompt PATH…``: skills as the block that a system prompt carries."""

from __future__ import annotations

from pathlib import Path

import click

from skillwire.cli.refusal import exit_with_findings
from skillwire.spec.agentskills import folder_of, to_prompt


@click.command(name="to-prompt", short_help="Print skills as a prompt block.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@exit_with_findings
def command(paths: tuple[Path, ...]) -> None:
    """Print an <available_skills> block with the name, description and location of each skill."""
    click.echo(to_prompt(folder_of(path) for path in paths))
