"""One user's talk with one service: what is known, and single exchanges with the skill's headers and recoveries.

Everything here is a generator that yields effects and events and is sent answers: no I/O, no clock, no randomness. Modelled on
httpx's ``auth_flow``: the logic can be driven by a network, a recording or a test alike.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from skillwire.engine import recovery, timeline
from skillwire.engine.binding import bind, bind_path, canonical, dig, placeholders, scalars
from skillwire.engine.effects import (
    Answer,
    Effect,
    Failed,
    Fetch,
    Fetched,
    Keep,
    OpenStream,
    Reply,
    Request,
    Send,
    Wait,
)
from skillwire.engine.events import Event, Fields, Status
from skillwire.engine.events import Timeline as TimelineEvent
from skillwire.engine.guitalk import Translator
from skillwire.engine.plan import Attachment
from skillwire.engine.recovery import Budget
from skillwire.engine.wording import plain, say
from skillwire.errors import BadInput, ServiceRefused, SkillNotRunnable, SkillwireError, TransportFailed
from skillwire.spec.model import Call, Recovery, Skill, Verb

Flow = Generator[Effect | Event, Answer, Any]


# Values that only their own calls or the user give.
_OWN_VALUES = frozenset({"token", "session_id", "client_id", "language", "message", "draft"})


@dataclass(slots=True)
class Conversation:
    """One user's talk with one service through one skill: what is known so far, and how to go on.

    ``values`` holds what placeholders are filled with, by canonical name (``token``, ``session_id``, ``draft``, …).
    ``new_id`` makes a UUID, ``now_ms`` tells the time in milliseconds; both are given so that a replay is exact.
    ``poll_every`` (seconds) replaces the skill's poll interval where the agent allows a quicker one. ``settled`` tells of a
    resumed conversation that the service died with the earlier process, so that nothing of it can still be in progress.
    ``idle`` holds as long as no message has changed the draft. ``export_called_for`` tells that the service's words of this run
    point to its export. ``offered``: among what the service asked to choose, last of all, and got no answer yet.
    """

    skill: Skill
    new_id: Callable[[], str]
    now_ms: Callable[[], int]
    language: str = "en"
    poll_every: float | None = None
    settled: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    handed_over: list[tuple[Call, tuple[Attachment, ...]]] = field(default_factory=list)
    origin: timeline.Timeline | None = None
    before: timeline.Timeline = field(default_factory=timeline.Timeline)
    now: timeline.Timeline = field(default_factory=timeline.Timeline)
    budget: Budget = field(default_factory=Budget)
    asked: list[str] = field(default_factory=list)
    idle: bool = True
    export_called_for: bool = False
    offered: tuple[dict[str, Any], ...] = ()
    translate: Translator = field(init=False)

    def __post_init__(self) -> None:
        self.translate = Translator(self.skill)

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Go on with an earlier conversation: its ``values`` and the messages ``asked`` in it."""
        self.values |= memory["values"]
        self.asked = list(memory["asked"])
        self.idle = not self.asked
        if "draft" in self.values:
            self.now = timeline.read(self.values["draft"], self.skill.draft)

    # -- token and session ---------------------------------------------------------------------------------------

    def acquire_token(self) -> Flow:
        """Get a token from the skill's token call and keep it."""
        call = self.skill.calls.get("token")
        if call is None:
            raise SkillNotRunnable(
                "no token is set and the skill declares no call to get one",
                where=self.skill.source,
                fix=f"set {self.skill.auth.env}" if self.skill.auth.env else "",
            )
        yield Status(plain(self.skill.wording.connecting) or say("connecting", self.language))
        if "client_id" not in self.values:
            self.values["client_id"] = self.new_id()
        yield from self.acquire(call)
        self._take_first("token", call)
        if not isinstance(self.values.get("token"), str):
            raise TransportFailed(
                "the answer holds no token", where=call.path, fix=f"the skill expects it in {', '.join(call.returns)}"
            )
        yield Keep("token", self.values["token"])
        # Kept once it has its token: a service may give each client just one, so an id whose token was lost is of no more use.
        yield Keep("client_id", self.values["client_id"])

    def open_session(self) -> Flow:
        """Open a session and keep every value its answer names."""
        call = self.skill.calls["session"]
        yield from self.acquire(call)
        self._take_first("session_id", call)
        if "session_id" not in self.values:
            raise TransportFailed("the answer holds no session id", where=call.path, fix="see what the service answers")
        yield Status(plain(self.skill.wording.ready) or say("ready", self.language))

    def _take_first(self, name: str, call: Call) -> None:
        """Whatever the skill calls it: the first value that its token or session call returns is the token or the id."""
        if name not in self.values:
            named = (canonical(field.rsplit(".", 1)[-1]) for field in call.returns)
            found = next((known for known in named if not isinstance(self.values.get(known), bool | None)), None)
            if found is not None:
                self.values[name] = self.values[found]

    def acquire(self, call: Call) -> Flow:
        """Make a call and keep every value its answer names."""
        reply = yield from self.exchange(call)
        self.values |= scalars(reply.data)
        self.values |= _named(call, reply)

    def _keep_named(self, call: Call, reply: Reply) -> None:
        """Keep what an answer is said to hold, such as a ``file_id``, for requests that ask for it later."""
        self.values |= {name: value for name, value in _named(call, reply).items() if name not in _OWN_VALUES}

    # -- plain calls and uploads ---------------------------------------------------------------------------------

    def show(self, call: Call) -> Flow:
        """Make a call and tell the fields that the skill names."""
        reply = yield from self.exchange(call)
        if call.name == "state":
            yield self.take_state(reply, changes=False)
            return
        self._keep_named(call, reply)
        named = {
            name.rsplit(".", 1)[-1]: value for name in call.returns if (value := dig(reply.data, name)) is not None
        }
        yield Fields(call.name, named or recovery.fields(reply))

    def upload(self, call: Call, attachments: tuple[Attachment, ...]) -> Flow:
        """Hand files over, and remember them for a session that has to be opened anew."""
        if not attachments:
            raise BadInput("there is no file to hand over", fix="name a file before the words")
        yield from self._hand_over(call, attachments)
        self.handed_over.append((call, attachments))

    def _hand_over(self, call: Call, attachments: tuple[Attachment, ...]) -> Flow:
        by_reference = [a for a in attachments if call.url_body is not None and a.reference]
        by_value = [a for a in attachments if a not in by_reference]
        for attachment in attachments:
            yield Status(say("uploading", self.language, name=plain(attachment.name)))
        if by_reference:
            self.values["url"] = [a.reference for a in by_reference]
            self._keep_named(call, (yield from self.exchange(call, body=call.url_body)))
        if by_value:
            lost = [a.name for a in by_value if a.path is None]
            if lost or call.file_field is None:
                raise SkillNotRunnable(
                    f"the skill declares no way to hand over {', '.join(lost) or by_value[0].name}", where=call.path
                )
            self._keep_named(call, (yield from self.exchange(call, files=by_value)))

    # -- state ---------------------------------------------------------------------------------------------------

    def ask_state(self, *, changes: bool = True) -> Flow:
        """Ask for the draft. Returns the timeline event that tells it, or ``None`` when the skill has no such call."""
        call = self.skill.calls.get("state")
        if call is None:
            return None
        reply = yield from self.exchange(call)
        return self.take_state(reply, changes=changes)

    def take_state(self, reply: Reply, *, changes: bool) -> TimelineEvent:
        """Remember the draft in an answer and tell it."""
        call = self.skill.calls["state"]
        fields = [name for name in call.returns if name.rsplit(".", 1)[-1] == "draft"]
        draft = next(
            (d for name in (*fields, "draft", "state.draft") if (d := dig(reply.data, name)) is not None), None
        )
        self.values["draft"] = {} if draft is None else draft
        self.now = timeline.read(self.values["draft"], self.skill.draft)
        self.origin = self.origin or self.now
        told = timeline.compare(self.before, self.now, self.language) if changes else ()
        return TimelineEvent(plain(self.now.describe(self.language)), self.now.to_dicts(), tuple(map(plain, told)))

    # -- one exchange, with the skill's recoveries ---------------------------------------------------------------

    def exchange(
        self,
        call: Call,
        *,
        body: Any = None,
        files: list[Attachment] | None = None,
        streaming: bool = False,
        request: Request | None = None,
    ) -> Flow:
        """Send a call's request until it succeeds or its error must be told. Returns the ``Reply``.

        ``request`` is one made beforehand, for the first try; a further try makes its own, with the values of then.
        """
        template = call.body if body is None else body
        while True:
            request = request or self.request(call, None if files else template, files or [])
            answer = yield OpenStream(request) if streaming else Send(request)
            if not isinstance(answer, Reply | Failed):
                raise TypeError(f"a request is answered by a reply, not by {answer!r}")
            decision = recovery.decide(answer, request, self.skill, self.budget)
            if decision.recovery is Recovery.CONTINUE and isinstance(answer, Reply):
                return answer
            if decision.error is not None:
                raise decision.error
            request = None
            yield from self._recover(decision, call)

    def _recover(self, decision: recovery.Decision, call: Call) -> Flow:
        how = say(f"how_{decision.recovery}", self.language, seconds=decision.after)
        yield Status(say("recovering", self.language, what=plain(decision.why), how=how))
        match decision.recovery:
            case Recovery.RETRY:
                yield Wait(decision.after, decision.spread)
            case Recovery.REAUTHENTICATE:
                yield Keep("token", "", str(self.values.pop("token", "")))
                yield from self.acquire_token()
            case Recovery.NEW_CLIENT_ID:
                self.values["client_id"] = self.new_id()
                if call.name != "token":
                    yield Keep("client_id", self.values["client_id"])
            case Recovery.NEW_SESSION:
                self.values.pop("session_id", None)
                if self.asked and call.verb is not Verb.STREAM:
                    # A fresh session holds the clips but none of the edits; a file from it would not be what was asked.
                    raise ServiceRefused(
                        "the session is gone and its edits with it",
                        code=decision.code,
                        where=call.path,
                        fix="run it again",
                    )
                if self.asked:
                    yield Status(say("edits_lost", self.language))
                yield from self.open_session()
                if call.verb is not Verb.UPLOAD:
                    for earlier, attachments in tuple(self.handed_over):
                        yield from self._hand_over(earlier, attachments)

    def request(self, call: Call, template: Any, files: list[Attachment]) -> Request:
        """The request of a call with every placeholder filled and the skill's headers on it."""
        values = self.values | {"timestamp": self.now_ms()}
        where = f"{self.skill.source}:{call.line}" if call.line else call.path
        return Request(
            call=call.name,
            method=call.method,
            url=bind_path(call.path, values, where=where),
            headers=tuple(self._headers(call, values)),
            json=None if template is None else bind(template, values, where=where),
            files=tuple(a.path for a in files if a.path is not None),
            file_field=call.file_field if files else None,
            timeout=call.timeout,
            safe=call.method in ("GET", "HEAD"),
        )

    def _headers(self, call: Call, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
        own = {name.lower() for name, _ in call.headers}
        auth = self.skill.auth
        if "token" in values and call.name != "token" and auth.header.lower() not in own:
            yield auth.header, f"{auth.scheme} {values['token']}".strip()
        for header in self.skill.headers:
            if header.value is not None and header.name.lower() not in own:
                yield header.name, header.value
        id_header = self.skill.auth.client_id_header
        if call.name == "token" and id_header and id_header.lower() not in own and "client_id" in values:
            yield id_header, values["client_id"]
        for name, value in call.headers:
            if name.lower() == "content-type":
                continue  # the transport writes it to fit the body
            if placeholders(value) <= values.keys():
                yield name, str(bind(value, values, where=call.path))

    def fetch(self, url: str, label: str) -> Flow:
        """Download a finished file. Returns ``Fetched``."""
        download = Call("download", Verb.CALL, "GET", url)
        headers = tuple(self._headers(download, self.values))
        while True:
            request = Request("download", "GET", url, headers, safe=True)
            answer = yield Fetch(request, label)
            if isinstance(answer, Fetched):
                return answer
            if not isinstance(answer, Reply | Failed):
                raise TypeError(f"a download is answered by a file, not by {answer!r}")
            decision = recovery.decide(answer, request, self.skill, self.budget)
            error: SkillwireError | None = decision.error
            if error is not None or decision.recovery is Recovery.CONTINUE:
                raise error or TransportFailed("the download is not a file", where=url, fix="export again")
            yield from self._recover(decision, download)


def _named(call: Call, reply: Reply) -> dict[str, Any]:
    """The scalar fields of an answer that the skill names, by canonical name."""
    found = {name.rsplit(".", 1)[-1]: dig(reply.data, name) for name in call.returns}
    return scalars({name: value for name, value in found.items() if value is not None})
