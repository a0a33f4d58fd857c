"""``skillwire new NAME --from OTHER``: a skill of one's own, made from another one by changing only what is asked for."""

from __future__ import annotations

from pathlib import Path

import click

from skillwire import catalog
from skillwire.cli.options import set_option
from skillwire.cli.places import short, skills_option
from skillwire.cli.suites import suite
from skillwire.engine.evaluate import evaluate
from skillwire.engine.wording import plain
from skillwire.errors import EXIT_FINDINGS, EXIT_OK
from skillwire.lint.finding import RANK, Finding
from skillwire.lint.linter import lint
from skillwire.spec import variant_folder
from skillwire.spec.agentskills import FILE_NAMES
from skillwire.spec.model import Severity
from skillwire.spec.variant import vary
from skillwire.spec.variant_changes import Changes


def _phrases(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = []
    for value in values:
        action, equals, words = value.partition("=")
        if not equals or not action.strip():
            raise click.BadParameter(f"{value!r} is not ROUTE=WORDS", context, parameter)
        pairs.append((action.strip(), words.strip()))
    return tuple(pairs)


@click.command(name="new", short_help="Make a skill from another one.")
@click.argument("name")
@click.option("--from", "other", required=True, metavar="OTHER", help="The skill to start from: a name or a path.")
@click.option("--title", help="Its title; without one the original's stays.")
@click.option("--description", help="What it does and when to use it.")
@click.option(
    "--phrase",
    "phrases",
    multiple=True,
    metavar="ROUTE=WORDS",
    callback=_phrases,
    help="Words that lead to an action, such as export=ship it; may be given again.",
)
@click.option("--base-url", metavar="URL", help="The service it talks to, wherever the original names its own.")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("skills"),
    show_default=True,
    metavar="DIR",
    help="The folder of skills to make it in.",
)
@set_option
@skills_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    other: str,
    title: str | None,
    description: str | None,
    phrases: tuple[tuple[str, str], ...],
    base_url: str | None,
    folder: Path,
    overrides: dict[str, str],
    folders: tuple[Path, ...],
) -> int:
    """Write DIR/NAME/SKILL.md as a variant of the skill OTHER, with its evaluations; no code is needed.

    The Markdown is changed only where the name, the attribution and the asked-for values stand. Afterwards the new skill is
    linted and its tests are run; exits with 1 when either finds something.
    """
    original = catalog.locate(other, paths=folders)
    changes = Changes(name, title, description, phrases, base_url, overrides)
    variant = vary(catalog.read_file(original), changes, source=str(original))
    variant_folder.write(folder / name, variant_folder.files(variant, changes, original))
    made = folder / name / FILE_NAMES[0]
    click.echo(plain(short(made)))
    return _check(made)


def _check(made: Path) -> int:
    """Lint and test a new skill and say on stderr how it stands."""
    found = [
        finding for finding in lint(made.read_bytes(), str(made)) if RANK[finding.severity] >= RANK[Severity.WARNING]
    ]
    for finding in found:
        click.echo(plain(_finding(finding)), err=True)
    skill = catalog.compile_file(made)
    report = evaluate(skill, suite(made.parent))
    for outcome in report.failed:
        click.echo(plain(f'{outcome.case.where}: "{outcome.case.utterance}": {outcome.failure}'), err=True)
    passed = len(report.outcomes) - len(report.failed)
    findings = f"{len(found)} finding{'' if len(found) == 1 else 's'}"
    click.echo(f"lint: {findings}; tests: {passed} of {len(report.outcomes)} passed", err=True)
    return EXIT_FINDINGS if found or report.failed else EXIT_OK


def _finding(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}: {finding.severity}: {finding.message}; {finding.fix}"
