"""``skillwire show NAME|PATH``: what a skill compiles to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from skillwire import catalog
from skillwire.cli.options import set_option
from skillwire.cli.places import short, skills_option
from skillwire.engine.wording import plain
from skillwire.spec import config
from skillwire.spec.model import Call, Skill


@click.command(name="show", short_help="Show what a skill compiles to.")
@click.argument("name", metavar="NAME|PATH")
@click.option("--json", "form", flag_value="json", help="Print the compiled config as JSON.")
@click.option("--yaml", "form", flag_value="yaml", help="Print the compiled config as YAML.")
@set_option
@skills_option
def command(name: str, form: str | None, overrides: dict[str, str], folders: tuple[Path, ...]) -> None:
    """Compile the skill NAME, or the one at PATH, and show the result; what is wrong with it goes to stderr."""
    skill = catalog.find(name, paths=folders, overrides=overrides)
    if form is not None:
        click.echo({"json": config.to_json, "yaml": config.to_yaml}[form](skill), nl=False)
        return
    for line in _summary(skill):
        click.echo(plain(line))
    for problem in skill.problems:
        fix = f"; {problem.fix}" if problem.fix else ""
        told = f"{short(Path(skill.source))}:{problem.line}: {problem.severity}: {problem.message}{fix}"
        click.echo(plain(told), err=True)
    for reason in skill.missing:
        click.echo(plain(f"cannot run: {reason}"), err=True)


def _summary(skill: Skill) -> Iterator[str]:
    """The parts a reader asks for first, each with the line of the file it stands on."""
    yield f"{skill.name} {skill.version or '(no version)'}: {skill.title or 'untitled'}"
    yield f"  file      {short(Path(skill.source))}"
    yield f"  platform  {skill.platform}"
    yield f"  service   {skill.base_url or skill.base_url_env or '(none stated)'}"
    if skill.auth.env:
        own = "" if skill.auth.header == "Authorization" else skill.auth.header
        yield f"  token     {skill.auth.env} ({' '.join(filter(None, (own, skill.auth.scheme)))})"
    if skill.headers:
        yield "  headers"
        yield from (f"    {header.name}: {header.value or '(no value)'}{_at(header.line)}" for header in skill.headers)
    if skill.calls:
        yield "  calls"
        yield from (f"    {_call(call)}" for call in skill.calls.values())
    if skill.routes:
        yield "  routes"
        for route in skill.routes:
            words = [*(f'"{phrase}"' for phrase in route.phrases), *route.events, *route.conditions]
            wording = " / ".join(words) or ("everything else" if route.fallback else "(nothing)")
            yield f"    {wording} → {' → '.join((route.action, *route.then))}{_at(route.line)}"
    if skill.errors:
        yield "  errors"
        for rule in skill.errors:
            bound = f" after {rule.after:g} s" if rule.after else ""
            bound += f", {rule.times} times" if rule.times else ""
            yield f"    {rule.code}: {rule.meaning or rule.text} → {rule.recovery}{bound}{_at(rule.line)}"
    if skill.translations:
        yield f"  {len(skill.translations)} translations of the service's wording"
    if skill.formats:
        size = f", up to {skill.max_bytes / (1 << 20):g} MB" if skill.max_bytes else ""
        yield f"  takes     {', '.join(skill.formats)}{size}"
    if skill.poll:
        yield f"  polls     every {skill.poll.every:g} s{_at(skill.poll.line)}"


def _call(call: Call) -> str:
    return f"{call.name}: {call.method} {call.path}{_at(None if call.default else call.line)}"


def _at(line: int | None) -> str:
    return f"  [line {line}]" if line else "  [default]"
