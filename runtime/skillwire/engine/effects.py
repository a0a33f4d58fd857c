"""What the flow asks of the world, and what it is answered. The engine yields these; it does no I/O itself.

The driver (``session``) carries an effect out and sends the answer back in:

    ===========  ==========================================
    effect       answer
    ===========  ==========================================
    Send         Reply or Failed
    OpenStream   Reply (``streaming`` when it is one) or Failed
    NextFrame    Frame, Silence or Closed
    Fetch        Fetched, Reply (an error status) or Failed
    Wait         None
    Keep         None
    any Event    None
    ===========  ==========================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, before any byte of it is on the wire.

    ``url`` is a path below the base URL, or absolute. ``files`` go as multipart under ``file_field``; otherwise ``json``
    is the body when it is not ``None``. ``timeout`` (seconds) bounds the whole exchange. ``safe`` tells that sending it
    twice does no harm (it reads, or the service cannot have seen it).
    """

    call: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    json: Any = None
    files: tuple[Path, ...] = ()
    file_field: str | None = None
    timeout: float | None = None
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request and wait for the whole answer."""

    request: Request


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Send a request whose answer is a stream of server-sent events."""

    request: Request


@dataclass(frozen=True, slots=True)
class NextFrame:
    """Wait up to ``seconds`` for the next frame of the open stream."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Fetch:
    """Download into the run's output. Authorization goes along only to the service's own origin.

    ``label`` is a word for the name of the file (``silent``), where the user gave none.
    """

    request: Request
    label: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for ``seconds``, and at random up to ``spread`` more, so that many clients do not come back at once."""

    seconds: float
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Keep:
    """Store a value for later runs: ``token`` or ``client_id``; an empty value forgets ``was``, and no newer one."""

    name: str
    value: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: HTTP status, headers (lower-case names), and the JSON value or ``None`` when the body is none.

    ``text`` holds the first part of a body that is not JSON, stripped of control characters.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Any = None
    text: str = ""
    streaming: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer. ``sent`` is false only when the service surely saw nothing of the request.

    ``past``: an earlier process sent it, so nothing of it is under way any more.
    """

    reason: str
    sent: bool = True
    past: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event (comments come as an empty ``data``), ``at`` seconds after the stream opened."""

    data: str
    at: float
    event: str = "message"


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came in the time allowed; ``at`` seconds after the stream opened."""

    at: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The stream ended: ``clean`` when the server closed it, else ``reason`` says what broke."""

    at: float
    clean: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A download that is whole and in its place: where, its size in bytes, and the media type that it was declared as."""

    path: Path
    size: int
    declared: str = ""


Effect = Send | OpenStream | NextFrame | Fetch | Wait | Keep
Answer = Reply | Failed | Frame | Silence | Closed | Fetched | None
