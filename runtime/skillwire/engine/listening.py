"""Sends a message and listens to the answer until it ends, one way or another. A message is never sent twice."""

from __future__ import annotations

from skillwire.engine import timeline
from skillwire.engine.conversation import Conversation, Flow
from skillwire.engine.effects import Closed, Frame, NextFrame, Silence, Wait
from skillwire.engine.events import Fields, Status, Text
from skillwire.engine.recovery import fields
from skillwire.engine.stream import Transcript, read_frame
from skillwire.engine.wording import plain, say
from skillwire.errors import JobFailed, ServiceRefused, TransportFailed
from skillwire.spec.model import Call, GuiAction, Verb

NOTICE_EVERY = 120.0
"""Seconds between "still working" notices where the skill states none; as the published siblings have it."""
TIMEOUT = 900.0
"""Seconds a stream may take where the skill states none; same source."""
HEARTBEATS_ONLY = 600.0
"""Seconds of nothing but heartbeats after which a stream counts as timed out; same source."""
ASK_AGAIN = (30.0, 60.0, 60.0, 60.0, 60.0)
"""Seconds before each question for the state after a cut: five questions, then the edit counts as failed; same source."""


def listen(talk: Conversation, call: Call) -> Flow:
    """Send the message in ``talk.values`` and tell what comes back. Raises ``TransportFailed``, ``JobFailed``."""
    if "draft" not in talk.values:
        # Without a picture of the draft before the edit nobody can tell afterwards what a silent one changed.
        yield from talk.ask_state(changes=False)
    talk.before, before = talk.now, talk.values.get("draft")
    yield Status(say("sent", talk.language, text=plain(talk.values["message"])))
    opened = yield from talk.exchange(call, streaming=True)
    talk.asked.append(talk.values["message"])
    actions: list[GuiAction] = []
    if opened.streaming:
        cut, error = yield from _read(talk, call, actions)
        if error:
            raise JobFailed(f"the service reported: {error}", where=call.path, fix="say it in other words or try later")
        if cut:
            yield from _ask_after_cut(talk, call, cut)
            return
    told = yield from talk.ask_state()
    if told is not None:
        talk.idle = talk.idle and talk.values["draft"] == before
        yield told
    yield from _follow(talk, actions)


def _read(talk: Conversation, call: Call, actions: list[GuiAction]) -> Flow:
    """Read frames to the end. Returns (why the stream was cut or "", error the service reported or "")."""
    rule = talk.skill.stream
    notice_every = rule.notice_every or NOTICE_EVERY
    timeout = rule.timeout or call.timeout or TIMEOUT
    quiet_limit = min(rule.heartbeats_only or HEARTBEATS_ONLY, timeout)
    notice_at, alive_at = notice_every, 0.0
    transcript, error = Transcript(), ""
    while True:
        answer = yield NextFrame(notice_every)
        match answer:
            case Closed(clean=clean, reason=reason):
                yield from _tell(talk, transcript.close(), actions)
                # An error after normal texts is a passing trouble of the service; the state tells the truth.
                return ("" if clean else reason or "closed"), (error if not transcript.said else "")
            case Frame(at=at):
                part = read_frame(answer)
                error = part.error or error
                if not part.heartbeat:
                    alive_at = at
                yield from _tell(talk, transcript.add(part), actions)
            case Silence(at=at):
                pass
            case _:
                raise TypeError(f"a stream gives frames, not {answer!r}")
        if at >= timeout:
            return f"no end after {timeout:g} s", ""
        if at - alive_at >= quiet_limit:
            return f"nothing but heartbeats for {quiet_limit:g} s", ""
        if at >= notice_at:
            notice_at = at + notice_every
            yield Status(plain(rule.notice) or say("still_working", talk.language))


def _tell(talk: Conversation, text: str, actions: list[GuiAction]) -> Flow:
    if not text:
        return
    translated = talk.translate(text)
    actions += [action for action in translated.actions if action not in actions]
    if translated.text:
        yield Text(translated.text)


def _follow(talk: Conversation, actions: list[GuiAction]) -> Flow:
    """Do what the service's talk of buttons stood for, within what its text is allowed to cause.

    The timeline has been told already and an export belongs to the plan; a message could spend credits and is never
    sent on a service's word. What is left is the balance.
    """
    credit = talk.skill.calls.get("credits")
    if GuiAction.CREDITS in actions and credit is not None and credit.verb is Verb.CALL:
        try:
            reply = yield from talk.exchange(credit)
        except (ServiceRefused, TransportFailed) as error:
            # The edit went well; a balance that nobody asked for must not fail it.
            yield Status(str(error))
            return
        yield Fields(credit.name, fields(reply))


def _ask_after_cut(talk: Conversation, call: Call, reason: str) -> Flow:
    """After a broken stream: ask for the state at growing intervals until it changed. Never send the message again.

    The one exception is a service that is known to have died with the message: unchanged means it did nothing.
    """
    if talk.settled:
        talk.settled = False
        told = yield from talk.ask_state()
        if told is not None and timeline.compare(talk.before, talk.now, talk.language):
            talk.idle = False
            yield told
        else:
            yield from listen(talk, call)
        return
    yield Status(say("cut", talk.language))
    for seconds in ASK_AGAIN:
        yield Wait(seconds)
        told = yield from talk.ask_state()
        if told is None:
            break
        if timeline.compare(talk.before, talk.now, talk.language):
            talk.idle = False
            yield told
            return
    raise TransportFailed(
        f"the stream broke ({reason}) and the draft did not change",
        where=call.path,
        fix="ask for the state later, and send the message again only if the edit is not there",
    )
