"""What the rules find, before it is judged: raw facts, each with its line, and the lines they were read from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from skillwire.spec.blocks import Page
from skillwire.spec.model import DraftMap, Problem, Recovery, Severity, StreamRule, Translation
from skillwire.spec.tables import Table

T = TypeVar("T")
MAX_PROBLEMS = 500
_NO_STREAM, _NO_DRAFT = StreamRule(), DraftMap()  # they are immutable, so all pages share them


class Stated(NamedTuple, Generic[T]):
    """A value and the line (1-based) that states it."""

    value: T
    line: int


@dataclass(slots=True)
class Front:
    """Frontmatter: its values, the line of each key by dotted path, and every place a key is given more than once."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    line: int = 1
    present: bool = False


@dataclass(slots=True)
class Polling:
    """How a job is said to be polled; seconds. ``None`` where the file is silent."""

    line: int
    every: float | None = None
    times: int | None = None
    until: str | None = None
    failed: tuple[str, ...] = ()
    status_field: str | None = None
    url_field: str | None = None
    fallback_path: str | None = None


@dataclass(slots=True)
class Request:
    """One request as written. ``path`` is absolute (``https://…``) or starts with ``/``; ``method`` is empty if unsaid.

    ``labels`` are the texts that may name it, nearest first. ``fields`` are dotted body fields that prose names.
    ``lead`` is the text above its fence, ``text`` what surrounds it, ``span`` the lines of its own command or fence.
    ``number`` is the place an explicit list gives it, ``section`` the number of the heading above.
    """

    method: str
    path: str
    line: int
    labels: tuple[str, ...] = ()
    section: str = ""
    number: int | None = None
    order: int = 0
    body: Any = None
    fields: tuple[str, ...] = ()
    file_field: str | None = None
    url_body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    returns: tuple[str, ...] = ()
    streaming: bool = False
    uploading: bool = False
    timeout: float | None = None
    polling: Polling | None = None
    authorized: bool = False
    lead: str = ""
    text: str = ""
    span: range = range(0)


@dataclass(slots=True)
class RawRoute:
    """A row of a routing table, its action cell still words."""

    phrases: tuple[str, ...]
    events: tuple[str, ...]
    conditions: tuple[str, ...]
    actions: tuple[str, ...]
    skip: bool | None
    fallback: bool
    line: int
    raw: str


@dataclass(slots=True)
class RawHeader:
    """An attribution header as written: ``value`` is its wording, ``None`` where the name alone is mentioned."""

    name: str
    value: str | None
    line: int


@dataclass(slots=True)
class RawError:
    """An error row; ``code`` as an integer."""

    code: int
    meaning: str
    text: str
    recovery: Recovery
    line: int
    after: float | None = None
    times: int | None = None


@dataclass(slots=True)
class Facts:
    """All that the rules found. Lists keep the order of the file."""

    page: Page
    source: str
    front: Front = field(default_factory=Front)
    token_env: list[Stated[str]] = field(default_factory=list)
    scheme: list[Stated[str]] = field(default_factory=list)
    client_header: list[Stated[str]] = field(default_factory=list)
    variables: dict[str, Stated[str]] = field(default_factory=dict)
    env_used: dict[str, int] = field(default_factory=dict)
    base: list[Stated[str]] = field(default_factory=list)
    base_env: list[Stated[str]] = field(default_factory=list)
    connecting: Stated[str] | None = None
    ready: Stated[str] | None = None
    examples: tuple[str, ...] = ()
    examples_line: int | None = None
    requests: list[Request] = field(default_factory=list)
    routing: list[tuple[Table, list[RawRoute]]] = field(default_factory=list)
    headers: list[RawHeader] = field(default_factory=list)
    platforms: tuple[tuple[str, str], ...] = ()
    platform_else: str = "unknown"
    errors: list[RawError] = field(default_factory=list)
    translations: list[Translation] = field(default_factory=list)
    stream: StreamRule = _NO_STREAM
    draft: DraftMap = _NO_DRAFT
    formats: Stated[tuple[str, ...]] | None = None
    max_bytes: Stated[int] | None = None
    problems: list[Problem] = field(default_factory=list)
    consumed: set[int] = field(default_factory=set)

    def consume(self, lines: Iterable[int]) -> None:
        """Say that these lines (1-based) have been read as facts."""
        self.consumed.update(lines)

    def report(self, rule: str, severity: Severity, message: str, line: int, fix: str = "") -> None:
        """Add a problem; of a file with more than ``MAX_PROBLEMS`` only so many are told."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(rule, severity, message, line, fix))
        elif len(self.problems) == MAX_PROBLEMS:
            more = "there are more problems than these; mend these first"
            self.problems.append(Problem("too-many-problems", Severity.WARNING, more, line, ""))


class Leftover(NamedTuple):
    """A table, fence or list item that no rule claimed."""

    kind: str
    line: int
    end: int
    text: str
