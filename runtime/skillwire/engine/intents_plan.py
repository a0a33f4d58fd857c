"""Puts judged clauses together: which of them are requests, and in which order they are carried out."""

from __future__ import annotations

from dataclasses import dataclass

from skillwire.engine.intents_clauses import STRONG, Judgement
from skillwire.spec.model import Route


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: a row of the table, the hand-over of what is attached, or (neither) the message."""

    row: Route | None = None
    upload: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The steps in order, in words why, and how sure it is (0–1)."""

    steps: tuple[Step, ...]
    why: str
    confidence: float


def decide(clauses: tuple[Judgement, ...], *, attached: bool) -> Decision:
    """The plan for judged clauses. ``attached``: whether files or links came along."""
    linked = any(clause.url for clause in clauses)
    wanted = [clause for clause in clauses if clause.kind == "action" and not clause.negated]
    edits = [clause for clause in clauses if clause.kind == "edit" and not clause.negated]
    steps: list[Step] = []
    reasons: list[str] = []
    if attached or (linked and not any(clause.meaning == "upload" for clause in wanted)):
        steps.append(Step(upload=True))
        reasons.append("a file or link comes along")
    wanted = _requests(wanted, edits, clauses)
    last = max((clauses.index(clause) for clause in wanted), default=-1)
    if edits and _edits_count(edits, wanted, clauses, last):
        steps.append(Step())
        reasons.append(f'"{edits[0].text}": {edits[0].rule}')
    for clause in wanted:
        steps.append(Step(row=clause.row))
        reasons.append(f'"{clause.words}": {clause.rule}')
    if not steps:
        return Decision((Step(),), _doubt(clauses), 0.5)
    sure = min([clause.score for clause in wanted] or [edits[0].score if edits else STRONG])
    return Decision(tuple(steps), "; ".join(reasons), max(0.1, min(0.99, sure / (STRONG + 0.5))))


def _requests(wanted: list[Judgement], edits: list[Judgement], clauses: tuple[Judgement, ...]) -> list[Judgement]:
    strong = [clause for clause in wanted if clause.score >= STRONG - 0.5]
    kept = strong or wanted
    seen: list[Judgement] = []
    for clause in kept:
        if all(clause.action != other.action for other in seen):
            seen.append(clause)
    return seen


def _edits_count(edits: list[Judgement], wanted: list[Judgement], clauses: tuple[Judgement, ...], last: int) -> bool:
    if not wanted:
        return True
    if all(clause.meaning == "export" for clause in wanted):
        return any(clauses.index(edit) < last for edit in edits)
    return all(edit.score >= STRONG for edit in edits)


def _doubt(clauses: tuple[Judgement, ...]) -> str:
    off = [clause for clause in clauses if clause.negated]
    if off:
        return f'"{off[0].words}" is called off or put off; the words go on as a message'
    return "no row of the table answers to these words; the fallback row takes them"
