"""The library's front door: opens a skill with an agent, and runs requests through both, yielding events."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from skillwire import catalog
from skillwire.agents.base import Agent, SignedIn
from skillwire.agents.registry import open_agent
from skillwire.delivery import Delivery
from skillwire.driver import Driver
from skillwire.engine import plan as planning
from skillwire.engine.conversation import Conversation
from skillwire.engine.events import Event
from skillwire.engine.exporting import result_format
from skillwire.engine.flow import run as run_plan
from skillwire.engine.plan import Attachment, Task
from skillwire.engine.router import Routing, route
from skillwire.errors import ConsentRefused, SkillNotRunnable, SkillwireError, TransportFailed, UsageError
from skillwire.intake import check
from skillwire.journal import Journal, Run
from skillwire.spec.model import Call, Skill, Verb
from skillwire.tape import Tape
from skillwire.vault import Vault
from skillwire.wire import Wire


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What the user is asked before anything leaves the machine: which skill, to which host, with which files."""

    skill: Skill
    host: str
    attachments: tuple[Attachment, ...]
    words: str


Ask = Callable[[ConsentRequest], bool]
_SECRETS = ("token", "client_id")
_WORTH_RESUMING = (Verb.UPLOAD, Verb.STREAM, Verb.JOB)


def refuse(_request: ConsentRequest) -> bool:
    """The answer where there is nobody to ask."""
    return False


class Session:
    """A skill opened with an agent. Use as a context manager; one conversation lasts as long as the session.

    ``ask`` is called for consent when the agent is not on this machine; the default refuses. With a ``journal`` every run that
    hands over, edits or renders can be resumed after the process died.

    ``conversation`` names the conversation that the runs belong to in the journal, and ``keep_memory`` is called at the end of
    each, before the journal counts it as done, so that a process killed in between loses neither.
    """

    def __init__(
        self,
        skill: Skill,
        agent: Agent,
        *,
        vault: Vault | None = None,
        ask: Ask = refuse,
        journal: Journal | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.skill = skill
        self.agent = agent
        self.reference = skill.source
        self.overrides: dict[str, str] = {}
        self.conversation = ""
        self.keep_memory: Callable[[], object] = lambda: None
        self._vault = vault or Vault()
        self._ask = ask
        base_url = agent.base_url or skill.base_url
        if not base_url:
            raise SkillNotRunnable("the skill names no host", where=skill.source, fix="choose an agent with an address")
        if not agent.dry:
            _require_one_host(skill, skill.base_url or base_url)
        self._base_url = base_url
        self._wire = Wire(agent.transport(), base_url)
        self._driver = Driver(self._wire, agent, self._vault, sleep)
        self._journal = journal
        self._talk = self._new_talk()
        self._talk.values |= self._known_values()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop connections and stop the agent; safe to call twice."""
        self._wire.close()
        self.agent.close()
        if self._journal is not None:
            self._journal.close()

    def route(self, words: str, attachments: Sequence[str] = ()) -> Routing:
        """Where the router takes these words."""
        return route(self.skill, words, attachments)

    def run(
        self,
        words: str,
        files: Sequence[Path | str] = (),
        *,
        output: Path | None = None,
        wants_file: bool = True,
        actions: Sequence[str] | None = None,
        pick: Sequence[int] = (),
    ) -> Iterator[Event]:
        """Carry out a request, yielding events as they happen. Raises any ``SkillwireError``.

        ``files`` are paths, or URLs that the service shall fetch itself. A finished file goes to ``output``, or beside
        the first input under a name of its own; ``wants_file`` expects one also where the words do not ask for it.
        ``actions`` (keys of the skill's calls) replace what the router would make of the words. ``pick``: numbers to answer with
        when the service asks which of several things is meant.
        """
        words = words.encode(errors="replace").decode()  # an argument of the command need not be text
        asked: dict[str, Any] = {
            "wants_file": wants_file,
            "actions": None if actions is None else list(actions),
            "pick": list(pick),
        }
        task, plan, paths = self._prepare(words, files, **asked)
        options = {**asked, "conversation": self.conversation}
        tape = None
        if self._journal is not None and any(step.call.verb in _WORTH_RESUMING for step in plan.steps):
            run = self._journal.begin(
                skill=self.reference,
                digest=self.skill.digest,
                agent=self.agent.name,
                words=words,
                files=[str(file) if is_url(file) else str(Path(file).resolve()) for file in files],
                output=str(output.resolve()) if output else None,
                overrides=self.overrides,
                options=options,
            )
            tape = self._tape(run)
            self._record_talk(tape)
        yield from self._play(task, plan, output, paths, tape)

    def resume(self, run: Run) -> Iterator[Event]:
        """Go on with a run of an earlier process. Raises ``UsageError`` when it cannot be."""
        if self._journal is None or run.digest != self.skill.digest:
            raise UsageError(
                "the skill file has changed since", where=self.skill.source, fix="run it again from the start"
            )
        tape = self._tape(run)
        try:
            tape.rewind(
                frozenset(name for name, call in self.skill.calls.items() if call.verb is Verb.UPLOAD), "session"
            )
            asked = {name: run.options[name] for name in ("wants_file", "actions", "pick") if name in run.options}
            task, plan, paths = self._prepare(run.words, run.files, **asked)
            self._record_talk(tape, settled=not self.agent.outlives_us)
        except BaseException:
            tape.let_go()
            raise
        yield from self._play(task, plan, Path(run.output) if run.output else None, paths, tape)

    @property
    def memory(self) -> dict[str, Any]:
        """What a later session needs to go on with this conversation: ids, draft and messages, and no secret."""
        kept = {name: value for name, value in self._talk.values.items() if name not in (*_SECRETS, "message", "url")}
        files = [
            {"call": call.name, "files": [a.name if a.path is None else str(a.path.resolve()) for a in attachments]}
            for call, attachments in self._talk.handed_over
        ]
        return {"values": kept, "asked": list(self._talk.asked), "handed_over": files}

    def start_over(self) -> None:
        """Begin a new conversation: the next request gets a session of its own, and nothing said before counts."""
        self._talk = self._new_talk()
        self._talk.values |= self._known_values()

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Go on with the conversation that ``memory`` is of."""
        self._talk.recall(memory)
        self._talk.handed_over += self._handed_over(memory)

    def _handed_over(self, memory: Mapping[str, Any]) -> Iterator[tuple[Call, tuple[Attachment, ...]]]:
        """What an earlier run of the conversation handed over and is still there, for a session that has to be opened anew."""
        for item in memory.get("handed_over", ()):
            call = self.skill.calls.get(item["call"])
            files = [file for file in item["files"] if is_url(file) or Path(file).is_file()]
            if call is not None and files:
                yield call, tuple(_attachment(file) for file in files)

    def _prepare(
        self,
        words: str,
        files: Sequence[Path | str],
        *,
        wants_file: bool,
        actions: Sequence[str] | None,
        pick: Sequence[int] = (),
    ) -> tuple[Task, planning.Plan, list[Path]]:
        urls = [str(file) for file in files if is_url(file)]
        paths = [Path(file) for file in files if not is_url(file)]
        sizes = {path: check(path, self.skill) for path in paths}
        routing = self.route(words, [*(path.name for path in paths), *urls])
        attachments = (
            *(Attachment(path.name, path, size=sizes[path]) for path in paths),
            *(_attachment(url) for url in urls),
        )
        task = Task(words, attachments, routing.language, wants_file=wants_file, pick=tuple(pick))
        plan = planning.make(self.skill, self._wanted(routing, task) if actions is None else actions, task)
        self._require_consent(task)
        if not self.agent.dry:
            task = replace(task, attachments=tuple(self._by_reference(a) for a in attachments))
        return task, plan, paths

    def _wanted(self, routing: Routing, task: Task) -> tuple[str, ...]:
        """The routed actions. Words beside a file that no row explains are an edit where a finished file is expected.

        Without them the file would come back as it was and pass for what was asked for.
        """
        only_handed_over = all(self.skill.calls[name].verb is Verb.UPLOAD for name in routing.actions)
        shows = bool(routing.clauses) and all(c.presents and c.kind != "nothing" for c in routing.clauses)
        said = bool(task.words.strip()) and not shows
        edit = next((name for name, call in self.skill.calls.items() if call.verb is Verb.STREAM), None)
        if task.wants_file and task.attachments and only_handed_over and said and edit is not None:
            return (*routing.actions, edit)
        return routing.actions

    def _play(
        self, task: Task, plan: planning.Plan, output: Path | None, paths: list[Path], tape: Tape | None
    ) -> Iterator[Event]:
        delivery, failed = None, ""
        try:
            delivery = self._delivery(plan, output, paths)
            if tape is not None:
                scratch = tape.value("scratch", lambda: "" if delivery is None else str(delivery.scratch))
                if delivery is not None:
                    delivery.take_over(scratch)
            yield from self._driver.drive(run_plan(self._talk, plan, task), delivery=delivery, tape=tape)
        except TransportFailed as error:
            # The service may be back later: the run stays open, and its answered steps are kept.
            if tape is not None:
                tape.pause(str(error))
                tape = None
            raise
        except SkillwireError as error:
            failed = str(error)
            raise
        except BaseException:
            if tape is not None:
                tape.let_go()
                tape = None
            raise
        finally:
            if delivery is not None:
                delivery.discard()
            self.keep_memory()
            if tape is not None:
                tape.close(failed=failed or None)

    def _delivery(self, plan: planning.Plan, output: Path | None, paths: list[Path]) -> Delivery | None:
        verbs = {step.call.verb for step in plan.steps}
        if self.agent.dry or not verbs & {Verb.JOB, Verb.STREAM}:
            return None
        job = next((call for call in self.skill.calls.values() if call.verb is Verb.JOB), None)
        expects = "" if job is None else result_format(job)
        if Verb.JOB in verbs:
            return Delivery(output, paths, expects)
        # An edit may call for an export; one that does not must not fail for want of a place for files.
        with suppress(SkillwireError):
            return Delivery(output, paths, expects)
        return None

    def _tape(self, run: Run) -> Tape:
        journal = self._journal
        lock = journal.own(run) if journal is not None else None
        if journal is None or lock is None:
            raise UsageError(f"run {run.id} is already at work in another process", fix="wait for it, or stop it first")
        return Tape(journal, run, lock, self._secrets)

    def _record_talk(self, tape: Tape, *, settled: bool = False) -> None:
        memory = tape.value("known", lambda: self.memory | {"secrets": self._secrets()})
        self._talk = self._new_talk(tape, settled=settled)
        self.remember(memory)
        self._talk.values |= memory["secrets"]

    def _new_talk(self, tape: Tape | None = None, *, settled: bool = False) -> Conversation:
        def new_id() -> str:
            return str(uuid.uuid4())

        def now_ms() -> int:
            return time.time_ns() // 1_000_000

        return Conversation(
            self.skill,
            new_id=new_id if tape is None else lambda: tape.value("id", new_id),
            now_ms=now_ms if tape is None else lambda: tape.value("time", now_ms),
            poll_every=self.agent.poll_every,
            settled=settled,
        )

    def _secrets(self) -> dict[str, str]:
        known = self._known_values() | self._talk.values
        return {name: str(known[name]) for name in _SECRETS if name in known}

    # -- what is known before the first request ------------------------------------------------------------------

    def _known_values(self) -> dict[str, Any]:
        kept = self._vault.credentials(self.agent.service)
        token = user_token(self.skill, os.environ) if self.agent.user_token else None
        token = token or (self.agent.token if isinstance(self.agent, SignedIn) else kept.token)
        return ({"token": token} if token else {}) | ({"client_id": kept.client_id} if kept.client_id else {})

    def _by_reference(self, attachment: Attachment) -> Attachment:
        if attachment.path is None:
            return attachment
        reference = self.agent.hand_over(attachment.path)
        return Attachment(attachment.name, attachment.path, reference, attachment.size)

    def _require_consent(self, task: Task) -> None:
        if self.agent.loopback or self.agent.dry:
            return
        host = urlsplit(self._base_url).netloc
        if self._vault.has_consent(self.skill.digest, host):
            return
        if not self._ask(ConsentRequest(self.skill, host, task.attachments, task.words)):
            raise ConsentRefused(
                f"nothing was sent: {self.skill.name} would send your words and files to {host}",
                where=self.skill.source,
                fix="agree when asked, or with --yes",
            )
        self._vault.give_consent(self.skill.name, self.skill.digest, host)


def open_session(
    reference: str,
    *,
    agent: str = "local",
    overrides: Mapping[str, str] | None = None,
    vault: Vault | None = None,
    ask: Ask = refuse,
    record: Path | None = None,
) -> Session:
    """Open a skill by name or path with an agent by name or address. Raises any ``UsageError``.

    ``overrides`` replace values of the file, such as ``{"version": "1.0.0"}``. ``record`` is where a cassette of everything that
    passes shall be written when the session closes.
    """
    overrides = dict(overrides or {})
    skill = catalog.find(reference, overrides=overrides)
    if skill.missing:
        # Known before an agent is started, told as one sentence.
        planning.make(skill, (), Task(""))
    opened = open_agent(agent, skill)
    if record is not None:
        from skillwire.agents.replay import Recorder  # noqa: PLC0415 - only a recording needs it

        opened = Recorder(opened, skill.name, opened.base_url or skill.base_url or "", record)
    try:
        session = Session(skill, opened, vault=vault, ask=ask, journal=None if opened.dry else Journal())
    except BaseException:
        opened.close()
        raise
    session.overrides = overrides
    return session


def resume_session(run: Run, *, ask: Ask = refuse) -> Session:
    """Open the skill and agent of an earlier run, to ``resume`` it. Raises any ``UsageError``."""
    return open_session(run.skill, agent=run.agent, overrides=run.overrides, ask=ask)


def user_token(skill: Skill, environ: Mapping[str, str]) -> str | None:
    """The token that the user set in the environment for this skill: its own variable, else its ``primaryEnv``."""
    names = (skill.auth.env, skill.requires.primary_env)
    return next((environ[name] for name in names if name and environ.get(name)), None)


def _require_one_host(skill: Skill, base_url: str) -> None:
    """Token and words go to one host, which the user agreed to. Raises ``SkillNotRunnable`` for a call that names another."""
    own = urlsplit(base_url)
    for call in skill.calls.values():
        named = urlsplit(call.path)
        if named.netloc and (named.scheme, named.netloc) != (own.scheme, own.netloc):
            raise SkillNotRunnable(
                f"the {call.name} call goes to {named.netloc}, the others to {own.netloc}",
                where=f"{skill.source}:{call.line}" if call.line else skill.source,
                fix="use one host; nothing is sent to a second one",
            )


def _attachment(file: str) -> Attachment:
    return Attachment(file, reference=file) if is_url(file) else Attachment(Path(file).name, Path(file))


def is_url(reference: Path | str) -> bool:
    """Whether an input is an address for the service to fetch, not a local file."""
    return isinstance(reference, str) and reference.startswith(("http://", "https://"))
