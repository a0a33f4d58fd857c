"""Carries out a plan, step by step, each by the verb of its call."""

from __future__ import annotations

from skillwire.engine.conversation import Conversation, Flow
from skillwire.engine.effects import Fetched
from skillwire.engine.events import Artifact
from skillwire.engine.exporting import export
from skillwire.engine.listening import listen
from skillwire.engine.plan import Plan, Step, Task
from skillwire.engine.recovery import Budget
from skillwire.spec.model import Verb


def run(talk: Conversation, plan: Plan, task: Task) -> Flow:
    """Carry out ``plan`` in ``talk``. Returns the finished files as ``Fetched``."""
    talk.language = task.language
    talk.values["language"] = task.language
    talk.budget = Budget()
    artifacts: list[Fetched] = []
    if plan.needs_token and "token" not in talk.values:
        yield from talk.acquire_token()
    if plan.needs_session and "session_id" not in talk.values:
        yield from talk.open_session()
    talk.values["message"] = task.words
    for step in plan.steps:
        artifacts += yield from _carry_out(talk, step, task)
    return tuple(artifacts)


def _carry_out(talk: Conversation, step: Step, task: Task) -> Flow:
    match step.call.verb:
        case Verb.ACQUIRE:
            yield from talk.acquire(step.call)
        case Verb.CALL:
            yield from talk.show(step.call)
        case Verb.UPLOAD:
            yield from talk.upload(step.call, task.attachments)
        case Verb.STREAM:
            yield from listen(talk, step.call)
        case Verb.JOB:
            fetched = yield from export(talk, step.call)
            yield Artifact(str(fetched.path), fetched.size)
            return [fetched]
    return []
