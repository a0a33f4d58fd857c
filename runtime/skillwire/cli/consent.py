"""``skillwire consent list|revoke``: what may be sent where."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from skillwire.cli.options import json_option
from skillwire.engine.wording import plain
from skillwire.errors import UsageError
from skillwire.vault import Vault


@click.group(name="consent", short_help="See and take back what may be sent where.")
def command() -> None:
    """See and take back consents: each is for one content of a skill at one host."""


@command.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the consents that were given."""
    for consent in Vault().consents():
        if as_json:
            click.echo(json.dumps(asdict(consent)))
        else:
            when = datetime.fromtimestamp(consent.given, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")
            click.echo(plain(f"{consent.skill} at {consent.host}, {when}, content {consent.digest[:12]}"))


@command.command(name="revoke")
@click.argument("skill")
@click.option("--host", help="Only at this host; else at all.")
def revoke(skill: str, host: str | None) -> None:
    """Take back the consents given to SKILL."""
    count = Vault().revoke(skill, host)
    if not count:
        raise UsageError(
            f"no consent was given to {skill}" + (f" at {host}" if host else ""), fix="see skillwire consent list"
        )
    click.echo(f"{count} taken back")
