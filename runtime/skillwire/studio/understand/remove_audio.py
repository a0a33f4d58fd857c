"""``remove_audio {start?, end?}``: the sound taken out, of all of the clip or of a stretch of it."""

from __future__ import annotations

from skillwire.studio.understand import removal
from skillwire.studio.understand.clause import Clause, Operation
from skillwire.studio.understand.spans import stretches

_SOUND = ("audio", "music", "hear", "anything", "volume")


def read(clause: Clause) -> list[Operation]:
    """Reads "Mute it", "no sound from 3 to 5", "I don't want to hear anything"; not "remove the wind noise"."""
    if not (clause.has("mute") or _silences(clause)):
        return []
    if clause.has("noise", "speech") and not clause.has("audio"):
        clause.ask = "noise"
        return []
    if clause.has("mute") and not clause.has("window", "audio") and (clause.names_a_thing() or clause.has("meta")):
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
    """Whether the sound as a whole is unwanted; a part of it that is sets the question."""
    if clause.has("not") and clause.has("hear"):
        return True
    if clause.has("not") and clause.has("audio") and clause.has("see", "keep") and not clause.has("word"):
        return True
    removed = removal.is_removal(clause)
    if clause.has("noise", "speech") and not clause.has("audio"):
        clause.ask = "noise" if removed else clause.ask
        return False
    if not removed:
        return clause.has("cut") and _cuts_sound(clause)
    # "No music" may as well mean that none be added.
    if not clause.has("audio") and (clause.has("no") or not clause.has("music")):
        return False
    return _is_sound(clause, removal.target(clause))


def _is_sound(clause: Clause, places: range | None) -> bool:
    if places is None or removal.head(clause, places) not in {"audio", "music"}:
        return False
    if removal.only(clause, places, "audio", "music", "noise"):
        return True
    clause.ask = "noise"
    return False


def _cuts_sound(clause: Clause) -> bool:
    """Reads "Cut the sound" takes it away; "cut the clip where the sound starts" does not."""
    cut, sound = clause.find("cut"), clause.find("audio")
    between = {"fill", "article", "clip", "own"}
    return (
        cut is not None
        and sound is not None
        and all(item.kind in between for item in clause.items[min(cut, sound) + 1 : max(cut, sound)])
        and not clause.has("percent", "word", "fraction")
    )
