"""Whether a skill can run: every reason why not, one sentence each, with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skillwire.spec.facts import Facts
from skillwire.spec.model import Call, Severity, Skill, Verb

_VERSION_FIX = "add version: to the frontmatter, or give one with --set version=…"


def reasons(facts: Facts, skill: Skill) -> tuple[str, ...]:
    """What a run needs and the skill lacks; a missing version is reported as a problem too."""
    return (*_whole(skill), *_routing(facts, skill), *_polling(skill), *_version(facts, skill))


def _whole(skill: Skill) -> Iterator[str]:
    if not skill.calls:
        yield "the file declares no requests; state a method and a path for each action"
    elif skill.base_url is None:
        yield "no base address is stated for the requests; add a line such as API base: https://host"
    for call in skill.calls.values():
        yield from _call(call, skill.calls)


def _routing(facts: Facts, skill: Skill) -> Iterator[str]:
    if not skill.routes:
        rejected = [table.line for table, _ in facts.routing]
        where = f" (the table on line {rejected[0]} names actions that no request carries out)" if rejected else ""
        yield f"there is no routing table that pairs what users say with requests{where}; add one"
    fallback = skill.fallback
    if fallback and fallback.action not in skill.calls:
        yield f"the last row leads to {fallback.action!r}, which the file does not declare (line {fallback.line}); declare it"


def _call(call: Call, calls: Mapping[str, Call]) -> Iterator[str]:
    where = f" (line {call.line})" if call.line else ""
    if call.verb is Verb.STREAM and call.body is None:
        yield f"the request {call.name} does not say what to send{where}; give its JSON body"
    if call.verb is Verb.UPLOAD and not call.file_field and call.url_body is None:
        yield f"the request {call.name} does not name the multipart field for files{where}; name it"
    if call.verb is Verb.JOB and f"{call.name}_status" not in calls:
        yield f"the request {call.name} does not say where its status is polled{where}; give the path"


def _polling(skill: Skill) -> Iterator[str]:
    job = next((call for call in skill.calls.values() if call.verb is Verb.JOB), None)
    if job is None:
        return
    if skill.poll is None or not skill.poll.every:
        yield f"the file does not say how often to poll {job.name}; write for example: poll every 30s"
    if skill.poll is None or not skill.poll.until:
        yield f"the file does not say which status ends {job.name} well; write for example: until status is completed"


def _version(facts: Facts, skill: Skill) -> Iterator[str]:
    if skill.version is not None:
        return
    facts.report("missing-version", Severity.WARNING, "the file states no version", facts.front.line, _VERSION_FIX)
    asking = next((header.name for header in skill.headers if header.origin == "version"), None)
    if asking:
        yield f"the file states no version, which the header {asking} must carry; {_VERSION_FIX}"
