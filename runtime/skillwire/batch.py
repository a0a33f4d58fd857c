"""Many runs in a row: each in a conversation of its own, failures noted and passed over, what is done not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from skillwire import catalog
from skillwire.engine.events import Artifact, Event
from skillwire.errors import ConsentRefused, RunError, SkillwireError, TransportFailed, UsageError
from skillwire.folders import data_dir, kept, private
from skillwire.joblist import Job
from skillwire.journal import RUNNING, Journal, Run
from skillwire.session import Ask, Session, is_url, open_session, refuse, resume_session

DONE, SKIPPED, FAILED = "done", "skipped", "failed"


@dataclass(frozen=True, slots=True)
class Began(Event):
    """A job's turn has come."""

    kind: ClassVar[str] = "job"
    line: int
    files: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """How a job ended: ``done``, ``skipped`` (it was done by an earlier batch) or ``failed``, with the ``error``."""

    kind: ClassVar[str] = "outcome"
    line: int
    state: str
    path: str = ""
    error: str = ""


class Batch:
    """The jobs of one list.

    ``place`` is where the list lies: what was done is remembered for it. ``agent`` and ``ask`` as for a session.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        place: Path,
        *,
        agent: str = "local",
        overrides: Mapping[str, str] | None = None,
        ask: Ask = refuse,
    ) -> None:
        self._jobs = jobs
        self._agent = agent
        self._overrides = dict(overrides or {})
        self._ask = ask
        self._session: Session | None = None
        self._skill = ""
        name = hashlib.sha256(str(place.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        with kept("what is done of a batch"):
            self._ledger = _Ledger(private(data_dir() / "batches") / f"{name}.jsonl")

    def run(self, *, again: bool = False, keep_going: bool = True) -> Iterator[tuple[int, Event]]:
        """Carries out the jobs one by one; yields each event with the number of its job, from 0 on.

        ``again`` does also what was done before. Without ``keep_going`` the first failure is the last job. Raises
        ``ConsentRefused``: a refusal holds for all.
        """
        try:
            for number, job in enumerate(self._jobs):
                yield number, Began(job.line, job.files, job.words)
                ended = None
                for event in self._one(job, again=again):
                    ended = event
                    yield number, event
                if not keep_going and isinstance(ended, Ended) and ended.state == FAILED:
                    return
        finally:
            self._close()

    def _one(self, job: Job, *, again: bool) -> Iterator[Event]:
        path = ""
        try:
            key = self._key(job)
            known = self._ledger.result(key)
            if known is not None and not again:
                yield Ended(job.line, SKIPPED, known)
                return
            for event in self._events(job):
                if isinstance(event, Artifact):
                    path = event.path
                yield event
        except ConsentRefused:
            raise
        except SkillwireError as error:
            if isinstance(error, TransportFailed):
                self._close()  # the agent may be gone; the next job gets a new one
            yield Ended(job.line, FAILED, error=str(error))
            return
        self._ledger.enter(key, path)
        yield Ended(job.line, DONE, path)

    def _events(self, job: Job) -> Iterator[Event]:
        if job.output is not None:
            try:
                job.output.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise RunError(f"the folder cannot be made ({error.strerror})", where=str(job.output.parent)) from error
        session = self._opened(job.skill)
        stopped = self._stopped(session, job)
        if stopped is not None:
            with suppress(UsageError), resume_session(stopped, ask=self._ask) as earlier:
                yield from earlier.resume(stopped)
                return
        session.start_over()
        yield from session.run(job.words, job.files, output=job.output)

    def _stopped(self, session: Session, job: Job) -> Run | None:
        """The run of this job that an earlier batch left unfinished."""
        wanted = (session.reference, session.skill.digest, session.agent.name, job.words, self._overrides)
        files = [file if is_url(file) else str(Path(file).resolve()) for file in job.files]
        output = str(job.output.resolve()) if job.output else None
        journal = Journal()
        try:
            for run in journal.runs():
                same = (run.skill, run.digest, run.agent, run.words, run.overrides) == wanted
                if same and [*run.files] == files and (run.output or None) == output and run.state == RUNNING:
                    return None if journal.is_running(run) else run
        finally:
            journal.close()
        return None

    def _key(self, job: Job) -> str:
        """What a job is made of, as a digest: the same key means that doing it again would give the same."""
        files: list[Any] = []
        for file in job.files:
            try:
                info = Path(file).stat()
                files.append([file, info.st_size, info.st_mtime_ns])
            except OSError:
                files.append([file])
        digest = catalog.find(job.skill, overrides=self._overrides).digest
        made_of = [digest, self._overrides, self._agent, files, job.words, str(job.output or "")]
        return hashlib.sha256(json.dumps(made_of).encode("utf-8", "surrogateescape")).hexdigest()

    def _opened(self, skill: str) -> Session:
        if self._session is None or self._skill != skill:
            self._close()
            self._session = open_session(skill, agent=self._agent, overrides=self._overrides, ask=self._ask)
            self._skill = skill
        return self._session

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


class _Ledger:
    """Jobs done and their files, a JSON line each. Lines that cannot be read are of jobs that did not end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: dict[str, tuple[str, int]] = {}
        with suppress(OSError):
            for line in path.read_text("utf-8", errors="replace").splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    entry = json.loads(line)
                    self._done[str(entry["job"])] = (str(entry["path"]), int(entry["bytes"]))

    def result(self, key: str) -> str | None:
        """The file of a job that is done, ``""`` where it made none; ``None`` when it must be done."""
        if key not in self._done:
            return None
        path, size = self._done[key]
        if not path:
            return ""
        try:
            return path if Path(path).stat().st_size == size else None
        except OSError:
            return None

    def enter(self, key: str, path: str) -> None:
        """Remembers that a job is done. Raises ``RunError`` when that cannot be written."""
        try:
            size = Path(path).stat().st_size if path else 0
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"job": key, "path": path, "bytes": size}) + "\n")
        except OSError as error:
            raise RunError(
                f"what is done cannot be remembered ({error.strerror})", where=str(self._path.parent)
            ) from error
        self._done[key] = (path, size)
