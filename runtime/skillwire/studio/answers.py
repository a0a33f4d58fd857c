"""The API's envelope and its codes.

A success is ``{"code": 0, "data": …}``, a refusal ``{"code": n, "message": …}``. Codes 400, 402, 403, 404 and 429 are the HTTP
status as well; the service's own numbers (1001 …) come with HTTP status 200, as the API documents it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.responses import JSONResponse


class Code(IntEnum):
    """Codes of the API."""

    OK = 0
    BAD_REQUEST = 400
    PAYMENT = 402
    FORBIDDEN = 403
    NOT_FOUND = 404
    BAD_METHOD = 405
    TOO_MANY = 429
    BAD_TOKEN = 1001
    NO_SESSION = 1002
    NO_CREDITS = 2001
    UNSUPPORTED_FILE = 4001
    TOO_LARGE = 4002


class ApiError(Exception):
    """A request the service refuses. ``message`` is one sentence for the user; ``data`` may carry details."""

    def __init__(self, code: Code, message: str, data: dict[str, Any] | None = None) -> None:
        self.code = code
        self.message = message
        self.data = data
        super().__init__(message)


def success(data: Any, **top: Any) -> JSONResponse:
    """A success; ``top`` are fields beside ``data``, as the render calls have them."""
    from starlette.responses import JSONResponse  # noqa: PLC0415 - slow import, wanted once the app runs

    return JSONResponse({"code": int(Code.OK), **top, "data": data})


def refusal(error: ApiError) -> JSONResponse:
    """A refusal, with the HTTP status that its code stands for."""
    from starlette.responses import JSONResponse  # noqa: PLC0415 - slow import, wanted once the app runs

    body: dict[str, Any] = {"code": int(error.code), "message": error.message}
    if error.data is not None:
        body["data"] = error.data
    return JSONResponse(body, status_code=int(error.code) if 400 <= error.code < 500 else 200)
