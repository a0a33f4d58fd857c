"""``speed {factor}``: faster above 1, slower below."""

from __future__ import annotations

from skillwire.studio.understand.amounts import change
from skillwire.studio.understand.clause import Clause, Operation
from skillwire.studio.understand.spans import partial

_UP, _DOWN = ("speedup", "raise"), ("slowdown", "lower", "cut")


def read(clause: Clause) -> list[Operation]:
    """Reads "Half speed", "2x slower", "accelerate 1.75x", "run it at 50 percent", 三倍速."""
    named = clause.has("speed", "speedup", "slowdown")
    if not named and (not clause.has("factor") or clause.unknown() or clause.has("volume", "audio", "music")):
        return []
    if clause.names_a_thing() or partial(clause):
        clause.ask = "part"
        return []
    factor = change(clause, _UP, _DOWN)
    if not factor:
        clause.ask = "speed"
        return []
    clause.spend("speed", "replace", "keep", *_UP, *_DOWN)
    return [{"op": "speed", "factor": factor}]
