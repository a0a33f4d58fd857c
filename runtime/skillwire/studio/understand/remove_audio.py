"""``remove_audio {start?, end?}``: the sound taken out, of all of the clip or of a stretch of it."""

from __future__ import annotations

from .clause import Clause, Operation


def read(clause: Clause) -> Operation | None:
    """ "Mute it", "no sound", "strip all audio"; not "keep the sound" nor "don't mute"."""
    wanted = clause.has("mute") or (clause.has("audio") and clause.has("remove", "no"))
    if not wanted or clause.has("not", "keep"):
        return None
    clause.spend("mute", "audio", "remove", "no")
    return {"op": "remove_audio"}
