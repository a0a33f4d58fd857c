"""``skillwire list``: the skills that names mean, with ``--all`` also those that are shadowed or hidden."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from skillwire import catalog
from skillwire.cli.places import short, skills_option, standing
from skillwire.engine.wording import plain


@click.command(name="list", short_help="List the skills that are found.")
@click.option("--all", "everything", is_flag=True, help="Also those that are shadowed or hidden.")
@click.option("--json", "as_json", is_flag=True, help="Print a list as JSON.")
@skills_option
def command(everything: bool, as_json: bool, folders: tuple[Path, ...]) -> None:
    """List the skills that are found, by name; one that this machine lacks something for is listed with the reason."""
    found = [entry for entry in catalog.entries(folders) if everything or entry.wins]
    if as_json:
        click.echo(json.dumps([entry.to_dict() for entry in found], ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("No skills found; see skillwire doctor for the folders that were searched.", err=True)
        return
    width = max(len(entry.name) for entry in found)
    # A pipe gets whole lines; on a terminal one skill is one line.
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for entry in found:
        remark = standing(entry) or entry.title or entry.description
        where = f" ({short(entry.path)})" if everything else ""
        line = plain(f"{entry.name:{width}}  {entry.version or '-':8} {' '.join(remark.split())}{where}")
        click.echo(line if everything or standing(entry) else line[:room].rstrip())
