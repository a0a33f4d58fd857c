"""Hosts: where requests and media go, and whether the file says so openly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from skillwire.lint.context import Context, pattern, words
from skillwire.lint.registry import Hit, check
from skillwire.spec.model import Severity

_URL = re.compile(
    r"\b(https?)://(?:[^\s/@\"'`<>]*@)?(\[[0-9A-Fa-f:]+\]|[^\s/:\"'`|<>()\[\]{},，。；、?#]+)(:\d+)?([^\s\"'`|<>)\]}，。；、]*)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?<![\w@/.-])((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}|localhost)(?::\d+)?(?![\w.-]*[\w@])", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?。！？](?:\s|\Z)|\n")
_NUMERIC = re.compile(r"[\d.]+\Z")


@check("plain-http")
def plain_http(context: Context) -> Iterator[Hit]:
    """Addresses without encryption, other than those of this machine or those that only name something."""
    for line, match in _urls(context):
        if (
            match[1].lower() == "http"
            and not pattern("identifier").match(match.group())
            and not _is_development(match[2])
        ):
            yield Hit(line, f"{match[1]}://{match[2]} is not encrypted")


@check("development-host")
def development_host(context: Context) -> Iterator[Hit]:
    """Machines of the developers in a published file."""
    seen = set()
    for line, match in _urls(context):
        if _is_development(match[2]):
            seen.add(line)
            yield Hit(line, f"{match[2]} is a development host")
    for key, host in _declared_hosts(context):
        line = context.key_line(key)
        if line not in seen and _is_development(host):
            yield Hit(line, f"{host} is a development host")


@check("undeclared-host")
def undeclared_host(context: Context) -> Iterator[Hit]:
    """Requests, and sentences that have something sent, to a host that the file does not declare."""
    sites = _declared_sites(context)
    if not sites:
        return
    uploads = {request.line for request in context.facts.requests if request.uploading}
    asked = {(request.line, match[2]) for request in context.facts.requests if (match := _URL.search(request.path))}
    requests = {request.line for request in context.facts.requests}
    seen = set()
    for line, match in _urls(context):
        host = match[2]
        harmless = _site(host) in sites or _is_development(host) or pattern("identifier").match(match.group())
        if line < context.body.start or harmless or (line, host) in seen:
            continue
        written = context.lines[line - 1]
        in_body = line in requests and written[match.start() - 1 : match.start()] in {'"', "'"}
        if (line, host) in asked or in_body or pattern("sends").search(_sentence_before(written, match.start())):
            seen.add((line, host))
            media = line in uploads
            what = "media is sent" if media else "something is sent"
            yield Hit(
                line, f"{what} to {host}, which the file does not declare", severity=Severity.ERROR if media else None
            )


def _declared_sites(context: Context) -> set[str]:
    """Sites (registrable domains) of the stated base address and of the frontmatter.

    Without a base, or with none but a developer's, the host that most requests go to counts as declared.
    """
    stated = [match[2] for base in context.facts.base if (match := _URL.match(base.value))]
    asked = Counter(match[2] for request in context.facts.requests if (match := _URL.match(request.path)))
    if asked and all(map(_is_development, stated)):
        (usual, count), *others = asked.most_common(2)
        if not others or others[0][1] < count:
            stated.append(usual)
    stated += [host for _, host in _declared_hosts(context)]
    if not stated and context.skill.base_url and (match := _URL.match(context.skill.base_url)):
        stated.append(match[2])
    return {_site(host) for host in stated}


def _declared_hosts(context: Context) -> Iterator[tuple[str, str]]:
    """Frontmatter keys and the hosts they name."""
    for key in words()["host_keys"]:
        value: Any = context.front.values
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str) and value.strip():
            found = _URL.match(value.strip())
            bare = None if found else _BARE.match(value.strip())
            if found or bare:
                yield key, (found[2] if found else bare[1] if bare else "")


def _site(host: str) -> str:
    """The registrable part of a host, near enough: its last two labels, three under a short second level (co.uk)."""
    host = host.lower().rstrip(".")
    if _NUMERIC.match(host):
        return host
    labels = host.split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if short else labels[-2:])


def _is_development(host: str) -> bool:
    host = host.lower()
    if pattern("development_host").match(host):
        return True
    if _NUMERIC.match(host) or "." not in host:
        return False
    parts = [part for label in host.split(".")[:-2] or [] for part in re.split(r"[-_]", label)]
    return any(map(pattern("development_part").match, parts))


def _urls(context: Context) -> Iterator[tuple[int, re.Match[str]]]:
    """Every address of the file, frontmatter included, with its line."""
    for number, line in enumerate(context.lines, 1):
        if "http" in line.lower():
            for match in _URL.finditer(line):
                yield number, match


def _sentence_before(line: str, at: int) -> str:
    """The part of the sentence that leads up to an address."""
    ends = [match.end() for match in _SENTENCE_END.finditer(line, 0, at)]
    return line[ends[-1] if ends else 0 : at]
