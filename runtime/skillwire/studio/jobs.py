"""Render jobs: submitted once, carried out by workers, kept through restarts."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import logging
import os
import sqlite3
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillwire.studio.accounts import Account
from skillwire.studio.answers import ApiError, Code
from skillwire.studio.draft import Draft, from_json, to_json
from skillwire.studio.pace import Pace
from skillwire.studio.pool import Pool, TaskFailed
from skillwire.studio.projects import Media, Projects, Session
from skillwire.studio.render import copies_video
from skillwire.studio.store import keep_reserve, spend_reserve, transaction

# A job that took the whole service down with it is not tried for ever.
_MAX_ATTEMPTS = 3
_LOCK_SETTLES = 60.0
CANCELLED = "the render was cancelled"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A render as its status call tells it. ``progress`` 0–1, ``seconds_left`` is an estimate, ``created`` in epoch seconds.

    ``form``: the kind of file, ``mp4``, ``webm`` or ``mov``.
    """

    id: str
    name: str
    session: str
    status: str
    progress: float
    seconds_left: float | None
    error: str | None
    notes: tuple[str, ...]
    created: float
    form: str


class Jobs:
    """All render jobs of a home. Copying goes through ``quick`` workers, encoding through ``heavy`` ones."""

    def __init__(self, store: sqlite3.Connection, projects: Projects, home: Path, *, quick: Pool, heavy: Pool) -> None:
        self._store = store
        self._projects = projects
        self._home = home
        self._renders = home / "renders"
        self._renders.mkdir(mode=0o700, exist_ok=True)
        self._owners = home / "owners"
        self._owners.mkdir(mode=0o700, exist_ok=True)
        self._quick, self._heavy = quick, heavy
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._pace = Pace()
        self._owner = uuid.uuid4().hex
        self._lock = (self._owners / self._owner).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def submit(
        self, account: Account, session: Session, *, name: str, draft: Draft, output: Mapping[str, str], now: float
    ) -> Job:
        """Queues a render; the same name with the same draft again is the same job.

        Raises ``ApiError`` 400 when the name stands for another draft.
        """
        text = json.dumps(to_json(draft), ensure_ascii=False)
        with transaction(self._store):
            known = self._store.execute(
                "SELECT id, session, draft FROM jobs WHERE account = ? AND name = ?", (account.id, name)
            ).fetchone()
            if known and (known["session"], known["draft"]) != (session.id, text):
                raise ApiError(Code.BAD_REQUEST, "This render id is already used for another draft.")
            if not known:
                job_id = uuid.uuid4().hex
                self._store.execute(
                    "INSERT INTO jobs (id, account, name, session, draft, output, status, owner, created, updated)"
                    " VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)",
                    (job_id, account.id, name, session.id, text, json.dumps(dict(output)), self._owner, now, now),
                )
                self._launch(job_id)
        return self.get(account, name)

    def get(self, account: Account, name: str) -> Job:
        """A job of that account by the name it was submitted under. Raises ``ApiError`` 404."""
        row = self._store.execute("SELECT * FROM jobs WHERE account = ? AND name = ?", (account.id, name)).fetchone()
        return _job(row)

    def signed(self, name: str, job_id: str) -> Job:
        """A job by both its ids, for a download link that carries a signature. Raises ``ApiError`` 404."""
        return _job(self._store.execute("SELECT * FROM jobs WHERE id = ? AND name = ?", (job_id, name)).fetchone())

    def file(self, job: Job) -> Path:
        """Where a completed render lies."""
        return self._path(job.id, job.form)

    def _path(self, job_id: str, form: str) -> Path:
        return self._renders / f"{job_id}.{form}"

    def resume(self) -> int:
        """Takes over unfinished jobs whose service is gone; how many."""
        rows = self._store.execute(
            "SELECT DISTINCT owner FROM jobs WHERE status IN ('pending', 'processing')"
        ).fetchall()
        lost = [row["owner"] for row in rows if row["owner"] != self._owner and self._is_gone(row["owner"])]
        taken = 0
        for owner in lost:
            with transaction(self._store):
                jobs = self._store.execute(
                    "SELECT id FROM jobs WHERE owner = ? AND status IN ('pending', 'processing')", (owner,)
                ).fetchall()
                self._store.execute(
                    "UPDATE jobs SET owner = ?, status = 'pending', progress = 0 WHERE owner = ?"
                    " AND status IN ('pending', 'processing')",
                    (self._owner, owner),
                )
            for row in jobs:
                self._launch(row["id"])
                taken += 1
        return taken

    def sweep(self, now: float) -> None:
        """Removes files of renders that are no longer in the store, and what killed services left of themselves."""
        keep_reserve(self._home)
        known = {row["id"] for row in self._store.execute("SELECT id FROM jobs")}
        for path in self._renders.iterdir():
            if path.name.lstrip(".").split(".")[0] not in known:
                path.unlink(missing_ok=True)
        for lock in self._owners.iterdir():
            # A service that is just starting has made its file, but may not hold it yet.
            if lock.name != self._owner and now - lock.stat().st_mtime > _LOCK_SETTLES:
                self._is_gone(lock.name)

    async def close(self) -> None:
        """Stops what is under way; it stays unfinished in the store and is taken over by the next service."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._lock.close()
        with suppress(OSError):
            (self._owners / self._owner).unlink()

    async def cancel(self, account: Account, name: str) -> Job:
        """Ends a render that is not finished and its worker with it, at once. Raises ``ApiError`` 404."""
        job = self.get(account, name)
        self._finish(job.id, "failed", error=CANCELLED)
        task = self._tasks.get(job.id)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self.get(account, name).error == CANCELLED:
            path = self.file(job)
            path.with_name(f".{path.name}.part").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        return self.get(account, name)

    def _launch(self, job_id: str) -> None:
        task = asyncio.get_running_loop().create_task(self._run(job_id))
        self._tasks[job_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job_id, None))

    async def _run(self, job_id: str) -> None:
        row = self._store.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            return
        if row["attempts"] >= _MAX_ATTEMPTS:
            self._finish(job_id, "failed", error="the service stopped each time it worked on this render")
            return
        draft = from_json(json.loads(row["draft"]))
        media = self._projects.media(row["session"])
        missing = sorted(draft.media - media.keys())
        if missing:
            self._finish(job_id, "failed", error="a clip of this draft is no longer in the session; upload it again")
            return
        output = json.loads(row["output"])
        target = self._path(job_id, _form(output))
        content = content_of(draft, media, f"{output['quality']} {target.suffix}")
        if self._rendered_before(job_id, content, target):
            return
        copied = copies_video(draft, lambda name: media[name].info.video_codec)
        estimate = self._pace.begin(draft.duration, copied=copied)
        task = {
            "task": "render",
            "draft": to_json(draft),
            "media": {name: media_fields(media[name]) for name in draft.media},
            "target": str(target),
            "quality": output["quality"],
        }

        def on_progress(fraction: float) -> None:
            now = time.time()
            left = estimate.left(fraction, now)
            try:
                told = self._store.execute(
                    "UPDATE jobs SET progress = ?, seconds_left = ?, updated = ? WHERE id = ? AND status = 'processing'",
                    (fraction, left, now, job_id),
                )
            except sqlite3.OperationalError:  # a full disk; the render itself will tell
                return
            if told.rowcount == 0:  # cancelled through another service on this home, or its account is gone
                self._tasks[job_id].cancel()

        self._store.execute(
            "UPDATE jobs SET status = 'processing', attempts = attempts + 1, seconds_left = ?, updated = ? WHERE id = ?",
            (estimate.expected, time.time(), job_id),
        )
        try:
            result = await (self._quick if copied else self._heavy).run(task, on_progress)
        except TaskFailed as failure:
            _log.info("render %s failed: %s", job_id, failure.message)
            self._finish(job_id, "failed", error=failure.message)
        except Exception:
            # Nothing may leave a job without an end: its client would ask for ever.
            _log.exception("render %s", job_id)
            self._finish(job_id, "failed", error="the studio met an error of its own while rendering")
            raise
        else:
            estimate.ended(time.time())
            self._finish(job_id, "completed", notes=result["notes"], content=content)

    def _rendered_before(self, job_id: str, content: str, target: Path) -> bool:
        """Gives the job the file of an equal render, if there is one."""
        for row in self._store.execute(
            "SELECT id, notes FROM jobs WHERE content = ? AND status = 'completed'", (content,)
        ).fetchall():
            with suppress(OSError):
                target.hardlink_to(target.with_stem(row["id"]))
                self._finish(job_id, "completed", notes=json.loads(row["notes"]), content=content)
                return True
        return False

    def _finish(
        self,
        job_id: str,
        status: str,
        *,
        error: str | None = None,
        notes: list[str] | None = None,
        content: str | None = None,
    ) -> None:
        how = (status, status, error, json.dumps(notes or []), content, time.time(), job_id)
        ended = (
            "UPDATE jobs SET status = ?, progress = CASE WHEN ? = 'completed' THEN 1 ELSE progress END,"
            " seconds_left = NULL, error = ?, notes = ?, content = ?, updated = ? WHERE id = ?"
            " AND status IN ('pending', 'processing')"
        )
        try:
            self._store.execute(ended, how)
        except sqlite3.OperationalError:
            # A disk that is full ends jobs and keeps their end from being told: its client would ask for ever.
            if not spend_reserve(self._home):
                raise
            self._store.execute(ended, how)

    def _is_gone(self, owner: str) -> bool:
        path = self._owners / os.path.basename(owner)  # noqa: PTH119 - a name, cut to be surely one
        try:
            with path.open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True


def content_of(draft: Draft, media: Mapping[str, Media], kind: str) -> str:
    """What a render is made of, as a digest: equal digests mean equal files. ``kind``: of result, with its quality."""
    files = [(name, media[name].size, media[name].mtime_ns) for name in sorted(draft.media)]
    return hashlib.sha256(json.dumps([to_json(draft), files, kind]).encode()).hexdigest()


def _job(row: sqlite3.Row | None) -> Job:
    if row is None:
        raise ApiError(Code.NOT_FOUND, "No such render.")
    return Job(
        row["id"],
        row["name"],
        row["session"],
        row["status"],
        row["progress"],
        row["seconds_left"],
        row["error"],
        tuple(json.loads(row["notes"])),
        row["created"],
        _form(json.loads(row["output"])),
    )


def _form(output: Mapping[str, str]) -> str:
    # Renders of an earlier release state none.
    return output.get("format", "mp4")


def media_fields(media: Media) -> dict[str, Any]:
    """A file as a worker's task names it."""
    return {
        "path": str(media.path),
        "name": media.name,
        "size": media.size,
        "mtime_ns": media.mtime_ns,
        "video_codec": media.info.video_codec,
    }
