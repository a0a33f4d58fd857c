"""``remove_object {target}``: a thing in the picture, in the user's words."""

from __future__ import annotations

from skillwire.studio.understand import removal
from skillwire.studio.understand.clause import Clause, Operation

# What can go that is no thing in the picture.
_OTHER_THINGS = frozenset(
    {"audio", "music", "noise", "speech", "background", "part", "rest", "change", "", "volume", "speed"}
)


def read(clause: Clause) -> list[Operation]:
    """Reads "Erase the drone shadow", "get the cup off the table", "that bag has to disappear"; not "remove the sound"."""
    if not removal.is_removal(clause) or (clause.has("quote") and clause.has("add", "write")):
        return []
    places = removal.target(clause)
    if places is None or removal.head(clause, places) in _OTHER_THINGS:
        return []
    if not any(clause.items[place].kind in {"word", "text", "quote", "blur", "genre", "aspect"} for place in places):
        return []
    if not clause.has(*removal.VERBS, "removed", "get") and clause.has("meta", "export"):
        return []  # "no edits now" wishes nothing out of the picture
    target = clause.words(places)
    if not target:
        return []
    clause.spend_places(places)
    if clause.has("get") and clause.has("out"):
        clause.spend_places(range(len(clause.items)))
    clause.spend("remove", "removed", "cutoff", "no", "not", "see", "get", "out")
    return [{"op": "remove_object", "target": target}]
