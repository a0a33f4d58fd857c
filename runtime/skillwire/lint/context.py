"""What a check looks at: a compiled skill, and small questions that several rules ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from skillwire.spec.blocks import Page
from skillwire.spec.build import Compiled
from skillwire.spec.facts import Facts, Front
from skillwire.spec.model import Skill

_HERE = Path(__file__).parent
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Context:
    """A compiled skill. ``folder`` is the name of its folder when the file is a ``SKILL.md``, else ``None``."""

    compiled: Compiled
    folder: str | None = None

    @property
    def skill(self) -> Skill:
        """The compiled skill."""
        return self.compiled.skill

    @property
    def facts(self) -> Facts:
        """What the file says, before it was judged."""
        return self.compiled.facts

    @property
    def page(self) -> Page:
        """The parts of the body."""
        return self.compiled.page

    @property
    def front(self) -> Front:
        """The frontmatter, each key with its line."""
        return self.compiled.facts.front

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines of the file; ``lines[n - 1]`` is line ``n``."""
        return self.compiled.document.lines

    @property
    def body(self) -> range:
        """Line numbers of the body."""
        return range(self.compiled.document.body + 1, len(self.lines) + 1)

    def key_line(self, *paths: str) -> int:
        """Line of the first of these frontmatter keys (dotted) that is stated, else of the frontmatter."""
        return next((self.front.lines[path] for path in paths if path in self.front.lines), self.front.line)

    def matches(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
        """Each match of ``pattern`` in the body's text (marks of bold and code removed), with its line."""
        for match in pattern.finditer(self.page.text):
            yield self.page.line_at(match.start()), match

    def line_of(self, words: str, start: int) -> int:
        """The first line from ``start`` on that holds ``words``; ``start`` when none does."""
        return next((n for n in range(start, len(self.lines) + 1) if words in self.lines[n - 1]), start)


@cache
def words() -> dict[str, Any]:
    """``words.yaml`` as plain data: the wording that rules look for."""
    # The loader is one of PyYAML's two safe ones.
    return yaml.load((_HERE / "words.yaml").read_text(encoding="utf-8"), Loader=_Loader)  # type: ignore[no-any-return] # noqa: S506


@cache
def pattern(name: str) -> re.Pattern[str]:
    """The entry ``name`` of ``words.yaml`` as a pattern: one regular expression, or a list of alternatives."""
    entry = words()[name]
    source = entry if isinstance(entry, str) else "|".join(f"(?:{part})" for part in entry)
    return re.compile(source, re.IGNORECASE)
