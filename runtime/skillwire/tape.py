"""A run's journal as the driver uses it: plays recorded answers back, then records what happens from there on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import IO, Any, Final

from skillwire.engine.binding import canonical
from skillwire.engine.effects import Answer, Closed, Failed, Fetched, Frame, Reply, Silence
from skillwire.errors import UsageError
from skillwire.journal import DONE, FAILED, MARK, RUNNING, Journal, Run, Step

LIVE: Final = "live"
"""The effect has no record: carry it out."""
IN_FLIGHT: Final = "in flight"
"""The effect was begun and its answer never came: the process died in between."""

READ: Final = "Read"
"""The kind of a request that only asks, such as for the state; its answer is worth nothing once the run has failed."""
ACCESS: Final = "token"
"""The call that gives the token, and the canonical name of its field."""
_ANSWERS = {kind.__name__: kind for kind in (Reply, Failed, Frame, Silence, Closed, Fetched)}
_KEPT_HEADERS = ("content-type", "retry-after")


class Tape:
    """One run being recorded. ``secrets`` gives the values (by name) that must not be written."""

    def __init__(self, journal: Journal, run: Run, lock: IO[str], secrets: Callable[[], dict[str, str]]) -> None:
        self.run = run
        self._journal = journal
        self._lock = lock
        self._secrets = secrets
        self._recorded: list[Step] = []
        self._number = 0

    def rewind(self, uploads: frozenset[str], session: str) -> None:
        """Make the run's recorded steps ready to be played back.

        An upload that was in flight may or may not have arrived; a clip must not come in twice, so the run goes back to before
        its session was opened. ``uploads`` and ``session`` are names of calls. Raises ``UsageError`` when it cannot go on.
        """
        steps = self._journal.steps(self.run, self._secrets())
        if steps and steps[-1].answer is None and steps[-1].subject in uploads:
            opened = max((step.number for step in steps if step.subject == session), default=None)
            if opened is None:
                raise UsageError(
                    f"the file of run {self.run.id} may or may not have arrived in its conversation",
                    fix="look at the timeline there, and hand it over again if it is not in it",
                )
            self._journal.cut(self.run, opened)
            steps = steps[:opened]
        lost = next((step.number for step in steps if _holds_mark(step.answer)), None)
        asking = bool(steps) and steps[-1].subject == ACCESS
        if asking and (steps[-1].answer is None or lost == len(steps) - 1):
            # The process died between the request and the vault: the token is asked for again, and under a new client id, since
            # the service may have given this one its only token.
            first = len(steps) - 1
            while first and steps[first - 1].effect == "value" and steps[first - 1].subject in ("id", "time"):
                first -= 1
            self._journal.cut(self.run, steps[first].number)
            steps = steps[:first]
        elif lost is not None:
            raise UsageError(f"the token of run {self.run.id} is not known any more", fix="run it again from the start")
        self._recorded = steps

    @property
    def replaying(self) -> bool:
        """Whether the next effect has a record."""
        return self._number < len(self._recorded)

    def value(self, name: str, make: Callable[[], Any]) -> Any:
        """A value from outside the flow (a UUID, the time): the recorded one, else a new one, recorded."""
        if self.replaying and self._recorded[self._number].answer is not None:
            self._number += 1
            return self._recorded[self._number - 1].answer
        made = make()
        self.begin("value", name)
        self._record(made)
        return made

    def play(self, effect: str, subject: str) -> Answer | str:
        """The recorded answer of the next effect, or ``LIVE``, or ``IN_FLIGHT``."""
        if not self.replaying:
            return LIVE
        step = self._recorded[self._number]
        if (step.effect, step.subject) != (effect, subject) and step.effect != "Fetch":
            raise UsageError(
                f"the journal of run {self.run.id} tells of {step.subject or step.effect} where {subject or effect} is due",
                fix="it was made by another version; run it again from the start",
            )
        answer = step.answer
        if answer is None:
            self._recorded = self._recorded[: self._number]
            return IN_FLIGHT
        self._number += 1
        return decode(answer)

    def noted(self) -> str:
        """What was noted about the step that is next, when it was in flight."""
        steps = self._journal.steps(self.run, self._secrets())
        return next((step.subject for step in steps if step.number == self._number), "")

    def begin(self, effect: str, subject: str) -> None:
        """Write down that an effect is about to be carried out."""
        self._journal.start(self.run, self._number, effect, subject)

    def note(self, subject: str) -> None:
        """Write down more about the effect in flight."""
        self._journal.note(self.run, self._number, subject)

    def end(self, answer: Answer, subject: str) -> None:
        """Write the effect's answer down. ``subject`` is the call's name: a token is a secret before anybody has used it."""
        fresh = _tokens(answer.data) if subject == ACCESS and isinstance(answer, Reply) else ()
        self._record(encode(answer), fresh)

    def close(self, *, failed: str | None = None) -> None:
        """Write down how the run ended (``failed``: why) and let it go."""
        self._journal.finish(self.run, DONE if failed is None else FAILED, failed or "")
        self.let_go()

    def pause(self, why: str) -> None:
        """Keep the run open for later: forget failed tries and what was asked at its end, so that resuming asks again."""
        steps = self._journal.steps(self.run, self._secrets())
        while steps and (
            steps[-1].effect == READ or (steps[-1].effect in ("Send", "Fetch") and _is_failure(steps[-1].answer))
        ):
            self._journal.cut(self.run, steps.pop().number)
        self._journal.finish(self.run, RUNNING, why)
        self.let_go()

    def let_go(self) -> None:
        """Let the run go as it stands, to be resumed."""
        self._journal.release(self.run, self._lock)

    def _record(self, answer: Any, fresh: Iterable[str] = ()) -> None:
        secrets = [*self._secrets().items(), *((ACCESS, value) for value in fresh)]
        self._journal.answer(self.run, self._number, answer, secrets)
        self._number += 1


def _tokens(data: Any) -> Iterator[str]:
    """Every string in an answer that stands under a name for a token."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            if isinstance(value, str) and canonical(str(name)) == ACCESS:
                yield value
            yield from _tokens(value)
    elif isinstance(data, list):
        for item in data:
            yield from _tokens(item)


def _holds_mark(answer: Any) -> bool:
    """Whether a secret is missing from a recorded answer, its mark standing in its place."""
    if isinstance(answer, str):
        return MARK[0] in answer
    if isinstance(answer, Mapping):
        return any(map(_holds_mark, answer.values()))
    return isinstance(answer, list) and any(map(_holds_mark, answer))


def _is_failure(answer: Any) -> bool:
    return isinstance(answer, dict) and (answer["kind"] == "Failed" or answer.get("status", 0) >= 500)


def encode(answer: Answer) -> dict[str, Any]:
    """An answer as a JSON object."""
    if answer is None:
        return {"kind": "None"}
    plain = {field.name: getattr(answer, field.name) for field in fields(answer)}
    if isinstance(answer, Reply):
        plain["headers"] = {name: value for name, value in answer.headers.items() if name in _KEPT_HEADERS}
    if isinstance(answer, Fetched):
        plain["path"] = str(answer.path)
    return {"kind": type(answer).__name__, **plain}


def decode(stored: dict[str, Any]) -> Answer:
    """The answer that ``encode`` made the object from."""
    values = dict(stored)
    kind = values.pop("kind")
    if kind == "None":
        return None
    if kind == "Fetched":
        values["path"] = Path(values["path"])
    answer: Answer = _ANSWERS[kind](**values)
    return answer
