"""From what the user said to the calls to make, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillwire.engine.binding import placeholders
from skillwire.errors import SkillNotRunnable
from skillwire.spec.model import Call, Skill, Verb
from skillwire.spec.naming import abbreviates


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to hand over, or a URL (then ``path`` is ``None``). ``reference`` is a URL the agent can read it by."""

    name: str
    path: Path | None = None
    reference: str | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """What the user wants done: words, attachments, the user's language, and whether a finished file is expected.

    ``pick``: numbers that answer the service when it asks which of several things is meant.
    """

    words: str
    attachments: tuple[Attachment, ...] = ()
    language: str = "en"
    wants_file: bool = True
    pick: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a plan and the call that carries it out."""

    action: str
    call: Call


@dataclass(frozen=True, slots=True)
class Plan:
    """The actions in order, and whether a token and a session come first."""

    steps: tuple[Step, ...]
    needs_token: bool
    needs_session: bool


def make(skill: Skill, actions: Sequence[str], task: Task) -> Plan:
    """The plan for ``actions`` (keys of ``skill.calls``).

    Attachments are handed over before anything else. When a finished file is expected and something is edited or handed
    over, the skill's job call ends the plan. Raises ``SkillNotRunnable`` when an action has no call.
    """
    if skill.missing:
        more = f" (and {len(skill.missing) - 1} more)" if len(skill.missing) > 1 else ""
        raise SkillNotRunnable(f"this skill cannot run: {skill.missing[0]}{more}", where=skill.source)
    wanted = list(actions)
    uploads = [name for name, call in skill.calls.items() if call.verb is Verb.UPLOAD]
    if task.attachments:
        if not uploads:
            raise SkillNotRunnable(
                "this skill declares no call that takes files", where=skill.source, fix="run it without files"
            )
        first = next((action for action in wanted if action in uploads), uploads[0])
        wanted = [first, *(action for action in wanted if action not in uploads)]
    else:
        # "upload" without a file is a wish that only the user can fulfil.
        wanted = [action for action in wanted if action not in uploads] or wanted
    job = next((name for name, call in skill.calls.items() if call.verb is Verb.JOB), None)
    verbs = {_verb(skill, action) for action in wanted}
    # A file is expected of an edit, and of a clip that comes without a question: a balance asked for beside it is none.
    edits = Verb.STREAM in verbs or verbs == {Verb.UPLOAD}
    if task.wants_file and job and edits and job not in wanted and (task.attachments or not uploads):
        wanted.append(job)
    steps = tuple(Step(action, _call(skill, action)) for action in wanted)
    return Plan(steps, needs_token(skill), any(needs_session(skill, step.call) for step in steps))


def needs_token(skill: Skill) -> bool:
    """Whether requests carry a token: the skill names its variable or the call that gives one."""
    return skill.auth.env is not None or "token" in skill.calls


def needs_session(skill: Skill, call: Call) -> bool:
    """Whether a call needs what the session call returns, seen from the placeholders it names."""
    session = skill.calls.get("session")
    if session is None or call.name == "session":
        return False
    gives = {"session_id"} | {field.rsplit(".", 1)[-1] for field in session.returns}
    wanted = needed(skill, call)
    return bool(gives & wanted) or any(abbreviates(name, field) for name in wanted for field in gives)


def needed(skill: Skill, call: Call) -> frozenset[str]:
    """Names of all values a call and, for a job, its status call must be given."""
    parts: list[Any] = [call.path, call.body, call.url_body]
    status = skill.calls.get(f"{call.name}_status")
    if call.verb is Verb.JOB and status is not None:
        parts.append(status.path)
    return frozenset().union(*(placeholders(part) for part in parts if part is not None))


def _verb(skill: Skill, action: str) -> Verb | None:
    call = skill.calls.get(action)
    return call.verb if call else None


def _call(skill: Skill, action: str) -> Call:
    call = skill.calls.get(action)
    if call is None:
        route = next((route for route in skill.routes if route.action == action), None)
        where = f"{skill.source}:{route.line}" if route else skill.source
        raise SkillNotRunnable(
            f"the action {action!r} has no call", where=where, fix="declare its method and path among the endpoints"
        )
    return call
