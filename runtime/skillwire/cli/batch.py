"""``skillwire batch JOBS.csv``: many runs from a list, resumable."""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import click

from skillwire import catalog
from skillwire.batch import FAILED, Batch, Began, Ended
from skillwire.cli.console import Console
from skillwire.cli.options import json_option, set_option
from skillwire.cli.run import asker
from skillwire.engine.events import Event, Planned
from skillwire.engine.wording import plain
from skillwire.errors import EXIT_OK, EXIT_RUNTIME
from skillwire.joblist import Job, read


@click.command(
    name="batch",
    short_help="Run many jobs from a list.",
    epilog="\b\nskill,files,words,output\nvideo-audio-remover,talks/*.mp4,remove all audio,silent/",
)
@click.argument("jobs", metavar="JOBS.csv", type=click.Path(path_type=Path))
@click.option("--skill", default="", metavar="NAME", help="For rows that name no skill.")
@click.option("--again", is_flag=True, help="Do also what an earlier batch of this list has done.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--agent", default="local", show_default=True, help="local, cloud, dry, replay:FILE, or an address.")
@click.option("--yes", is_flag=True, help="Agree to sending words and files to the skill's host.")
@json_option
@set_option
def command(
    jobs: Path,
    skill: str,
    again: bool,
    fail_fast: bool,
    agent: str,
    yes: bool,
    as_json: bool,
    overrides: dict[str, str],
) -> int:
    """Run the jobs of a CSV list one by one, each in a conversation of its own.

    The list's first row names its columns: files, words, and where wanted skill and output. Several files of one job have | between
    them; a folder or a pattern (talks/*.mp4) makes a job of each clip in it. An output that ends with a slash is a folder.

    A job that fails does not hold up the others. Call it again to go on: what is done stays done, what was cut short is resumed.
    The exit code is 0 when every job is done, 3 when one failed.
    """

    @cache
    def formats(name: str) -> tuple[str, ...]:
        return catalog.find(name, overrides=overrides).formats

    listed = read(jobs, skill=skill, formats=formats)
    console = _Lines(len(listed), as_json=as_json)
    for number, event in Batch(listed, jobs, agent=agent, overrides=overrides, ask=asker(yes=yes)).run(
        again=again, keep_going=not fail_fast
    ):
        console.show(number, event)
    return console.summary(jobs, listed)


class _Lines:
    """Shows the events of all jobs: with the job's number in JSON, under a heading of its own as text."""

    def __init__(self, total: int, *, as_json: bool) -> None:
        self._total = total
        self._as_json = as_json
        self._console = Console(as_json=as_json)
        self._ended: dict[int, Ended] = {}

    def show(self, number: int, event: Event) -> None:
        """Show one event of a job, counted from 0."""
        if isinstance(event, Ended):
            self._ended[number] = event
        if self._as_json:
            click.echo(json.dumps({"number": number + 1, **event.to_dict()}, ensure_ascii=False))
        elif isinstance(event, Began):
            names = ", ".join(Path(file).name for file in event.files)
            click.echo(plain(f"[{number + 1}/{self._total}] {names}: {event.words}"), err=True)
        elif isinstance(event, Ended):
            self._console.close()
            if event.state == FAILED:
                click.echo(plain(f"failed: {event.error}"), err=True)
        else:
            self._console.show(event)
            if not isinstance(event, Planned):
                sys.stdout.flush()

    def summary(self, place: Path, listed: list[Job]) -> int:
        """Show what became of the jobs; returns the exit code."""
        counts = Counter(ended.state for ended in self._ended.values())
        left = len(listed) - len(self._ended)
        if self._as_json:
            told = {"done": counts["done"], "skipped": counts["skipped"], "failed": counts["failed"], "left": left}
            click.echo(json.dumps({"event": "summary", **told}))
        else:
            parts = [f"{counts['done']} done"]
            parts += [f"{counts['skipped']} already done"] if counts["skipped"] else []
            parts += [f"{counts['failed']} failed"] if counts["failed"] else []
            parts += [f"{left} not begun"] if left else []
            click.echo(", ".join(parts))
            for ended in self._ended.values():
                if ended.state == FAILED:
                    click.echo(plain(f"{place}:{ended.line}: {ended.error}"), err=True)
        return EXIT_RUNTIME if counts["failed"] else EXIT_OK
