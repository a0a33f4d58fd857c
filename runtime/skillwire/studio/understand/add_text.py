"""``add_text {text, start?, end?, position?}``: words over the picture."""

from __future__ import annotations

from .clause import EDGES, Clause, Operation
from .spans import appearance

_EDGES = EDGES | {"text", "write", "position", "style", "background"}


def read(clause: Clause) -> list[Operation]:
    """Reads "“Hello” at the bottom", "caption it Day one", 底部加标题“新手教程”."""
    if clause.has("remove", "removed", "cutoff", "not", "music"):
        return []
    place = clause.find("quote")
    if place is not None:
        text = clause.items[place].value
        clause.spend_places([place])
    elif clause.has("text", "write"):
        text = _unquoted(clause)
    else:
        return []
    if not text:
        if clause.has("text"):
            clause.ask = "text"
        return []
    position = clause.value("position")
    clause.spend("text", "write", "position", "keep", "replace", "style")
    return [{"op": "add_text", "text": text, **appearance(clause)} | ({"position": position} if position else {})]


def _unquoted(clause: Clause) -> str:
    """Text without quotation marks: what follows the word for text, up to a position, a time or the end."""
    lead = clause.find("text", "write")
    if lead is None or clause.has("other"):
        return ""
    stop = next((p for p in clause.places("position", "window") if p > lead + 1), len(clause.items))
    places = clause.free(lead + 1, stop, _EDGES)
    if clause.has("text"):
        # After the word for text, a capital begins the text, whatever the words mean: "the text Hello there".
        lead = clause.places("text")[-1]
        begun = clause.free(lead + 1, stop, frozenset({"article", "mark", "position", "to", "into"}))
        if begun is not None and clause.shown[clause.items[begun[0]].start].isupper():
            places = begun
    if places is None:
        return ""
    text = clause.words(places)
    if not (text[:1].isupper() or any(clause.items[p].kind in {"word", "genre"} for p in places)):
        return ""
    clause.spend_places(places)
    return text
