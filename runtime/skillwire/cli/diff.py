"""``skillwire diff A B``: what truly differs between two skills."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from skillwire import catalog
from skillwire.cli.options import set_option
from skillwire.cli.places import short, skills_option
from skillwire.engine.binding import canonical
from skillwire.engine.wording import plain
from skillwire.errors import EXIT_FINDINGS, EXIT_OK
from skillwire.spec.compare import Difference, Fact, compare
from skillwire.spec.model import Skill


@click.command(name="diff", short_help="Show what truly differs between two skills.")
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option("--prose", is_flag=True, help="Also what is only worded differently: descriptions, examples, advice.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
@set_option
@skills_option
def command(
    left: str, right: str, *, prose: bool, as_json: bool, overrides: dict[str, str], folders: tuple[Path, ...]
) -> int:
    """Compare the skills A and B, each a name or a path, fact by fact: routes, calls, headers, codes, limits and the rest.

    How a file is laid out and worded makes no difference. Exits with 0 when the facts are the same, with 1 when not.
    """
    skills = [catalog.find(ref, paths=folders, overrides=overrides) for ref in (left, right)]
    found = compare(*skills, prose=prose, canonical=canonical)
    if as_json:
        click.echo(json.dumps(_report(skills, found), ensure_ascii=False, indent=2))
    elif not found:
        click.echo("no difference")
    else:
        for line in _told(skills, found):
            click.echo(plain(line))
    return EXIT_FINDINGS if found else EXIT_OK


def _report(skills: list[Skill], found: tuple[Difference, ...]) -> dict[str, Any]:
    sides = {
        side: {"name": skill.name, "path": skill.source} for side, skill in zip(("left", "right"), skills, strict=True)
    }
    return {**sides, "differences": [difference.to_dict() for difference in found]}


def _told(skills: list[Skill], found: tuple[Difference, ...]) -> Iterator[str]:
    for mark, skill in zip("-+", skills, strict=True):
        yield f"{mark * 3} {skill.name} ({short(Path(skill.source))})"
    for difference in found:
        yield difference.subject
        for mark, side in (("-", difference.left), ("+", difference.right)):
            if side is not None:
                yield f"  {mark} {_value(side)}"


def _value(fact: Fact) -> str:
    value = fact.value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        text = ", ".join(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{' '.join(text.split())}  [line {fact.line}]" if fact.line else " ".join(text.split())
