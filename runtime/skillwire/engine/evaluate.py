"""Runs route tests over a skill's table: which cases hold, which rows and phrases they reach, which no words can reach."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from skillwire.engine.evaluate_cases import FALLBACK_LABEL, Case
from skillwire.engine.router import Router, Routing, split_attachments
from skillwire.language.normalise import fold, tidy
from skillwire.spec.model import Route, Skill

NOTHING = "(nothing)"
"""Stands for an empty plan in statistics."""
_SOME_FILE = "clip.mp4"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case and where its utterance went. ``failure`` says in words what is wrong; empty when the case holds."""

    case: Case
    actions: tuple[str, ...]
    row: Route | None
    why: str
    failure: str = ""

    @property
    def passed(self) -> bool:
        """Whether the case holds."""
        return not self.failure

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON."""
        case = self.case
        expected = {"plan": case.plan, "must_include": case.must_include, "must_not_include": case.must_not_include}
        told = {
            "source": case.source,
            "line": case.line,
            "utterance": case.utterance,
            "passed": self.passed,
            "actions": list(self.actions),
            **{name: list(actions) for name, actions in expected.items() if actions},
            "row": self.row and self.row.line,
            "why": self.why,
        }
        return told if self.passed else {**told, "failure": self.failure}


@dataclass(frozen=True, slots=True)
class RowCoverage:
    """How a row of the table was reached. ``hits`` counts cases; ``missed`` are phrases and events that no case used.

    ``astray`` are the row's own phrases that lead elsewhere, with the plan they lead to. ``shadowed``: no case and none of
    its own phrases reach the row.
    """

    row: Route
    hits: int
    missed: tuple[str, ...]
    astray: tuple[tuple[str, tuple[str, ...]], ...]
    shadowed: bool

    def to_dict(self) -> dict[str, Any]:
        """The coverage as JSON."""
        return {
            "line": self.row.line,
            "action": self.row.action,
            "fallback": self.row.fallback,
            "hits": self.hits,
            "missed": list(self.missed),
            "astray": {phrase: list(actions) for phrase, actions in self.astray},
            "shadowed": self.shadowed,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all cases over one skill."""

    skill: Skill
    outcomes: tuple[Outcome, ...]
    coverage: tuple[RowCoverage, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The cases that do not hold."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    @property
    def accuracy(self) -> float:
        """Share of cases that hold, 0–1; 1 when there are none."""
        return 1 - len(self.failed) / len(self.outcomes) if self.outcomes else 1.0

    @property
    def triggers(self) -> tuple[int, int]:
        """How many phrases and events of the table the cases used, and how many there are."""
        there = sum(len(entry.row.phrases) + len(entry.row.events) for entry in self.coverage)
        return there - sum(len(entry.missed) for entry in self.coverage), there

    def shares(self, by: str) -> dict[str, tuple[int, int]]:
        """Passed and all cases for each value of ``kind`` or ``language`` that occurs, in alphabetical order."""
        total: Counter[str] = Counter()
        passed: Counter[str] = Counter()
        for outcome in self.outcomes:
            if value := getattr(outcome.case, by):
                total[value] += 1
                passed[value] += outcome.passed
        return {value: (passed[value], total[value]) for value in sorted(total)}

    def confusion(self) -> dict[str, dict[str, int]]:
        """Expected plan → plan it became → number of cases, over the cases that state a whole plan."""
        table: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for outcome in self.outcomes:
            if outcome.case.plan is not None:
                table[joined(resolved(self.skill, outcome.case.plan))][joined(outcome.actions)] += 1
        return {expected: dict(sorted(got.items())) for expected, got in sorted(table.items())}

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON."""
        used, there = self.triggers
        shares = {
            f"{by}s": {value: {"passed": passed, "total": total} for value, (passed, total) in self.shares(by).items()}
            for by in ("kind", "language")
        }
        return {
            "skill": self.skill.name,
            "path": self.skill.source,
            "total": len(self.outcomes),
            "passed": len(self.outcomes) - len(self.failed),
            "accuracy": round(self.accuracy, 4),
            **shares,
            "confusion": self.confusion(),
            "coverage": {
                "rows": [entry.to_dict() for entry in self.coverage],
                "rows_hit": sum(entry.hits > 0 for entry in self.coverage),
                "phrases_hit": used,
                "phrases": there,
            },
            "cases": [outcome.to_dict() for outcome in self.outcomes],
        }


def evaluate(skill: Skill, cases: Sequence[Case]) -> Report:
    """Route every case's utterance through the skill's table and judge where it went."""
    router = Router(skill)
    outcomes: list[Outcome] = []
    reached: list[_Reached] = []
    for case in cases:
        attachments, words = split_attachments(case.utterance)
        routing = router.route(words, attachments)
        outcomes.append(
            Outcome(case, routing.actions, routing.row, routing.why, _failure(skill, case, routing.actions))
        )
        reached.append(
            _Reached(fold(tidy(words)), bool(attachments), _rows(skill, routing, attached=bool(attachments)))
        )
    return Report(skill, tuple(outcomes), tuple(_coverage(router, row, reached) for row in skill.routes))


def joined(actions: Iterable[str]) -> str:
    """A plan as one word: ``upload+message``."""
    return "+".join(actions) or NOTHING


def resolved(skill: Skill, plan: Iterable[str]) -> tuple[str, ...]:
    """A plan with the label of the fallback row replaced by its action."""
    fallback = skill.fallback.action if skill.fallback else FALLBACK_LABEL
    return tuple(fallback if action == FALLBACK_LABEL and action not in skill.calls else action for action in plan)


def _failure(skill: Skill, case: Case, actions: tuple[str, ...]) -> str:
    plan = None if case.plan is None else resolved(skill, case.plan)
    include, exclude = resolved(skill, case.must_include), resolved(skill, case.must_not_include)
    unknown = next((name for name in (*(plan or ()), *include, *exclude) if name not in skill.calls), None)
    if unknown is not None:
        return f"the case names the action {unknown!r}, which the skill does not have"
    if plan is not None and plan != actions:
        return f"expected {joined(plan)}, became {joined(actions)}"
    for name in include:
        if name not in actions:
            return f"expected {name} in the plan, became {joined(actions)}"
    for name in exclude:
        if name in actions:
            return f"expected no {name} in the plan, became {joined(actions)}"
    own = skill.fallback.action if skill.fallback else None
    if case.claimed is False and any(action != own for action in actions):
        return f"not meant for this skill, yet a row of its table takes it: {joined(actions)}"
    if plan is None and case.claimed is not False and (not actions or set(actions) - skill.calls.keys()):
        return "leads to nothing that the skill can carry out"
    return ""


@dataclass(frozen=True, slots=True)
class _Reached:
    """What a case reached the table with, and the rows that its plan went through."""

    text: str
    attached: bool
    rows: frozenset[Route]


def _rows(skill: Skill, routing: Routing, *, attached: bool) -> frozenset[Route]:
    rows = {routing.row, skill.fallback}
    rows.update(clause.row for clause in routing.clauses if not clause.negated)
    if attached:
        rows.update(row for row in skill.routes if row.events)
    return frozenset(row for row in rows if row is not None and row.action in routing.actions)


def _coverage(router: Router, row: Route, reached: Sequence[_Reached]) -> RowCoverage:
    skill = router.skill
    hits = [case for case in reached if row in case.rows]
    needles = {phrase: fold(tidy(phrase)) for phrase in row.phrases}
    unsaid = [phrase for phrase, needle in needles.items() if not any(needle in case.text for case in hits)]
    unsent = [] if any(case.attached for case in hits) else list(row.events)
    own = {phrase: router.route(phrase) for phrase in row.phrases}
    astray = tuple((phrase, routing.actions) for phrase, routing in own.items() if row.action not in routing.actions)
    reachable = bool(hits) or row.fallback
    reachable = reachable or any(row in _rows(skill, routing, attached=False) for routing in own.values())
    if not reachable and row.events:
        reachable = row in _rows(skill, router.route("", (_SOME_FILE,)), attached=True)
    return RowCoverage(row, len(hits), (*unsaid, *unsent), astray, not reachable)
