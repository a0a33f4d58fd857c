"""Sessions and what belongs to them: media taken in, and the draft with all its revisions."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillwire.studio.accounts import Account
from skillwire.studio.answers import ApiError, Code
from skillwire.studio.draft import Draft, appended, from_json, to_json, with_sound
from skillwire.studio.media.probe import MediaInfo
from skillwire.studio.store import transaction

CLAIM_SECONDS = 604_800
# Undo reaches this far back; older revisions are dropped.
KEPT_REVISIONS = 200
# How ids of files begin that the studio made itself.
GENERATED = "g_"


@dataclass(frozen=True, slots=True)
class Session:
    """A project of an account. ``language`` as the client stated it (``zh``, ``en-US``), may be empty."""

    id: str
    task: str
    account: int
    language: str


@dataclass(frozen=True, slots=True)
class Media:
    """A file taken into a session. ``size`` (bytes) and ``mtime_ns`` are those at that moment."""

    id: str
    name: str
    path: Path
    size: int
    mtime_ns: int
    info: MediaInfo

    @property
    def generated(self) -> bool:
        """Whether the studio made it itself."""
        return self.id.startswith(GENERATED)


class Projects:
    """All sessions in the store."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def create(self, account: Account, *, name: str, language: str, now: float) -> Session:
        """A new, empty session."""
        session = Session(f"s_{uuid.uuid4().hex}", f"t_{uuid.uuid4().hex}", account.id, language)
        self._store.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)",
            (session.id, session.task, account.id, name, language, now),
        )
        return session

    def get(self, account: Account, session_id: str) -> Session:
        """A session of that account. Raises ``ApiError`` 1002."""
        row = self._store.execute(
            "SELECT id, task, account, language FROM sessions WHERE id = ? AND account = ?", (session_id, account.id)
        ).fetchone()
        if row is None:
            raise ApiError(Code.NO_SESSION, "No such session; create a new one.")
        return Session(row["id"], row["task"], row["account"], row["language"])

    def add_media(self, session: Session, media: Media, now: float) -> None:
        """Records a file that lies in its place."""
        self._store.execute(
            "INSERT INTO media VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                media.id,
                session.id,
                media.name,
                str(media.path),
                media.size,
                media.mtime_ns,
                json.dumps(media.info.to_json()),
                now,
            ),
        )

    def media(self, session_id: str) -> dict[str, Media]:
        """All files of a session by id, in the order they came."""
        rows = self._store.execute("SELECT * FROM media WHERE session = ? ORDER BY created, id", (session_id,))
        return {
            row["id"]: Media(
                row["id"],
                row["name"],
                Path(row["path"]),
                row["size"],
                row["mtime_ns"],
                MediaInfo.from_json(json.loads(row["info"])),
            )
            for row in rows
        }

    def draft(self, session_id: str) -> Draft:
        """The draft as it stands; empty before the first upload."""
        row = self._store.execute(
            "SELECT draft FROM revisions WHERE session = ? ORDER BY number DESC LIMIT 1", (session_id,)
        ).fetchone()
        return from_json(json.loads(row["draft"])) if row else Draft()

    def revise(self, session_id: str, draft: Draft, cause: str, now: float) -> None:
        """Makes ``draft`` the latest revision; ``cause`` names what led to it (``upload`` or an operation)."""
        text = json.dumps(to_json(draft), ensure_ascii=False)
        with transaction(self._store):
            row = self._store.execute("SELECT max(number) FROM revisions WHERE session = ?", (session_id,)).fetchone()
            number = (row[0] or 0) + 1
            self._store.execute("INSERT INTO revisions VALUES (?, ?, ?, ?, ?)", (session_id, number, text, cause, now))
            self._store.execute(
                "DELETE FROM revisions WHERE session = ? AND number <= ?", (session_id, number - KEPT_REVISIONS)
            )

    def place(self, session_id: str, files: Sequence[Media], now: float) -> None:
        """Puts files on the timeline: clips and pictures one after the other behind what is there, sounds on tracks of their own.

        Once the timeline has been exported as it stands, new clips begin a new one: each clip gets its own render. A sound alone
        joins the timeline there is.
        """
        row = self._store.execute(
            "SELECT r.created, (SELECT max(created) FROM jobs j WHERE j.session = r.session) AS exported FROM revisions r"
            " WHERE r.session = ? ORDER BY r.number DESC LIMIT 1",
            (session_id,),
        ).fetchone()
        exported = row is not None and row["exported"] is not None and row["exported"] >= row["created"]
        clips = [file for file in files if file.info.kind != "audio"]
        draft = Draft() if exported and clips else self.draft(session_id)
        for clip in clips:
            draft = appended(draft, clip.id, clip.name, clip.info.duration, sound=clip.info.has_audio)
        for sound in files:
            if sound.info.kind == "audio":
                draft = with_sound(draft, sound.id, sound.name, sound.info.duration)
        self.revise(session_id, draft, "upload", now)

    def undo(self, session_id: str) -> str | None:
        """Takes the latest revision back and tells its cause; ``None`` when only the first upload is left."""
        with transaction(self._store):
            rows = self._store.execute(
                "SELECT number, cause FROM revisions WHERE session = ? ORDER BY number DESC LIMIT 2", (session_id,)
            ).fetchall()
            if len(rows) < 2:
                return None
            self._store.execute(
                "DELETE FROM revisions WHERE session = ? AND number = ?", (session_id, rows[0]["number"])
            )
            return str(rows[0]["cause"])

    def claim(self, session: Session, now: float) -> tuple[str, int]:
        """A token with which a web page can take the session over, and its life in seconds."""
        token = f"clm_{secrets.token_urlsafe(24)}"
        self._store.execute(
            "INSERT INTO claims VALUES (?, ?, ?)",
            (hashlib.sha256(token.encode()).hexdigest(), session.id, now + CLAIM_SECONDS),
        )
        return token, CLAIM_SECONDS


def video_info(media: Media) -> dict[str, Any]:
    """A file as the API tells it: ids, name, size in bytes and what probing found."""
    return {"id": media.id, "name": media.name, "size": media.size, **media.info.to_json()}
