"""``skillwire run NAME FILE… "words"``: the whole flow, from words to a finished file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from skillwire.cli.choices import MOST_CHOICES, saved
from skillwire.cli.console import Console
from skillwire.cli.options import json_option, set_option
from skillwire.engine.events import Event, Problem
from skillwire.errors import SkillwireError, UsageError
from skillwire.intake import megabytes
from skillwire.session import Ask, ConsentRequest, is_url, open_session

_FILE_NAME = re.compile(r"[^\s/]+\.[A-Za-z][A-Za-z0-9]{1,4}")


def numbers(_context: click.Context, _option: click.Parameter, value: str) -> tuple[int, ...]:
    """Numbers from 1 on, separated by commas; none of an empty text. Raises ``click.BadParameter``."""
    parts = [part.strip() for part in value.split(",")] if value else []
    if not all(part.isascii() and part.isdigit() and 0 < int(part) <= MOST_CHOICES for part in parts):
        raise click.BadParameter(f"{value!r} is not a number, or several with commas between")
    return tuple(dict.fromkeys(int(part) for part in parts))


@click.command(
    name="run",
    short_help="Run a skill on files.",
    epilog='\b\nskillwire run video-audio-remover clip.mp4 "remove all audio from this video"',
)
@click.argument("name")
@click.argument("arguments", nargs=-1, metavar='FILE... "WORDS"')
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where the finished file goes.")
@click.option("--agent", default="local", show_default=True, help="local, cloud, dry, replay:FILE, or an address.")
@click.option("--yes", is_flag=True, help="Agree to sending words and files to the skill's host.")
@click.option("--record", type=click.Path(path_type=Path), help="Write all requests and answers to a cassette.")
@click.option(
    "--pick", default="", callback=numbers, metavar="N", help="Which of several things is meant, by number: 2, or 1,3."
)
@json_option
@set_option
def command(  # noqa: PLR0913, PLR0917 - one argument for each option, as click hands them over
    name: str,
    arguments: tuple[str, ...],
    output: Path | None,
    pick: tuple[int, ...],
    agent: str,
    yes: bool,
    record: Path | None,
    as_json: bool,
    overrides: dict[str, str],
) -> None:
    """Run the skill NAME on files: say what you want, get the finished file."""
    files, words = split(arguments)
    if not files and not words:
        raise UsageError("there is nothing to do", fix='name a file and say what you want: run NAME FILE "words"')

    def events() -> Iterator[Event]:
        with open_session(name, agent=agent, overrides=overrides, ask=asker(yes=yes), record=record) as session:
            yield from session.run(words, files, output=output, pick=pick)

    near = next((Path(file).with_suffix("") for file in files if not is_url(file)), Path("clip"))
    show_all(saved(events(), near), Console(as_json=as_json))


def show_all(events: Iterator[Event], console: Console) -> None:
    """Show events to the end; a failure is shown as an event too where events are JSON, and raised."""
    try:
        for event in events:
            console.show(event)
    except SkillwireError as error:
        console.fail(Problem(str(error), error.exit_code, getattr(error, "code", None)))
        raise
    finally:
        console.close()


def split(arguments: tuple[str, ...]) -> tuple[list[str], str]:
    """Files and words of a command line: the last argument is the words, unless it is plainly a file.

    Plainly a file is what exists on disk, a URL, or a bare name with an extension; every earlier argument is a file.
    """
    if not arguments:
        return [], ""
    *files, last = arguments
    if os.path.lexists(last) or is_url(last) or _FILE_NAME.fullmatch(last):
        return [*files, last], ""
    return files, last.strip()


def asker(*, yes: bool) -> Ask:
    """Shows what would be sent and asks for consent; ``yes`` agrees beforehand, no terminal refuses."""

    def ask(request: ConsentRequest) -> bool:
        click.echo(f"{request.skill.name} wants to send to {request.host}:", err=True)
        click.echo(f"  your words: {request.words!r}", err=True)
        for attachment in request.attachments:
            size = f" ({megabytes(attachment.size)})" if attachment.path else ""
            click.echo(f"  {attachment.name}{size}", err=True)
        if yes:
            return True
        return sys.stdin.isatty() and click.confirm("Send it?", default=False, err=True)

    return ask
