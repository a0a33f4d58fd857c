"""``load``: the bytes of a SKILL.md → a frozen ``Skill``, with all problems at once and every reason it cannot run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from skillwire.errors import UsageError
from skillwire.spec import actions, assemble, blocks, defaults, identity, naming, runnable, settings
from skillwire.spec.blocks import Page
from skillwire.spec.facts import Facts, Leftover
from skillwire.spec.model import Install, Problem, Severity, Skill
from skillwire.spec.rules import RULES
from skillwire.spec.source import Document, read


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
    document = read(data, source)
    page = blocks.parse(document)
    facts = Facts(page, source)
    facts.problems.extend(document.problems)
    for rule in RULES:
        rule(facts)
    skill = _assemble(facts, install or Install(), overrides or {})
    return Compiled(skill, document, page, facts, _leftovers(facts))


def _assemble(facts: Facts, install: Install, given: Mapping[str, str]) -> Skill:
    values, lines = _settings(facts, given)
    named = naming.name_all(facts)
    family = defaults.recognise(named)
    base = assemble.base_url(facts, named)
    calls = assemble.calls(facts, named, family, base)
    resolver = actions.Resolver(facts, named, calls)
    routes = actions.routes(facts, resolver)
    translations = actions.translations(facts, resolver)
    auth = assemble.auth(facts, family)
    facts.headers = [header for header in facts.headers if header.name != auth.header]
    origins = identity.header_origins(facts)
    name = identity.name(facts, origins)
    version = identity.version(facts, install, values.get("version"))
    platform = values.get("platform") or identity.platform(facts, install)
    title, title_line = identity.title(facts, name)
    headers = identity.headers(facts, origins, {"name": name, "version": version, "platform": platform})
    marks = assemble.Marks(facts)
    poll = assemble.poll(named, family, base)
    errors = assemble.errors(facts, family)
    if version is None:
        fix = runnable.VERSION_FIX
        facts.report("missing-version", Severity.WARNING, "the file states no version", facts.front.line, fix)
    skill = Skill(
        name=name,
        version=version,
        title=title,
        description=identity.description(facts, title_line),
        source=facts.source,
        platform=platform,
        digest=facts.page.document.digest,
        auth=auth,
        headers=headers,
        base_url=base,
        base_url_env=marks.note("base_url_env", assemble.base_url_env(facts, family), stated=bool(facts.base_env)),
        calls=calls,
        routes=routes,
        errors=marks.note("errors", errors, stated=bool(facts.errors)),
        translations=translations,
        stream=assemble.stream(facts, calls.get("message"), family, marks),
        draft=marks.note("draft", assemble.draft(facts, family), stated=bool(facts.draft.keys) or not family),
        formats=marks.note("formats", assemble.formats(facts, family), stated=bool(facts.formats)),
        max_bytes=marks.note("max_bytes", assemble.max_bytes(facts, family), stated=bool(facts.max_bytes)),
        poll=poll,
        examples=facts.examples,
        wording=assemble.wording(facts),
        requires=assemble.requires(facts),
        frontmatter=facts.front.values,
        lines=marks.lines(title_line),
        platform_rule=(*facts.platforms, ("", facts.platform_else)) if facts.platforms else (),
        defaulted=tuple(marks.defaulted),
        problems=tuple(sorted(facts.problems, key=_line)),
        missing=runnable.reasons(
            facts, base_url=base, calls=calls, routes=routes, poll=poll, headers=headers, version=version
        ),
    )
    if not values:
        return skill
    skill = settings.apply(skill, values, lines)
    return replace(
        skill,
        missing=runnable.reasons(
            facts,
            base_url=skill.base_url,
            calls=skill.calls,
            routes=skill.routes,
            poll=skill.poll,
            headers=skill.headers,
            version=skill.version,
        ),
    )


def _line(found: Problem) -> int:
    return found.line


def _settings(facts: Facts, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, int]]:
    """Good overrides of the file and the command line (which wins), with the lines of the former.

    Raises ``UsageError`` when one of ``given`` is bad; those of the file become problems.
    """
    stated = settings.stated(facts)
    if not stated and not given:
        return {}, {}
    lines = {key: line for key, (_, line) in stated.items()}
    values = {key: value for key, (value, _) in stated.items()}
    wrong = settings.check({**values, **given})
    for key in given:
        if key in wrong:
            raise UsageError(f"{key}={given[key]}: {wrong[key]}", fix="use a key of the compiled config")
        lines.pop(key, None)
    settings.report(facts, wrong, lines)
    return {key: value for key, value in {**values, **given}.items() if key not in wrong}, lines


def _leftovers(facts: Facts) -> tuple[Leftover, ...]:
    """Tables and fences that no rule has read."""
    page = facts.page
    tables = [
        Leftover("table", t.line, t.end, " | ".join(t.header)) for t in page.tables if t.line not in facts.consumed
    ]
    fences = [Leftover("fence", f.line, f.end, f.info) for f in page.fences if f.line not in facts.consumed]
    return tuple(sorted([*tables, *fences], key=lambda left: left.line))
