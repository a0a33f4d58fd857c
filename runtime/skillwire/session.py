"""The library's front door: opens a skill with an agent, and runs requests through both, yielding events."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from skillwire import catalog
from skillwire.agents.base import Agent
from skillwire.agents.registry import open_agent
from skillwire.delivery import Delivery
from skillwire.engine import plan as planning
from skillwire.engine.effects import Answer, Effect, Fetch, Fetched, Keep, NextFrame, OpenStream, Request, Send, Wait
from skillwire.engine.events import Event, Planned, Progress
from skillwire.engine.flow import Conversation, Flow
from skillwire.engine.plan import Attachment, Task
from skillwire.engine.router import Routing, route
from skillwire.errors import ConsentRefused, OutputFailed, SkillNotRunnable
from skillwire.intake import check
from skillwire.spec.model import Skill
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


def refuse(_request: ConsentRequest) -> bool:
    """The answer where there is nobody to ask."""
    return False


class Session:
    """A skill opened with an agent. Use as a context manager; one conversation lasts as long as the session.

    ``ask`` is called for consent when the agent is not on this machine; the default refuses.
    """

    def __init__(
        self,
        skill: Skill,
        agent: Agent,
        *,
        vault: Vault | None = None,
        ask: Ask = refuse,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.skill = skill
        self.agent = agent
        self._vault = vault or Vault()
        self._ask = ask
        self._sleep = sleep
        base_url = agent.base_url or skill.base_url
        if not base_url:
            raise SkillNotRunnable("the skill names no host", where=skill.source, fix="choose an agent with an address")
        self._base_url = base_url
        self._wire = Wire(agent.transport(), base_url)
        self._delivery: Delivery | None = None
        self._talk = Conversation(
            skill,
            new_id=lambda: str(uuid.uuid4()),
            now_ms=lambda: time.time_ns() // 1_000_000,
            poll_every=agent.poll_every,
        )
        self._talk.values |= self._known_values()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop connections and stop the agent; safe to call twice."""
        self._wire.close()
        self.agent.close()

    def route(self, words: str, attachments: Sequence[str] = ()) -> Routing:
        """Where the router takes these words."""
        return route(self.skill, words, attachments)

    def run(
        self, words: str, files: Sequence[Path | str] = (), *, output: Path | None = None, wants_file: bool = True
    ) -> Iterator[Event]:
        """Carry out a request, yielding events as they happen. Raises any ``SkillwireError``.

        ``files`` are paths, or URLs that the service shall fetch itself. A finished file goes to ``output``, or beside
        the first input under a name of its own.
        """
        urls = [str(file) for file in files if is_url(file)]
        paths = [Path(file) for file in files if not is_url(file)]
        sizes = {path: check(path, self.skill) for path in paths}
        routing = self.route(words, [*(path.name for path in paths), *urls])
        attachments = (
            *(Attachment(path.name, path, size=sizes[path]) for path in paths),
            *(Attachment(url, reference=url) for url in urls),
        )
        task = Task(words, attachments, routing.language, wants_file=wants_file)
        plan = planning.make(self.skill, routing.actions, task)
        self._require_consent(task)
        if not self.agent.dry:
            attachments = tuple(self._by_reference(a) for a in attachments)
            task = Task(words, attachments, routing.language, wants_file=wants_file)
            if any(step.call.verb == "job" for step in plan.steps):
                self._delivery = Delivery(output, paths)
        try:
            yield from self._drive(self._talk.run(plan, task))
        finally:
            if self._delivery is not None:
                self._delivery.discard()
                self._delivery = None

    # -- carrying out effects ------------------------------------------------------------------------------------

    def _drive(self, flow: Flow) -> Iterator[Event]:
        answer: Answer = None
        try:
            while True:
                step: Effect | Event = flow.send(answer)
                answer = None
                if isinstance(step, Event):
                    yield step
                elif isinstance(step, Fetch):
                    answer = yield from self._fetch(step)
                else:
                    if self.agent.dry and isinstance(step, (Send, OpenStream)):
                        yield self._planned(step.request)
                    answer = self._carry_out(step)
        except StopIteration:
            return
        finally:
            flow.close()

    def _carry_out(self, effect: Effect) -> Answer:
        match effect:
            case Send(request=request):
                return self._wire.send(request)
            case OpenStream(request=request):
                return self._wire.open_stream(request)
            case NextFrame(seconds=seconds):
                return self._wire.next_frame(seconds)
            case Wait(seconds=seconds):
                if not self.agent.dry:
                    self._sleep(seconds)
            case Keep(name=name, value=value):
                if not self.agent.dry:
                    self._vault.keep(self.agent.service, name, value)
        return None

    def _fetch(self, effect: Fetch) -> Generator[Event, None, Answer]:
        if self.agent.dry:
            yield self._planned(effect.request)
            return Fetched(Path("-"), 0)
        if self._delivery is None:
            raise OutputFailed("there is no place for the finished file", fix="name one with -o")
        answer = yield from _progress(self._wire.download(effect.request, self._delivery.scratch))
        if isinstance(answer, Fetched):
            return Fetched(self._delivery.finish(effect.label), answer.size)
        return answer

    def _planned(self, request: Request) -> Planned:
        from skillwire.agents.dry import shown_body, shown_headers  # noqa: PLC0415 - only a dry run shows requests

        built = self._wire.build(request)
        names = tuple(str(path) for path in request.files)
        body = None if names else shown_body(built.read())
        headers = shown_headers((name.decode(), value.decode()) for name, value in built.headers.raw)
        return Planned(request.call, built.method, str(built.url), headers, body, names)

    # -- what is known before the first request ------------------------------------------------------------------

    def _known_values(self) -> dict[str, Any]:
        kept = self._vault.credentials(self.agent.service)
        token = user_token(self.skill, os.environ) if self.agent.user_token else None
        token = token or kept.token
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


def _progress(download: Generator[tuple[int, int | None], None, Answer]) -> Generator[Event, None, Answer]:
    shown = -1
    while True:
        try:
            done, total = next(download)
        except StopIteration as stop:
            answer: Answer = stop.value
            return answer
        percent = done * 100 // total if total else -1
        if percent != shown:
            shown = percent
            yield Progress("download", done / total if total else None)


def open_session(
    reference: str,
    *,
    agent: str = "local",
    overrides: Mapping[str, str] | None = None,
    vault: Vault | None = None,
    ask: Ask = refuse,
) -> Session:
    """Open a skill by name or path with an agent by name or address. Raises any ``UsageError``.

    ``overrides`` replace values of the file, such as ``{"version": "1.0.0"}``.
    """
    skill = catalog.find(reference, overrides=dict(overrides or {}))
    if skill.missing:
        # Known before an agent is started, told as one sentence.
        planning.make(skill, (), Task(""))
    opened = open_agent(agent, skill)
    try:
        return Session(skill, opened, vault=vault, ask=ask)
    except BaseException:
        opened.close()
        raise


def user_token(skill: Skill, environ: Mapping[str, str]) -> str | None:
    """The token that the user set in the environment for this skill: its own variable, else its ``primaryEnv``."""
    names = (skill.auth.env, skill.requires.primary_env)
    return next((environ[name] for name in names if name and environ.get(name)), None)


def is_url(reference: Path | str) -> bool:
    """Whether an input is an address for the service to fetch, not a local file."""
    return isinstance(reference, str) and reference.startswith(("http://", "https://"))
