"""``replace_background {with}``: words of the user, ``blur`` or ``transparent``."""

from __future__ import annotations

from skillwire.studio.understand import removal
from skillwire.studio.understand.clause import EDGES, Clause, Operation

_PLACE = ("background", "behind", "front", "scene")
_EDGES = EDGES | {"remove", "removed", "no", "get", "out", "ratio", "own", *_PLACE}


def read(clause: Clause) -> list[Operation]:
    """Reads "Sunset behind me", "grey background", "blur the background", "remove the background"; not "darken it"."""
    place = clause.find(*_PLACE)
    if place is None and clause.has("transparent") and not clause.unknown():
        return _replaced(clause, "transparent")
    if place is None:
        place = _put_there(clause)
    if place is None or clause.has("other"):
        return []
    if clause.has("remove", "cutoff", "removed") and not _is_what_goes(clause):
        return []
    for treatment in ("blur", "transparent"):
        if clause.has(treatment):
            return _replaced(clause, treatment)
    after, before = clause.free(place + 1, len(clause.items), _EDGES), clause.last_free(0, place, _EDGES)
    if before is not None:
        before = _after_last_into(clause, before)
    chosen = after if after is not None and _content(clause, after) else before
    if chosen is None or not _content(clause, chosen):
        if removal.is_removal(clause):
            return _replaced(clause, "transparent")
        clause.ask = "background"
        return []
    new = clause.words(chosen)
    clause.spend_places(chosen)
    return _replaced(clause, new)


def _put_there(clause: Clause) -> int | None:
    """The place of "in the background" where something is to be put there; music there is heard, not seen."""
    if clause.has("music", "genre", "audio", "text", "quote") or removal.is_removal(clause):
        return None
    for place in clause.places("prep"):
        whose = clause.free(place + 1, len(clause.items), _EDGES)
        if clause.items[place].value == "background" and (whose is None or clause.has("replace")):
            return place
        # "A meadow behind the kids"
        if clause.items[place].value == "behind" and whose is not None and _anything_new(clause, place):
            clause.spend_places(whose)
            return place
    return None


def _anything_new(clause: Clause, place: int) -> bool:
    """Whether something that is not there yet is named before: "a meadow", not "the meadow"."""
    new = clause.last_free(0, place, _EDGES)
    return new is not None and (new[0] == 0 or clause.text_at(new[0] - 1) not in {"the", "that", "this", "those"})


def _after_last_into(clause: Clause, places: range) -> range:
    """Of "my bedroom for an office" the office."""
    marks = [place for place in places if clause.items[place].kind == "into"]
    if marks and clause.has("replace"):
        return clause.free(marks[-1] + 1, places[-1] + 1, _EDGES) or places
    return places


def _is_what_goes(clause: Clause) -> bool:
    places = removal.target(clause)
    if places is None:
        return False
    # "Remove the background and add a beach": what is added does not go.
    stop = next((p for p in places if clause.items[p].kind in {"add", "keep", "replace"}), places[-1] + 1)
    return removal.head(clause, range(places[0], stop)) == "background"


def _content(clause: Clause, places: range) -> bool:
    return any(clause.items[place].kind in {"word", "genre", "quote", "aspect", "text", "style"} for place in places)


def _replaced(clause: Clause, new: str) -> list[Operation]:
    clause.spend(
        *_PLACE,
        "blur",
        "transparent",
        "remove",
        "removed",
        "no",
        "replace",
        "keep",
        "get",
        "out",
        "cutoff",
        "not",
        "see",
    )
    return [{"op": "replace_background", "with": new}]
