"""Whether a skill can run: every reason why not, one sentence each, with what to do."""

from __future__ import annotations

from collections.abc import Mapping

from skillwire.spec.facts import Facts
from skillwire.spec.model import Call, Header, Poll, Route, Verb

_STREAM, _UPLOAD, _JOB = Verb.STREAM, Verb.UPLOAD, Verb.JOB  # asked of every call
VERSION_FIX = "add version: to the frontmatter, or give one with --set version=…"


def reasons(
    facts: Facts,
    *,
    base_url: str | None,
    calls: Mapping[str, Call],
    routes: tuple[Route, ...],
    poll: Poll | None,
    headers: tuple[Header, ...],
    version: str | None,
) -> tuple[str, ...]:
    """What a run needs and these parts of a skill lack."""
    found: list[str] = []
    if not calls:
        found.append("the file declares no requests; state a method and a path for each action")
    elif base_url is None:
        found.append("no base address is stated for the requests; add a line such as API base: https://host")
    for call in calls.values():
        _call(call, calls, found)
    _routing(facts, routes, calls, found)
    for call in calls.values():
        if call.verb is _JOB:
            _polling(call, poll, found)
            break
    if version is None:
        _version(headers, found)
    return tuple(found)


def _routing(facts: Facts, routes: tuple[Route, ...], calls: Mapping[str, Call], found: list[str]) -> None:
    if not routes:
        rejected = [table.line for table, _ in facts.routing]
        where = f" (the table on line {rejected[0]} names actions that no request carries out)" if rejected else ""
        found.append(f"there is no routing table that pairs what users say with requests{where}; add one")
    for route in routes:
        if route.fallback:
            if route.action not in calls:
                found.append(
                    f"the last row leads to {route.action!r}, which the file does not declare (line {route.line}); declare it"
                )
            return


def _call(call: Call, calls: Mapping[str, Call], found: list[str]) -> None:
    where = f" (line {call.line})" if call.line else ""
    verb = call.verb
    if verb is _STREAM and call.body is None:
        found.append(f"the request {call.name} does not say what to send{where}; give its JSON body")
    elif verb is _UPLOAD and not call.file_field and call.url_body is None:
        found.append(f"the request {call.name} does not name the multipart field for files{where}; name it")
    elif verb is _JOB and f"{call.name}_status" not in calls:
        found.append(f"the request {call.name} does not say where its status is polled{where}; give the path")


def _polling(job: Call, poll: Poll | None, found: list[str]) -> None:
    if poll is None or not poll.every:
        found.append(f"the file does not say how often to poll {job.name}; write for example: poll every 30s")
    if poll is None or not poll.until:
        found.append(
            f"the file does not say which status ends {job.name} well; write for example: until status is completed"
        )


def _version(headers: tuple[Header, ...], found: list[str]) -> None:
    for header in headers:
        if header.origin == "version":
            found.append(f"the file states no version, which the header {header.name} must carry; {VERSION_FIX}")
            return
