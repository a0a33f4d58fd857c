"""From what the user typed to editing operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from skillwire.language.phrases import is_cjk

from . import remove_audio
from .clause import Clause, Operation
from .lexicon import lexicon
from .scan import Item, Scanned, scan

# In the order in which they may claim a clause's words.
rules: Final[list[Callable[[Clause], Operation | None]]] = [remove_audio.read]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request asks for.

    ``ops``: operations in the order asked, each valid against ``operations.schema.json``.
    ``unread``: the parts of the text that ask for something which was not understood, in the user's words.
    ``language``: ``en zh es de fr ja pt``. ``reply``: a question or a list of what can be done, in that language;
    empty when everything was read.
    """

    ops: tuple[dict[str, Any], ...]
    unread: tuple[str, ...]
    language: str
    reply: str


def understand(text: str) -> Reading:
    """Reads an editing request in any of the seven languages. Never raises; the same text gives the same reading."""
    language = "zh" if is_cjk(text) else "en"
    scanned = scan(text, lexicon(language))
    ops: list[Operation] = []
    unread: list[str] = []
    for clause in _clauses(scanned):
        found = [op for rule in rules if (op := rule(clause)) is not None]
        ops += [op for op in found if op not in ops]
        if not found and clause.left() and not clause.has("keep", "not"):
            unread.append(clause.text())
    return Reading(tuple(ops), tuple(unread), language, "")


def _clauses(scanned: Scanned) -> list[Clause]:
    runs: list[list[Item]] = [[]]
    for item in scanned.items:
        if item.kind in {"mark", "and"}:
            runs.append([])
        else:
            runs[-1].append(item)
    return [Clause(scanned.shown, run) for run in runs if run]
