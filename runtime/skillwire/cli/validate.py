"""``skillwire validate PATH…``: the checks of the Agent Skills specification."""

from __future__ import annotations

import json
from pathlib import Path

import click

from skillwire.cli.quick import report
from skillwire.errors import EXIT_FINDINGS, EXIT_OK
from skillwire.spec.agentskills import FIELDS, OPENCLAW_FIELDS, folder_of, validate

DIALECTS = {"spec": FIELDS, "openclaw": OPENCLAW_FIELDS}


@click.command(name="validate", short_help="Check a skill against the Agent Skills specification.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option(
    "--dialect",
    type=click.Choice(list(DIALECTS)),
    default="spec",
    show_default=True,
    help="Which top-level fields may occur: the specification's own, or also OpenClaw's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a list of findings as JSON.")
def command(paths: tuple[Path, ...], dialect: str, as_json: bool) -> int:
    """Check skill folders (or their SKILL.md) against the Agent Skills specification.

    Exits with 0 when all are valid and with 1 when one is not.
    """
    if not as_json:
        return report(paths, DIALECTS[dialect])
    findings = [
        {
            "path": str(path),
            "rule": found.rule,
            "severity": "error",
            "line": found.line,
            "message": found.message,
        }
        for path in paths
        for found in validate(folder_of(path), DIALECTS[dialect])
    ]
    click.echo(json.dumps(findings, ensure_ascii=False, indent=2))
    return EXIT_FINDINGS if findings else EXIT_OK
