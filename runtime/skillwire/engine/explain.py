"""Why words lead where they lead: clauses → rows → requests → what each possible answer would bring about.

Nothing is described twice: plans, headers and recoveries are asked of the code that carries them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skillwire.engine.binding import placeholders
from skillwire.engine.conversation import Conversation
from skillwire.engine.effects import Failed, Reply, Request
from skillwire.engine.plan import needs_session, needs_token
from skillwire.engine.recovery import Budget, Decision, decide
from skillwire.engine.router import Router, Routing
from skillwire.spec.model import Call, ErrorRule, Recovery, Route, Skill

HIDDEN = "***"
"""Stands for a secret."""
NO_ANSWER = "connection lost"
_MOST_STEPS = 10  # recoveries are bounded far below


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows when a request is answered with one code, again and again.

    ``code`` is ``None`` for no usable answer at all. ``steps`` are the recoveries tried in order, with the seconds waited
    before each; ``end`` is what the user is told after that, empty when the run simply goes on.
    """

    code: int | None
    meaning: str
    line: int | None
    steps: tuple[tuple[Recovery, float], ...]
    end: str

    def to_dict(self) -> dict[str, Any]:
        """The reaction as JSON."""
        steps = [{"recovery": str(recovery), **({"after": after} if after else {})} for recovery, after in self.steps]
        return {"code": self.code, "meaning": self.meaning, "line": self.line, "steps": steps, "tell": self.end or None}


@dataclass(frozen=True, slots=True)
class Explained:
    """One call of the plan: the request as it would be sent, secrets hidden, placeholders as the file writes them.

    ``row`` is the table row that asks for it, ``None`` for calls that come before any row (token, session).
    """

    call: Call
    row: Route | None
    url: str
    headers: tuple[tuple[str, str], ...]
    reactions: tuple[Reaction, ...]

    def to_dict(self) -> dict[str, Any]:
        """The call as JSON."""
        call = self.call
        request = {"method": call.method, "url": self.url, "path": call.path, "headers": dict(self.headers)}
        bodies = {"body": call.body, "file_field": call.file_field, "url_body": call.url_body, "timeout": call.timeout}
        return {
            "call": call.name,
            "verb": str(call.verb),
            "line": call.line,
            "default": call.default,
            "row": self.row and self.row.line,
            "request": request | {name: value for name, value in bodies.items() if value is not None},
            "policy": [reaction.to_dict() for reaction in self.reactions],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """A routing with all that follows from it. ``before`` are the calls that make the others possible."""

    words: str
    routing: Routing
    before: tuple[Explained, ...]
    calls: tuple[Explained, ...]

    def to_dict(self) -> dict[str, Any]:
        """The explanation as JSON."""
        routing = self.routing
        return {
            "words": self.words,
            "actions": list(routing.actions),
            "row": routing.row
            and {"line": routing.row.line, "text": routing.row.raw, "fallback": routing.row.fallback},
            "why": routing.why,
            "confidence": round(routing.confidence, 3),
            "language": routing.language,
            "clauses": [
                {"text": clause.text, "kind": clause.kind, "rule": clause.rule, "negated": clause.negated}
                for clause in routing.clauses
            ],
            "before": [call.to_dict() for call in self.before],
            "calls": [call.to_dict() for call in self.calls],
        }


def explain(skill: Skill, words: str, attachments: Sequence[str] = ()) -> Explanation:
    """Route ``words`` and follow the plan to its requests and their error policy. Nothing is sent."""
    routing = Router(skill).route(words, attachments)
    wanted = [skill.calls[action] for action in routing.actions if action in skill.calls]
    with_status = [call for name in wanted for call in (name, skill.calls.get(f"{name.name}_status")) if call]
    first = []
    if needs_token(skill) and "token" in skill.calls:
        first.append(skill.calls["token"])
    if "session" in skill.calls and any(needs_session(skill, call) for call in wanted):
        first.append(skill.calls["session"])
    return Explanation(
        words,
        routing,
        tuple(_explained(skill, call, None) for call in first if call not in wanted),
        tuple(_explained(skill, call, _row_of(skill, routing, call)) for call in with_status),
    )


def _row_of(skill: Skill, routing: Routing, call: Call) -> Route | None:
    rows = [clause.row for clause in routing.clauses if clause.row and not clause.negated]
    rows += [routing.row] if routing.row else []
    return next((row for row in (*rows, *skill.routes) if call.name in (row.action, *row.then)), None)


def _explained(skill: Skill, call: Call, row: Route | None) -> Explained:
    talk = Conversation(skill, new_id=str, now_ms=int)
    shown = {name: f"<{name}>" for value in (call.path, *(v for _, v in call.headers)) for name in placeholders(value)}
    talk.values = {"client_id": "<client id>", **shown, "token": HIDDEN}
    request = talk.request(call, None, [])
    reactions = [_reaction(skill, request, rule) for rule in skill.errors]
    reactions.append(_reaction(skill, request, None))
    return Explained(call, row, f"{skill.base_url or ''}{call.path}", request.headers, tuple(reactions))


def _reaction(skill: Skill, request: Request, rule: ErrorRule | None) -> Reaction:
    """What the engine does about an answer that comes again and again, until it stops."""
    answer = Failed(NO_ANSWER) if rule is None else Reply(200, data={"code": rule.code})
    budget = Budget()
    steps: list[tuple[Recovery, float]] = []
    decision = decide(answer, request, skill, budget)
    while decision.error is None and decision.recovery is not Recovery.CONTINUE and len(steps) < _MOST_STEPS:
        steps.append((decision.recovery, decision.after))
        decision = decide(answer, request, skill, budget)
    code, meaning, line = (None, NO_ANSWER, None) if rule is None else (rule.code, rule.meaning, rule.line)
    return Reaction(code, meaning, line, tuple(steps), _end(decision))


def _end(decision: Decision) -> str:
    if decision.error is None:
        return ""
    return f"{decision.error.what}; {decision.error.fix}" if decision.error.fix else decision.error.what
