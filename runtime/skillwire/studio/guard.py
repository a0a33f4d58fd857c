"""What every request must pass before a handler sees it, and reading bodies within bounds."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from skillwire.studio.answers import ApiError, Code, refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

MAX_JSON_BYTES = 4 * 1024 * 1024
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?")


class LoopbackOnly:
    """ASGI middleware: refuses requests addressed to, or coming from a page of, any name that is not this machine.

    A page on the web can make a browser send requests here, under a name of its own that it lets point to 127.0.0.1.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
            if not _is_loopback(headers.get(b"host", "")) or not _origin_is_loopback(headers.get(b"origin")):
                error = ApiError(Code.FORBIDDEN, "This service answers to this machine's own names only.")
                await refusal(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def from_this_machine(request: Request) -> bool:
    """Whether the connection itself comes over loopback."""
    return request.client is not None and request.client.host in _LOOPBACK


async def read_json(request: Request, *, required: bool = True) -> dict[str, Any]:
    """The body as a JSON object; an absent one is ``{}`` when not ``required``.

    Raises ``ApiError``: 4002 over ``MAX_JSON_BYTES``, 400 when it is no JSON object.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise ApiError(Code.TOO_LARGE, f"The request is larger than {MAX_JSON_BYTES // 1024**2} MB.")
    if not body and not required:
        return {}
    try:
        data = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ApiError(Code.BAD_REQUEST, "The body is not valid JSON.") from None
    if not isinstance(data, dict):
        raise ApiError(Code.BAD_REQUEST, "The body is not a JSON object.")
    return data


def text_field(data: dict[str, Any], *names: str, limit: int, default: str | None = None) -> str:
    """A text under the first of ``names`` that is there. Raises ``ApiError`` 400."""
    value = next((data[name] for name in names if data.get(name) is not None), default)
    if not isinstance(value, str):
        raise ApiError(Code.BAD_REQUEST, f"{names[0]} is missing or not a text.")
    if len(value) > limit:
        raise ApiError(Code.BAD_REQUEST, f"{names[0]} is longer than {limit} characters.")
    # Half of a surrogate pair is legal in JSON, but neither in UTF-8 nor in SQLite.
    return value.encode("utf-8", "replace").decode()


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _is_loopback(host: str) -> bool:
    match = _HOST.fullmatch(host.strip())
    return match is not None and match[1].strip("[]").lower() in _LOOPBACK


def _origin_is_loopback(origin: str | None) -> bool:
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK
