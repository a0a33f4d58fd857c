"""A message → operations → the draft, told as a stream of events in Google ADK's shape.

Shape: https://google.github.io/adk-docs/events/ as its API server writes it; fields that are null are left out.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

from skillwire.language.detect import detect
from skillwire.studio.accounts import Account, Accounts
from skillwire.studio.addressed import read_for_clips
from skillwire.studio.answers import ApiError, Code
from skillwire.studio.backgrounds import Backgrounds
from skillwire.studio.draft import to_json
from skillwire.studio.edit import apply
from skillwire.studio.manner import HEARTBEATS, LikeCloud
from skillwire.studio.outcome import Unsupported, describe
from skillwire.studio.projects import Projects, Session
from skillwire.studio.removals import Removals
from skillwire.studio.songs import Songs
from skillwire.studio.wording import language_of, say

if TYPE_CHECKING:
    from skillwire.studio.understand.read import Reading

# The words, and the marks that came with them.
_Message = tuple[str, Sequence[dict[str, Any]]]
# What an edit costs when metering is on.
EDIT_CREDITS = 5
# Clients treat a silent stream as broken after a while; a comment line in between keeps it alive.
HEARTBEAT_SECONDS = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of an answer: tool call, tool result or sentence, ready to be framed."""

    parts: list[dict[str, Any]]
    state: dict[str, Any] | None = None
    partial: bool = False
    role: str = "model"


class Conversations:
    """Answers messages. Messages to one session are taken one after the other."""

    def __init__(
        self,
        projects: Projects,
        accounts: Accounts,
        songs: Songs,
        backgrounds: Backgrounds,
        removals: Removals,
        *,
        manner: LikeCloud | None = None,
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._projects = projects
        self._accounts = accounts
        self._songs = songs
        self._backgrounds = backgrounds
        self._removals = removals
        self._manner = manner
        self._heartbeat = min(heartbeat, max(manner.delay / 4, 0.01)) if manner else heartbeat
        self._reading = threading.Lock()
        self._locks: dict[str, asyncio.Lock] = {}
        self._answering: set[asyncio.Task[None]] = set()

    def warm(self) -> None:
        """Loads the word lists ahead of the first message, in a thread that holds nobody up at the end."""
        threading.Thread(target=self._read, args=("mute",), daemon=True).start()

    def _read(self, text: str, names: Sequence[str] = ()) -> Reading:
        """``names`` are those of the clips, in their order."""
        from skillwire.studio.understand import planners  # noqa: PLC0415 - the word lists load with the first use

        # One at a time: a message that comes while the lists are loading waits for them instead of loading them again.
        with self._reading:
            return read_for_clips(text, names, planners.understand_with)

    async def answer(
        self, account: Account, session: Session, text: str, author: str, marks: Sequence[dict[str, Any]] = ()
    ) -> AsyncIterator[bytes]:
        """The lines of the stream; ``marks``: places of the picture that go. The edit is carried out to its end even when the client hangs up."""
        queue: asyncio.Queue[Said | None] = asyncio.Queue()
        task = asyncio.create_task(self._carry_out(account, session, (text, marks), queue))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        frame = _framer(author)
        beats = cycle(HEARTBEATS if self._manner else HEARTBEATS[-1:])
        while True:
            try:
                said = await asyncio.wait_for(queue.get(), self._heartbeat)
            except TimeoutError:
                yield next(beats)
                continue
            if said is None:
                return
            yield frame(said)

    async def _carry_out(
        self, account: Account, session: Session, message: _Message, queue: asyncio.Queue[Said | None]
    ) -> None:
        lock = self._locks.setdefault(session.id, asyncio.Lock())
        try:
            async with lock:
                sentences = await self._in_manner(account, session, message, queue)
            if not sentences:
                return
            spoken = "\n".join(sentences)
            for piece in sentences[:-1]:
                queue.put_nowait(Said([{"text": piece + "\n"}], partial=True))
            queue.put_nowait(Said([{"text": sentences[-1]}], partial=True))
            queue.put_nowait(Said([{"text": spoken}]))
        except Exception:  # noqa: BLE001 - whatever went wrong, the client must hear the stream end
            _log.exception("a message to %s failed", session.id)
            queue.put_nowait(Said([], state={"error": "The edit failed inside the studio; the draft is as it was."}))
        finally:
            queue.put_nowait(None)

    async def _in_manner(
        self, account: Account, session: Session, message: _Message, queue: asyncio.Queue[Said | None]
    ) -> list[str]:
        if self._manner is None:
            return await self._edit(account, session, message, queue)
        turn = self._manner.next_turn()
        await asyncio.sleep(turn.delay)
        before = self._projects.draft(session.id)
        sentences = await self._edit(account, session, message, queue)
        if turn.silent and self._projects.draft(session.id) != before:
            return []
        return [*sentences, turn.added[language_of(detect("".join(sentences)), session.language)]]

    async def _edit(
        self, account: Account, session: Session, message: _Message, queue: asyncio.Queue[Said | None]
    ) -> list[str]:
        text, marks = message
        picked = self._removals.answered(session, text, marks)
        names = [clip.name for clip in sorted(self._projects.draft(session.id).video, key=lambda clip: clip.start)]
        reading = await asyncio.to_thread(self._read, text, names) if picked is None else picked
        language = language_of(reading.language, session.language)
        if not self._projects.draft(session.id).ready:
            return [say("no_clip", language)]
        sentences = []
        for operation in reading.ops:
            call_id = uuid.uuid4().hex
            name = str(operation["op"])
            arguments = {key: value for key, value in operation.items() if key != "op"}
            queue.put_nowait(Said([{"functionCall": {"id": call_id, "name": name, "args": arguments}}]))
            done, sentence, details = await self._one(account, session, operation, language)
            sentences.append(sentence)
            state = {"draft": to_json(self._projects.draft(session.id))} if done else {}
            response = {"status": "done" if done else "not_done", "message": sentence, **details}
            part = {"functionResponse": {"id": call_id, "name": name, "response": response}}
            queue.put_nowait(Said([part], state=state, role="user"))
        if reading.note:
            sentences.append(reading.note)
        if reading.reply:
            sentences.append(reading.reply)
        elif reading.unread:
            sentences.append(say("unread", language, parts="; ".join(f"“{part}”" for part in reading.unread)))
        return sentences or [say("nothing_read", language)]

    async def _one(
        self, account: Account, session: Session, operation: dict[str, Any], language: str
    ) -> tuple[bool, str, Mapping[str, Any]]:
        """Carries out one operation. Returns whether the draft follows it now, the sentence about it, and data beside that."""
        try:
            if operation["op"] == "undo":
                cause = self._projects.undo(session.id)
                if cause is None:
                    return False, say("nothing_to_undo", language), {}
                return True, say("undone", language, cause=cause), {}
            draft = self._projects.draft(session.id)
            songs = await self._songs.fitting(session, operation)
            behind = await self._backgrounds.fitting(session, draft, operation, language)
            gone = await self._removals.fitting(session, draft, operation, language)
            edit = apply(draft, operation, songs, behind, gone)
            if edit.draft != draft:
                self._accounts.charge(account, EDIT_CREDITS, bind=session.task)
                self._projects.revise(session.id, edit.draft, describe(operation), time.time())
        except Unsupported as error:
            return False, say(error.sentence, language, **error.values), error.details
        except ApiError as error:
            if error.code is not Code.NO_CREDITS:
                raise
            return False, say("no_credits", language), {}
        told = say(edit.sentence, language, **edit.values)
        if operation.get("clip") is not None:
            told = say("in_clip", language, number=operation["clip"], told=told)
        return True, told, {}


def _framer(author: str) -> Callable[[Said], bytes]:
    """Frames events of one invocation."""
    invocation = f"e-{uuid.uuid4()}"

    def frame(said: Said) -> bytes:
        if said.state and "error" in said.state:
            return _line({"error": said.state["error"]})
        event: dict[str, Any] = {"content": {"role": said.role, "parts": said.parts}}
        if said.partial:
            event["partial"] = True
        event |= {
            "author": author,
            "invocationId": invocation,
            "id": str(uuid.uuid4()),
            "timestamp": time.time(),
            "actions": {"stateDelta": said.state or {}, "artifactDelta": {}, "requestedAuthConfigs": {}},
        }
        return _line(event)

    return frame


def _line(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
