"""``skillwire read-properties PATH``: a skill's frontmatter as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import click

from skillwire.cli.refusal import exit_with_findings
from skillwire.spec.agentskills import folder_of, read_properties


@click.command(name="read-properties", short_help="Print a skill's frontmatter as JSON.")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@exit_with_findings
def command(path: Path) -> None:
    """Print the Agent Skills properties of the skill at PATH (its folder or its SKILL.md) as JSON."""
    click.echo(json.dumps(read_properties(folder_of(path)).to_dict(), ensure_ascii=False, indent=2))
