"""``volume {factor}``: the sound made louder or quieter; 1 leaves it as it is."""

from __future__ import annotations

from skillwire.studio.understand.amounts import change
from skillwire.studio.understand.clause import Clause, Operation
from skillwire.studio.understand.spans import partial

_UP, _DOWN = ("louder", "raise"), ("quieter", "lower", "cut", "remove")


def read(clause: Clause) -> list[Operation]:
    """Reads "Sound 10 % softer", "volume x3", "half as loud", 音量降低40%."""
    about_sound = clause.has("volume", "louder", "quieter") or (
        clause.has("audio", "music") and clause.has("raise", "lower", "percent", "factor", "fraction")
    )
    if not about_sound:
        return []
    if partial(clause):
        clause.ask = "part"
        return []
    factor = change(clause, _UP, _DOWN)
    if factor is None:
        clause.ask = "volume"
        return []
    clause.spend("volume", "audio", "music", "replace", "keep", "speed", *_UP, *_DOWN)
    return [{"op": "volume", "factor": factor}]
