"""What to do about an answer that is not a success: the skill's own rows first, documented bounds for the rest.

Bounds in one run, whatever a table says or a service answers: one new token, one new session, one new client id, the
retries a row states (one where it states none), and three tries of a request that does no harm when sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skillwire.engine.effects import Failed, Reply, Request
from skillwire.engine.wording import plain
from skillwire.errors import ServiceRefused, SkillwireError, TransportFailed
from skillwire.spec.model import ErrorRule, Recovery, Skill, Verb

SAFE_RETRIES = 3
"""Further tries of a safe request after a transport fault or a 5xx."""
BACKOFF = (1.0, 2.0, 4.0)
"""Seconds before each of them."""
SPREAD = 0.25
"""Share of those seconds by which a wait is lengthened at random at most; a time that somebody named is kept to."""
DEFAULT_RETRY_AFTER = 30.0
"""Seconds, where a row says "retry" and no time."""
LONGEST_WAIT = 120.0
"""Seconds; a longer ``Retry-After`` is told to the user instead of waited for."""

_TRANSIENT = frozenset({408, 425, 500, 502, 503, 504})
_UNAUTHORISED = 401


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes next. ``recovery`` is ``CONTINUE`` for a success, ``TELL`` with the ``error`` to raise."""

    recovery: Recovery
    after: float = 0.0
    spread: float = 0.0
    why: str = ""
    error: SkillwireError | None = None
    code: int = 0


@dataclass(slots=True)
class Budget:
    """Counts what was spent, so that any sequence of faults ends."""

    spent: dict[str, int] = field(default_factory=dict)

    def take(self, what: str, limit: int) -> bool:
        """Spend one of ``what``; false when ``limit`` are spent already."""
        used = self.spent.get(what, 0)
        self.spent[what] = used + 1
        return used < limit


def code_of(reply: Reply) -> int:
    """The error code of an answer, 0 for success. The body's ``code`` speaks before the HTTP status."""
    code = reply.data.get("code") if isinstance(reply.data, Mapping) else None
    if isinstance(code, str) and code.strip().lstrip("-").isdigit():
        code = int(code)
    if isinstance(code, int) and not isinstance(code, bool) and code != 0:
        return code
    return 0 if reply.status < 400 else reply.status


def decide(answer: Reply | Failed, request: Request, skill: Skill, budget: Budget) -> Decision:
    """What the skill, and where it is silent the defaults above, ask for after this answer."""
    if isinstance(answer, Failed):
        return _after_fault(answer, answer.reason, request, budget, retry=request.safe or not answer.sent)
    code = code_of(answer)
    rule = next((rule for rule in skill.errors if rule.code == code), None)
    if code == 0 or (rule is not None and rule.recovery is Recovery.CONTINUE):
        if not answer.streaming and answer.data is None and answer.status != 204 and request.call != "download":
            return _after_fault(answer, _not_json(answer), request, budget, retry=request.safe)
        return Decision(Recovery.CONTINUE)
    if rule is not None:
        return _by_rule(rule, answer, request, skill, budget)
    if code == _UNAUTHORISED and "token" in skill.calls and budget.take("reauthenticate", 1):
        return Decision(Recovery.REAUTHENTICATE, why="the token was refused")
    if code in _TRANSIENT or code == 429:
        after = _retry_after(answer)
        return _after_fault(answer, f"HTTP {code}", request, budget, retry=request.safe or code == 429, after=after)
    return Decision(Recovery.TELL, error=_refused(code, None, answer, request, skill))


def _by_rule(rule: ErrorRule, reply: Reply, request: Request, skill: Skill, budget: Budget) -> Decision:
    why = rule.meaning or f"code {rule.code}"
    refused = _refused(rule.code, rule, reply, request, skill)
    limit = (rule.times or 1) if rule.recovery is Recovery.RETRY else 1
    if rule.recovery is Recovery.TELL or not budget.take(f"{rule.recovery}", limit):
        return Decision(Recovery.TELL, why=why, error=refused)
    if rule.recovery is Recovery.RETRY:
        after = _retry_after(reply)
        after = (DEFAULT_RETRY_AFTER if rule.after is None else rule.after) if after is None else after
        if after > LONGEST_WAIT:
            return Decision(Recovery.TELL, why=why, error=refused)
        return Decision(Recovery.RETRY, after=after, why=why)
    return Decision(rule.recovery, why=why, code=rule.code)


def _after_fault(
    answer: Reply | Failed, reason: str, request: Request, budget: Budget, *, retry: bool, after: float | None = None
) -> Decision:
    tries = budget.spent.get(f"fault {request.call}", 0)
    wait = BACKOFF[min(tries, len(BACKOFF) - 1)] if after is None else after
    if retry and wait <= LONGEST_WAIT and budget.take(f"fault {request.call}", SAFE_RETRIES):
        return Decision(Recovery.RETRY, after=wait, spread=wait * SPREAD if after is None else 0.0, why=reason)
    arrived = not (isinstance(answer, Failed) and not answer.sent)
    again = request.safe or not arrived
    fix = "check that the service is up and try again" if again else "ask for the state before sending it again"
    error = TransportFailed(
        f"the {request.call} call got no usable answer ({reason})",
        where=request.url,
        fix=fix,
        lost=isinstance(answer, Failed) and arrived,
        answered=isinstance(answer, Reply),
        past=isinstance(answer, Failed) and answer.past,
    )
    return Decision(Recovery.TELL, why=reason, error=error)


def _refused(code: int, rule: ErrorRule | None, reply: Reply, request: Request, skill: Skill) -> ServiceRefused:
    said = reply.data.get("message") if isinstance(reply.data, Mapping) else None
    said = plain(said)[:500] if isinstance(said, str) else ""
    if rule is None:
        what = f"the service refused the {request.call} call with code {code}" + (f" ({said})" if said else "")
        return ServiceRefused(what, code=code, where=request.url, fix="the skill's table has no row for it")
    missing = _unsent(skill, request) if code == 402 else ()
    if missing:
        return ServiceRefused(
            f"{rule.meaning} (code {code}): the request went without {', '.join(missing)}",
            code=code,
            where=request.url,
            fix="give the skill a value for it, such as --set version=1.0.0",
        )
    advice = _advice(rule, request, skill)
    where = f"{skill.source}:{rule.line}" if rule.line else request.url
    return ServiceRefused(f"{rule.meaning or said or 'refused'} (code {code})", code=code, where=where, fix=advice)


def _unsent(skill: Skill, request: Request) -> tuple[str, ...]:
    sent = {name.lower() for name, _ in request.headers}
    return tuple(header.name for header in skill.headers if header.name.lower() not in sent)


def _advice(rule: ErrorRule, request: Request, skill: Skill) -> str:
    text = rule.text.strip().rstrip(".")
    call = skill.calls.get(request.call)
    if call is None or call.verb is not Verb.UPLOAD:
        return text
    # Whatever a refused file was refused for, what the skill takes is what the user has to know.
    takes = ", ".join(skill.formats)
    if skill.max_bytes is not None:
        takes += f"; at most {skill.max_bytes // 1024**2} MB"
    return f"{text} ({takes})" if takes else text


def _retry_after(reply: Reply) -> float | None:
    value = reply.headers.get("retry-after", "")
    return float(value) if value.replace(".", "", 1).isdigit() else None


def _not_json(reply: Reply) -> str:
    kind = reply.headers.get("content-type", "no content type").split(";")[0]
    return f"{kind} instead of JSON"


def fields(reply: Reply) -> dict[str, Any]:
    """The payload of an answer: its ``data`` envelope when it has one, else the answer itself without its code."""
    if not isinstance(reply.data, Mapping):
        return {}
    inner = reply.data.get("data")
    payload = inner if isinstance(inner, Mapping) else reply.data
    return {str(key): value for key, value in payload.items() if key not in ("code", "message")}
