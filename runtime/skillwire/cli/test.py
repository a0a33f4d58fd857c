"""``skillwire test NAME|PATH…``: do the words of a skill's tests lead where they should?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from skillwire import catalog
from skillwire.cli import reports
from skillwire.cli.options import set_option
from skillwire.cli.places import short, skills_option
from skillwire.cli.suites import cases, skill_files, suite
from skillwire.engine.evaluate import Report, evaluate, joined
from skillwire.engine.wording import plain
from skillwire.errors import EXIT_FINDINGS, EXIT_OK, BadInput, SkillNotRunnable


@click.command(name="test", short_help="Run a skill's route tests.")
@click.argument("refs", nargs=-1, required=True, metavar="NAME|PATH...")
@click.option(
    "--cases",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Cases to run instead of the skill's own: .tsv (lang, label, kind, utterance), .yaml or .json.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(reports.OUTCOME_FORMATS),
    default="text",
    show_default=True,
    help="How to print the result.",
)
@click.option("--json", "form", flag_value="json", help="Short for --format json.")
@click.option(
    "--min-accuracy",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Fail only when fewer cases hold than this share (0 to 1); otherwise every case must hold.",
)
@set_option
@skills_option
def command(
    *,
    refs: tuple[str, ...],
    files: tuple[Path, ...],
    form: str,
    min_accuracy: float | None,
    overrides: dict[str, str],
    folders: tuple[Path, ...],
) -> int:
    """Route the utterances in a skill's evals (routes.yaml, evals.json, eval_queries.json) and compare the plans.

    NAME|PATH is a skill, or a folder of skills. Shows accuracy, confusions and which rows and phrases the cases reach.
    Exits with 1 when a case fails.
    """
    given = [case for path in files for case in cases(path)] if files else None
    results: list[Report] = []
    for path in skill_files(refs, folders):
        skill = catalog.compile_file(path, overrides)
        if not skill.routes:
            raise SkillNotRunnable(
                "this skill has no routing table to test", where=skill.source, fix="see skillwire show"
            )
        results.append(evaluate(skill, suite(path.parent) if given is None else given))
    if not any(report.outcomes for report in results):
        raise BadInput("there are no cases to run", fix="write evals/routes.yaml beside SKILL.md, or give --cases FILE")
    if form == "text":
        for report in results:
            for line in told(report):
                click.echo(plain(line))
    elif form == "json":
        click.echo(json.dumps([report.to_dict() for report in results], ensure_ascii=False, indent=2))
    else:
        click.echo(reports.outcomes(form, [one for report in results for one in _outcomes(report)]), nl=False)
    return EXIT_OK if all(_good(report, min_accuracy) for report in results) else EXIT_FINDINGS


def _good(report: Report, least: float | None) -> bool:
    return not report.failed if least is None else report.accuracy >= least


def _outcomes(report: Report) -> Iterator[reports.Outcome]:
    for outcome in report.outcomes:
        case = outcome.case
        message = f"{outcome.failure} ({outcome.why})" if outcome.failure else ""
        yield reports.Outcome(report.skill.name, case.utterance, outcome.passed, message, case.source, case.line)


def told(report: Report) -> Iterator[str]:
    """A report as lines of text: failures first, then the statistics."""
    skill = report.skill
    total, wrong = len(report.outcomes), len(report.failed)
    for outcome in report.failed:
        yield f'FAIL {short(Path(outcome.case.source))}:{outcome.case.line} "{outcome.case.utterance}"'
        yield f"     {outcome.failure} ({outcome.why})"
    if not total:
        yield f"{skill.name}: no cases"
        return
    yield f"{skill.name}: {total - wrong} of {total} cases hold ({report.accuracy:.1%})"
    for by in ("kind", "language"):
        for value, (passed, of) in report.shares(by).items():
            yield f"  {f'{by} {value}':20} {passed:4} of {of:4} ({passed / of:.1%})"
    yield from _matrix(report)
    yield from _coverage(report)


def _matrix(report: Report) -> Iterator[str]:
    """The confusion matrix: a row an expected plan, a column a plan that came out."""
    table = report.confusion()
    if not table:
        return
    columns = sorted({got for row in table.values() for got in row} | table.keys())
    width = max(len(f"[{len(columns)}] {name}") for name in columns)
    cell = max(4, *(len(str(n)) + 2 for row in table.values() for n in row.values()))
    yield "  expected (down), became (across)"
    yield " " * (width + 4) + "".join(f"[{i}]".rjust(cell) for i in range(1, len(columns) + 1))
    for i, name in enumerate(columns, 1):
        counts = [table.get(name, {}).get(got, 0) for got in columns]
        yield f"    {f'[{i}] {name}':{width}}" + "".join(str(n or ".").rjust(cell) for n in counts)


def _coverage(report: Report) -> Iterator[str]:
    used, there = report.triggers
    hit = sum(entry.hits > 0 for entry in report.coverage)
    yield f"  rows hit: {hit} of {len(report.coverage)}; phrases and events used: {used} of {there}"
    for entry in report.coverage:
        where = f"    line {entry.row.line} ({entry.row.action})"
        if entry.shadowed:
            yield f"{where}: shadowed, neither a case nor its own phrases reach it"
        elif not entry.hits:
            yield f"{where}: no case reaches it"
        elif entry.missed:
            yield f"{where}: no case uses {', '.join(map(repr, entry.missed))}"
        for phrase, actions in entry.astray:
            yield f"{where}: its phrase {phrase!r} leads to {joined(actions)}"
