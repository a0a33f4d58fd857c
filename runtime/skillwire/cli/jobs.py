"""``skillwire jobs``: runs that are going on, stopped or done."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from skillwire.cli.options import json_option
from skillwire.engine.wording import plain
from skillwire.journal import RUNNING, Journal, Run


@click.command(name="jobs", short_help="List runs; stopped ones can be resumed.")
@json_option
def command(as_json: bool) -> None:
    """List runs, the latest first. A stopped one goes on with: skillwire resume ID."""
    journal = Journal()
    try:
        for run in journal.runs():
            state = state_of(journal, run)
            if as_json:
                click.echo(json.dumps(asdict(run) | {"state": state}, ensure_ascii=False))
                continue
            when = datetime.fromtimestamp(run.created, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")
            names = ", ".join(Path(name).name for name in run.files)
            click.echo(plain(f"{run.id}  {when}  {state:8}  {Path(run.skill).parent.name}  {names}  {run.words!r}"))
            if run.note:
                click.echo(plain(f"            {run.note}"))
    finally:
        journal.close()


def state_of(journal: Journal, run: Run) -> str:
    """``running`` only while a living process is at it; else ``stopped``, ``done`` or ``failed``."""
    if run.state == RUNNING:
        return "running" if journal.is_running(run) else "stopped"
    return run.state
