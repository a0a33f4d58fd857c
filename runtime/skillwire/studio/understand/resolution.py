"""``resolution {height}``: pixels from top to bottom."""

from __future__ import annotations

from typing import Final

from skillwire.studio.understand.clause import Clause, Operation

# Heights that are spoken of without a unit.
_USUAL: Final = frozenset({240, 360, 480, 540, 576, 720, 1080, 1440, 2160, 4320})


def read(clause: Clause) -> list[Operation]:
    """Reads "720p", "convert to full hd", "720" alone, 输出分辨率480p."""
    height = clause.value("height")
    if height is None:
        place = next((place for place in clause.places("plain") if _is_height(clause, clause.items[place].value)), None)
        if place is None:
            if clause.has("resolution"):
                clause.ask = "resolution"
            return []
        height = clause.items[place].value
        clause.spend_places([place])
    clause.spend("resolution", "downscale", "replace", "keep", "lower", "raise")
    return [{"op": "resolution", "height": int(height)}]


def _is_height(clause: Clause, value: float) -> bool:
    return value in _USUAL or (clause.has("resolution", "downscale") and 100 <= value <= 8640)
