"""Setup: where the token comes from, the base address, shell variables, words shown while connecting, sample requests."""

from __future__ import annotations

import re

from skillwire.spec.blocks import Page, plain
from skillwire.spec.facts import Facts, Stated
from skillwire.spec.vocabulary import pattern

_VARIABLE = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)\}?\s*=\s*([^,\n]+)")
_ENV = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
_ENV_USED = re.compile(rf"\$\{{?({_ENV})")
_ENV_SAID = re.compile(
    rf"\b({_ENV})\b(?=[^.\n]{{0,40}}\b(?:env(?:ironment)?|is set|is not set)\b)|环境变量\s*({_ENV})|\b(?:env(?:ironment)?(?: var\w*)?|[Ss]et)\s+({_ENV})\b"
)
_AUTHORIZATION = re.compile(
    r"\bAuthorization:\s*([A-Za-z][\w-]*)\s+(?:<([^<>\n]+)>|\$\{?(\w+)\}?|\{(\w+)\}|([A-Z][A-Z0-9_]+))"
)
_DEFAULTED_URL = re.compile(rf"\$\{{({_ENV}):-(https?://[^}}\s]+)\}}")
_URL = re.compile(r"https?://[^\s\"'|<>`)}\],，。；、]+")
_QUOTED = re.compile(r"[\"“]([^\"”\n]{2,60})[\"”]")
_SAMPLE = re.compile(r"\s*(?:>\s*)*(?:[-*+•]|\d{1,2}[.)])\s+[\"“]([^\"“”\n]+)[\"”]\s*\Z")
_SAMPLE_LINE = re.compile(r"\s*[\"“]([^\"“”\n]+)[\"”]\s*\Z")
_ELLIPSIS = re.compile(r"\.\.\.|…")


def read(facts: Facts) -> None:
    """Add variables, environment names, base addresses, status words and examples."""
    page = facts.page
    text = page.text
    for match in _VARIABLE.finditer(text):
        facts.variables.setdefault(match[1], Stated(match[2].strip(" .;"), page.line_at(match.start())))
    _read_environment(facts)
    _read_base(facts)
    _read_wording(facts)
    facts.examples = _examples(page, facts)


def _read_environment(facts: Facts) -> None:
    page = facts.page
    secret = pattern("variables.secret")
    for match in _ENV_USED.finditer(page.text):
        facts.env_used.setdefault(match[1], page.line_at(match.start()))
    said = [(next(filter(None, match.groups())), match.start()) for match in _ENV_SAID.finditer(page.text)]
    for name, at in said:
        facts.env_used.setdefault(name, page.line_at(at))
    candidates = [Stated(name, page.line_at(at)) for name, at in said if secret.search(name)]
    for match in _AUTHORIZATION.finditer(page.text):
        line = page.line_at(match.start())
        facts.scheme.append(Stated(match[1], line))
        name = next(filter(None, match.groups()[1:]))
        if name in facts.variables:
            name = facts.variables[name].value.strip("${}").split(":-")[0]
        if re.fullmatch(_ENV, name):
            candidates.append(Stated(name, line))
    for table in page.tables:
        if not pattern("columns.variable").search(plain(table.header[0])):
            continue
        facts.consume(range(table.line, table.end + 1))
        for row in table.rows:
            name = plain(row.cells[0])
            if not re.fullmatch(_ENV, name):
                continue
            facts.env_used.setdefault(name, row.line)
            found = next(filter(None, (_URL.search(plain(cell)) for cell in row.cells[1:])), None)
            if found and pattern("variables.base").search(name):
                facts.base_env.append(Stated(name, row.line))
                facts.base.append(Stated(found[0].rstrip("/"), row.line))
            elif secret.search(name):
                candidates.append(Stated(name, row.line))
    facts.token_env = candidates


def _read_base(facts: Facts) -> None:
    page = facts.page
    if "http" not in page.text:
        return
    lead = pattern("base")
    stated: list[Stated[str]] = []
    for match in _URL.finditer(page.text):
        start = page.text.rfind("\n", 0, match.start()) + 1
        before = page.text[max(start, match.start() - 60) : match.start()]
        if lead.search(before) and not re.search(r"\b(?:GET|POST|PUT|PATCH|DELETE)\b|\$\{", before):
            stated.append(Stated(match[0].rstrip(".,;:/"), page.line_at(match.start())))
            facts.consume([page.line_at(match.start())])
    for match in _DEFAULTED_URL.finditer(page.text):
        line = page.line_at(match.start())
        if pattern("variables.base").search(match[1]):
            facts.base_env.append(Stated(match[1], line))
            stated.append(Stated(match[2].rstrip("/"), line))
    facts.base[:0] = stated


def _read_wording(facts: Facts) -> None:
    connecting, ready = pattern("connecting"), pattern("ready")
    for match in _QUOTED.finditer(facts.page.text):
        words = match[1].strip()
        line = facts.page.line_at(match.start())
        ellipsis = _ELLIPSIS.search(words)
        if facts.connecting is None and ellipsis and connecting.match(words):
            facts.connecting = Stated(words[: ellipsis.end()], line)
            words = words[ellipsis.end() :].strip() or words
        if facts.ready is None and len(words) < 40 and ready.match(words) and not _ELLIPSIS.search(words):
            facts.ready = Stated(words, line)


def _examples(page: Page, facts: Facts) -> tuple[str, ...]:
    """The first two or more list items in a row that are each one quoted sentence and nothing else."""
    run: list[str] = []
    lines = page.document.lines
    for unit in page.units:
        whole = " ".join(line.strip() for line in lines[unit.line - 1 : unit.end]) if unit.kind == "item" else ""
        match = _SAMPLE.match(plain(whole)) or _SAMPLE.match(plain(lines[unit.line - 1])) if whole else None
        if match:
            run.append(match[1])
            facts.examples_line = facts.examples_line or unit.line if len(run) > 1 else unit.line
            facts.consume([unit.line])
        elif len(run) > 1:
            break
        else:
            run = []
    if len(run) > 1:
        return tuple(run)
    for fence in page.fences:
        quoted = [match[1] for line in fence.lines if (match := _SAMPLE_LINE.match(line))]
        if len(quoted) > 1:
            facts.examples_line = fence.line
            return tuple(quoted)
    return ()
