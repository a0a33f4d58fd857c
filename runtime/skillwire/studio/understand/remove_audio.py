"""``remove_audio {start?, end?}``: the sound taken out, of all of the clip or of a stretch of it."""

from __future__ import annotations

from . import removal
from .clause import Clause, Operation
from .spans import stretches

_SOUND = ("audio", "music", "hear", "anything", "volume")


def read(clause: Clause) -> list[Operation]:
    """"Mute it", "no sound from 3 to 5", "I don't want to hear anything"; not "remove the wind noise"."""
    if not (clause.has("mute") or _silences(clause)):
        return []
    if clause.has("noise", "speech") and not clause.has("audio"):
        clause.ask = "noise"
        return []
    if clause.has("window"):
        spans = stretches(clause)
        if not spans:
            clause.ask = "when"
            return []
    else:
        spans = [{}]
    clause.spend("mute", "removed", "remove", "cutoff", "cut", "no", "not", "see", "keep", "noise", "speech", *_SOUND)
    return [{"op": "remove_audio", **span} for span in spans]


def _silences(clause: Clause) -> bool:
    if clause.has("not") and clause.has("hear"):
        return True
    if clause.has("not") and clause.has("audio") and clause.has("see", "keep") and not clause.has("word"):
        return True
    if clause.has("noise", "speech") and not clause.has("audio"):
        if removal.is_removal(clause):
            clause.ask = "noise"
        return False
    if not (removal.is_removal(clause) or clause.has("cut")) or not clause.has("audio", "music"):
        return False
    if clause.has("cut") and not removal.is_removal(clause):
        return _cuts_sound(clause)
    if clause.has("no") and clause.has("music") and not clause.has("audio"):
        return False
    places = removal.target(clause)
    if places is None:
        return False
    subject = removal.head(clause, places)
    if subject not in {"audio", "music"}:
        return False
    if not removal.only(clause, places, "audio", "music", "noise"):
        clause.ask = "noise"
        return False
    return True


def _cuts_sound(clause: Clause) -> bool:
    """"Cut the sound" takes it away; "cut the clip where the sound starts" does not."""
    cut, sound = clause.find("cut"), clause.find("audio")
    between = {"fill", "article", "clip", "own"}
    return (
        cut is not None
        and sound is not None
        and all(item.kind in between for item in clause.items[min(cut, sound) + 1 : max(cut, sound)])
        and not clause.has("percent", "word", "fraction")
    )
