"""Any agent built with Google's Agent Development Kit, as its own ``api_server`` serves it: ``adk:URL#app``.

The transport takes the skill's calls, whatever their paths and bodies, and speaks ADK's routes to the server:

    token          answered here: an ADK server gives none
    session        POST /apps/{app}/users/{user}/sessions
    upload         kept here; goes along with the next message as inline data
    message        POST /run_sse; the stream comes back byte for byte
    state          GET the session: its state, and its artifacts as the draft where the state holds none
    export, poll   the newest artifact of the session that is not one of its inputs
    download       GET …/artifacts/{name}, decoded

All else is answered with 501. None of the skill's headers reaches the server, and no token but ``SKILLWIRE_ADK_TOKEN``.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from skillwire.agents.adk_files import File, Shelf, artifacts_of, check_size, hold, read_multipart
from skillwire.agents.adk_server import TOKEN_VARIABLE, AdkServer, SessionGone, Unanswered, respond
from skillwire.agents.cloud import Cloud
from skillwire.agents.dry import put
from skillwire.agents.unbinding import values_of
from skillwire.engine.binding import canonical
from skillwire.errors import JobFailed, ServiceRefused, UsageError
from skillwire.spec.model import Call, DraftMap, Recovery, Skill, Verb

USER_VARIABLE = "SKILLWIRE_ADK_USER"
DEFAULT_USER = "skillwire"
NO_TOKEN = "none-needed"  # noqa: S105 - what the engine holds in place of one; it is sent nowhere


class Adk(Cloud):
    """An app of an ADK server."""

    def __init__(self, address: str, skill: Skill, *, token: str = "", user: str = "") -> None:
        """``address`` is ``URL#app``. Raises ``UsageError`` when it is not."""
        url, _, app = address.partition("#")
        super().__init__(f"adk:{address}", url)
        if not app:
            raise UsageError("the address names no app", where=url, fix=f"write adk:{url}#APP")
        self.service = f"adk:{self.service}"
        # A skill that declares no way to get a token begins with the user's; like all of its headers it stops here.
        self.user_token = "token" not in skill.calls
        self._skill = skill
        self._app = app
        self._user = user or DEFAULT_USER
        self._token = token

    def transport(self) -> httpx.BaseTransport:
        server = AdkServer(super().transport(), self.base_url or "", self._app, self._user, self._token)
        return Translator(server, self._skill)

    def hand_over(self, path: Path) -> str | None:
        """Nothing; but a file that no message could carry is told of before anything is sent. Raises ``BadInput``."""
        check_size(path.stat().st_size, str(path))
        return None


def open_adk(argument: str, skill: Skill, environ: Mapping[str, str]) -> Adk:
    """The app at ``argument`` (``URL#app``). Raises ``UsageError``."""
    if not argument:
        raise UsageError("adk needs an address", fix="write adk:http://127.0.0.1:8000#APP")
    return Adk(argument, skill, token=environ.get(TOKEN_VARIABLE, ""), user=environ.get(USER_VARIABLE, ""))


class Translator(httpx.BaseTransport):
    """Answers the calls of one skill from one app of an ADK server."""

    def __init__(self, server: AdkServer, skill: Skill) -> None:
        self._server = server
        self._skill = skill
        self._shelf = Shelf(server.name)
        self._last_session = ""
        self._made: tuple[str, File] | None = None  # seen while looking for the result, and about to be fetched

    def close(self) -> None:
        self._server.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._answer(request)
        except Unanswered as fault:
            return fault.response
        except SessionGone as gone:
            # Told in the skill's own words, so that its own recovery runs.
            rule = next((rule for rule in self._skill.errors if rule.recovery is Recovery.NEW_SESSION), None)
            if rule is None:
                raise ServiceRefused(
                    "the session is gone", code=404, where=request.url.path, fix="run it again"
                ) from gone
            return respond({"code": rule.code, "message": str(gone)})

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name = request.extensions.get("skillwire_call", "")
        call = self._skill.calls.get(name)
        if call is None:
            return self._download(request)
        if name == "token":
            return _given(call, NO_TOKEN, "data.token")
        if name == "session":
            return _given(call, self._open_session(request), "data.session_id")
        handler = self._handler(call)
        if handler is None:
            return respond({"code": 501, "message": "this agent has no such call"}, 501)
        return handler(request, call, self._session(request, call))

    def _handler(self, call: Call) -> Callable[[httpx.Request, Call, str], httpx.Response] | None:
        if call.name == "state":
            return self._state
        if call.verb is Verb.UPLOAD:
            return self._upload
        if call.verb is Verb.STREAM:
            return self._send
        job = self._skill.calls.get(call.name.removesuffix("_status"))
        return self._result if job is not None and job.verb is Verb.JOB else None

    # -- one call each -------------------------------------------------------------------------------------------

    def _open_session(self, request: httpx.Request) -> str:
        self._last_session = self._server.open_session(request)
        return self._last_session

    def _upload(self, request: httpx.Request, call: Call, session: str) -> httpx.Response:
        kind = request.headers.get("content-type", "")
        if kind.startswith("multipart/"):
            held = hold(read_multipart(_chunks(request), kind))
        else:
            held = hold((), _strings(_values(request, call).get("url", [])))
        self._shelf.add(session, held)
        return _answered()

    def _send(self, request: httpx.Request, call: Call, session: str) -> httpx.Response:
        words = "\n".join(_strings(_values(request, call).get("message", "")))
        held = self._shelf.take(session)
        try:
            return self._server.run(request, session, [{"text": words}, *(item.part for item in held)])
        except (httpx.ConnectError, httpx.ConnectTimeout, Unanswered, ServiceRefused):
            self._shelf.add(session, held)  # refused before the agent saw it: its files wait for the next message
            raise

    def _state(self, request: httpx.Request, call: Call, session: str) -> httpx.Response:
        fetched = self._server.session(request, session)
        state = fetched.get("state")
        known = dict(state) if isinstance(state, Mapping) else {}
        if not isinstance(known.get("draft"), Mapping):
            known["draft"] = draft_of(artifacts_of(fetched), self._skill.draft)
        fields = {"draft": "data.draft"} | {_last(field): field for field in call.returns}
        return _answered({field: known[name] for name, field in fields.items() if name in known})

    def _result(self, request: httpx.Request, _: Call, session: str) -> httpx.Response:
        url, poll = self._newest(request, session), self._skill.poll
        return _answered({poll.status_field: poll.until, poll.url_field: url} if poll is not None else {})

    def _newest(self, request: httpx.Request, session: str) -> str:
        inputs = self._shelf.sent(session)
        for name, version in dict.fromkeys(artifacts_of(self._server.session(request, session))):
            url = self._server.artifact_url(session, name, version)
            file = self._server.artifact(request, url)
            # A server may save what it is handed as an artifact; that is no result.
            if file is not None and file.digest not in inputs:
                self._made = (url, file)
                return url
        raise JobFailed(
            "the agent has made no file in this session", where=self._server.name, fix="ask for it in other words"
        )

    def _download(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        made, self._made = self._made, None
        file = made[1] if made is not None and made[0] == url else self._server.artifact(request, url)
        if file is None:
            raise JobFailed("the agent has taken its file back", where=request.url.path, fix="export it again")
        headers = {"content-type": file.kind, "content-length": str(len(file.content))}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(file.content))

    def _session(self, request: httpx.Request, call: Call) -> str:
        """The session that a request is about: the one it names, else the last one opened, else a new one."""
        opening = self._skill.calls.get("session")
        names = ["session_id", *(canonical(_last(field)) for field in (opening.returns if opening else ()))]
        values = _values(request, call)
        named = next((str(values[name]) for name in names if name in values), "")
        return named or self._last_session or self._open_session(request)


def draft_of(artifacts: Iterable[tuple[str, int]], draft_map: DraftMap) -> dict[str, Any]:
    """A draft in the skill's own short keys, in which each artifact (name, version) is a track with one segment.

    An agent without a timeline shows its work in its files: a further file, or a further version of one, is a change.
    """
    short = {prose.split("(")[0].strip(): key for key, prose in draft_map.keys.items()}
    types = {name: number for number, name in draft_map.track_types.items()}
    tracks = []
    for name, version in sorted(_latest(artifacts).items()):
        kind = (mimetypes.guess_type(name)[0] or "file").partition("/")[0]
        shown = f"{name} ({version + 1})" if version else name
        track: dict[str, Any] = {short.get("track type", "track type"): types.get(kind, kind)}
        track[short.get("segments", "segments")] = [{short.get("metadata", "metadata"): {"name": shown}}]
        tracks.append(track)
    return {short.get("tracks", "tracks"): tracks}


def _latest(artifacts: Iterable[tuple[str, int]]) -> dict[str, int]:
    latest: dict[str, int] = {}
    for name, version in artifacts:
        latest.setdefault(name, version)
    return latest


def _values(request: httpx.Request, call: Call) -> dict[str, Any]:
    is_json = request.headers.get("content-type", "").startswith("application/json")
    return values_of(call, request.url.raw_path.decode(), json.loads(request.read()) if is_json else None)


def _strings(value: Any) -> list[str]:
    return [str(item) for item in (value if isinstance(value, list) else [value])]


def _chunks(request: httpx.Request) -> Iterator[bytes]:
    if not isinstance(request.stream, httpx.SyncByteStream):
        raise TypeError("only requests written synchronously are answered")
    yield from request.stream


def _answered(fields: Mapping[str, Any] | None = None) -> httpx.Response:
    """Success, with values at dotted fields; below ``data`` unless they are named from the root."""
    body: dict[str, Any] = {"code": 0, "data": {}}
    for field, value in (fields or {}).items():
        put(body, field, value)
    return respond(body)


def _given(call: Call, value: str, usual: str) -> httpx.Response:
    """Success of an acquiring call: the one value there is, at every field that the skill reads."""
    return _answered(dict.fromkeys(call.returns or (usual,), value))


def _last(field: str) -> str:
    return field.rsplit(".", 1)[-1]
