"""Adds a phrase to a row of a routing table in its Markdown, in the quotes and with the separator the row uses."""

from __future__ import annotations

import re

from skillwire.errors import BadInput
from skillwire.spec.build import Compiled, load
from skillwire.spec.model import Route, Skill
from skillwire.spec.tables import split_cells

_CLOSING = {'"': '"', "“": "”", "「": "」", "『": "』", "«": "»", "‘": "’", "'": "'", "`": "`"}
_UNQUOTABLE = re.compile(r"[\"“”「」『』«»`|\\\n\r\t]")
_LONGEST_PHRASE = 80


def add_phrase(lines: list[str], original: Compiled, action: str, words: str) -> None:
    """Write ``words`` into the first row of ``lines`` that leads to ``action``; line numbers are those of ``original``.

    Raises ``BadInput`` for words that no cell can hold or that are in the table already, and for an unknown action.
    """
    skill = original.skill
    if not words or words != words.strip() or len(words) > _LONGEST_PHRASE or _UNQUOTABLE.search(words):
        what = f"{words!r} cannot stand in a routing table"
        raise BadInput(what, fix=f"give up to {_LONGEST_PHRASE} characters without quotes, pipes and line breaks")
    for other in skill.routes:
        if words.casefold() in (phrase.casefold() for phrase in other.phrases):
            raise BadInput(f"{words!r} is in the table already and leads to {other.action}", where=_at(skill, other))
    rows = [row for row in skill.routes if not row.fallback]
    row = next((row for row in rows if row.action == action), None)
    if row is None:
        known = ", ".join(dict.fromkeys(row.action for row in rows))
        raise BadInput(f"no row of the table leads to {action!r}", where=skill.source, fix=f"name one of: {known}")
    for line in _candidates(lines[row.line - 1], row, words):
        trial = [*lines[: row.line - 1], line, *lines[row.line :]]
        if any(words in other.phrases and other.action == action for other in _rows(trial, original)):
            lines[:] = trial
            return
    raise BadInput("the row cannot take another phrase", where=_at(skill, row), fix="put its phrases in double quotes")


def _candidates(line: str, row: Route, words: str) -> list[str]:
    """Ways to write ``words`` into a row: after its last phrase in the same quotes, else at the start of a cell."""
    for phrase in reversed(row.phrases):
        marks = "|".join(f"{re.escape(a)}\\s*{re.escape(phrase)}\\s*{re.escape(b)}" for a, b in _CLOSING.items())
        found = list(re.finditer(marks, line))
        if found:
            start, end = found[0].span()
            before = re.search(r"[^\w\s](\s*(?:[/,;、，；]|\bor\b|或)\s*)\Z", line[:start])
            return [f"{line[:end]}{before[1] if before else ' / '}{line[start]}{words}{line[end - 1]}{line[end:]}"]
    return [line.replace(cell, f'"{words}" / {cell}', 1) for cell in split_cells(line) if cell]


def _rows(lines: list[str], original: Compiled) -> tuple[Route, ...]:
    return load("\n".join(lines).encode(), source=original.skill.source).routes


def _at(skill: Skill, row: Route) -> str:
    return f"{skill.source}:{row.line}"
