"""What truly differs between two skills: facts, each with its line, and never the order or the style of their prose.

A fact is a value that a run, a listing or an installer acts on. How a thing is worded (descriptions, examples, what an
error row tells the user) is prose: it is compared only when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from skillwire.language.normalise import fold, tidy
from skillwire.spec.model import Auth, Call, ErrorRule, Poll, Requires, Route, Skill, StreamRule, Verb

_PLACEHOLDER = re.compile(r"<([^<>{}\n]{1,60})>|\$?\{([A-Za-z_][\w.-]*)\}|\$([A-Za-z_]\w*)|(?<=/):([A-Za-z]\w*)")

# Fields of records that are prose, or that only say where the rest comes from.
_PROSE = frozenset({"meaning", "text", "notice"})
_NOT_COMPARED = frozenset({"line", "defaulted", "default", "name", "code"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A JSON value with the line that states it, ``None`` for a documented default or an unstated one."""

    value: Any
    line: int | None = None
    prose: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a skill declares (a row's phrase, a call, a header), as facts by field name."""

    label: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that two skills do not share. ``left`` or ``right`` is ``None`` where that skill has no such fact.

    ``part`` is a key of the compiled config (``routes``), ``item`` one of its entries, ``field`` a value of that entry;
    an entry that only one skill has is one difference with an empty ``field`` and all its values.
    """

    part: str
    item: str
    field: str
    left: Fact | None
    right: Fact | None

    @property
    def subject(self) -> str:
        """What differs, in words: ``calls export path``."""
        return " ".join(filter(None, (self.part, self.item, self.field)))

    def to_dict(self) -> dict[str, Any]:
        """The difference as JSON; a missing side is ``null``."""
        sides = {"left": self.left, "right": self.right}
        told = {name: fact and {"value": fact.value, "line": fact.line} for name, fact in sides.items()}
        return {"part": self.part, "item": self.item, "field": self.field, **told}


def compare(
    left: Skill, right: Skill, *, prose: bool = False, canonical: Callable[[str], str] = str.lower
) -> tuple[Difference, ...]:
    """Everything in which two skills differ, in the order of the compiled config.

    ``prose`` adds what is only worded differently. ``canonical`` maps the name of a placeholder to that of the value it
    stands for, so that ``<sid>`` and ``$SESSION_ID`` can be the same.
    """
    ours, theirs = inventory(left), inventory(right)
    found: list[Difference] = []
    for part in ours:
        mine, other = ours[part], theirs[part]
        for key in dict.fromkeys((*mine, *other)):
            found += _items(part, mine.get(key), other.get(key), prose=prose, canonical=canonical)
    return tuple(found)


def inventory(skill: Skill) -> dict[str, dict[str, Item]]:
    """All facts of a skill: part → key by which entries of two skills are matched → entry. All parts are always there."""
    return {
        "skill": _scalars(skill, ("name", "version", "title"), ("description",)),
        "auth": _record(skill.auth, skill.auth.line),
        "service": _scalars(skill, ("base_url", "base_url_env")),
        "headers": _headers(skill),
        "routes": _routes(skill),
        "calls": {name: Item(name, _call(call)) for name, call in skill.calls.items()},
        "poll": _record(skill.poll, skill.poll.line) if skill.poll else {},
        "errors": {str(rule.code): Item(str(rule.code), _of(rule, rule.line)) for rule in skill.errors},
        "translations": _translations(skill),
        "stream": _record(skill.stream, skill.stream.line),
        "draft": _draft(skill),
        "limits": _limits(skill),
        "requires": _record(skill.requires, None),
        "wording": _wording(skill),
    }


def _items(
    part: str, left: Item | None, right: Item | None, *, prose: bool, canonical: Callable[[str], str]
) -> Iterator[Difference]:
    if left is None or right is None:
        only = left or right
        whole = only and _whole(only, prose=prose)
        if only and whole:
            yield Difference(part, only.label, "", whole if left else None, whole if right else None)
        return
    for name in dict.fromkeys((*left.facts, *right.facts)):
        ours, theirs = left.facts.get(name), right.facts.get(name)
        known = ours or theirs
        if known is None or (known.prose and not prose):
            continue
        if _alike(ours and ours.value, canonical) != _alike(theirs and theirs.value, canonical):
            yield Difference(part, left.label, name, _stated(ours), _stated(theirs))


def _whole(item: Item, *, prose: bool) -> Fact | None:
    """An entry as one fact: its value when it has a single one, else all that are stated."""
    stated = {name: fact for name, fact in item.facts.items() if _stated(fact) and (prose or not fact.prose)}
    if not stated:
        return None
    line = next((fact.line for fact in stated.values() if fact.line is not None), None)
    if stated.keys() == {""}:
        return Fact(stated[""].value, line)
    return Fact({name: fact.value for name, fact in stated.items()}, line)


def _stated(fact: Fact | None) -> Fact | None:
    return fact if fact is not None and fact.value not in (None, "", [], {}) else None


def _alike(value: Any, canonical: Callable[[str], str]) -> Any:
    """``value`` with everything evened out that makes no difference: styles of placeholders, whole floats, emptiness."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: f"<{canonical(match[match.lastindex or 0])}>", value) or None
    if isinstance(value, Mapping):
        return {key: _alike(inner, canonical) for key, inner in value.items()} or None
    if isinstance(value, list):
        return [_alike(inner, canonical) for inner in value] or None
    return value


def _scalars(skill: Skill, names: tuple[str, ...], prose: tuple[str, ...] = ()) -> dict[str, Item]:
    return {
        name: Item(name, {"": Fact(getattr(skill, name), skill.lines.get(name), name in prose)})
        for name in names + prose
    }


def _record(record: Auth | Poll | Requires | StreamRule, line: int | None) -> dict[str, Item]:
    """A record that a skill has once: each of its fields is an entry."""
    return {name: Item(name, {"": fact}) for name, fact in _of(record, line).items()}


def _of(record: Auth | Call | ErrorRule | Poll | Requires | StreamRule, line: int | None) -> dict[str, Fact]:
    defaulted = getattr(record, "defaulted", ())
    return {
        field.name: Fact(
            _plain(getattr(record, field.name)), None if field.name in defaulted else line, field.name in _PROSE
        )
        for field in fields(record)
        if field.name not in _NOT_COMPARED
    }


def _plain(value: Any) -> Any:
    """A record's value as JSON."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, str) else value


def _call(call: Call) -> dict[str, Fact]:
    facts = _of(call, None if call.default else call.line)
    headers = dict(sorted(call.headers, key=lambda pair: pair[0].lower()))
    return {**facts, "headers": Fact(headers, facts["headers"].line)}


def _headers(skill: Skill) -> dict[str, Item]:
    """What a header says is a fact; that a platform header's value depends on the install is the same in every install."""
    return {
        header.name.lower(): Item(
            header.name,
            {"": Fact("(the install's platform)" if header.origin == "platform" else header.value, header.line)},
        )
        for header in skill.headers
    }


def _routes(skill: Skill) -> dict[str, Item]:
    """Every phrase, event and condition leads somewhere; how they are spread over rows makes no difference."""
    items: dict[str, Item] = {}
    for route in skill.routes:
        facts = {
            "action": Fact(" → ".join((route.action, *route.then)), route.line),
            "skip_sse": Fact(_skips(skill, route), route.line),
        }
        triggers = [(f'"{phrase}"', fold(tidy(phrase))) for phrase in route.phrases]
        triggers += [(f"user sends {event}", f"event {event}") for event in route.events]
        triggers += [(condition, f"if {fold(condition)}") for condition in route.conditions]
        if route.fallback:
            triggers.append(("everything else", "fallback"))
        for label, key in triggers:
            items.setdefault(key, Item(label, facts))  # of two rows with one phrase the first takes it
    return items


def _skips(skill: Skill, route: Route) -> bool:
    """The row's own word on whether it bypasses the stream; without one, what its call does."""
    if route.skip_sse is not None:
        return route.skip_sse
    calls = [skill.calls.get(action) for action in (route.action, *route.then)]
    return all(call is not None and call.verb is not Verb.STREAM for call in calls)


def _translations(skill: Skill) -> dict[str, Item]:
    items: dict[str, Item] = {}
    for rule in skill.translations:
        facts = {"action": Fact(str(rule.action), rule.line), "text": Fact(rule.text, rule.line, prose=True)}
        for match in rule.match:
            items.setdefault(fold(tidy(match)), Item(f'"{match}"', facts))
    return items


def _draft(skill: Skill) -> dict[str, Item]:
    line = skill.draft.line
    keys = {f"key {key}": Item(key, {"": Fact(meaning, line)}) for key, meaning in skill.draft.keys.items()}
    types = {
        f"type {number}": Item(f"track type {number}", {"": Fact(kind, line)})
        for number, kind in skill.draft.track_types.items()
    }
    return keys | types


def _limits(skill: Skill) -> dict[str, Item]:
    formats = {name: Item(name, {"": Fact("accepted", skill.lines.get("formats"))}) for name in skill.formats}
    return {**formats, **_scalars(skill, ("max_bytes",))}


def _wording(skill: Skill) -> dict[str, Item]:
    said = {name: getattr(skill.wording, name) for name in ("connecting", "ready")}
    items = {name: Item(name, {"": Fact(text, skill.wording.line, prose=True)}) for name, text in said.items()}
    examples = Fact(list(skill.examples), skill.lines.get("examples"), prose=True)
    return {**items, "examples": Item("examples", {"": examples})}
