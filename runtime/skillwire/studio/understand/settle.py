"""What asks for no change: "keep the sound", "don't touch the music", "not vertical"."""

from __future__ import annotations

from typing import Final

from skillwire.studio.understand.clause import Clause, Operation

_WISHES: Final = ("see", "hear", "anything")
_NAMED: Final = frozenset(
    {"audio", "music", "background", "text", "speed", "volume", "ratio", "resolution", "speech", "noise"}
)


def read(clause: Clause) -> list[Operation]:
    """Spends what is to stay as it is; gives no operation."""
    place = clause.find("not")
    if place is not None and not clause.has(*_WISHES) and not _negated_keeping(clause, place):
        whole = clause.language in {"ja", "de"} or not _acts(clause, place)
        clause.spend_places(range(0 if whole else place, len(clause.items)))
    elif (
        (clause.has("no") and clause.has("meta", "export", "reframe", "cut") and not clause.unknown())
        or clause.has("touch")
        or (clause.has("keep") and clause.has(*_NAMED) and _only_names(clause))
    ):
        clause.spend_places(range(len(clause.items)))
    return []


def _negated_keeping(clause: Clause, place: int) -> bool:
    """Whether it is as in "don't keep the audio", which asks for its removal."""
    return any(clause.items[p].kind == "keep" for p in range(place, len(clause.items))) and clause.has("audio")


def _acts(clause: Clause, place: int) -> bool:
    """Whether something is asked for before the negation: "crop it without touching the sound"."""
    return any(clause.items[p].kind not in {"fill", "article", "clip", *_NAMED} for p in range(place))


def _only_names(clause: Clause) -> bool:
    passing = {"keep", "fill", "article", "clip", "only", "own", "touch", "prep", "to", "into", "mark", *_NAMED}
    return all(item.kind in passing for place, item in enumerate(clause.items) if place not in clause.spent)
