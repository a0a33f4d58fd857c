"""The HTTP surface: routes → handlers. What a handler needs is in one ``Studio``."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from skillwire.studio.accounts import Account, Accounts
from skillwire.studio.answers import ApiError, Code, refusal, success
from skillwire.studio.backgrounds import Backgrounds
from skillwire.studio.conversation import EDIT_CREDITS, Conversations
from skillwire.studio.draft import to_json
from skillwire.studio.exports import Exports
from skillwire.studio.fetch import Fetcher
from skillwire.studio.guard import LoopbackOnly, from_this_machine, read_json, text_field
from skillwire.studio.intake import MAX_FILES, HandOver, Received, discard, new_file
from skillwire.studio.jobs import Jobs
from skillwire.studio.manner import LikeCloud
from skillwire.studio.marks import marks_in
from skillwire.studio.media.probe import MediaInfo
from skillwire.studio.multipart import MultipartReceiver
from skillwire.studio.pool import Pool, TaskFailed
from skillwire.studio.previews import Previews
from skillwire.studio.projects import Media, Projects, Session, video_info
from skillwire.studio.removals import Removals
from skillwire.studio.songs import Songs, generated_file
from skillwire.studio.store import open_store, signing_key

MAX_MESSAGE = 8000
_log = logging.getLogger(__name__)


class Studio:
    """The service's parts, and the handlers over them.

    ``home``: folder of all state, made private. ``hand_over``: folders from which files are taken by reference.
    ``metered``: whether edits cost credits. ``private_urls``: whether addresses of this machine are fetched, for tests.
    ``manner``: answers as the hosted service does. ``verbose``: workers write to stderr.
    """

    def __init__(
        self,
        home: Path,
        *,
        hand_over: Sequence[Path] = (),
        metered: bool = False,
        private_urls: bool = False,
        manner: LikeCloud | None = None,
        verbose: bool = False,
    ) -> None:
        self.store = open_store(home)
        self.accounts = Accounts(self.store, metered=metered)
        self.projects = Projects(self.store)
        self._uploads = home / "media"
        self._uploads.mkdir(mode=0o700, exist_ok=True)
        self._hand_over = HandOver(hand_over)
        self._fetcher = Fetcher(allow_private=private_urls)
        # Looking into files and copying packets take moments; they never wait behind an encoder.
        self.quick = Pool(1, verbose=verbose)
        self.heavy = Pool(max(1, (os.cpu_count() or 1) // 2), verbose=verbose)
        self.jobs = Jobs(self.store, self.projects, home, quick=self.quick, heavy=self.heavy)
        self.aside = Pool(1, verbose=verbose)
        self.conversations = Conversations(
            self.projects,
            self.accounts,
            Songs(self.projects, self._compose),
            Backgrounds(self.projects, self.aside, home / "backgrounds", self._bring_in),
            Removals(self.projects, self.aside),
            manner=manner,
        )
        self.previews = Previews(self.accounts, self.projects, self.aside, home / "previews")
        self.exports = Exports(self.accounts, self.projects, self.jobs, signing_key(self.store))

    @asynccontextmanager
    async def running(self, _app: Starlette) -> AsyncIterator[None]:
        """Workers up and lost jobs taken over, for as long as the service runs."""
        for session_id in self.accounts.purge(time.time()):
            shutil.rmtree(self._uploads / session_id, ignore_errors=True)
        await self.quick.warm()
        self.conversations.warm()
        self.jobs.resume()
        self.jobs.sweep(time.time())
        try:
            yield
        finally:
            await self.jobs.close()
            await self.quick.close()
            await self.heavy.close()
            await self.aside.close()
            self.store.close()

    # -- accounts and sessions ---------------------------------------------------------------------------------

    async def token(self, request: Request) -> Response:
        client_id = request.headers.get("x-client-id", "").strip()
        if not client_id:
            raise ApiError(Code.BAD_REQUEST, "The header X-Client-Id is missing.")
        if len(client_id) > 128:
            raise ApiError(Code.BAD_REQUEST, "X-Client-Id is longer than 128 characters.")
        token, credits_left = self.accounts.issue(client_id, time.time())
        return success({"token": token, "credits": credits_left})

    async def session(self, request: Request) -> Response:
        account = self._account(request)
        data = await read_json(request, required=False)
        session = self.projects.create(
            account,
            name=text_field(data, "task_name", limit=200, default="project"),
            language=text_field(data, "language", limit=40, default=""),
            now=time.time(),
        )
        return success({"task_id": session.task, "session_id": session.id})

    async def claim(self, request: Request) -> Response:
        account = self._account(request)
        data = await read_json(request)
        session = self.projects.get(account, text_field(data, "session_id", limit=128))
        token, seconds = self.projects.claim(session, time.time())
        return success({"claim_token": token, "expires_in": seconds}, claim_token=token, expires_in=seconds)

    async def credits(self, request: Request) -> Response:
        account = self._account(request)
        return success({"available": account.credits, "frozen": 0, "total": account.credits})

    # -- media, words, state -----------------------------------------------------------------------------------

    async def upload(self, request: Request) -> Response:
        account = self._account(request)
        session = self.projects.get(account, request.path_params["sid"])
        received = await self._receive(request, self._folder(session))
        media: list[Media] = []
        try:
            for file in received:
                media.append(await self._look_into(file))  # noqa: PERF401 - what came before an error is discarded
        except ApiError:
            discard([*received, *media])
            raise
        now = time.time()
        for item in media:
            self.projects.add_media(session, item, now)
        self.projects.place(session.id, media, now)
        return success({"files": [video_info(item) | {"on_timeline": True} for item in media]})

    async def message(self, request: Request) -> Response:
        account = self._account(request)
        data = await read_json(request)
        session = self.projects.get(account, text_field(data, "session_id", "sessionId", limit=128))
        author = text_field(data, "app_name", "appName", limit=128, default="agent")
        parts = _message_parts(data)
        marks = marks_in(parts)
        text = _message_text(parts, required=not marks)
        self.accounts.require(account, EDIT_CREDITS, bind=session.task)
        stream = self.conversations.answer(account, session, text, author, marks)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})

    async def state(self, request: Request) -> Response:
        account = self._account(request)
        session = self.projects.get(account, request.path_params["sid"])
        draft = self.projects.draft(session.id)
        media = self.projects.media(session.id).values()
        made = {item.id: video_info(item) for item in media if item.generated}
        canvas = next((m.info for m in media if draft.video and m.id == draft.video[0].media), None)
        state = {
            "draft": to_json(draft),
            "video_infos": [video_info(item) for item in media if not item.generated],
            "generated_media": made,
            "canvas_config": {"width": canvas.width, "height": canvas.height, "fps": canvas.fps} if canvas else {},
        }
        return success({"state": state, "session_id": session.id, "task_id": session.task})

    # -- helpers -----------------------------------------------------------------------------------------------

    def _account(self, request: Request) -> Account:
        return self.accounts.authenticate(request.headers.get("authorization"), time.time())

    async def _receive(self, request: Request, folder: Path) -> list[Received]:
        kind = request.headers.get("content-type", "").lower()
        # What curl calls a form when it is told nothing else is JSON as often as not.
        if not kind.startswith(("application/json", "application/x-www-form-urlencoded")):
            receiver = MultipartReceiver(request.headers.get("content-type", ""), folder)
            return await receiver.receive(request.stream())
        data = await read_json(request)
        urls = data.get("urls")
        if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
            raise ApiError(Code.BAD_REQUEST, "urls is not a list of addresses.")
        if len(urls) > MAX_FILES or any(len(url) > 8000 for url in urls):
            raise ApiError(Code.BAD_REQUEST, f"At most {MAX_FILES} addresses go into one upload.")
        received: list[Received] = []
        try:
            for url in urls:
                received.append(await self._take(request, url, folder))  # noqa: PERF401 - what came before an error is discarded
        except ApiError:
            discard(received)
            raise
        return received

    async def _take(self, request: Request, url: str, folder: Path) -> Received:
        if url.lower().startswith(("http:", "https:")):
            return await self._fetcher.fetch(url, folder)
        if not from_this_machine(request):
            raise ApiError(Code.FORBIDDEN, "Files are taken by reference from this machine only.")
        return self._hand_over.take(url, folder)

    async def _look_into(self, file: Received) -> Media:
        try:
            found = await self.quick.run({"task": "take_in", "path": str(file.path)})
        except TaskFailed as failure:
            reason = failure.message.replace(file.path.name, file.name)
            raise ApiError(Code.UNSUPPORTED_FILE, f"{reason}.") from None
        return _as_found(file, found)

    async def _compose(self, session: Session, mood: str) -> None:
        """Makes a bed of music and adds it to the session's media. Raises ``TaskFailed``."""
        folder = self._folder(session)
        file = generated_file(folder, mood)
        await self.quick.run({"task": "compose", "mood": mood, "path": str(file.path)})
        self.projects.add_media(session, await self._look_into(file), time.time())

    async def _bring_in(self, session: Session, path: Path) -> Media:
        """Adds one of the user's own backgrounds to the session's media. Raises ``ApiError``."""
        file = new_file(self._folder(session), path.name)
        await asyncio.to_thread(shutil.copyfile, path, file.path)
        media = await self._look_into(file)
        self.projects.add_media(session, media, time.time())
        return media

    def _folder(self, session: Session) -> Path:
        folder = self._uploads / session.id
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


def create_app(studio: Studio) -> Starlette:
    """The ASGI application over ``studio``."""

    def route(path: str, handler: Callable[[Request], Awaitable[Response]], method: str) -> Route:
        return Route(path, handler, methods=[method])

    return Starlette(
        routes=[
            route("/openapi.json", _openapi, "GET"),
            route("/api/auth/anonymous-token", studio.token, "POST"),
            route("/api/auth/claim-token", studio.claim, "POST"),
            route("/api/tasks/me/with-session/{agent}", studio.session, "POST"),
            route("/api/upload-video/{agent}/me/{sid}", studio.upload, "POST"),
            route("/run_sse", studio.message, "POST"),
            route("/api/state/{agent}/me/{sid}/latest", studio.state, "GET"),
            route("/api/credits/balance/simple", studio.credits, "GET"),
            route("/api/render/proxy/lambda", studio.exports.submit, "POST"),
            route("/api/render/proxy/lambda/{id}", studio.exports.status, "GET"),
            route("/api/render/proxy/lambda/{id}", studio.exports.cancel, "DELETE"),
            route("/api/render/proxy/{id}/download", studio.exports.download, "GET"),
            route("/api/preview/{agent}/me/{sid}/poster", studio.previews.poster, "GET"),
            route("/api/preview/{agent}/me/{sid}/proxy", studio.previews.proxy, "GET"),
        ],
        middleware=[Middleware(LoopbackOnly)],
        exception_handlers={
            ApiError: _refuse,
            HTTPException: _refuse_http,
            OSError: _refuse_os,
            Exception: _refuse_bug,
        },
        lifespan=studio.running,
    )


async def _openapi(_request: Request) -> Response:
    return FileResponse(Path(__file__).with_name("openapi.json"), media_type="application/json")


async def _refuse(_request: Request, error: Exception) -> Response:
    return refusal(error if isinstance(error, ApiError) else ApiError(Code.BAD_REQUEST, str(error)))


async def _refuse_http(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    code = {404: Code.NOT_FOUND, 405: Code.BAD_METHOD}.get(status, Code.BAD_REQUEST)
    messages = {
        Code.NOT_FOUND: "There is nothing at this address.",
        Code.BAD_METHOD: "This address takes another method.",
    }
    return refusal(ApiError(code, messages.get(code, "The request cannot be read.")))


async def _refuse_os(_request: Request, error: Exception) -> Response:
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)
    _log.exception("the studio's folder cannot be used")
    reason = getattr(error, "strerror", None) or "input/output error"
    return refusal(ApiError(Code.TOO_LARGE, f"The studio cannot store this: {reason}."))


async def _refuse_bug(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"code": 500, "message": "The studio met an error of its own."}, status_code=500)


def _as_found(file: Received, found: dict[str, Any]) -> Media:
    path = Path(found["path"])
    status = path.stat()
    return Media(file.id, file.name, path, status.st_size, status.st_mtime_ns, MediaInfo.from_json(found["info"]))


def _message_parts(data: dict[str, Any]) -> list[dict[str, Any]]:
    message = data.get("new_message", data.get("newMessage"))
    parts = message.get("parts") if isinstance(message, dict) else None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise ApiError(Code.BAD_REQUEST, "new_message.parts is not a list of parts.")
    return parts


def _message_text(parts: list[dict[str, Any]], *, required: bool) -> str:
    texts = [text_field(part, "text", limit=MAX_MESSAGE) for part in parts if "text" in part]
    text = "\n".join(texts).strip()
    if (required and not text) or len(text) > MAX_MESSAGE:
        raise ApiError(Code.BAD_REQUEST, f"The message has no text, or more than {MAX_MESSAGE} characters.")
    return text
