"""``skillwire resume [ID]``: go on with a run that was interrupted or killed."""

from __future__ import annotations

import click

from skillwire.cli.console import Console
from skillwire.cli.jobs import state_of
from skillwire.cli.options import json_option
from skillwire.cli.run import asker, show_all
from skillwire.errors import UsageError
from skillwire.journal import Journal, Run
from skillwire.session import resume_session


@click.command(name="resume", short_help="Go on with a stopped run.")
@click.argument("run_id", metavar="[ID]", default="")
@click.option("--yes", is_flag=True, help="Agree to sending words and files to the skill's host.")
@json_option
def command(run_id: str, yes: bool, as_json: bool) -> None:
    """Go on with the run ID, or with the latest one that was stopped.

    Nothing that was done is done again: no message is sent twice, no finished file is lost.
    """
    run = choose(run_id)
    with resume_session(run, ask=asker(yes=yes)) as session:
        show_all(session.resume(run), Console(as_json=as_json))


def choose(run_id: str) -> Run:
    """The run to go on with. Raises ``UsageError`` when there is none, or it cannot go on."""
    journal = Journal()
    try:
        if not run_id:
            stopped = [run for run in journal.runs() if state_of(journal, run) == "stopped"]
            if not stopped:
                raise UsageError("no run was stopped", fix="see skillwire jobs")
            return stopped[0]
        run = journal.get(run_id)
        state = state_of(journal, run)
    finally:
        journal.close()
    if state != "stopped":
        reason = f" ({run.note})" if run.note else ""
        raise UsageError(f"run {run.id} is {state}{reason}", fix="only a stopped run can be resumed")
    return run
