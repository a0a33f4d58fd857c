"""``skillwire understand [TEXT | -]``: the studio's reading of editing requests."""

from __future__ import annotations

import json
import sys

import click

from skillwire.agents.local import read_edits


@click.command(name="understand", short_help="Show which edits the studio reads in a request.")
@click.argument("text", default="-")
def command(text: str) -> None:
    """Print the edit operations that the studio reads in TEXT; "-" reads one request a line from stdin.

    One JSON line each: {"ops": [...]}, with "unread" and "reply" where something was not understood.
    """
    lines = (line.rstrip("\r\n") for line in sys.stdin) if text == "-" else iter([text])
    for line in lines:
        sys.stdout.write(json.dumps(read_edits(line), ensure_ascii=False) + "\n")
