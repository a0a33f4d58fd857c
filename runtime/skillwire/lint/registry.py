"""The rules by id: what each is about (``catalogue/*.yaml``), and the function that checks it.

Some rules have no function of their own: the compiler meets them on its way and leaves them in ``Skill.problems``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from skillwire.errors import UsageError
from skillwire.lint.context import Context
from skillwire.lint.finding import Dialect
from skillwire.spec.model import Severity

_HERE = Path(__file__).parent
_MODULES = (
    "agentskills",
    "identity",
    "environment",
    "routes",
    "tables",
    "calls",
    "placeholders",
    "hosts",
    "secrets",
    "conduct",
)
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Hit(NamedTuple):
    """What a check reports. An empty ``fix`` and a ``severity`` of ``None`` stand for the rule's own."""

    line: int
    message: str
    fix: str = ""
    severity: Severity | None = None


Check = Callable[[Context], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as documented.

    ``replaces`` are rules whose finding on the same line this one makes superfluous, ``explains`` those whose findings
    anywhere in the file are likely its consequence.
    ``fixable`` tells that ``--fix`` mends it.
    """

    id: str
    severity: Severity
    category: str
    summary: str
    why: str
    fix: str
    bad: str
    good: str
    dialects: frozenset[Dialect] = frozenset(Dialect)
    replaces: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    fixable: bool = False


_CHECKS: dict[str, Check] = {}


def check(rule: str) -> Callable[[Check], Check]:
    """Register a function as the check of a rule of the catalogue."""

    def register(function: Check) -> Check:
        _CHECKS[rule] = function
        return function

    return register


@cache
def checks() -> Mapping[str, Check]:
    """Every rule that has a check of its own, in the order of the modules."""
    for module in _MODULES:  # they import this one, and register themselves
        import_module(f"skillwire.lint.rules.{module}")
    return _CHECKS


@cache
def rules() -> Mapping[str, Rule]:
    """Every documented rule by id, category by category."""
    found: dict[str, Rule] = {}
    for path in sorted((_HERE / "catalogue").glob("*.yaml")):
        # The loader is one of PyYAML's two safe ones.
        for rule_id, entry in yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader).items():  # noqa: S506
            found[rule_id] = _rule(rule_id, path.stem, entry)
    return found


def _rule(rule_id: str, category: str, entry: Mapping[str, Any]) -> Rule:
    dialects = frozenset(map(Dialect, entry.get("dialects", list(Dialect))))
    return Rule(
        id=rule_id,
        severity=Severity(entry["severity"]),
        category=category,
        summary=entry["summary"],
        why=entry["why"].strip(),
        fix=entry["fix"],
        bad=entry["bad"].rstrip("\n"),
        good=entry["good"].rstrip("\n"),
        dialects=dialects,
        replaces=tuple(entry.get("replaces", ())),
        explains=tuple(entry.get("explains", ())),
        fixable=entry.get("fixable", False),
    )


def find(rule_id: str) -> Rule:
    """The rule of that id. Raises ``UsageError``, naming those that come close."""
    known = rules()
    if rule_id in known:
        return known[rule_id]
    close = get_close_matches(rule_id, known, n=3)
    fix = f"did you mean {' or '.join(close)}?" if close else "see skillwire lint --explain all"
    raise UsageError(f"there is no lint rule {rule_id!r}", fix=fix)


def choose(names: Iterable[str]) -> frozenset[str]:
    """Ids of the rules that ``names`` mean: ids, or categories (``security``). Raises ``UsageError`` for others."""
    known = rules()
    chosen: set[str] = set()
    for name in names:
        of_category = {rule.id for rule in known.values() if rule.category == name}
        chosen |= of_category or {find(name).id}
    return frozenset(chosen)
