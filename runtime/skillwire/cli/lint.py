"""``skillwire lint PATH…``: what is wrong or doubtful in skill files, and what to do about it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from skillwire import catalog
from skillwire.cli import reports
from skillwire.engine.wording import plain
from skillwire.errors import (
    EXIT_FINDINGS,
    EXIT_OK,
    EXIT_USAGE,
    OutputFailed,
    SkillNotFound,
    SkillUnreadable,
    UsageError,
)
from skillwire.lint import baseline as baselines
from skillwire.lint.finding import RANK, Dialect, Finding
from skillwire.lint.fixing import fix
from skillwire.lint.linter import lint
from skillwire.lint.registry import Rule, choose, find, rules
from skillwire.spec.agentskills import FILE_NAMES
from skillwire.spec.model import Problem, Severity

BASELINE = Path(".skillwire-lint.json")
"""Where ``--write-baseline`` puts the baseline when no other file is named."""
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is judged: by which dialect, only these rules, without those."""

    dialect: Dialect
    only: frozenset[str] | None
    without: frozenset[str]

    def fixable(self) -> frozenset[str]:
        """Ids of the chosen rules."""
        chosen = {rule.id for rule in rules().values() if self.dialect in rule.dialects}
        return frozenset((chosen if self.only is None else chosen & self.only) - self.without)


def _chosen(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    return choose(name.strip() for value in values for name in value.split(",") if name.strip())


@click.command(name="lint", short_help="Check skill files for what is wrong or doubtful.")
@click.argument("paths", metavar="PATH…", nargs=-1)
@click.option("--format", "form", type=click.Choice(reports.FINDING_FORMATS), default="text", help="How to print them.")
@click.option(
    "--fail-on", type=click.Choice([s.value for s in Severity]), default="warning", help="What makes exit code 1."
)
@click.option("--select", multiple=True, callback=_chosen, metavar="RULES", help="Only these rules or categories.")
@click.option("--ignore", multiple=True, callback=_chosen, metavar="RULES", help="All but these rules or categories.")
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Leave out what FILE already holds.")
@click.option("--write-baseline", is_flag=True, help=f"Write what is found to the baseline ({BASELINE}).")
@click.option(
    "--dialect", type=click.Choice([d.value for d in Dialect]), default="openclaw", help="How strict on form."
)
@click.option("--fix", "mend", is_flag=True, help="Mend what can be mended safely, then check.")
@click.option("--explain", metavar="RULE", help='Explain a rule; "all" lists them.')
def command(
    paths: tuple[str, ...],
    form: str,
    fail_on: str,
    select: frozenset[str],
    ignore: frozenset[str],
    baseline: Path | None,
    dialect: str,
    explain: str | None,
    **switches: bool,
) -> int:
    """Check skills for what is wrong or doubtful. PATH is a skill's file or name, or a folder to search for skills.

    Exit code 0: nothing at or above --fail-on; 1: something; 2: a file cannot be read.
    """
    if explain is not None:
        click.echo(_explained(explain), nl=False)
        return EXIT_OK
    if not paths:
        raise UsageError("no file was given", fix="skillwire lint PATH…, or --explain all for the rules")
    choice = _Choice(Dialect(dialect), select or None, ignore)
    files, unreadable = _files(paths)
    found: list[Finding] = []
    read = []
    for file in files:
        try:
            found += _lint(file, choice, mend=switches["mend"])
            read.append(_shown(file))
        except SkillUnreadable as error:
            unreadable.append(str(error))
    if switches["write_baseline"]:
        target = baseline or BASELINE
        _write(target, baselines.dump(found, target).encode())
        click.echo(f"{len(found)} findings written to {target}", err=True)
        found = []
    else:
        found = baselines.subtract(found, baseline) if baseline else found
        click.echo(reports.findings(form, found, read, rules(), Severity(fail_on)), nl=False)
    for message in unreadable:
        click.echo(plain(f"skillwire: {message}"), err=True)
    if unreadable:
        return EXIT_USAGE
    return EXIT_FINDINGS if any(RANK[f.severity] >= RANK[Severity(fail_on)] for f in found) else EXIT_OK


def _files(paths: Iterable[str]) -> tuple[list[Path], list[str]]:
    """The files that the arguments mean, each once, and what is to be said of arguments that mean none."""
    files: dict[Path, None] = {}
    missing = []
    for path in paths:
        try:
            files.update(dict.fromkeys(_meant(path)))
        except (SkillNotFound, SkillUnreadable) as error:
            missing.append(str(error))
    return list(files), missing


def _meant(path: str) -> list[Path]:
    """The skill files of a folder, or the one file that a path or name means. Raises ``SkillNotFound``."""
    folder = Path(path).expanduser()
    if not path or not folder.is_dir():
        return [catalog.locate(path)]
    found = list(_walk(folder))
    if not found:
        what = f"no {FILE_NAMES[0]} lies in this folder"
        raise SkillNotFound(what, where=path, fix="give a skill's file or folder")
    return found


def _walk(folder: Path) -> Iterator[Path]:
    """Every skill file at or below a folder; links are not followed, so that there is an end."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith((".git", ".venv")))
        name = next((name for name in FILE_NAMES if name in names), None)
        if name:
            yield Path(here) / name


def _shown(file: Path) -> str:
    """A file as the findings name it: from here when it lies below, else as it was given."""
    return str(file.relative_to(Path.cwd())) if file.is_absolute() and file.is_relative_to(Path.cwd()) else str(file)


def _lint(file: Path, choice: _Choice, *, mend: bool) -> list[Finding]:
    data = catalog.read_file(file)
    source = str(file.absolute())
    if mend:
        mended = fix(data, source, choice.fixable())
        if mended != data:
            _write(file, mended)
            click.echo(plain(f"mended {_shown(file)}"), err=True)
            data = mended
    install, note = catalog.install_of(file.absolute().parent)
    beside = [Problem("bad-origin", Severity.WARNING, note, 1)] if note else []
    return lint(
        data,
        source,
        path=_shown(file),
        install=install,
        beside=beside,
        dialect=choice.dialect,
        only=choice.only,
        without=choice.without,
    )


def _write(file: Path, data: bytes) -> None:
    """Replace a file whole or not at all, its permissions kept; a link stays a link. Raises ``OutputFailed``."""
    target = file.resolve()
    try:
        handle, scratch = tempfile.mkstemp(prefix=".skillwire-", suffix=".part", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            Path(scratch).chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o644)
            Path(scratch).replace(target)
        finally:
            Path(scratch).unlink(missing_ok=True)
    except OSError as error:
        raise OutputFailed(f"the file cannot be written ({error.strerror})", where=str(file)) from error


def _explained(name: str) -> str:
    if name != "all":
        return _one(find(name))
    known = rules().values()
    width = max(len(rule.id) for rule in known)
    return "".join(f"{rule.id:{width}}  {rule.severity:7}  {rule.category:13}  {rule.summary}\n" for rule in known)


def _one(rule: Rule) -> str:
    dialects = ", ".join(dialect for dialect in Dialect if dialect in rule.dialects)
    fixable = " (lint --fix does it)" if rule.fixable else ""
    head = (
        f"{rule.id}: {rule.summary}\n  severity  {rule.severity}\n  category  {rule.category}\n  dialects  {dialects}\n"
    )
    told = f"\nWhy: {rule.why}\nFix: {rule.fix}{fixable}.\n"
    return f"{head}{told}\nBad:\n{_indented(rule.bad.splitlines())}\nGood:\n{_indented(rule.good.splitlines())}"


def _indented(lines: Sequence[str]) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)
