"""What a run tells its front end, as it happens. Every front end (command line, page, MCP) reads these and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; ``kind`` is the name in JSON."""

    kind: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """The event as a JSON object, ``{"event": kind, …}``; fields that are ``None`` or empty are left out."""
        fields = {name: value for name, value in asdict(self).items() if value not in (None, (), {}, "")}
        return {"event": self.kind, **fields}


@dataclass(frozen=True, slots=True)
class Status(Event):
    """A short word on what is going on: "Connecting…", "Still working…"."""

    kind: ClassVar[str] = "status"
    text: str


@dataclass(frozen=True, slots=True)
class Text(Event):
    """What the service says to the user, translated and cleaned."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """How far a step is: ``fraction`` 0–1 or ``None`` when unknown, ``seconds_left`` as the service estimates it.

    Of an upload or a download also ``bytes`` done so far and ``total`` bytes, where that is known.
    """

    kind: ClassVar[str] = "progress"
    step: str
    fraction: float | None = None
    seconds_left: float | None = None
    bytes: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Timeline(Event):
    """The draft as it stands: one line for people, and its tracks as plain objects."""

    kind: ClassVar[str] = "timeline"
    text: str
    tracks: tuple[dict[str, Any], ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices(Event):
    """The service asks which of several things is meant: each candidate with its ``number`` and what else it tells of it.

    ``picture``, where there is one, is a ``data:`` URL of an image, or a path once a front end has written it to a file.
    """

    kind: ClassVar[str] = "choices"
    candidates: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Fields(Event):
    """Named values from an answer, such as a balance: ``{"available": 90}``."""

    kind: ClassVar[str] = "fields"
    call: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Planned(Event):
    """A request that a dry run would send; secrets are masked."""

    kind: ClassVar[str] = "request"
    call: str
    method: str
    url: str
    headers: dict[str, str]
    body: Any = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact(Event):
    """A finished file on disk: ``path``, size in bytes."""

    kind: ClassVar[str] = "artifact"
    path: str
    bytes: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Problem(Event):
    """Something went wrong; ``exit_code`` as the command will return it."""

    kind: ClassVar[str] = "problem"
    message: str
    exit_code: int = 3
    code: int | None = None
