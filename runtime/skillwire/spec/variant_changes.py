"""What a variant of a skill can have of its own, and what it cannot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from skillwire.errors import BadInput
from skillwire.spec import settings
from skillwire.spec.agentskills import MAX_DESCRIPTION, Frontmatter, violations
from skillwire.spec.model import Skill

_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?\Z")
_URL = re.compile(r"(https?)://([^\s/?#@]+)((?:/[^\s?#]*)?)\Z")
_OPTIONS = {"name": "NAME", "title": "--title", "description": "--description", "base_url": "--base-url"}


@dataclass(frozen=True, slots=True)
class Changes:
    """What a variant has of its own. ``phrases`` are pairs of an action and words; ``settings`` as for ``load``."""

    name: str
    title: str | None = None
    description: str | None = None
    phrases: tuple[tuple[str, str], ...] = ()
    base_url: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


def check(skill: Skill, changes: Changes) -> None:
    """Refuse changes that no variant of ``skill`` can have. Raises ``BadInput``."""
    stated = {"name": changes.name, "description": changes.description or "-"}
    for wrong in violations(Frontmatter(stated, dict.fromkeys(stated, 1), ""), None):
        fix = f"give at most {MAX_DESCRIPTION} characters" if wrong.rule == "description" else "try my-skill"
        raise BadInput(wrong.message, fix=fix)
    if changes.name == skill.name:
        raise BadInput(f"{changes.name!r} is the name of the original", fix="choose another name")
    for option, text in (("--title", changes.title), ("--description", changes.description)):
        if text is not None and not (text and text.isprintable()):
            raise BadInput(f"{option} is not a line of text that can be shown", fix="give plain text")
    said = [words.casefold() for _, words in changes.phrases]
    twice = next((words for words in said if said.count(words) > 1), None)
    if twice is not None:
        raise BadInput(f"the phrase {twice!r} is given twice", fix="a phrase leads to one row")
    for key in changes.settings.keys() & _OPTIONS.keys():
        raise BadInput(f"{key} is not changed with --set", fix=f"use {_OPTIONS[key]}")
    for key, message in settings.check(changes.settings).items():
        raise BadInput(f"--set {key}: {message}", fix="see the keys in the config's JSON Schema, $defs.overrides")
    if changes.base_url is not None:
        _check_url(skill, changes.base_url)


def _check_url(skill: Skill, url: str) -> None:
    parts = _URL.match(url)
    if parts is None:
        raise BadInput(f"{url!r} is no address of a service", fix="give one such as https://api.example.com")
    if parts[1] == "http" and not _LOOPBACK.match(parts[2]):
        raise BadInput(f"{url} is plain http, which anyone on the way can read", fix="use https")
    if skill.base_url is None:
        raise BadInput("the original states no base address that could be replaced", where=skill.source)
