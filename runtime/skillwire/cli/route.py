"""``skillwire route NAME [TEXT | -]``: utterance → plan, one or many."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from skillwire import catalog
from skillwire.cli.options import json_option, set_option
from skillwire.engine.router import Router, Routing, split_attachments
from skillwire.errors import SkillNotRunnable
from skillwire.spec.model import Route


@click.command(name="route", short_help="Show which calls an utterance leads to.")
@click.argument("name")
@click.argument("text", default="-")
@json_option
@set_option
def command(name: str, text: str, as_json: bool, overrides: dict[str, str]) -> None:
    """Route TEXT through the table of the skill NAME; "-" reads one utterance a line from stdin and prints JSON lines.

    A text that starts with <file:NAME> comes with that file attached.
    """
    skill = catalog.find(name, overrides=overrides)
    if not skill.routes:
        raise SkillNotRunnable("this skill has no routing table", where=skill.source, fix="see skillwire show")
    router = Router(skill)
    if text != "-":
        attachments, words = split_attachments(text)
        routing = router.route(words, attachments)
        click.echo(json.dumps(as_dict(routing), ensure_ascii=False) if as_json else _told(routing))
        return
    write = sys.stdout.write
    for line in sys.stdin:
        attachments, words = split_attachments(line.rstrip("\r\n"))
        write(json.dumps(as_dict(router.route(words, attachments)), ensure_ascii=False) + "\n")


def as_dict(routing: Routing) -> dict[str, Any]:
    """A routing as the JSON that outside checks read."""
    return {
        "actions": list(routing.actions),
        "row": row_dict(routing.row),
        "why": routing.why,
        "confidence": round(routing.confidence, 3),
        "language": routing.language,
    }


def row_dict(row: Route | None) -> dict[str, Any] | None:
    """The row that decided, with its line in the file."""
    if row is None:
        return None
    return {"action": row.action, "phrases": list(row.phrases), "fallback": row.fallback, "line": row.line}


def _told(routing: Routing) -> str:
    row = f" (row on line {routing.row.line})" if routing.row else ""
    return f"{' → '.join(routing.actions)}{row}: {routing.why}"
