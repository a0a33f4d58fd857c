"""Carries out what a flow asks for: requests over the wire, files into place, secrets into the vault, steps into the journal."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

from skillwire.agents.base import Agent
from skillwire.delivery import Delivery
from skillwire.engine.conversation import Flow
from skillwire.engine.effects import (
    Answer,
    Closed,
    Effect,
    Failed,
    Fetch,
    Fetched,
    Keep,
    NextFrame,
    OpenStream,
    Reply,
    Request,
    Send,
    Wait,
)
from skillwire.engine.events import Event, Planned, Progress
from skillwire.errors import OutputFailed
from skillwire.tape import ACCESS, IN_FLIGHT, LIVE, READ, Tape
from skillwire.vault import Vault
from skillwire.wire import Wire

PROGRESS_EVERY = 0.25
"""Seconds between two reports of how far a transfer is."""
_CUT = "the run was interrupted"


class Driver:
    """One agent's hands. ``sleep`` is given so that tests need not wait."""

    def __init__(self, wire: Wire, agent: Agent, vault: Vault, sleep: Callable[[float], None] = time.sleep) -> None:
        self._wire = wire
        self._agent = agent
        self._vault = vault
        self._sleep = sleep
        self._stream_lost = False
        self._turn = ExitStack()

    def drive(self, flow: Flow, *, delivery: Delivery | None = None, tape: Tape | None = None) -> Iterator[Event]:
        """Run a flow to its end, yielding its events. Recorded steps of ``tape`` are played back without a word."""
        answer: Answer = None
        try:
            while True:
                step = flow.send(answer)
                answer = None
                replaying = tape is not None and tape.replaying
                if isinstance(step, Event):
                    # What a dry run would tell of drafts and files is made up; its requests are not.
                    if not replaying and not self._agent.dry:
                        yield step
                elif isinstance(step, (Wait, Keep)):
                    if not replaying:
                        self._do(step)
                else:
                    answer = yield from self._answer(step, delivery, tape)
        except StopIteration:
            return
        finally:
            flow.close()
            self._turn.close()

    def _answer(self, effect: Effect, delivery: Delivery | None, tape: Tape | None) -> Generator[Event, None, Answer]:
        if tape is None:
            return (yield from self._carry_out(effect, delivery, None))
        asks = isinstance(effect, Send) and effect.request.safe
        kind, subject = READ if asks else type(effect).__name__, _subject(effect)
        recorded = tape.play(kind, subject)
        if not isinstance(recorded, str):
            self._stream_lost = (isinstance(recorded, Reply) and recorded.streaming) or (
                self._stream_lost and not isinstance(recorded, Closed)
            )
            return recorded
        answer = self._after_death(effect, delivery, tape) if recorded == IN_FLIGHT else None
        if recorded == LIVE or answer is None:
            tape.begin(kind, subject)
            answer = yield from self._carry_out(effect, delivery, tape)
        tape.end(answer, subject)
        return answer

    def _after_death(self, effect: Effect, delivery: Delivery | None, tape: Tape) -> Answer:
        """The answer to an effect that was in flight when the process died; ``None`` when it may be carried out again."""
        match effect:
            case OpenStream():
                # The message may have arrived. It is never sent again: its stream counts as cut.
                self._stream_lost = True
                return Reply(200, streaming=True)
            case Send(request=request) if not request.safe and request.call not in ("token", "session"):
                return Failed(_CUT, past=True)
            case Fetch():
                placed = delivery.find(tape.noted()) if delivery is not None else None
                return None if placed is None else Fetched(placed, placed.stat().st_size)
        return None

    def _carry_out(
        self, effect: Effect, delivery: Delivery | None, tape: Tape | None
    ) -> Generator[Event, None, Answer]:
        if self._agent.dry and isinstance(effect, (Send, OpenStream, Fetch)):
            yield self._planned(effect.request)
        match effect:
            case Send(request=request) if request.files and not self._agent.dry:
                return (yield from _progress("upload", self._wire.upload(request)))
            case Send(request=request) if request.call == ACCESS:
                return self._get_token(request)
            case Send(request=request):
                return self._wire.send(request)
            case OpenStream(request=request):
                return self._wire.open_stream(request)
            case NextFrame(seconds=seconds):
                if self._stream_lost:
                    self._stream_lost = False
                    return Closed(0.0, clean=False, reason=_CUT)
                return self._wire.next_frame(seconds)
            case Fetch():
                return (yield from self._fetch(effect, delivery, tape))
        return None

    def _do(self, effect: Wait | Keep) -> None:
        if self._agent.dry:
            return
        match effect:
            case Wait(seconds=seconds, spread=spread):
                self._sleep(seconds + random.uniform(0, spread))  # noqa: S311 - spreads load, keeps no secret
            case Keep(name=name, value=value, was=was):
                self._vault.keep(self._agent.service, name, value, was=was)
                if name == ACCESS and value:
                    self._turn.close()

    def _get_token(self, request: Request) -> Answer:
        """A token: the one that another process got while we waited for our turn, else one of our own.

        The turn lasts until the token is kept: a service may give each client just one.
        """
        self._turn.close()
        self._turn.enter_context(self._vault.alone(self._agent.service))
        kept = self._vault.credentials(self._agent.service).token
        return Reply(200, data={ACCESS: kept}) if kept else self._wire.send(request)

    def _fetch(self, effect: Fetch, delivery: Delivery | None, tape: Tape | None) -> Generator[Event, None, Answer]:
        if self._agent.dry:
            return Fetched(Path("-"), 0)
        if delivery is None:
            raise OutputFailed("there is no place for the finished file", fix="name one with -o")
        answer = yield from _progress("download", self._wire.download(effect.request, delivery.scratch))
        if not isinstance(answer, Fetched):
            return answer
        if tape is not None:
            # Known before the file takes its name: a run killed in between finds it again instead of making another.
            tape.note(delivery.mark())
        return Fetched(delivery.finish(effect.label, answer.declared), answer.size)

    def _planned(self, request: Request) -> Planned:
        from skillwire.agents.dry import shown_body, shown_headers  # noqa: PLC0415 - only a dry run shows requests

        built = self._wire.build(request)
        names = tuple(str(path) for path in request.files)
        body = None if names else shown_body(built.read())
        headers = shown_headers((name.decode(), value.decode()) for name, value in built.headers.raw)
        url = str(built.url).replace("%3C", "<").replace("%3E", ">")
        return Planned(request.call, built.method, url, headers, body, names)


def _subject(effect: Effect) -> str:
    match effect:
        case Send(request=request) | OpenStream(request=request) | Fetch(request=request):
            return request.call
    return ""


def _progress(step: str, transfer: Generator[tuple[int, int | None], None, Answer]) -> Generator[Event, None, Answer]:
    """Tell how far a transfer is: at its end, and before that as often as a person can read."""
    told, told_at = -1, -PROGRESS_EVERY
    last: tuple[int, int | None] = (0, None)
    while True:
        try:
            last = done, total = next(transfer)
        except StopIteration as stop:
            answer: Answer = stop.value
            if last[0] != told and not isinstance(answer, Failed):
                yield _moved(step, *last)
            return answer
        now = time.monotonic()
        if now - told_at >= PROGRESS_EVERY and done != told:
            told, told_at = done, now
            yield _moved(step, done, total)


def _moved(step: str, done: int, total: int | None) -> Progress:
    return Progress(step, done / total if total else None, bytes=done, total=total)
