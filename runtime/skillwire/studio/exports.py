"""The export calls: submit a render, ask for it, fetch it."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse, Response

from skillwire.studio.accounts import Account, Accounts
from skillwire.studio.answers import ApiError, Code, success
from skillwire.studio.draft import Draft, from_json
from skillwire.studio.guard import read_json, text_field
from skillwire.studio.jobs import Job, Jobs
from skillwire.studio.media.forms import FORMS, MP4, transparent_form
from skillwire.studio.projects import Projects

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

ATTRIBUTION = ("X-Skill-Source", "X-Skill-Version", "X-Skill-Platform")
_RENDER_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
# A range of bytes (RFC 9110, 14.1.2).
_RANGE = re.compile(r"(\d{1,99})-(\d{0,99})|-\d{1,99}", re.ASCII)
# Bytes read at a time; the framework's 64 kB make a download over loopback take three times as long.
_DOWNLOAD_CHUNK = 1024 * 1024
_QUALITIES = {"draft": "draft", "low": "draft", "standard": "standard", "medium": "standard", "high": "high"}


class Exports:
    """Handlers over the render jobs. ``key`` signs the links that finished files are fetched from."""

    def __init__(self, accounts: Accounts, projects: Projects, jobs: Jobs, key: bytes) -> None:
        self.accounts = accounts
        self.projects = projects
        self.jobs = jobs
        self._key = key

    async def submit(self, request: Request) -> Response:
        account = self._account(request)
        missing = [name for name in ATTRIBUTION if not request.headers.get(name, "").strip()]
        if missing:
            raise ApiError(Code.PAYMENT, f"Export is not open to this request: {', '.join(missing)} missing.")
        data = await read_json(request)
        name = text_field(data, "id", limit=128)
        if not _RENDER_ID.fullmatch(name):
            raise ApiError(Code.BAD_REQUEST, "id may hold letters, digits, dots, hyphens and underscores only.")
        session = self.projects.get(account, text_field(data, "sessionId", "session_id", limit=128))
        try:
            draft = from_json(data["draft"]) if data.get("draft") else self.projects.draft(session.id)
        except ValueError as error:
            raise ApiError(Code.BAD_REQUEST, f"The draft cannot be used: {error}.") from None
        if not draft.ready:
            raise ApiError(Code.BAD_REQUEST, "There is nothing on the timeline yet; upload a clip first.")
        media = self.projects.media(session.id)
        if draft.media - media.keys():
            raise ApiError(Code.BAD_REQUEST, "The draft names media that is not in this session.")
        output = _output(data.get("output"), draft, lambda name: media[name].info.video_codec)
        job = self.jobs.submit(account, session, name=name, draft=draft, output=output, now=time.time())
        return self._status(request, job)

    async def status(self, request: Request) -> Response:
        return self._status(request, self.jobs.get(self._account(request), request.path_params["id"]))

    async def cancel(self, request: Request) -> Response:
        return self._status(request, await self.jobs.cancel(self._account(request), request.path_params["id"]))

    async def download(self, request: Request) -> Response:
        name = request.path_params["id"]
        job_id, signature = request.query_params.get("file", ""), request.query_params.get("signature", "")
        if signature:
            if not hmac.compare_digest(self._signature(job_id).encode(), signature.encode("utf-8", "replace")):
                raise ApiError(Code.FORBIDDEN, "The signature of this link is wrong.")
            job = self.jobs.signed(name, job_id)
        else:
            job = self.jobs.get(self._account(request), name)
        path = self.jobs.file(job)
        if job.status != "completed" or not path.is_file():
            raise ApiError(Code.NOT_FOUND, "This render is not finished, or its file is gone.")
        _leave_out_bad_range(request)
        response = FileResponse(path, media_type=FORMS[job.form].mime, filename=f"{job.name}.{job.form}")
        response.chunk_size = _DOWNLOAD_CHUNK
        return response

    def _account(self, request: Request) -> Account:
        return self.accounts.authenticate(request.headers.get("authorization"), time.time())

    def _signature(self, job_id: str) -> str:
        return hmac.new(self._key, job_id.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def _status(self, request: Request, job: Job) -> Response:
        body: dict[str, Any] = {"id": job.name, "status": job.status, "progress": round(job.progress, 4)}
        if job.seconds_left is not None:
            body["seconds_left"] = round(job.seconds_left, 1)
        if job.error:
            body["error"] = job.error
        if job.notes:
            body["notes"] = list(job.notes)
        if job.status == "completed":
            base = str(request.base_url).rstrip("/")
            link = f"{base}/api/render/proxy/{job.name}/download?file={job.id}&signature={self._signature(job.id)}"
            body["output"] = {"url": link, "format": job.form}
        return success(body, **body)


def _leave_out_bad_range(request: Request) -> None:
    """A range in another unit or form is to be ignored (RFC 9110, 14.2); the framework would refuse the whole request."""
    asked = request.headers.get("range")
    if asked is None or _is_range(asked):
        return
    request.scope["headers"] = [(name, value) for name, value in request.scope["headers"] if name.lower() != b"range"]


def _is_range(asked: str) -> bool:
    unit, _, ranges = asked.partition("=")
    found = [_RANGE.fullmatch(one.strip()) for one in ranges.split(",") if one.strip()]
    forward = (one is not None and (not one[2] or int(one[1]) <= int(one[2])) for one in found)
    return unit.strip().lower() == "bytes" and bool(found) and all(forward)


def _output(asked: Any, draft: Draft, codec_of: Callable[[str], str]) -> dict[str, str]:
    """Quality and form of a render: MP4, but for transparent pictures what is asked for that can hold them, or fits best."""
    asked = {} if asked is None else asked
    form = asked.get("format", MP4.name) if isinstance(asked, dict) else None
    if not isinstance(form, str) or form not in FORMS:
        raise ApiError(Code.BAD_REQUEST, f"output is not an object with one of the formats {', '.join(FORMS)}.")
    if draft.transparent and not FORMS[form].alpha:
        form = transparent_form(codec_of(clip.media) for clip in draft.video if clip.transparent).name
    elif not draft.transparent and FORMS[form].alpha:
        raise ApiError(Code.BAD_REQUEST, f"Only transparent pictures are exported as {form}; this draft is for mp4.")
    quality = asked.get("quality", "high")
    if not isinstance(quality, str) or quality not in _QUALITIES:
        raise ApiError(Code.BAD_REQUEST, f"output.quality is none of {', '.join(_QUALITIES)}.")
    return {"quality": _QUALITIES[quality], "format": form}
