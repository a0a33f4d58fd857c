"""What a skill declares, as frozen records. Each value knows the line of the file it was read from.

``line`` is 1-based and counts lines of the file as stored; ``None`` means the file does not state the value and a
documented default of the API was taken (``spec/api_defaults.yaml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from skillwire.spec.records import finish


class Verb(StrEnum):
    """How a call is carried out; the engine knows these five and nothing else about an action."""

    ACQUIRE = "acquire"  # one request; keep a value from the answer (a token, a session id)
    CALL = "call"  # one request; show the fields the skill names
    UPLOAD = "upload"  # hand over files or URLs
    STREAM = "stream"  # send a message, read server-sent events
    JOB = "job"  # submit, poll its status call, fetch the result


class Recovery(StrEnum):
    """What an error row asks for."""

    CONTINUE = "continue"
    REAUTHENTICATE = "reauthenticate"
    NEW_SESSION = "new-session"
    NEW_CLIENT_ID = "new-client-id"
    RETRY = "retry"
    TELL = "tell"


class GuiAction(StrEnum):
    """What a sentence about a graphical interface stands for."""

    EXECUTE = "execute"
    STATE = "state"
    MESSAGE = "message"
    SUMMARY = "summary"
    EXPORT = "export"
    CREDITS = "credits"


class Severity(StrEnum):
    """Of a problem: an error makes a part unusable, a warning misleads, info is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong or doubtful in a skill file. ``rule`` is a stable id such as ``missing-version``."""

    rule: str
    severity: Severity
    message: str
    line: int
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Auth:
    """How requests are authorised: environment variable of the token, scheme, header of the client id.

    ``header`` carries the token after the scheme, which is empty where the token goes alone (``X-Api-Key: …``).
    """

    env: str | None
    scheme: str = "Bearer"
    client_id_header: str | None = None
    line: int | None = None
    header: str = "Authorization"


@dataclass(frozen=True, slots=True)
class Header:
    """An attribution header. ``origin`` tells where the value comes from: literal, name, version or platform.

    ``value`` is resolved; ``None`` when it cannot be (a version header in a file without a version).
    """

    name: str
    value: str | None
    origin: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request the skill declares.

    ``path`` keeps its placeholders as written (``/api/state/<sid>/latest``). ``body`` is the JSON template with
    placeholders as string values (``"<msg>"``), ``None`` when there is no JSON body. ``file_field`` is the multipart
    field for files of an upload, ``url_body`` the JSON template for handing over URLs instead. ``headers`` are those
    stated for this call alone. ``returns`` are dotted fields of the answer that the file names, in its order.
    ``timeout`` is in seconds. ``default`` marks a call the file does not state at all, ``defaulted`` the names of
    single fields (``body``, ``returns``, …) filled from the API's documented defaults.
    """

    name: str
    verb: Verb
    method: str
    path: str
    body: Any = None
    file_field: str | None = None
    url_body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    returns: tuple[str, ...] = ()
    timeout: float | None = None
    line: int | None = None
    default: bool = False
    defaulted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the routing table: phrases and events → action (a key of ``calls``).

    ``then`` holds the further actions of a chained cell (``→ Upload → SSE``), in order. ``conditions`` are bare
    descriptions in the cell (``Describes loan product``) that are neither quoted phrases nor known events.
    """

    phrases: tuple[str, ...]
    events: tuple[str, ...]
    action: str
    line: int
    then: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    skip_sse: bool | None = None
    fallback: bool = False
    raw: str = ""


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """A row of the error table. ``after`` is in seconds, ``times`` bounds the retries."""

    code: int
    meaning: str
    recovery: Recovery
    text: str
    line: int | None
    after: float | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """A row of the GUI table: any of ``match`` in the service's text stands for ``action``."""

    match: tuple[str, ...]
    action: GuiAction
    line: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class StreamRule:
    """How a message stream is read. Times in seconds.

    ``notice`` is what to show every ``notice_every`` seconds of heartbeats; ``silent_edit`` tells that edits may close
    without text, so the state must be asked; ``heartbeats_only`` ends a stream of nothing but heartbeats.
    """

    notice_every: float | None = None
    notice: str = ""
    timeout: float | None = None
    heartbeats_only: float | None = None
    silent_edit: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True)
class DraftMap:
    """Short keys of the draft (``{"t": "tracks"}``) and numbers of track types (``{0: "video"}``)."""

    keys: Mapping[str, str] = field(default_factory=dict)
    track_types: Mapping[int, str] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """How a job is polled. ``every`` in seconds; ``times`` bounds the polls.

    ``status_field``/``url_field`` are dotted fields of the status answer; ``until`` is the value that ends the poll well,
    ``failed`` the values that end it badly; ``fallback_path`` serves the result when ``url_field`` is absent.
    """

    every: float
    until: str
    status_field: str = "status"
    url_field: str = "output.url"
    failed: tuple[str, ...] = ("failed",)
    times: int | None = None
    fallback_path: str | None = None
    line: int | None = None
    defaulted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """Status words of the skill for the user: while connecting, and once ready. Empty when the file states none."""

    connecting: str = ""
    ready: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Requires:
    """What the host must have (``metadata.openclaw``), as the file declares it."""

    env: tuple[str, ...] = ()
    bins: tuple[str, ...] = ()
    any_bins: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    os: tuple[str, ...] = ()
    always: bool = False
    primary_env: str | None = None


@dataclass(frozen=True, slots=True)
class Install:
    """How a skill came to be where it is; read from disk by the catalogue, never by the parser.

    ``version`` is the installer's record (``.clawhub/origin.json``), ``installer`` its name (``clawhub``).
    """

    installer: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Skill:
    """A compiled skill. ``digest`` is the SHA-256 (hex) of the file's bytes; consent is given to it."""

    name: str
    version: str | None
    title: str
    description: str
    source: str
    platform: str
    digest: str
    auth: Auth
    headers: tuple[Header, ...] = ()
    base_url: str | None = None
    base_url_env: str | None = None
    calls: Mapping[str, Call] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    errors: tuple[ErrorRule, ...] = ()
    translations: tuple[Translation, ...] = ()
    stream: StreamRule = StreamRule()
    draft: DraftMap = DraftMap()
    formats: tuple[str, ...] = ()
    max_bytes: int | None = None
    poll: Poll | None = None
    examples: tuple[str, ...] = ()
    wording: Wording = Wording()
    requires: Requires = Requires()
    frontmatter: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    missing: tuple[str, ...] = ()
    """Reasons why the skill cannot run, one sentence each, with its fix; empty when it can."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line of each value that has no record of its own: ``name``, ``version``, ``base_url``, ``formats``, ``max_bytes`` …"""
    platform_rule: tuple[tuple[str, str], ...] = ()
    """How the platform is told: (part of the install path, platform), first match wins; an empty path matches all."""
    defaulted: tuple[str, ...] = ()
    """Dotted keys of the compiled config whose values the file does not state: ``formats``, ``stream.notice_every`` …"""

    @property
    def runnable(self) -> bool:
        """Whether everything a run needs is there."""
        return not self.missing

    @property
    def fallback(self) -> Route | None:
        """The row that takes whatever no other row takes."""
        return next((route for route in self.routes if route.fallback), None)


for _record in (
    Problem, Auth, Header, Call, Route, ErrorRule, Translation, StreamRule, DraftMap, Poll, Wording, Requires, Install, Skill,
):  # fmt: skip
    finish(_record)
