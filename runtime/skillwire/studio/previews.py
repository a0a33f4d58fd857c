"""Previews of the draft as it stands: a poster of one moment, and a small film of all of it. Equal drafts share them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse, Response

from skillwire.studio.accounts import Accounts
from skillwire.studio.answers import ApiError, Code
from skillwire.studio.draft import MAX_MS, Draft, to_json
from skillwire.studio.jobs import content_of, media_fields
from skillwire.studio.pool import Pool, TaskFailed
from skillwire.studio.projects import Projects, Session

if TYPE_CHECKING:
    from starlette.requests import Request

# The short side of a preview, in pixels.
_HEIGHT = 360
# The newest of each home are kept; they are made again in moments.
_KEPT = 64


class Previews:
    """Handlers that make previews in ``pool``, which renders do not use, and keep them in ``folder``."""

    def __init__(self, accounts: Accounts, projects: Projects, pool: Pool, folder: Path) -> None:
        self._accounts = accounts
        self._projects = projects
        self._pool = pool
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self._locks: dict[str, asyncio.Lock] = {}

    async def poster(self, request: Request) -> Response:
        """A JPEG of the moment ``at`` (ms on the timeline; the middle when it is not stated)."""
        session, draft = self._draft(request)
        stated = request.query_params.get("at", str(draft.duration // 2))
        if not (stated.isascii() and stated.isdigit() and len(stated) <= len(str(MAX_MS))):
            raise ApiError(Code.BAD_REQUEST, "at is not a time in ms.")
        at = min(int(stated), max(0, draft.duration - 1))
        return FileResponse(await self._made(session, draft, "poster", {"at": at}, ".jpg"), media_type="image/jpeg")

    async def proxy(self, request: Request) -> Response:
        """The draft as a film of 360 pixels on its short side."""
        session, draft = self._draft(request)
        return FileResponse(await self._made(session, draft, "proxy", {}, ".mp4"), media_type="video/mp4")

    def _draft(self, request: Request) -> tuple[Session, Draft]:
        account = self._accounts.authenticate(request.headers.get("authorization"), time.time())
        session = self._projects.get(account, request.path_params["sid"])
        draft = self._projects.draft(session.id)
        if not draft.ready:
            raise ApiError(Code.BAD_REQUEST, "There is nothing on the timeline yet; upload a clip first.")
        height = min(_HEIGHT, draft.canvas.height or _HEIGHT)
        return session, replace(draft, canvas=replace(draft.canvas, height=height))

    async def _made(self, session: Session, draft: Draft, kind: str, details: dict[str, Any], suffix: str) -> Path:
        media = self._projects.media(session.id)
        if draft.media - media.keys():
            raise ApiError(Code.BAD_REQUEST, "A clip of this draft is no longer in the session; upload it again.")
        name = content_of(draft, media, f"{kind}{details}") + suffix
        target = self._folder / name
        lock = self._locks.setdefault(name, asyncio.Lock())
        try:
            async with lock:
                if not target.exists():
                    await self._pool.run(
                        {
                            "task": kind,
                            "draft": to_json(draft),
                            "media": {key: media_fields(media[key]) for key in draft.media},
                            "target": str(target),
                            **details,
                        }
                    )
                    self._forget_old()
        except TaskFailed as failure:
            raise ApiError(Code.BAD_REQUEST, f"No preview: {failure.message}.") from None
        finally:
            if not lock.locked():
                self._locks.pop(name, None)
        return target

    def _forget_old(self) -> None:
        kept = sorted(self._folder.glob("[!.]*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[_KEPT:]:
            path.unlink(missing_ok=True)
