"""Sends a message and listens to the answer until it ends, one way or another. A message is never sent twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skillwire.engine.conversation import Conversation, Flow
from skillwire.engine.effects import Closed, Frame, NextFrame, Silence, Wait
from skillwire.engine.events import Choices, Fields, Status, Text
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
    talk.offered = ()
    yield Status(say("sent", talk.language, text=plain(talk.values["message"])))
    try:
        opened = yield from talk.exchange(call, streaming=True)
    except TransportFailed as broken:
        yield from _ask_after_fault(talk, call, broken, before)
        return
    talk.asked.append(talk.values["message"])
    actions: list[GuiAction] = []
    if opened.streaming:
        cut, error = yield from _read(talk, call, actions)
        if error and not cut:
            reported = f"the service reported: {error}"
            if not (yield from _compare(talk, before, only_changes=True)):
                raise JobFailed(reported, where=call.path, fix="say it in other words or try later")
            yield Status(reported)
            return
        if cut:
            yield from _ask_after_cut(talk, call, cut, before)
            return
    yield from _compare(talk, before)
    yield from _follow(talk, actions)


def _compare(talk: Conversation, before: Any, *, only_changes: bool = False) -> Flow:
    """Ask for the state and tell it. Returns whether the draft changed, also where no timeline shows that.

    ``None`` when the skill has no such call. ``only_changes``: say nothing of a draft that is as it was.
    """
    told = yield from talk.ask_state()
    if told is None:
        return None
    changed = bool(told.changes) or talk.values["draft"] != before
    talk.idle = talk.idle and not changed
    if changed or not only_changes:
        yield replace(told, changes=(say("changed", talk.language),)) if changed and not told.changes else told
    return changed


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
                if part.candidates:
                    talk.offered = part.candidates
                    yield Choices(part.candidates)
                yield from _tell(talk, transcript.add(part), actions)
            case Silence(at=at):
                pass
            case _:
                raise TypeError(f"a stream gives frames, not {answer!r}")
        late = f"no end after {timeout:g} s" if at >= timeout else ""
        if at - alive_at >= quiet_limit:
            late = late or f"nothing but heartbeats for {quiet_limit:g} s"
        if late:
            yield from _tell(talk, transcript.close(), actions)
            return late, ""
        if at >= notice_at:
            notice_at = at + notice_every
            yield Status(plain(rule.notice) or say("still_working", talk.language))


def _tell(talk: Conversation, texts: tuple[str, ...], actions: list[GuiAction]) -> Flow:
    for text in texts:
        translated = talk.translate(text)
        actions += [action for action in translated.actions if action not in actions]
        if translated.text:
            yield Text(translated.text)


def _follow(talk: Conversation, actions: list[GuiAction]) -> Flow:
    """Do what the service's talk of buttons stood for, within what its text is allowed to cause.

    The timeline has been told already; a message could spend credits and an upload shows a file, so neither is ever done on
    a service's word. What is left is the balance, and the export, which the run does once its own steps are done.
    """
    talk.export_called_for = talk.export_called_for or GuiAction.EXPORT in actions
    credit = talk.skill.calls.get("credits")
    if GuiAction.CREDITS in actions and credit is not None and credit.verb is Verb.CALL:
        try:
            reply = yield from talk.exchange(credit)
        except (ServiceRefused, TransportFailed) as error:
            # The edit went well; a balance that nobody asked for must not fail it.
            yield Status(str(error))
            return
        yield Fields(credit.name, fields(reply))


def _ask_after_cut(talk: Conversation, call: Call, reason: str, before: Any) -> Flow:
    """After a broken stream: ask for the state at growing intervals until it changed. Never send the message again.

    The one exception is a service that is known to have died with the message: unchanged means it did nothing.
    """
    if talk.settled:
        talk.settled = False
        if not (yield from _compare(talk, before, only_changes=True)):
            yield from listen(talk, call)
        return
    yield Status(say("cut", talk.language))
    for seconds in ASK_AGAIN:
        yield Wait(seconds)
        changed = yield from _compare(talk, before, only_changes=True)
        if changed is None:
            break
        if changed:
            return
    raise TransportFailed(
        f"the stream broke ({reason}) and the draft did not change",
        where=call.path,
        fix="ask for the state later, and send the message again only if the edit is not there",
    )


def _ask_after_fault(talk: Conversation, call: Call, broken: TransportFailed, before: Any) -> Flow:
    """After a message that got no answer of use, though it may have arrived. Raises ``broken`` where it did nothing.

    A connection that broke may leave an edit at work, so it is waited for; after an answer one look tells.
    """
    if broken.lost:
        talk.asked.append(talk.values["message"])
        yield from _ask_after_cut(talk, call, broken.what, before)
    elif not broken.answered or not (yield from _compare(talk, before, only_changes=True)):
        raise broken
    else:
        talk.asked.append(talk.values["message"])
