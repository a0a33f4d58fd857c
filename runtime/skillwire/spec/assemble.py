"""Named requests and raw facts → the records of a ``Skill``, gaps filled from documented defaults and marked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar

from skillwire.spec import templates
from skillwire.spec.defaults import Family, agrees
from skillwire.spec.facts import Facts, Polling
from skillwire.spec.marks import secret_header
from skillwire.spec.model import (
    Auth,
    Call,
    DraftMap,
    ErrorRule,
    Poll,
    Requires,
    Severity,
    StreamRule,
    Verb,
    Wording,
)
from skillwire.spec.naming import Named, locate, locate_below
from skillwire.spec.vocabulary import pattern

T = TypeVar("T")

_SECRET_VALUE = re.compile(r"(?:([A-Za-z][\w-]*)\s+)?(?:\$\{?(\w+)\}?|[<{](\w+)[>}])\Z")


class Marks:
    """Which values the file states, on which lines, and which were taken from an API's documentation."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.defaulted: list[str] = []

    def note(self, key: str, value: T, *, stated: bool) -> T:
        """Mark ``value`` as a default when there is one and the file does not state it."""
        if value and not stated:
            self.defaulted.append(key)
        return value

    def lines(self, title: int | None) -> dict[str, int]:
        """Line of each value that has no record of its own."""
        front, facts = self.facts.front.lines, self.facts
        found = {
            "name": front.get("name"),
            "version": front.get("version"),
            "description": front.get("description"),
            "title": title,
            "base_url": facts.base[0].line if facts.base else None,
            "formats": facts.formats.line if facts.formats else None,
            "max_bytes": facts.max_bytes.line if facts.max_bytes else None,
            "examples": facts.examples_line if facts.examples else None,
        }
        return {key: line for key, line in found.items() if line}


def base_url(facts: Facts, named: Mapping[str, Named]) -> str | None:
    """The address that the file states for all requests, else the one that most of them carry."""
    if facts.base:
        stated = facts.base[0]
        for other in facts.base[1:]:
            if other.value != stated.value:
                message = (
                    f"the base address is {other.value} here and {stated.value} on line {stated.line}, which counts"
                )
                facts.report("base-url-conflict", Severity.WARNING, message, other.line, "state one base address")
        return stated.value
    origins = Counter(call.origin for call in named.values() for _ in call.all if call.origin)
    if origins:
        return origins.most_common(1)[0][0]
    domain = facts.front.values.get("apiDomain")
    if isinstance(domain, str) and domain.strip():
        return domain if "://" in domain else f"https://{domain.strip()}"
    return None


def base_url_env(facts: Facts, family: Family | None) -> str | None:
    """The environment variable that overrides the base address."""
    if facts.base_env:
        return facts.base_env[0].value
    return family.base_url_env if family else None


def calls(facts: Facts, named: Mapping[str, Named], family: Family | None, base: str | None) -> dict[str, Call]:
    """Calls by name: the stated ones in the file's order, then the documented rest of the same API."""
    everywhere = {header.name for header in facts.headers}
    for said in named.values():
        if said.main.headers:
            said.main.headers = tuple([header for header in said.main.headers if header[0] not in everywhere])
    documented = family.calls if family else {}
    result = {name: _call(facts, said, documented.get(name), base) for name, said in named.items()}
    for name, call in documented.items():
        result.setdefault(name, call)
    return result


def _call(facts: Facts, named: Named, documented: Call | None, base: str | None) -> Call:
    main = named.main
    path = _path(facts, named, base)
    method, verb, body = main.method, named.verb, main.body
    file_field, url_body, headers = main.file_field, main.url_body, main.headers
    returns, timeout = main.returns, main.timeout
    defaulted: list[str] = []
    if documented:
        verb = documented.verb  # a file that leaves out the poll still means a job
        if not method:
            method = documented.method
            defaulted.append("method")
        if not body and documented.body and agrees(main.fields, documented.body):
            body = documented.body
            defaulted.append("body")
        if not file_field and documented.file_field:
            file_field = documented.file_field
            defaulted.append("file_field")
        if not url_body and documented.url_body:
            url_body = documented.url_body
            defaulted.append("url_body")
        if not headers and documented.headers:
            headers = documented.headers
            defaulted.append("headers")
        if not returns and documented.returns:
            returns = documented.returns
            defaulted.append("returns")
        if not timeout and documented.timeout:
            timeout = documented.timeout
            defaulted.append("timeout")
    if body is None and main.fields and named.verb in (Verb.ACQUIRE, Verb.STREAM, Verb.JOB, Verb.CALL):
        body = templates.from_fields(main.fields)
    if not method:
        method = "POST"
        message = f"the request {named.name} names no method; POST is assumed"
        facts.report("missing-method", Severity.WARNING, message, main.line, "write the method before the path")
    return Call(
        named.name,
        verb,
        method,
        path,
        body,
        file_field,
        url_body,
        headers,
        returns,
        timeout,
        line=main.line,
        defaulted=tuple(defaulted),
    )


def _path(facts: Facts, named: Named, base: str | None) -> str:
    origin, path = named.origin, named.path
    if not origin or not base:
        return path
    whole = origin + path
    if whole == base or whole.startswith(f"{base}/"):
        return whole[len(base) :] or "/"
    if any(not locate(request.path)[0] for request in named.all):
        return path
    message = f"the request {named.name} goes to {origin}, the others to {base}"
    facts.report("call-on-other-host", Severity.WARNING, message, named.main.line, "use one host or say why")
    return whole


def poll(named: Mapping[str, Named], family: Family | None, base: str | None) -> Poll | None:
    """How jobs are polled; ``every`` 0 or ``until`` empty where neither the file nor a documented API says."""
    jobs = [call for call in named.values() if call.verb is Verb.JOB]
    if not jobs and not family:
        return None
    told: list[Polling | None] = []
    if jobs:
        job = next((call for call in jobs if call.name == "export"), jobs[0])
        told = [call.main.polling for call in named.values() if call.status_of == job.name]
        told.append(job.main.polling)
    said = _together(told)
    rest = family.poll if family else Poll(0.0, "")
    return Poll(
        every=said.every or rest.every,
        until=said.until or rest.until,
        status_field=said.status_field or rest.status_field,
        url_field=said.url_field or rest.url_field,
        failed=said.failed or rest.failed,
        times=said.times or rest.times,
        fallback_path=locate_below(said.fallback_path, (base,) if base else ())[1]
        if said.fallback_path
        else rest.fallback_path,
        line=said.line or None,
        defaulted=tuple(_unsaid(said, rest, _POLL_FIELDS)) if family else (),
    )


_POLL_FIELDS = ("every", "times", "until", "failed", "status_field", "url_field", "fallback_path")
_STREAM_FIELDS = ("notice_every", "notice", "timeout", "heartbeats_only", "silent_edit")


def _together(told: list[Polling | None]) -> Polling:
    """Of each value the first that is stated; the line is that of the first statement, 0 without any."""
    result = Polling(0)
    for said in told:
        if said is None:
            continue
        result.line = result.line or said.line
        result.every = result.every or said.every
        result.times = result.times or said.times
        result.until = result.until or said.until
        result.failed = result.failed or said.failed
        result.status_field = result.status_field or said.status_field
        result.url_field = result.url_field or said.url_field
        result.fallback_path = result.fallback_path or said.fallback_path
    return result


def _unsaid(said: object, documented: object, names: tuple[str, ...]) -> list[str]:
    """Which of these values are documented, and not stated."""
    return [name for name in names if getattr(documented, name) and not getattr(said, name)]


def stream(facts: Facts, message: Call | None, family: Family | None, marks: Marks) -> StreamRule:
    """The stream rule, its timeout that of the message call."""
    found = facts.stream
    stated = message.timeout if message and "timeout" not in message.defaulted else None
    timeout = stated or found.timeout
    said = StreamRule(found.notice_every, found.notice, timeout, found.heartbeats_only, found.silent_edit, found.line)
    if not family:
        return said
    rest = family.stream
    marks.defaulted.extend([f"stream.{name}" for name in _unsaid(said, rest, _STREAM_FIELDS)])
    return StreamRule(
        said.notice_every or rest.notice_every,
        said.notice or rest.notice,
        said.timeout or rest.timeout,
        said.heartbeats_only or rest.heartbeats_only,
        said.silent_edit or rest.silent_edit,
        found.line,
    )


def auth(facts: Facts, family: Family | None) -> Auth:
    """Whence the token comes and how it is sent."""
    documented: Mapping[str, str] = family.auth if family else {}
    line = facts.token_env[0].line if facts.token_env else facts.front.lines.get("metadata")
    env = facts.token_env[0].value if facts.token_env else None
    if env is None:
        needed = requires(facts)
        env = needed.primary_env
        if env is None:
            env = next(filter(pattern("variables.secret").search, needed.env), None)
    if env is None and documented:
        env, line = documented["env"], None
    client = facts.client_header[0].value if facts.client_header else documented.get("client_id_header")
    own = None if facts.scheme else _key_header(facts, env)
    if own:
        return Auth(env, own[1], client, line if env else None, own[0])
    return Auth(env, facts.scheme[0].value if facts.scheme else "Bearer", client, line if env else None)


def _key_header(facts: Facts, env: str | None) -> tuple[str, str] | None:
    """The header that carries the token where it is not ``Authorization``, and the scheme before it, mostly none."""
    for header in facts.headers:
        value = _SECRET_VALUE.match(header.value or "")
        if value and secret_header(header.name):
            name = value[2] or value[3]
            name = facts.variables[name].value.strip("${}").partition(":-")[0] if name in facts.variables else name
            if name == env:
                return header.name, value[1] or ""
    return None


def errors(facts: Facts, family: Family | None) -> tuple[ErrorRule, ...]:
    """Error rows as stated; the documented ones when the file names no code at all."""
    if facts.errors or not family:
        seen: set[int] = set()
        rows = []
        for raw in facts.errors:
            if raw.code in seen:
                message = f"the code {raw.code} is listed twice; the first row counts"
                facts.report("duplicate-code", Severity.WARNING, message, raw.line, "delete one row")
            seen.add(raw.code)
            rows.append(ErrorRule(raw.code, raw.meaning, raw.recovery, raw.text, raw.line, raw.after, raw.times))
        return tuple(rows)
    return family.errors


def draft(facts: Facts, family: Family | None) -> DraftMap:
    """The draft map as stated, else as documented."""
    if facts.draft.keys or not family:
        return facts.draft
    return family.draft


def formats(facts: Facts, family: Family | None) -> tuple[str, ...]:
    """File types as stated, else as documented."""
    if facts.formats:
        return facts.formats.value
    return family.formats if family else ()


def max_bytes(facts: Facts, family: Family | None) -> int | None:
    """The largest file in bytes as stated, else as documented."""
    if facts.max_bytes:
        return facts.max_bytes.value
    return family.max_bytes if family else None


def wording(facts: Facts) -> Wording:
    """Status words for the user."""
    found = [stated for stated in (facts.connecting, facts.ready) if stated]
    return Wording(
        facts.connecting.value if facts.connecting else "",
        facts.ready.value if facts.ready else "",
        found[0].line if found else None,
    )


def openclaw(facts: Facts) -> Mapping[str, Any]:
    """The host's block of ``metadata``, in any of its spellings: wrapped, bare, or with dotted keys."""
    metadata = facts.front.values.get("metadata")
    if not isinstance(metadata, dict):
        return {}
    result: dict[str, Any] = {k: v for k, v in metadata.items() if k.partition(".")[0] in _OPENCLAW_KEYS}
    for host in ("openclaw", "clawdbot", "clawdis"):
        inner = metadata.get(host)
        if isinstance(inner, dict):
            result.update(inner)
        result.update({k.removeprefix(f"{host}."): v for k, v in metadata.items() if k.startswith(f"{host}.")})
    return result


_OPENCLAW_KEYS = frozenset({"requires", "primaryEnv", "os", "always", "configPaths", "emoji", "homepage"})


def requires(facts: Facts) -> Requires:
    """What the host must have, as ``metadata`` declares it."""
    claw = openclaw(facts)
    needs = claw.get("requires")
    if isinstance(needs, list):
        needs = {"env": needs}
    if not isinstance(needs, dict):
        needs = {}
    needs = {**needs, **{k.partition(".")[2]: v for k, v in claw.items() if k.startswith("requires.")}}
    primary = claw.get("primaryEnv")
    return Requires(
        env=_texts(needs.get("env")),
        bins=_texts(needs.get("bins")),
        any_bins=_texts(needs.get("anyBins")),
        config=_texts(needs.get("config")),
        os=_texts(claw.get("os") or needs.get("os")),
        always=claw.get("always") is True,
        primary_env=primary if isinstance(primary, str) else None,
    )


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
