"""``load``: the bytes of a SKILL.md → a frozen ``Skill``, with all problems at once and every reason it cannot run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from skillwire.spec import actions, assemble, blocks, defaults, identity, naming
from skillwire.spec import source as _source
from skillwire.spec.blocks import Page
from skillwire.spec.facts import Facts, Leftover
from skillwire.spec.model import Call, Install, Route, Severity, Skill, Verb
from skillwire.spec.rules import RULES
from skillwire.spec.source import Document


@dataclass(frozen=True, slots=True)
class Compiled:
    """A skill with everything it was read from: ``facts`` are raw, ``leftovers`` what no rule claimed."""

    skill: Skill
    document: Document
    page: Page
    facts: Facts
    leftovers: tuple[Leftover, ...]


def load(
    data: bytes, *, source: str = "SKILL.md", install: Install | None = None, overrides: Mapping[str, str] | None = None
) -> Skill:
    """Compile the bytes of a skill file. ``source`` is its path, as shown in messages and used to tell the platform.

    ``overrides`` are values of the compiled config by dotted key (``{"version": "1.0.0"}``); they win over the file.
    Raises ``SkillUnreadable`` when the bytes are no skill file at all; everything else is in ``Skill.problems``.
    """
    return compile_skill(data, source=source, install=install, overrides=overrides).skill


def compile_skill(
    data: bytes, *, source: str = "SKILL.md", install: Install | None = None, overrides: Mapping[str, str] | None = None
) -> Compiled:
    """As ``load``, keeping the document, its parts, the raw facts and the leftovers."""
    document = _source.read(data, source)
    page = blocks.parse(document)
    facts = Facts(page, source)
    facts.problems.extend(document.problems)
    for rule in RULES:
        rule(facts)
    skill = _assemble(facts, install or Install(), overrides or {})
    return Compiled(skill, document, page, facts, _leftovers(facts))


def _assemble(facts: Facts, install: Install, overrides: Mapping[str, str]) -> Skill:
    named = naming.name_all(facts)
    family = defaults.recognise(named)
    base = assemble.base_url(facts, named)
    calls = assemble.calls(facts, named, family, base)
    resolver = actions.Resolver(facts, named, calls)
    routes = actions.routes(facts, resolver)
    poll, gaps = assemble.poll(facts, named, family)
    origins = identity.header_origins(facts)
    name = identity.name(facts, origins)
    version = identity.version(facts, install, overrides.get("version"))
    platform = identity.platform(facts, install)
    title, title_line = identity.title(facts, name)
    description = identity.description(facts, title_line)
    headers = tuple(identity.headers(facts, origins, {"name": name, "version": version, "platform": platform}))
    missing = _missing(facts, routes, calls, base, gaps)
    if version is None:
        message = "the file states no version"
        fix = "add version: to its frontmatter, or give one with --set version=…"
        facts.report("missing-version", Severity.WARNING, message, facts.front.line, fix)
        asking = [header.name for header in headers if header.origin == "version"]
        if asking:
            missing.append(f"the file states no version, which the header {asking[0]} must carry; {fix}")
    return Skill(
        name=name,
        version=version,
        title=title,
        description=description,
        source=facts.source,
        platform=platform,
        digest=facts.page.document.digest,
        auth=assemble.auth(facts, family),
        headers=headers,
        base_url=base,
        base_url_env=assemble.base_url_env(facts, family),
        calls=calls,
        routes=routes,
        errors=assemble.errors(facts, family),
        translations=actions.translations(facts, resolver),
        stream=assemble.stream(facts, calls.get("message"), family),
        draft=assemble.draft(facts, family),
        formats=assemble.formats(facts, family),
        max_bytes=assemble.max_bytes(facts, family),
        poll=poll,
        examples=facts.examples,
        wording=assemble.wording(facts),
        requires=assemble.requires(facts),
        frontmatter=facts.front.values,
        problems=tuple(sorted(facts.problems, key=lambda problem: problem.line)),
        missing=tuple(missing),
    )


def _missing(
    facts: Facts, routes: tuple[Route, ...], calls: Mapping[str, Call], base: str | None, gaps: list[str]
) -> list[str]:
    """Reasons why the skill cannot run, one sentence each."""
    reasons = []
    if not routes:
        reasons.append("there is no routing table that pairs what users say with requests; add one")
    if not calls:
        reasons.append("the file declares no requests; state a method and a path for each action")
    elif base is None:
        reasons.append("no base address is stated for the requests; add a line such as API base: https://host")
    fallback = next((route for route in routes if route.fallback), None)
    if fallback and fallback.action not in calls:
        reasons.append(
            f"the last row leads to {fallback.action!r}, which the file does not declare (line {fallback.line})"
        )
    for call in calls.values():
        reasons.extend(_call_gaps(call, calls))
    for gap in gaps:
        what = "how often to poll" if gap == "every" else "which status ends a job well"
        reasons.append(f"the file does not say {what}; write for example: poll every 30s until status is completed")
    return reasons


def _call_gaps(call: Call, calls: Mapping[str, Call]) -> list[str]:
    where = f" (line {call.line})" if call.line else ""
    if call.verb is Verb.STREAM and call.body is None:
        return [f"the request {call.name} does not say what to send{where}; give its JSON body"]
    if call.verb is Verb.UPLOAD and not call.file_field and call.url_body is None:
        return [f"the request {call.name} does not name the multipart field for files{where}; name it"]
    if call.verb is Verb.JOB and f"{call.name}_status" not in calls:
        return [f"the request {call.name} does not say where its status is polled{where}; give the path"]
    return []


def _leftovers(facts: Facts) -> tuple[Leftover, ...]:
    """Tables and fences that no rule has read."""
    page = facts.page
    tables = [
        Leftover("table", t.line, t.end, " | ".join(t.header)) for t in page.tables if t.line not in facts.consumed
    ]
    fences = [Leftover("fence", f.line, f.end, f.info) for f in page.fences if f.line not in facts.consumed]
    return tuple(sorted([*tables, *fences], key=lambda left: left.line))
