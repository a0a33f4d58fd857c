"""Runs on disk, step by step, so that one that was killed goes on where it stopped.

A run is a generator that asks for effects and is sent answers; it depends on nothing else. So its journal is the list of
answers: played back to a fresh generator they bring it to the same place. Each effect is written before it is carried out
and its answer after, in SQLite (WAL). Secrets are replaced by a mark and put back from the vault on reading.

    runs   id, skill, digest, agent, words, files, output, overrides, options, created, state, note
    steps  run, number, effect, subject, answer (JSON; NULL while in flight)

A run belongs to the process that holds the lock on its lock file, which the kernel lets go when that process dies.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from skillwire.errors import RunError, UsageError
from skillwire.folders import data_dir, private

RUNNING, DONE, FAILED = "running", "done", "failed"
MARK = "\ue000{name}\ue001"
"""Stands for a secret. Private-use characters around the name, so that no text of a service is mistaken for a mark."""
FORMAT = 2
"""Number of the tables' form; raised with every change to it."""
KEEP_DAYS = 30
"""Days after which a finished run is forgotten."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, skill TEXT NOT NULL, digest TEXT NOT NULL, agent TEXT NOT NULL, words TEXT NOT NULL,
    files TEXT NOT NULL, output TEXT NOT NULL, overrides TEXT NOT NULL, options TEXT NOT NULL, created REAL NOT NULL,
    state TEXT NOT NULL, note TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS steps (
    run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, number INTEGER NOT NULL, effect TEXT NOT NULL,
    subject TEXT NOT NULL, answer TEXT, PRIMARY KEY (run, number)
);
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it was asked for, and how it stands. ``created`` in seconds since 1970.

    ``options``: ``actions`` (a plan given instead of routed, or ``None``), ``wants_file``, ``pick`` (numbers chosen beforehand)
    and ``conversation`` (a name that the runs of one conversation share, or an empty string).
    """

    id: str
    skill: str
    digest: str
    agent: str
    words: str
    files: tuple[str, ...]
    output: str | None
    overrides: dict[str, str]
    options: dict[str, Any]
    created: float
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One effect of a run: its kind, what it is about (a call's name), and its answer; ``None`` while in flight."""

    number: int
    effect: str
    subject: str
    answer: Any


class Journal:
    """The runs of one user. Several processes may use it at once."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder`` defaults to the user's data folder. Raises ``RunError`` when it cannot be written."""
        try:
            self._folder = private(folder or data_dir() / "journal")
            self._db = self._open()
            self._db.execute("PRAGMA journal_mode=WAL")
            # A step must be on disk before it is in flight, also when the power fails.
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
            self._db.executescript(_SCHEMA)
            self._db.execute(
                "DELETE FROM runs WHERE state != ? AND created < ?", (RUNNING, time.time() - KEEP_DAYS * 86400)
            )
        except (OSError, sqlite3.Error) as error:
            raise RunError(
                f"cannot keep a journal of runs ({error})",
                where=str(folder or data_dir()),
                fix="free some space or point SKILLWIRE_HOME elsewhere",
            ) from error

    def _open(self) -> sqlite3.Connection:
        path = self._folder / "journal.db"
        db = sqlite3.connect(path, isolation_level=None, timeout=10)
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version != FORMAT and db.execute("SELECT name FROM sqlite_master").fetchone() is not None:
            # Runs of another version cannot be resumed by this one; they are kept for the version that can.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.close()
            path.replace(self._folder / f"journal.format-{version}.db")
            db = sqlite3.connect(path, isolation_level=None, timeout=10)
        db.execute(f"PRAGMA user_version={FORMAT}")
        return db

    def close(self) -> None:
        """Close the database; safe to call twice."""
        self._db.close()

    def begin(
        self,
        *,
        skill: str,
        digest: str,
        agent: str,
        words: str,
        files: Iterable[str],
        output: str | None,
        overrides: dict[str, str],
        options: dict[str, Any],
    ) -> Run:
        """Write a new run down."""
        run = Run(
            id=uuid.uuid4().hex[:10],
            skill=skill,
            digest=digest,
            agent=agent,
            words=words,
            files=tuple(files),
            output=output,
            overrides=overrides,
            options=options,
            created=time.time(),
            state=RUNNING,
        )
        row = (run.id, skill, digest, agent, words, json.dumps(run.files), output or "", json.dumps(overrides))
        self._db.execute(
            "INSERT INTO runs VALUES (?,?,?,?,?,?,?,?,?,?,?,'')", (*row, json.dumps(options), run.created, run.state)
        )
        return run

    def runs(self) -> list[Run]:
        """All runs, the latest first."""
        return [_run(row) for row in self._db.execute("SELECT * FROM runs ORDER BY created DESC")]

    def get(self, run_id: str) -> Run:
        """A run by its id or a unique beginning of it. Raises ``UsageError``."""
        found = [run for run in self.runs() if run.id.startswith(run_id)] if run_id else []
        if len(found) != 1:
            what = f"{len(found)} runs begin with {run_id!r}" if found else f"there is no run {run_id!r}"
            raise UsageError(what, fix="see skillwire jobs")
        return found[0]

    def own(self, run: Run) -> IO[str] | None:
        """Take the run for this process: an open lock file, or ``None`` when another process has it."""
        lock = (self._folder / f"{run.id}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return lock

    def release(self, run: Run, lock: IO[str]) -> None:
        """Let the run go."""
        with suppress(OSError):
            (self._folder / f"{run.id}.lock").unlink()
        lock.close()

    def is_running(self, run: Run) -> bool:
        """Whether a living process is at it."""
        lock = self.own(run)
        if lock is None:
            return True
        lock.close()
        return False

    def finish(self, run: Run, state: str, note: str = "") -> None:
        """Write down how the run ended. The answers of a run that is done are not needed any more."""
        self._db.execute("UPDATE runs SET state = ?, note = ? WHERE id = ?", (state, note, run.id))
        if state == DONE:
            self._db.execute("DELETE FROM steps WHERE run = ?", (run.id,))

    def steps(self, run: Run, secrets: dict[str, str]) -> list[Step]:
        """All steps of a run in order, with ``secrets`` (name → value) put back in."""
        rows = self._db.execute(
            "SELECT number, effect, subject, answer FROM steps WHERE run = ? ORDER BY number", (run.id,)
        )
        return [
            Step(number, effect, subject, None if answer is None else json.loads(_reveal(answer, secrets)))
            for number, effect, subject, answer in rows
        ]

    def start(self, run: Run, number: int, effect: str, subject: str) -> None:
        """Write an effect down before it is carried out."""
        self._db.execute("INSERT OR REPLACE INTO steps VALUES (?,?,?,?,NULL)", (run.id, number, effect, subject))

    def answer(self, run: Run, number: int, answer: Any, secrets: Iterable[tuple[str, str]]) -> None:
        """Write an effect's answer (a JSON value) down, its ``secrets`` (name and value) marked."""
        text = _hide(json.dumps(answer, ensure_ascii=False), secrets)
        self._db.execute("UPDATE steps SET answer = ? WHERE run = ? AND number = ?", (text, run.id, number))

    def note(self, run: Run, number: int, subject: str) -> None:
        """Change what a step in flight is about."""
        self._db.execute("UPDATE steps SET subject = ? WHERE run = ? AND number = ?", (subject, run.id, number))

    def cut(self, run: Run, number: int) -> None:
        """Forget the steps from ``number`` on."""
        self._db.execute("DELETE FROM steps WHERE run = ? AND number >= ?", (run.id, number))


def _run(row: tuple[Any, ...]) -> Run:
    id_, skill, digest, agent, words, files, output, overrides, options, created, state, note = row
    return Run(
        id=id_,
        skill=skill,
        digest=digest,
        agent=agent,
        words=words,
        files=tuple(json.loads(files)),
        output=output or None,
        overrides=json.loads(overrides),
        options=json.loads(options),
        created=created,
        state=state,
        note=note,
    )


def _hide(text: str, secrets: Iterable[tuple[str, str]]) -> str:
    for name, value in secrets:
        if value:
            text = text.replace(json.dumps(value, ensure_ascii=False)[1:-1], MARK.format(name=name))
    return text


def _reveal(text: str, secrets: dict[str, str]) -> str:
    for name, value in secrets.items():
        text = text.replace(MARK.format(name=name), json.dumps(value, ensure_ascii=False)[1:-1])
    return text
