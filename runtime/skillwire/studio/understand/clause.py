"""One clause of a request while it is being read: its items, and which of them are spent."""

from __future__ import annotations

from typing import Any, Final

from .scan import Item

Operation = dict[str, Any]

# What a clause may hold beside an operation without anything being left unsaid.
SILENT: Final = frozenset({"fill", "clip", "mark", "and", "export"})


class Clause:
    """The items of one clause. Rules look items up, then spend those that their operation rests on."""

    def __init__(self, shown: str, items: list[Item]) -> None:
        self.shown = shown
        self.items = items
        self.spent: set[int] = set()

    def find(self, *kinds: str) -> int | None:
        """The place of the first unspent item of one of these kinds."""
        for place, item in enumerate(self.items):
            if item.kind in kinds and place not in self.spent:
                return place
        return None

    def has(self, *kinds: str) -> bool:
        """Whether an unspent item of one of these kinds is there."""
        return self.find(*kinds) is not None

    def spend(self, *kinds: str) -> None:
        """Marks every item of these kinds as used up."""
        self.spent.update(place for place, item in enumerate(self.items) if item.kind in kinds)

    def left(self) -> list[Item]:
        """What no rule has used and what cannot be passed over."""
        return [item for place, item in enumerate(self.items) if place not in self.spent and item.kind not in SILENT]

    def text(self) -> str:
        """The clause as the user wrote it."""
        return self.shown[self.items[0].start : self.items[-1].end] if self.items else ""
