"""Clauses that belong to the one before: corrections ("25 seconds, I mean 24") and what is added later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from skillwire.language.times import Window
from skillwire.studio.understand.clause import Clause, Operation
from skillwire.studio.understand.scan import Item
from skillwire.studio.understand.spans import tidy

if TYPE_CHECKING:
    from skillwire.studio.understand.passage import Outcome, Passage, Run

_FREE: Final = {"add_text": "text", "add_music": "query", "replace_background": "with", "remove_object": "target"}
# What one value may stand in for.
_ALIKE: Final = (
    frozenset({"window", "plain"}),
    frozenset({"percent", "plain", "fraction", "factor"}),
    frozenset({"aspect", "ratio_value"}),
    frozenset({"height", "plain"}),
    frozenset({"quote"}),
    frozenset({"position"}),
    frozenset({"blur", "transparent"}),
)
_VALUES: Final = frozenset().union(*_ALIKE)
_PASSING: Final = frozenset(
    {"fill", "add", "export", "article", "clip", "to", "into", "by", "only", "make", "style", "prep"}
)
# What may follow an operation in a clause of its own and still belong to it.
_ADDENDA: Final = {
    "add_text": frozenset({"window", "position", "style", "write", "text", "quote"}),
    "add_music": frozenset(
        {"volume", "percent", "plain", "fraction", "quieter", "lower", "genre", "word", "style", "audio"}
    ),
    "remove_audio": frozenset({"window"}),
    "trim": frozenset({"window", "rest", "remove", "cutoff", "cut", "only", "keep", "part"}),
    "remove_object": frozenset({"word", "genre", "text", "remove", "removed", "cutoff", "cut"}),
    "replace_background": frozenset({"word", "add", "blur", "transparent", "genre", "keep", "replace", "quote"}),
    "aspect": frozenset({"framing"}),
    "volume": frozenset({"percent", "factor", "fraction"}),
    "speed": frozenset({"percent", "factor", "fraction"}),
}


def may_continue(run: Run, alone: Outcome, last: Operation) -> bool:
    """Whether a run could belong to the operation before it: it names nothing that asks for another one."""
    kinds = {item.kind for item in run.items} - _PASSING
    allowed = _ADDENDA.get(last["op"], frozenset())
    if not kinds or not kinds <= allowed:
        return False
    if last["op"] == "add_text" and "quote" in kinds:
        return False
    if last["op"] == "add_music" and alone.ops:
        # "And lower the volume" is a request of its own.
        own = run.link == "and" and kinds & {"lower", "raise", "quieter"}
        return not own and "volume" not in last and [op["op"] for op in alone.ops] == ["volume"]
    if last["op"] in {"remove_object", "add_music"} and kinds & {"word", "genre"} and run.link != "and":
        # "Remove the man, the dog and the car."
        return last["op"] == "remove_object" and run.items[0].kind == "article" and kinds == {"word"}
    return not alone.ops


def mend(passage: Passage, run: Run) -> bool:
    """Puts a correction in the place of what it corrects; false when it corrects nothing."""
    items, given = passage.last
    alone = passage.attempt(run.items)
    if [op["op"] for op in alone.ops[:1]] == [given[-1]["op"]]:
        passage.replace(run.items, [*given[:-1], *alone.ops])
        return True
    mended = _substituted(items, run.items)
    if mended is not None:
        together = passage.attempt(mended)
        if together.ops and len(together.ops) == len(given) and together.ops != given:
            passage.replace(mended, together.ops)
            return True
    key = _FREE.get(given[-1]["op"])
    if key is not None and not alone.ops:
        clause = Clause(passage.shown, run.items, passage.language)
        places = clause.free(0, len(run.items))
        if places is not None and any(
            run.items[place].kind == "word" or run.items[place].kind == "genre" for place in places
        ):
            passage.replace(items, [*given[:-1], {**given[-1], key: clause.words(places)}])
            return True
    if alone.ops and run.word == "replace":
        passage.replace(run.items, [*given[:-1], *alone.ops])
        return True
    return False


def _substituted(items: list[Item], repair: list[Item]) -> list[Item] | None:
    """The items with the values of a repair in the place of theirs, the last alike one first."""
    values = [item for item in repair if item.kind in _VALUES]
    if not values or any(item.kind not in _VALUES | _PASSING | {"keep", "no", "volume", "speed"} for item in repair):
        return None
    mended = list(items)
    for value in values:
        place = next((p for p in reversed(range(len(mended))) if _alike(mended[p].kind, value.kind)), None)
        if place is None:
            return None
        mended[place] = mended[place]._replace(kind=_kind(mended[place], value), value=_value(mended[place], value))
    return mended


def _alike(old: str, new: str) -> bool:
    return any(old in group and new in group for group in _ALIKE)


def _kind(old: Item, new: Item) -> str:
    return old.kind if new.kind == "plain" else new.kind


def _value(old: Item, new: Item) -> Any:
    """The new value in the form of the old: "the last 5 seconds, I mean 6" are still the last ones."""
    if isinstance(old.value, Window):
        window: Window = old.value
        if new.kind == "plain":
            seconds = float(new.value)
        elif isinstance(new.value, Window) and new.value.form in {"span", "at"}:
            seconds = float(new.value.end or 0)
        else:
            return new.value
        match window.form:
            case "first" | "until" | "for" | "span" | "range":
                return window._replace(end=seconds)
            case "last":
                return window._replace(start=-seconds)
            case "at":
                return window._replace(start=seconds, end=seconds)
            case _:
                return window._replace(start=seconds)
    if new.kind == "plain" and old.kind == "percent" and new.value > 1:
        return new.value / 100
    return new.value


def join_trims(ops: list[Operation], given: list[Operation], items: list[Item]) -> None:
    """Joins "start at 5 and end at 20", "cut the first 3 s and cut the last 2" are one stretch: the two trims become one."""
    if len(ops) < 2 or ops[-1]["op"] != "trim" or ops[-2]["op"] != "trim" or len(given) != 1:
        return
    earlier, later = ops[-2], ops[-1]
    ending = any(item.kind in {"finish", "begin"} for item in items)
    if earlier["end"] is None and later["start"] == 0 and later["end"] is not None and (ending or later["end"] < 0):
        joined = {"op": "trim", "start": earlier["start"], "end": later["end"]}
    elif ending and later["end"] is None and earlier["start"] == 0 and earlier["end"] is not None:
        joined = {"op": "trim", "start": later["start"], "end": earlier["end"]}
    else:
        return
    ops[-2:] = [joined | {"start": tidy(joined["start"]), "end": tidy(joined["end"])}]
    given[:] = [joined]
