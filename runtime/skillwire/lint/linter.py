"""``lint``: the bytes of a skill file → findings, by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import PurePath

from skillwire.lint.context import Context
from skillwire.lint.finding import RANK, Dialect, Finding
from skillwire.lint.registry import checks, rules
from skillwire.spec.agentskills import FILE_NAMES
from skillwire.spec.build import Compiled, compile_skill
from skillwire.spec.model import Install, Problem, Severity

MAX_OF_A_RULE = 200
"""Findings of one rule in one file that are told; who has mended those will see the rest."""


def lint(
    data: bytes,
    source: str,
    *,
    path: str = "",
    install: Install | None = None,
    beside: Sequence[Problem] = (),
    dialect: Dialect = Dialect.OPENCLAW,
    only: frozenset[str] | None = None,
    without: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Every finding in a skill file, by line and then by weight.

    ``source`` is the file's path, which tells the folder a ``SKILL.md`` lies in; ``path`` names the file in findings
    when that is to be another one. ``install`` is what the installer recorded, ``beside`` what is wrong with the files
    beside this one. ``only`` and ``without`` are ids of rules. Raises ``SkillUnreadable`` when the bytes are no text
    at all.
    """
    compiled = compile_skill(data, source=source, install=install)
    file = PurePath(source)
    context = Context(compiled, file.parent.name or None if file.name in FILE_NAMES else None)
    asked = {rule.id for rule in rules().values() if dialect in rule.dialects and (only is None or rule.id in only)}
    problems = [*beside, *_problems(context, asked, dialect)]
    found = _without_replaced([problem for problem in problems if problem.rule not in without])
    kept = [problem for problem in found if problem.rule in asked or (only is None and problem.rule not in rules())]
    findings = dict.fromkeys(_finding(compiled, path or source, problem) for problem in kept)
    return sorted(findings, key=lambda finding: (finding.line, -RANK[finding.severity], finding.rule))


def _problems(context: Context, asked: set[str], dialect: Dialect) -> Iterator[Problem]:
    """What the compiler met, and what the checks find."""
    yield from context.skill.problems
    catalogue = rules()
    for rule_id, check in checks().items():
        if rule_id not in asked:
            continue
        rule = catalogue[rule_id]
        # What breaks the specification stops its own tools only.
        lowered = Severity.WARNING if rule.category == "specification" and dialect is not Dialect.SPEC else None
        for hit in islice(check(context), MAX_OF_A_RULE):
            severity = hit.severity or lowered or rule.severity
            yield Problem(rule_id, severity, hit.message, hit.line, hit.fix or rule.fix)


def _without_replaced(found: list[Problem]) -> Iterator[Problem]:
    """Drop what another finding says better, on the same line or, for consequences, anywhere."""
    broken = [(rule, problem.line) for problem in found if (rule := rules().get(problem.rule))]
    replaced = {(other, line) for rule, line in broken for other in rule.replaces}
    explained = {other for rule, _ in broken for other in rule.explains}
    return (p for p in found if (p.rule, p.line) not in replaced and p.rule not in explained)


def _finding(compiled: Compiled, path: str, problem: Problem) -> Finding:
    lines = compiled.document.lines
    line = min(max(problem.line, 1), len(lines))
    rule = rules().get(problem.rule)
    fix = problem.fix or (rule.fix if rule else "")
    return Finding(path, problem.rule, problem.severity, line, problem.message, fix, lines[line - 1].strip())
