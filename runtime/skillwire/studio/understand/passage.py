"""A whole request: its clauses read in order, with what one clause adds to or corrects in the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from skillwire.studio.understand import (
    add_music,
    add_text,
    aspect,
    mending,
    remove_audio,
    remove_object,
    replace_background,
    resolution,
    rotate,
    settle,
    speed,
    trim,
    undo,
    volume,
)
from skillwire.studio.understand.clause import Clause, Operation
from skillwire.studio.understand.scan import Item, Scanned

# In the order in which they may claim a clause's words.
rules: Final[list[Callable[[Clause], list[Operation]]]] = [
    undo.read,
    settle.read,
    remove_audio.read,
    replace_background.read,
    add_text.read,
    add_music.read,
    remove_object.read,
    rotate.read,
    volume.read,
    speed.read,
    resolution.read,
    aspect.read,
    trim.read,
]


# What "it" may stand for in the clause after one that asked for no change: "don't remove the background, blur it".
_TOPICS: Final = frozenset({"background", "audio", "music", "volume"})


_STAYING: Final = _TOPICS | {"text", "speed", "resolution", "fill", "article", "own"}
# What must not go missing in silence when the rest of its clause was read.
_NOT_DROPPED: Final = frozenset({"window", "height", "ratio_value", "quote", "other", "noise"})


class Run(NamedTuple):
    """The items between two clause marks. ``link``: the kind of what stands before it, ``mark``, ``and``, ``correct``."""

    link: str
    word: str
    items: list[Item]


class Outcome(NamedTuple):
    """What one run of items gave."""

    ops: list[Operation]
    left: list[Item]
    ask: str
    silent: bool
    settled: bool


class Passage:
    """A request being read.

    ``ops``: in the order asked. ``unread``: clauses that were not understood. ``asks``: keys of questions.
    ``settled``: whether something was read that asks for no change, such as "keep the sound".
    """

    def __init__(self, scanned: Scanned, language: str) -> None:
        self.shown = scanned.shown
        self.items = scanned.items
        self.language = language
        self.ops: list[Operation] = []
        self.unread: list[str] = []
        self.asks: list[str] = []
        self.settled = False
        self._last: list[Item] = []
        self._given: list[Operation] = []
        self._left = 0
        self._staying = False
        self._topic: list[Item] = []

    def read(self) -> None:
        """Reads every run; each is read once alone, and once more together with a neighbour at most."""
        runs = list(_runs(self.items))
        at = 0
        while at < len(runs):
            run = runs[at]
            following = runs[at + 1] if at + 1 < len(runs) else None
            at += 1 + self._read_run(run, following)

    def attempt(self, items: list[Item], *, bare: bool = False) -> Outcome:
        """What these items give as one clause."""
        clause = Clause(self.shown, items, self.language, bare=bare)
        found: list[tuple[int, int, Operation]] = []
        for number, rule in enumerate(rules):
            before = set(clause.spent)
            for op in rule(clause):
                claimed = clause.spent - before
                found.append((min(claimed, default=0), number, op))
        found.sort(key=lambda one: one[:2])
        left = clause.left()
        silent = not left and not found
        settled = silent and bool(clause.spent)
        return Outcome([op for *_, op in found], left, clause.ask if not found else "", silent, settled)

    def _read_run(self, run: Run, following: Run | None) -> int:
        """Reads a run; 1 when the following one was read with it."""
        if run.link == "correct" and self._given and mending.mend(self, run):
            return 0
        alone = self.attempt(run.items)
        if self._given and self._continues(run, alone):
            return 0
        if alone.ops:
            self._take(run.items, alone)
            return 0
        if self._settles(run, alone):
            return 0
        return self._with_neighbours(run, alone, following)

    def _settles(self, run: Run, alone: Outcome) -> bool:
        """Whether a run asks for no change; what it names is what a following "it" stands for."""
        if run.link == "and" and self._staying and {item.kind for item in run.items} <= _STAYING:
            return True  # "keep the text and the music"
        self._staying = alone.settled
        if alone.silent:
            self.settled = self.settled or alone.settled
            self._topic = [item for item in run.items if item.kind in _TOPICS]
        return alone.silent

    def _with_neighbours(self, run: Run, alone: Outcome, following: Run | None) -> int:
        """Reads a run that gives nothing alone: by what was spoken of, with the next run, or as a bare stretch of time."""
        about = self.attempt([*self._topic, *run.items]) if self._topic else alone
        if about.ops and len(about.left) <= len(alone.left):
            self._take(run.items, about)
            return 0
        if following is not None and following.link != "correct":
            together = self.attempt([*run.items, *following.items])
            apart = self.attempt(following.items)
            fewer_left = len(together.left) < len(alone.left) + len(apart.left) + (not apart.ops)
            if together.ops and fewer_left and len(together.ops) >= len(apart.ops):
                self._take([*run.items, *following.items], together)
                return 1
        bare = self.attempt(run.items, bare=True)
        if bare.ops:
            self._take(run.items, bare)
            return 0
        self.unread.append(Clause(self.shown, run.items, self.language).text())
        if alone.ask and alone.ask not in self.asks:
            self.asks.append(alone.ask)
        return 0

    def _continues(self, run: Run, alone: Outcome) -> bool:
        """Whether a run only adds to the clause before it: a volume for the music, a place for the text, more objects."""
        if not mending.may_continue(run, alone, self._given[-1]):
            return False
        items = [*self._last, *run.items]
        together = self.attempt(items)
        if not together.ops or len(together.left) > len(alone.left) + self._left:
            return False
        if [op["op"] for op in together.ops[: len(self._given)]] != [op["op"] for op in self._given]:
            return False
        if len(together.ops) > len(self._given) and together.ops[-1]["op"] != self._given[-1]["op"]:
            return False
        self.replace(items, together.ops)
        return True

    def replace(self, items: list[Item], ops: list[Operation]) -> None:
        """The last clause's operations, read anew."""
        del self.ops[len(self.ops) - len(self._given) :]
        self._last, self._given = items, ops
        self.ops += ops

    def _take(self, items: list[Item], outcome: Outcome) -> None:
        fresh = [op for op in outcome.ops if op not in self._given]
        self._last, self._given, self._left = items, fresh or self._given, len(outcome.left)
        self.ops += fresh
        self.unread += [self.shown[item.start : item.end] for item in outcome.left if item.kind in _NOT_DROPPED]
        mending.join_trims(self.ops, self._given, items)

    def strangeness(self) -> int:
        """How many letters the lexicon does not know."""
        return sum(item.end - item.start for item in self.items if item.kind == "word")

    @property
    def last(self) -> tuple[list[Item], list[Operation]]:
        """The items and the operations of the last clause that gave any."""
        return self._last, self._given


def _runs(items: list[Item]) -> list[Run]:
    runs: list[Run] = []
    held: list[Item] = []
    link = word = ""
    for item in items:
        if item.kind in {"mark", "and", "correct"} and not (item.kind == "mark" and item.value in {":", "(", ")"}):
            if len(held) == 1 and held[0].kind in {"no", "not"}:
                # "Blur it, no, make it a beach."
                link, word, held = "correct", "replace", []
            elif held:
                runs.append(Run(link, word, held))
                link, word, held = item.kind, str(item.value), []
            elif link != "correct":
                link, word = item.kind, str(item.value)
        else:
            held.append(item)
    if held:
        runs.append(Run(link, word, held))
    return runs
