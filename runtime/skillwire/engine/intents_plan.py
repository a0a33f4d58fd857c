"""Puts judged clauses together: which of them are requests, and in which order they are carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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


_SIDE: Final = frozenset({"before", "after", "if", "because"})
_FIRST: Final = frozenset({"after", "but", "first"})  # links of edits that come before an export told earlier
_MARGIN: Final = 0.7  # a request this much weaker than the strongest one is only its setting


def decide(clauses: tuple[Judgement, ...], *, attached: bool) -> Decision:
    """The plan for judged clauses. ``attached``: whether files or links came along."""
    main = _main(clauses)
    turn = max(
        (place for place, clause in enumerate(main) if clause.link == "but" and clause.kind == "action"), default=0
    )
    wanted = _requests(
        [
            clause
            for place, clause in enumerate(main[turn:], turn)
            if clause.kind == "action" and not clause.negated and not (_topic(main, place) or _asked_about(main, place))
        ]
    )
    edits = [
        clause
        for place, clause in enumerate(main)
        if (clause.kind == "edit" or _foregone(clause)) and not clause.negated and not _asked_about(main, place)
    ]
    linked = any(clause.url for clause in clauses)
    if any(not edit.stated for edit in edits):  # "her account runs out of points, make it dramatic"
        wanted = [clause for clause in wanted if not clause.stated]
    steps: list[Step] = []
    reasons: list[str] = []
    if attached or (linked and not any(clause.meaning == "upload" for clause in wanted)):
        steps.append(Step(upload=True))
        reasons.append("a file or link comes along")
        wanted = [clause for clause in wanted if clause.meaning != "upload"]
        edits = [clause for clause in main if clause.instructs and not _off(clause) and clause.kind != "action"]
    said = [(clauses.index(clause), Step(row=clause.row), f'"{clause.words}": {clause.rule}') for clause in wanted]
    if edits and _edits_count(edits, wanted, clauses):
        exports = [clauses.index(clause) for clause in wanted if clause.meaning == "export"]
        place = min(
            [clauses.index(edits[0]), *exports]
        )  # what is delivered has been edited first, in whatever order it is told
        said.append((place - 1, Step(), f'"{edits[0].text}": {edits[0].rule or "an edit told as done first"}'))
    for _, step, reason in sorted(said, key=lambda one: one[0]):
        steps.append(step)
        reasons.append(reason)
    if not steps:
        return Decision((Step(),), _doubt(clauses), 0.5)
    sure = min([clause.score for clause in (*wanted, *edits[:1])] or [STRONG])
    return Decision(tuple(steps), "; ".join(reasons), max(0.1, min(0.99, sure / (STRONG + 0.5))))


def _off(clause: Judgement) -> bool:
    """Whether the clause calls something off ("don't cut it"), rather than wishing something away ("no sound")."""
    return clause.negated and clause.kind in {"action", "edit"}


def _foregone(clause: Judgement) -> bool:
    """Whether the clause speaks of an edit as of a thing to have happened first ("once the captions are in, …")."""
    return clause.link == "after" and clause.kind != "action" and clause.evident


def _topic(main: list[Judgement], place: int) -> bool:
    """Whether the clause at ``place`` only names what the next one edits ("the balance in the corner, hide it")."""
    after = main[place + 1] if place + 1 < len(main) else None
    return after is not None and main[place].thing and after.link == "comma" and after.kind == "edit" and after.leads


def _asked_about(main: list[Judgement], place: int) -> bool:
    """Whether the clause at ``place`` only names what the next one asks about ("the clip I sent, is it in yet?")."""
    after = main[place + 1] if place + 1 < len(main) else None
    return after is not None and main[place].topic and after.link == "comma" and after.asks and after.meaning == "state"


def _beside_an_edit(clauses: tuple[Judgement, ...], place: int) -> bool:
    """Whether an edit stands before the clause at ``place``, or follows it at the beginning of what was said."""
    other = place - 1 if place else 1
    return other < len(clauses) and clauses[other].kind == "edit" and not clauses[other].negated


def _main(clauses: tuple[Judgement, ...]) -> list[Judgement]:
    """Without the clauses that only say when, whether or why, unless they are all there is.

    "Once you have cut the intro, …" asks for the cut all the same, and "before you export, cut …" for the export as
    well, unless somebody says "not yet!" or "before you export anything".
    """
    held = any(clause.kind == "nothing" and clause.negated for clause in clauses)
    kept = [
        clause
        for place, clause in enumerate(clauses)
        if clause.link not in _SIDE
        or (place == 0 and clause.link == "after" and clause.kind == "edit")
        or _foregone(clause)
        or (
            clause.link == "before"
            and clause.meaning == "export"
            and not (clause.negated or held)
            and _beside_an_edit(clauses, place)
        )
    ]
    if any(clause.kind in {"action", "edit"} for clause in kept):
        return kept
    return [clause for clause in clauses if clause.link != "before" or clause.meaning != "export"]


def _requests(wanted: list[Judgement]) -> list[Judgement]:
    """The actions asked for in their order, each once, without those that are mentioned in passing."""
    if any(not clause.stated for clause in wanted):
        wanted = [clause for clause in wanted if not clause.stated]
    least = min(max((clause.score for clause in wanted), default=0.0), STRONG) - _MARGIN
    if any(clause.link == "item" for clause in wanted):  # "export + balance": in a list each counts
        least = 0.0
    strongest: dict[str, Judgement] = {}
    for clause in wanted:
        known = strongest.get(clause.action)
        if clause.score >= least and (known is None or clause.score > known.score):
            strongest[clause.action] = clause
    kept = [clause for clause in wanted if strongest.get(clause.action) is clause]
    if kept and kept[-1].meaning == "upload":  # "I have the exported file, I'll send it to you"
        kept = [clause for clause in kept if not clause.stated or clause.meaning == "upload"]
    if kept and kept[-1].meaning == "export":  # "is it done? then send it" wants the file, not the answer
        kept = [clause for clause in kept if clause.meaning != "state" or not clause.asks]
    return kept


def _edits_count(edits: list[Judgement], wanted: list[Judgement], clauses: tuple[Judgement, ...]) -> bool:
    """Whether the edits are asked for besides the actions, rather than being their setting."""
    if not wanted:
        return True
    asked = [edit for edit in edits if not edit.stated or edit.link in _FIRST]
    if all(clause.meaning == "export" for clause in wanted):
        last = max(clauses.index(clause) if clause.link != "before" else len(clauses) for clause in wanted)
        return any(
            (clauses.index(edit) < last or edit.link in _FIRST) and (edit.evident or edit.commands or edit.score >= 2.0)
            for edit in asked
        )
    return any(edit.score >= STRONG for edit in asked)


def _doubt(clauses: tuple[Judgement, ...]) -> str:
    off = [clause for clause in clauses if clause.negated]
    if off:
        return f'"{off[0].words}" is called off or put off; the words go on as a message'
    return "no row of the table answers to these words; the fallback row takes them"
