"""Carries out a job call: check that there is something to render, submit, poll to the end, fetch the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from skillwire.engine import timeline
from skillwire.engine.binding import bind_path, canonical, dig, placeholders, scalars
from skillwire.engine.conversation import Conversation, Flow
from skillwire.engine.effects import Reply, Wait
from skillwire.engine.events import Progress, Status
from skillwire.engine.wording import plain, say
from skillwire.errors import JobFailed, ServiceRefused, SkillNotRunnable, TransportFailed
from skillwire.spec.model import Call, Poll

MOST_POLLS = 60
"""Polls without any news where the skill states no bound: half an hour at the usual 30 s."""


def export(talk: Conversation, call: Call) -> Flow:
    """Run the job to its finished file. Returns ``Fetched``.

    Raises ``JobFailed`` when the service gives up, ``TransportFailed`` when it goes silent, ``SkillNotRunnable`` when the skill
    does not say how to poll.
    """
    poll, status = talk.skill.poll, talk.skill.calls.get(f"{call.name}_status")
    if poll is None or status is None:
        raise SkillNotRunnable(
            f"the skill does not say how to follow the {call.name} job", where=call.path, fix="state the path to poll"
        )
    if "draft" in placeholders(call.body):
        yield from _check_draft(talk)
    yield Status(say("rendering", talk.language))
    talk.values["job_id"] = f"job_{talk.new_id()}"
    submitted = yield from _submit(talk, call, status)
    done = _state(submitted, poll) == poll.until.lower()
    reply = submitted if done else (yield from _follow(talk, status, poll))
    label = timeline.outcome(talk.origin or talk.now, talk.now)
    url = _address(talk, reply, status, poll)
    try:
        return (yield from talk.fetch(url, label))
    except (ServiceRefused, TransportFailed) as failed:
        # An address may have run out, or be that of a service that has moved since: the job knows the one of now.
        if isinstance(failed, TransportFailed) and (failed.lost or failed.answered):
            raise
        fresh = _address(talk, (yield from talk.exchange(status)), status, poll)
        if fresh == url:
            raise
        return (yield from talk.fetch(fresh, label))


def _address(talk: Conversation, reply: Reply, status: Call, poll: Poll) -> str:
    """Where the finished file lies. Raises ``TransportFailed`` when neither the answer nor the skill tells."""
    url = dig(reply.data, poll.url_field)
    if isinstance(url, str) and url:
        return url
    if poll.fallback_path is None:
        raise TransportFailed(
            f"the finished job names no file in {poll.url_field}", where=status.path, fix="export again"
        )
    return bind_path(poll.fallback_path, talk.values, where=status.path)


def result_format(call: Call) -> str:
    """The format that a job's request asks its result in (``mp4``), from a field ``format``; empty when it names none."""

    def find(value: Any) -> str:
        if not isinstance(value, Mapping):
            return ""
        named = value.get("format")
        return named if isinstance(named, str) else next(filter(None, map(find, value.values())), "")

    return find(call.body)


def _submit(talk: Conversation, call: Call, status: Call) -> Flow:
    """Submit the job and note its id. Returns the ``Reply``.

    A submission that broke may have arrived: its id is asked for before anything is submitted again, so that no render is
    paid twice and none is lost.
    """
    request = talk.request(call, call.body, [])
    sent = request.json if isinstance(request.json, Mapping) else {}
    # A path such as /prints/<print_id> has a name of its own for the job.
    names = {"job_id", *(placeholders(status.path) - talk.values.keys())}
    _name_job(talk, names, next((v for k, v in sent.items() if canonical(k) in names), talk.values["job_id"]))
    try:
        reply = yield from talk.exchange(call, request=request)
    except TransportFailed as broken:
        try:
            reply = yield from talk.exchange(status)
        except ServiceRefused:
            if not broken.past:
                raise broken from None
            # The service does not know the id and nothing is under way: the same job, under the same id, is not there yet.
            reply = yield from talk.exchange(call, request=request)
    answered = scalars(reply.data)
    for name in (*call.returns, *sorted(names - {"job_id"}), "id", "job_id", "render_id", "jobId"):
        value = dig(reply.data, name)
        value = answered.get(name) if value is None else value
        if canonical(name.rsplit(".", 1)[-1]) in names and isinstance(value, (str, int)):
            _name_job(talk, names, value)
            break
    return reply


def _name_job(talk: Conversation, names: Iterable[str], value: Any) -> None:
    talk.values |= dict.fromkeys(names, value)


def _check_draft(talk: Conversation) -> Flow:
    if "draft" not in talk.values:
        yield from talk.ask_state(changes=False)
    if talk.asked and talk.idle and "state" in talk.skill.calls:
        # A file that nothing was done to would pass for the edit that was asked for.
        raise JobFailed("the edit changed nothing, so nothing was exported", fix="say it in other words")
    # A draft that the skill does not explain cannot be looked into; what there is of it is the service's to judge.
    if not talk.now.ready and (talk.skill.draft.keys or not talk.values.get("draft")):
        raise JobFailed(
            "there is nothing to export yet", where="the draft has no segments", fix="hand over a clip first"
        )


def _state(reply: Reply, poll: Poll) -> str:
    value = dig(reply.data, poll.status_field)
    return str(value).lower() if value is not None else ""


def _follow(talk: Conversation, status: Call, poll: Poll) -> Flow:
    every = poll.every if talk.poll_every is None else min(poll.every, talk.poll_every)
    # The bound is a time, so that polling quicker than the skill asks for does not end a job sooner.
    patience = (poll.times or MOST_POLLS) * poll.every
    quiet, news = 0.0, None
    while True:
        reply = yield from talk.exchange(status)
        state = _state(reply, poll)
        if state == poll.until.lower():
            yield Progress(status.name, 1.0)
            return reply
        if state in {word.lower() for word in poll.failed}:
            why = dig(reply.data, "error") or dig(reply.data, "message") or "no reason given"
            why = why.get("message", "") if isinstance(why, Mapping) else why
            raise JobFailed(
                f"the job failed: {plain(str(why))[:500]}", where=status.path, fix="change the edit or try again"
            )
        fraction = _fraction(dig(reply.data, "progress"))
        if (state, fraction) != news:
            quiet, news = 0.0, (state, fraction)
        yield Progress(status.name, fraction, _number(dig(reply.data, "seconds_left")))
        if quiet >= patience:
            # It may yet finish: the run stays open, and resuming asks again.
            raise TransportFailed(
                f"the job stayed {state or 'without a status'} for {patience:g} s",
                where=status.path,
                fix="ask again later with skillwire resume",
            )
        yield Wait(every)
        quiet += every


def _fraction(value: Any) -> float | None:
    number = _number(value)
    if number is None:
        return None
    return min(max(number if number <= 1 else number / 100, 0.0), 1.0)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
