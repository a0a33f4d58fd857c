"""``add_text {text, start?, end?, position?}``: words over the picture."""

from __future__ import annotations

from skillwire.studio.understand.clause import EDGES, Clause, Operation
from skillwire.studio.understand.spans import appearance

_EDGES = EDGES | {"text", "write", "position", "style", "background"}


def read(clause: Clause) -> list[Operation]:
    """Reads "“Hello” at the bottom", "caption it Day one", 底部加标题“新手教程”."""
    if clause.has("remove", "removed", "cutoff", "not", "music"):
        return []
    place = clause.find("quote")
    if place is not None:
        if not _is_shown(clause):
            return []
        text = clause.items[place].value
        clause.spend_places([place])
    elif _orders_text(clause):
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


def _is_shown(clause: Clause) -> bool:
    """Whether a quote is to be seen: where nothing says so, nothing unknown may stand beside it, nor a file be named."""
    if clause.has("text", "write", "position"):
        return True
    return not clause.has("word", "speech", "export")


def _orders_text(clause: Clause) -> bool:
    """Whether text without quotation marks is asked for: "write Hello", "caption it Day one", "add the text Hello"."""
    passing = {"fill", "position", "window", "into", "mark"}
    first = next((item for item in clause.items if item.kind not in passing), None)
    if first is None or not clause.has("text", "write"):
        return False
    # "The text bounces in" speaks of a text that is there already.
    if first.kind == "text":
        return not clause.shown[: first.start].rstrip().lower().endswith("the")
    return bool(first.value) if first.kind == "write" else first.kind == "add"


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
