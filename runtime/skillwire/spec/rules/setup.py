"""Setup: where the token comes from, the base address, shell variables, words shown while connecting, sample requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from string import ascii_uppercase, digits

from skillwire.spec.blocks import Unit
from skillwire.spec.facts import Facts, Stated
from skillwire.spec.marks import plain
from skillwire.spec.openings import matches
from skillwire.spec.vocabulary import pattern
from skillwire.spec.wording import Wording

_VARIABLE = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)\}?\s*=\s*([^,\n]+)")
# Shell assignments of an address or of another variable; literal values are the user's own.
_ASSIGNED = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([A-Z][A-Z0-9_]*)=([\"']?)((?:https?://|\$\{?[A-Z])[^\s\"']*)\2[ \t]*(?:#.*)?$",
    re.MULTILINE,
)
_ENV = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
_ENV_NAME = re.compile(_ENV)
_ENV_USED = re.compile(rf"\$\{{?({_ENV})")
_ENV_AFTER = re.compile(r"\b(?=[^.\n]{0,40}\b(?:env(?:ironment)?|is set|is not set)\b)")
_ENV_BEFORE = re.compile(r"环境变量\s*\Z|(?:env(?:ironment)?(?: var\w*)?|[Ss]et)\s+\Z")
_ENV_LETTERS = ascii_uppercase + digits
_LONGEST = 200  # characters of a variable's name
_MAX_BEFORE = 40  # characters
_MAX_AFTER = 60
_AUTHORIZATION = re.compile(
    r"Authorization:\s*([A-Za-z][\w-]*)\s+(?:<([^<>\n]+)>|\$\{?(\w+)\}?|\{(\w+)\}|([A-Z][A-Z0-9_]+))"
)
_DEFAULTED_URL = re.compile(rf"\$\{{({_ENV}):-(https?://[^}}\s]+)\}}")
_URL = re.compile(r"https?://[^\s\"'|<>`)}\],，。；、]+")
_REQUESTED = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE|curl[^$\n]{0,20})\s+[\"']?\$\{?([A-Z][A-Z0-9_]*)\}?/")
_REQUEST_BEFORE = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE)\b|\$\{")
_REQUESTS = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE)[ \t]+[\"']?\Z|\bcurl\b[^|;]*\Z")
_REACH = 200  # characters before a URL in which its command starts
_QUOTED = re.compile(r"[\"“]([^\"”\n]{2,60}+)[\"”]")
_STRAIGHT = re.compile(r"\"([^\"”\n]{2,60}+)[\"”]")  # the same where all are straight: the engine can skip to them
_SAMPLE = re.compile(r"\s*(?:>\s*)*(?:[-*+•]|\d{1,2}[.)])\s+[\"“„]([^\"“”„\n]+)[\"”“]\s*\Z")
_SAMPLE_LINE = re.compile(r"\s*[\"“„]([^\"“”„\n]+)[\"”“]\s*\Z")
_ELLIPSIS = re.compile(r"\.\.\.|…")
_SENTENCE_START = re.compile(r"\.\s|\n\n|\|")
_SENTENCE_END = re.compile(r"\.\s|\n\n")
_READY_CHARS = 40
_MAX_QUOTED = 1000


def read(facts: Facts) -> None:
    """Add variables, environment names, base addresses, status words and examples."""
    page = facts.page
    addresses = _addresses(page.text)
    shell = "$" in page.text  # a variable is spoken of
    if shell:
        for match in _VARIABLE.finditer(page.text):
            facts.variables.setdefault(match[1], Stated(match[2].strip(" .;"), page.line_at(match.start())))
    if shell or _assigns(page.text, addresses):
        for match in _ASSIGNED.finditer(page.text):
            facts.variables.setdefault(match[1], Stated(match[3], page.line_at(match.start(1))))
    if shell:
        for match in _ENV_USED.finditer(page.text):
            facts.env_used.setdefault(match[1], page.line_at(match.start()))
    _read_environment(facts)
    _read_base(facts, addresses, shell=shell)
    _read_wording(facts)
    facts.examples, facts.examples_line = _examples(facts)


def _addresses(text: str) -> list[int]:
    """Offsets at which an address may start."""
    found = []
    at = text.find("http")
    while at >= 0:
        found.append(at)
        at = text.find("http", at + 1)
    return found


def _assigns(text: str, addresses: list[int]) -> bool:
    """Whether one of the addresses stands after an equals sign."""
    return any("=" in text[max(at - 2, 0) : at] for at in addresses)


def _read_environment(facts: Facts) -> None:
    page = facts.page
    secret = pattern("variables.secret")
    for name, at in _variables_said(page.text):
        line = page.line_at(at)
        facts.env_used.setdefault(name, line)
        if secret.search(name):
            facts.token_env.append(Stated(name, line))
    for match in matches(_AUTHORIZATION, "Authorization:", page.text):
        line = page.line_at(match.start())
        facts.scheme.append(Stated(match[1], line))
        name = match[match.lastindex or 0]
        if name in facts.variables:
            name = facts.variables[name].value.strip("${}").partition(":-")[0]
        if _ENV_NAME.fullmatch(name):
            facts.token_env.append(Stated(name, line))
    _read_variable_tables(facts, secret)


def _variables_said(text: str) -> Iterator[tuple[str, int]]:
    """Names of variables beside words that say they are such, with their offsets; found by their underscores."""
    at = text.find("_")
    while at >= 0:
        if text[at - 1] in _ENV_LETTERS:
            before = text[max(at - _LONGEST, 0) : at]
            first = at - len(before) + len(before.rstrip(_ENV_LETTERS))
            name = _ENV_NAME.match(text, first)
            while name is None and first < at:
                first += 1
                name = _ENV_NAME.match(text, first)
            if name:
                at = name.end() - 1
                if _is_said(text, first, name.end()):
                    yield name[0], first
        at = text.find("_", at + 1)


def _is_said(text: str, start: int, end: int) -> bool:
    """Whether words beside a name say that it is that of a variable."""
    after = text[end : end + _MAX_AFTER]
    if ("env" in after or " set" in after) and _ENV_AFTER.match(text, end):
        return True
    return _ENV_BEFORE.search(text[max(start - _MAX_BEFORE, 0) : start]) is not None


def _read_variable_tables(facts: Facts, secret: Wording) -> None:
    for table in facts.page.tables:
        if not pattern("columns.variable").search(table.titles[0] if table.header else ""):
            continue
        facts.consume(range(table.line, table.end + 1))
        for row in table.rows:
            name = row.plain[0] if row.plain else ""
            if not _ENV_NAME.fullmatch(name):
                continue
            facts.env_used.setdefault(name, row.line)
            url = next(filter(None, map(_URL.search, row.plain[1:])), None)
            if url and pattern("variables.base").search(name):
                facts.base_env.append(Stated(name, row.line))
                facts.base.append(Stated(url[0].rstrip("/"), row.line))
            elif secret.search(name):
                facts.token_env.append(Stated(name, row.line))


def _read_base(facts: Facts, addresses: list[int], *, shell: bool) -> None:
    page = facts.page
    stated: list[Stated[str]] = []
    end = 0
    for at in addresses:
        match = _URL.match(page.text, at) if at >= end else None
        if match is None:
            continue
        end = match.end()
        before = page.text[max(page.line_span(at)[0], at - 60) : at]
        if pattern("base").search(before) and not _REQUEST_BEFORE.search(before):
            line = page.line_at(at)
            stated.append(Stated(match[0].rstrip(".,;:/"), line))
            facts.consume([line])
    requested = {match[1] for match in _REQUESTED.finditer(page.text)} if facts.variables else set()
    prefixes = {stated.value for name, stated in facts.variables.items() if name in requested}
    for match in _DEFAULTED_URL.finditer(page.text) if shell else ():
        named = pattern("variables.base").search(match[1]) or match[0] in prefixes
        if named or _prefixes_a_request(page.text, match):
            line = page.line_at(match.start())
            facts.base_env.append(Stated(match[1], line))
            stated.append(Stated(match[2].rstrip("/"), line))
    facts.base[:0] = stated


def _prefixes_a_request(text: str, match: re.Match[str]) -> bool:
    """Whether an address with a path after it stands where a request names its URL."""
    before = text[max(match.start() - _REACH, 0) : match.start()].rpartition("\n")[2]
    return text[match.end() : match.end() + 1] == "/" and bool(_REQUESTS.search(before))


def _read_wording(facts: Facts) -> None:
    """The first quoted words that end in an ellipsis beside talk of connecting, and the first that say "ready"."""
    page = facts.page
    quoted = _QUOTED if "“" in page.text else _STRAIGHT
    waiting: Stated[str] | None = None
    for match in islice(quoted.finditer(page.text), _MAX_QUOTED):
        words = match[1].strip()
        ellipsis = _ELLIPSIS.search(words) if "..." in words or "…" in words else None
        if ellipsis and facts.connecting is None:
            connects = pattern("connecting")
            said = Stated(words[: ellipsis.end()], page.line_at(match.start()))
            if connects.match(words) or connects.search(_sentence(page.text, match.start(), match.end())):
                facts.connecting = said
                words = words[ellipsis.end() :].strip() or words
            else:
                waiting = said
        says = facts.ready is None and len(words) < _READY_CHARS and _says_ready(words)
        if says and _sentence(page.text, match.start(), match.end()):
            facts.ready = Stated(words, page.line_at(match.start()))
            if waiting and waiting.line == facts.ready.line:  # what is shown just before "ready", whatever it says
                facts.connecting = facts.connecting or waiting
        if facts.connecting and facts.ready:
            return


def _says_ready(words: str) -> bool:
    if "?" in words or "..." in words or "…" in words:
        return False
    return pattern("ready").search(words) is not None


def _sentence(text: str, start: int, end: int) -> str:
    """What stands before and after a quotation in its sentence; empty in a chain of arrows."""
    before = _SENTENCE_START.split(text[max(start - 120, 0) : start])[-1]
    after = _SENTENCE_END.split(text[end : end + 80], maxsplit=1)[0]
    around = f"{before} {after}"
    return "" if "→" in around else around


def _examples(facts: Facts) -> tuple[tuple[str, ...], int | None]:
    """The first two or more list items in a row that are each one quoted sentence and nothing else, and their line."""
    page = facts.page
    run: list[str] = []
    line = 0
    for unit in page.units:
        sample = _sample(page.document.lines, unit) if unit.kind == "item" else ""
        if sample:
            line = line if run else unit.line
            run.append(sample)
        elif len(run) > 1:
            break
        elif run:
            run = []
    if len(run) > 1:
        facts.consume(range(line, line + len(run)))
        return tuple(run), line
    for fence in page.fences:
        quoted = [match[1] for text in fence.lines if (match := _SAMPLE_LINE.match(text))]
        if len(quoted) > 1:
            facts.consume(range(fence.line, fence.end + 1))
            return tuple(quoted), fence.line
    return (), None


def _sample(written: tuple[str, ...], unit: Unit) -> str:
    first = written[unit.line - 1]
    if '"' not in first and "“" not in first and "„" not in first:
        return ""
    lines = written[unit.line - 1 : unit.end]
    match = _SAMPLE.match(plain(" ".join([line.strip() for line in lines]))) or _SAMPLE.match(plain(first))
    return match[1] if match else ""
