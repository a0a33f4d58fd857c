"""One app of an ADK ``api_server`` over HTTP: its routes, and what its refusals mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from skillwire.agents.adk_files import File, decode_artifact
from skillwire.engine.wording import plain
from skillwire.errors import ServiceRefused, TransportFailed, UsageError

TOKEN_VARIABLE = "SKILLWIRE_ADK_TOKEN"  # noqa: S105 - the variable's name, not a token
MOST_ANSWER = 1024**3
"""Bytes of one JSON answer: an artifact of some 700 MB in base64."""
_PASSED_ON = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that mean the same from every server, and that the engine knows how to bear."""
_EXTENSIONS = ("timeout", "trace")


class Unanswered(Exception):
    """The server answered with a passing fault; ``response`` tells the engine so."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        super().__init__(str(response.status_code))


class SessionGone(Exception):
    """The server does not know the session (any more)."""


def respond(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer made here, for the engine."""
    content = json.dumps(value).encode()
    sized = {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})}
    # A stream, not content: content counts as read already, and would be missed where the run is recorded.
    return httpx.Response(status, headers=sized, stream=httpx.ByteStream(content))


class AdkServer:
    """``base_url`` with the server's prefix, if it has one. ``token`` goes along as a bearer token unless it is empty.

    Every method takes the engine's request, whose time limits and tracing hold for the request to the server as well. All
    raise ``httpx`` errors, ``Unanswered``, ``SessionGone``, ``ServiceRefused`` and ``TransportFailed``.
    """

    def __init__(self, inner: httpx.BaseTransport, base_url: str, app: str, user: str, token: str) -> None:
        self._inner = inner
        self._base = base_url
        self._app = app
        self._user = user
        self._token = token
        self.name = f"{base_url}#{app}/{user}"
        self._sessions = f"{base_url}/apps/{_quoted(app)}/users/{_quoted(user)}/sessions"

    def close(self) -> None:
        """Drop all connections."""
        self._inner.close()

    def open_session(self, cause: httpx.Request) -> str:
        """A new session's id. Raises ``UsageError`` when the server has no such app."""
        # Some versions open a session for an app that they do not have, and fail at its first message.
        listing = self._open(cause, "GET", f"{self._base}/list-apps")
        apps = _read(listing)
        if listing.status_code == 200 and isinstance(apps, list) and self._app not in apps:
            has = ", ".join(plain(str(app)) for app in apps[:20]) or "none"
            raise UsageError(f"the ADK server has no app {self._app!r}", where=self._base, fix=f"it has {has}")
        opened = self._exchange(cause, "POST", self._sessions, {})
        if not isinstance(opened, Mapping) or not isinstance(opened.get("id"), str) or not opened["id"]:
            raise TransportFailed("the ADK server's answer holds no session id", where=self._sessions)
        return str(opened["id"])

    def session(self, cause: httpx.Request, session: str) -> Mapping[str, Any]:
        """A session with its ``state`` and ``events``, as ADK writes it."""
        fetched = self._exchange(cause, "GET", f"{self._sessions}/{_quoted(session)}")
        if not isinstance(fetched, Mapping):
            raise TransportFailed("the ADK server's session is not an object", where=self._sessions)
        return fetched

    def run(self, cause: httpx.Request, session: str, parts: list[dict[str, Any]]) -> httpx.Response:
        """Send a message of these parts; the answer's stream is open and not read."""
        body = {"app_name": self._app, "user_id": self._user, "session_id": session, "streaming": True}
        body["new_message"] = {"role": "user", "parts": parts}
        response = self._open(cause, "POST", f"{self._base}/run_sse", body)
        if response.status_code != 200:
            self._refuse(response, _read(response), "/run_sse")
        return response

    def artifact_url(self, session: str, name: str, version: int) -> str:
        """Where one version of an artifact lies."""
        return f"{self._sessions}/{_quoted(session)}/artifacts/{_quoted(name)}?version={version}"

    def artifact(self, cause: httpx.Request, url: str) -> File | None:
        """The file at an artifact's URL, or ``None`` when it was taken back. Raises ``JobFailed`` when it holds none."""
        if not url.startswith(f"{self._sessions}/"):
            raise TransportFailed("the file does not lie at this agent", where=url, fix="export it again")
        response = self._open(cause, "GET", url)
        part = _read(response)
        if response.status_code == 404 or (response.status_code == 200 and part is None):
            return None
        if response.status_code != 200:
            self._refuse(response, part, url)
        return decode_artifact(part, response.request.url.path.rpartition("/")[2])

    def _exchange(self, cause: httpx.Request, method: str, url: str, body: Any = None) -> Any:
        response = self._open(cause, method, url, body)
        data = _read(response)
        if response.status_code != 200:
            self._refuse(response, data, url)
        return data

    def _open(self, cause: httpx.Request, method: str, url: str, body: Any = None) -> httpx.Response:
        # Nothing of the skill's own request goes along: its headers and its token are for another service.
        headers = {"Accept": "text/event-stream, application/json", "Accept-Encoding": "identity"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        extensions = {name: cause.extensions[name] for name in _EXTENSIONS if name in cause.extensions}
        request = httpx.Request(method, url, headers=headers, json=body, extensions=extensions)
        response = self._inner.handle_request(request)
        response.request = request
        return response

    def _refuse(self, response: httpx.Response, data: Any, where: str) -> None:
        status = response.status_code
        detail = data.get("detail") if isinstance(data, Mapping) else None
        said = plain(detail if isinstance(detail, str) else json.dumps(detail))[:500] if detail else ""
        if status in _PASSED_ON:
            kept = {name: value for name, value in response.headers.items() if name == "retry-after"}
            raise Unanswered(respond({"code": status, "message": said}, status, kept))
        if status == 404 and said.lower().startswith("session not found"):
            raise SessionGone(said)
        because = f" ({said})" if said else ""
        fix = "see what the server logs"
        if status in (401, 403):
            fix = f"set {TOKEN_VARIABLE} to a token that it accepts"
        raise ServiceRefused(f"the ADK server refused with HTTP {status}{because}", code=status, where=where, fix=fix)


def _read(response: httpx.Response) -> Any:
    """The JSON value of an answer, which is closed then; ``None`` when it is none."""
    body = bytearray()
    try:
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MOST_ANSWER:
                raise TransportFailed(f"an answer of more than {MOST_ANSWER // 1024**2} MB", where=str(response.url))
    finally:
        response.close()
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _quoted(name: str) -> str:
    return quote(name, safe="")
