"""One clause of a request while it is being read: its items, and which of them are spent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from skillwire.studio.understand.scan import Item

Operation = dict[str, Any]

# What a clause may hold beside an operation without anything being left unsaid.
SILENT: Final = frozenset(
    {
        "fill",
        "clip",
        "mark",
        "and",
        "export",
        "article",
        "make",
        "only",
        "to",
        "by",
        "into",
        "style",
        "prep",
        "add",
        "correct",
    }
)
# What free text may not begin or end with. A preposition inside stays: "car by the door".
EDGES: Final = (SILENT - {"style"}) | {"keep", "replace", "rest", "see", "anything"}
# What parts free text: measures, and the marks between clauses.
_MEASURES: Final = frozenset({"window", "percent", "factor", "height", "ratio_value", "mark"})
_VERBS: Final = frozenset({"remove", "cutoff", "replace", "add", "keep", "hear", "see", "write", "other", "rotate"})
_EDGES_OF_CLIP: Final = {"begin": "start", "finish": "end"}


class Clause:
    """The items of one clause. Rules look items up, then spend those that their operation rests on.

    ``ask``: the key of the question to put when the clause says what is wanted, but not how much or what. ``bare``: the
    clause belongs to no other, so that a stretch of time alone is a request.
    """

    def __init__(self, shown: str, items: list[Item], language: str, *, bare: bool = False) -> None:
        self.shown = shown
        self.items = items if language in {"zh", "ja"} else _nouns(items)
        self.language = language
        self.bare = bare
        self.spent: set[int] = set()
        self.ask = ""

    def places(self, *kinds: str) -> list[int]:
        """The places of all unspent items of these kinds."""
        return [place for place, item in enumerate(self.items) if item.kind in kinds and place not in self.spent]

    def find(self, *kinds: str) -> int | None:
        """The place of the first unspent item of one of these kinds."""
        for place, item in enumerate(self.items):
            if item.kind in kinds and place not in self.spent:
                return place
        return None

    def has(self, *kinds: str) -> bool:
        """Whether an unspent item of one of these kinds is there."""
        return self.find(*kinds) is not None

    def value(self, *kinds: str) -> Any:
        """The value of the first unspent item of one of these kinds, which is then spent; ``None`` without one."""
        place = self.find(*kinds)
        if place is None:
            return None
        self.spent.add(place)
        return self.items[place].value

    def spend(self, *kinds: str) -> None:
        """Marks every item of these kinds as used up."""
        self.spent.update(place for place, item in enumerate(self.items) if item.kind in kinds)

    def spend_places(self, places: Iterable[int]) -> None:
        """Marks these places as used up."""
        self.spent.update(places)

    def left(self) -> list[Item]:
        """What no rule has used and what cannot be passed over."""
        return [item for place, item in enumerate(self.items) if place not in self.spent and item.kind not in SILENT]

    def unknown(self) -> bool:
        """Whether words are left that nothing is known about."""
        return self.has("word", "other", "genre")

    def names_a_thing(self) -> bool:
        """Whether unknown words stand after an article: "slow the landing down" is not about the whole clip."""
        return any(
            place
            and self.items[place - 1].kind in {"article", "own"}
            and self.text_at(place - 1) not in {"this", "that"}
            for place in self.places("word")
        )

    def text(self) -> str:
        """The clause as the user wrote it."""
        return self.shown[self.items[0].start : self.items[-1].end] if self.items else ""

    def text_at(self, place: int) -> str:
        """An item's words in lower case."""
        return self.shown[self.items[place].start : self.items[place].end].lower()

    def free(self, low: int, high: int, edges: frozenset[str] = EDGES, *, tail: bool = False) -> range | None:
        """The places of the first free text among ``items[low:high]``, without what only leads to it or closes it.

        A preposition at its end belongs to it ("parked by the door, outside"), unless ``tail`` takes it off.
        """
        closing = edges if tail else edges - {"prep"}
        low, high = max(low, 0), min(high, len(self.items))
        while low < high:
            while low < high and (
                low in self.spent or self.items[low].kind in edges or self.items[low].kind in _MEASURES
            ):
                low += 1
            stop = low
            while stop < high and stop not in self.spent and self.items[stop].kind not in _MEASURES:
                stop += 1
            last = stop
            while last > low and self.items[last - 1].kind in closing:
                last -= 1
            if last > low:
                return range(low, last)
            low = stop + 1
        return None

    def last_free(self, low: int, high: int, edges: frozenset[str] = EDGES) -> range | None:
        """The places of the last free text among ``items[low:high]``."""
        found = None
        while (following := self.free(low, high, edges)) is not None:
            found, low = following, following[-1] + 1
        return found

    def words(self, places: range) -> str:
        """The user's words at these places."""
        marks = " .,;:!?。，；：！？、-" if self.items[places[-1]].kind == "quote" else " .,;:!?。，；：！？、'\"-"
        return self.shown[self.items[places[0]].start : self.items[places[-1]].end].strip(marks)


def _nouns(items: list[Item]) -> list[Item]:
    """Verbs right after an article are nouns: "the drop of water", "the ending"; before a style they tell it: "smooth jazz"."""
    nouns = list(items)
    for place, item in enumerate(items[1:], 1):
        if item.kind == "genre" and items[place - 1].kind == "other":
            nouns[place - 1] = items[place - 1]._replace(kind="word")
        if items[place - 1].kind != "article":
            continue
        if item.kind in _VERBS:
            nouns[place] = item._replace(kind="word")
        elif item.kind in _EDGES_OF_CLIP:
            nouns[place] = item._replace(kind="part", value=_EDGES_OF_CLIP[item.kind])
    return nouns
