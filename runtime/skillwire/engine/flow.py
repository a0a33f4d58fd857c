"""Carries out a plan, step by step, each by the verb of its call."""

from __future__ import annotations

from skillwire.engine.conversation import Conversation, Flow
from skillwire.engine.effects import Fetched
from skillwire.engine.events import Artifact, Status, Text
from skillwire.engine.exporting import export
from skillwire.engine.listening import listen
from skillwire.engine.plan import Plan, Step, Task
from skillwire.engine.recovery import Budget
from skillwire.engine.wording import plain, say
from skillwire.errors import JobFailed, RunError
from skillwire.spec.model import Call, Verb


def run(talk: Conversation, plan: Plan, task: Task) -> Flow:
    """Carry out ``plan`` in ``talk``. Returns the finished files as ``Fetched``."""
    talk.language = task.language
    talk.values["language"] = task.language
    talk.budget = Budget()
    talk.export_called_for = False
    artifacts: list[Fetched] = []
    if plan.needs_token and "token" not in talk.values:
        yield from talk.acquire_token()
    if plan.needs_session and "session_id" not in talk.values:
        yield from talk.open_session()
    talk.values["message"] = task.words
    for step in plan.steps:
        artifacts += yield from _carry_out(talk, step, task)
    job = next((call for call in talk.skill.calls.values() if call.verb is Verb.JOB), None)
    if talk.export_called_for and job is not None and not any(step.call.verb is Verb.JOB for step in plan.steps):
        artifacts += yield from _export_as_told(talk, job, task)
    return tuple(artifacts)


def _export_as_told(talk: Conversation, job: Call, task: Task) -> Flow:
    """Export because the service's words say so; the user asked for an edit, which no trouble with this may fail."""
    if talk.idle or not talk.now.ready:
        return []
    try:
        return (yield from _carry_out(talk, Step(job.name, job), task))
    except RunError as error:
        yield Status(str(error))
        return []


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
            if talk.offered and task.pick:
                talk.values["message"] = ", ".join(map(str, task.pick))
                yield from listen(talk, step.call)
        case Verb.JOB:
            if talk.offered and task.words:
                raise JobFailed(
                    "more than one thing is meant by these words, so nothing was changed",
                    fix="name the one by its number, with --pick",
                )
            if task.attachments and not task.words.strip():
                yield Text(say("as_it_is", task.language, name=plain(task.attachments[0].name)))
            fetched = yield from export(talk, step.call)
            yield Artifact(str(fetched.path), fetched.size)
            return [fetched]
    return []
