"""``skillwire why NAME "words"``: from words to a row, its line, its request and what every answer would bring about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from skillwire import catalog
from skillwire.catalog import Entry
from skillwire.cli.options import set_option
from skillwire.cli.places import short, skills_option, standing
from skillwire.engine.explain import Explained, Explanation, Reaction, explain
from skillwire.engine.router import split_attachments
from skillwire.engine.wording import plain
from skillwire.errors import SkillNotFound, SkillNotRunnable
from skillwire.spec.model import Skill


@click.command(name="why", short_help="Explain where words lead and why.")
@click.argument("name", metavar="NAME|PATH")
@click.argument("words", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
@set_option
@skills_option
def command(
    name: str, words: str | None, *, as_json: bool, overrides: dict[str, str], folders: tuple[Path, ...]
) -> None:
    """Explain where WORDS lead in the skill NAME: row and line, requests with their headers, and the error policy.

    Words that start with <file:NAME> come with that file attached. Without words it explains the skill itself: which file
    the name means, which others it shadows, and what is lacking to run it.
    """
    if words is None:
        _standing(name, overrides, folders, as_json=as_json)
        return
    skill = catalog.find(name, paths=folders, overrides=overrides)
    if not skill.routes:
        reason = skill.missing[0] if skill.missing else "it has no routing table"
        raise SkillNotRunnable(f"no words lead anywhere: {reason}", where=skill.source)
    attachments, text = split_attachments(words)
    explanation = explain(skill, text, attachments)
    if as_json:
        report = {"skill": skill.name, "path": skill.source, **explanation.to_dict(), "missing": list(skill.missing)}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    for line in _told(skill, explanation):
        click.echo(plain(line))


def _told(skill: Skill, explanation: Explanation) -> Iterator[str]:
    routing = explanation.routing
    yield f"{' → '.join(routing.actions) or 'nothing'}, because {routing.why}"
    for clause in routing.clauses:
        yield f'  "{clause.text}": {clause.kind}{", called off" if clause.negated else ""} ({clause.rule})'
    file = short(Path(skill.source))
    for row in dict.fromkeys(call.row for call in explanation.calls if call.row):
        yield f"  {file}:{row.line}: {row.raw}"
    for call in explanation.before:
        yield from _request(call, " (first, unless it has been done)")
    for call in explanation.calls:
        yield from _request(call, "")
    everything = (*explanation.before, *explanation.calls)
    for reactions, calls in _policies(everything):
        yield f"Answers to {', '.join(calls)}"
        for reaction in reactions:
            yield f"  {_reaction(reaction)}{_at(reaction.line)}"
    for reason in skill.missing:
        yield f"Cannot run: {reason}"


def _request(explained: Explained, remark: str) -> Iterator[str]:
    call = explained.call
    stated = "documented default" if call.default else f"line {call.line}"
    yield f"{call.name}{remark}: {call.method} {explained.url}  [{stated}]"
    yield from (f"  {name}: {value}" for name, value in explained.headers)
    if call.body is not None:
        yield f"  {json.dumps(call.body, ensure_ascii=False)}"
    if call.file_field:
        yield f"  each file as multipart field {call.file_field!r}"
    if call.url_body is not None:
        yield f"  links as {json.dumps(call.url_body, ensure_ascii=False)}"


def _policies(calls: tuple[Explained, ...]) -> Iterator[tuple[list[Reaction], list[str]]]:
    """Reactions, those shared by the same calls together."""
    using: dict[Reaction, list[str]] = {}
    for explained in calls:
        for reaction in explained.reactions:
            using.setdefault(_without_name(reaction, explained.call.name), []).append(explained.call.name)
    for names, group in groupby(
        sorted(using.items(), key=lambda item: (-len(item[1]), item[1])), key=lambda item: item[1]
    ):
        yield [reaction for reaction, _ in group], names


def _without_name(reaction: Reaction, name: str) -> Reaction:
    end = reaction.end.replace(f"the {name} call", "the call")
    return Reaction(reaction.code, reaction.meaning, reaction.line, reaction.steps, end)


def _reaction(reaction: Reaction) -> str:
    head = reaction.meaning if reaction.code is None else f"{reaction.code} {reaction.meaning}"
    steps = [f"{str(step).replace('-', ' ')}{f' after {after:g} s' if after else ''}" for step, after in reaction.steps]
    return f"{head}: {', then '.join([*steps, f'tell: {reaction.end}' if reaction.end else 'go on'])}"


def _at(line: int | None) -> str:
    return f"  [line {line}]" if line else ""


def _standing(name: str, overrides: dict[str, str], folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Explain which file a name means and how it stands."""
    listed = catalog.entries(folders)
    skill: Skill | None = None
    try:
        skill = catalog.find(name, paths=folders, overrides=overrides)
    except SkillNotFound:
        if all(name not in (entry.name, entry.path.parent.name) for entry in listed):
            raise  # else it is there, but hidden
    names = {name, skill.name} if skill else {name}
    found = [entry for entry in listed if names & {entry.name, entry.path.parent.name}]
    if as_json:
        click.echo(json.dumps(_report(name, skill, found), ensure_ascii=False, indent=2))
        return
    for line in _standing_told(name, skill, found):
        click.echo(plain(line))


def _report(name: str, skill: Skill | None, found: list[Entry]) -> dict[str, Any]:
    entries = [{**entry.to_dict(), "standing": standing(entry) or "ready"} for entry in found]
    told: dict[str, Any] = {"name": name, "path": skill and skill.source, "entries": entries}
    if skill is not None:
        problems = [
            {"rule": p.rule, "severity": str(p.severity), "line": p.line, "message": p.message} for p in skill.problems
        ]
        told |= {"runnable": skill.runnable, "missing": list(skill.missing), "problems": problems}
    return told


def _standing_told(name: str, skill: Skill | None, found: list[Entry]) -> Iterator[str]:
    if skill is None:
        yield f"{name} means no skill that can be used"
    else:
        yield f"{name} means {short(Path(skill.source))}: {skill.name} {skill.version or '(no version)'}, {skill.platform}"
    for entry in found:
        yield f"  {entry.kind:11} {short(entry.path)}: {standing(entry) or 'ready'}"
        yield from (f"    note: {note}" for note in entry.notes)
    if skill is None:
        return
    if all(entry.path.absolute() != Path(skill.source) for entry in found):
        yield "  it lies in no folder that is searched, so only its path means it"
    for problem in skill.problems:
        yield f"  line {problem.line}: {problem.severity}: {problem.message}"
    for reason in skill.missing:
        yield f"  cannot run: {reason}"
    if skill.runnable:
        yield f"  can run: {len(skill.routes)} rows, {len(skill.calls)} calls, {len(skill.errors)} codes"
