"""``add_music {query, volume?}``: music laid under the picture, by the user's words for it."""

from __future__ import annotations

from skillwire.studio.understand.amounts import level
from skillwire.studio.understand.clause import EDGES, Clause, Operation
from skillwire.studio.understand.removal import head

_EDGES = EDGES | {
    "music",
    "audio",
    "volume",
    "quieter",
    "louder",
    "background",
    "behind",
    "lower",
    "raise",
    "speed",
    "write",
    "position",
}

_CONTENT = frozenset({"word", "genre", "quote", "mute", "style"})


def read(clause: Clause) -> list[Operation]:
    """Reads "Dark techno at 0.6 volume", "lo-fi as background music", 来段摇滚背景乐; not "remove the music"."""
    named = clause.has("music")
    if not (named or clause.has("genre")) or (
        clause.has("remove", "removed", "cutoff", "no", "not", "text", "other", "speech")
        or (clause.has("write") and clause.has("quote"))
    ):
        return []
    volume = level(clause)
    places = _query(clause)
    if places is None:
        if named and clause.has("add"):
            clause.ask = "music"
        return []
    if not named and (clause.has("ratio_value", "aspect") or not _sounds_like_music(clause, places, volume)):
        return []
    query = clause.words(places)
    clause.spend_places(places)
    # "Replace the sound with jazz" takes the sound away too.
    instead = clause.has("audio") and clause.has("replace")
    clause.spend("music", "genre", "volume", "quieter", "lower", "keep", "replace", "background", "audio")
    music = {"op": "add_music", "query": query} | ({} if volume is None else {"volume": volume})
    return [{"op": "remove_audio"}, music] if instead else [music]


def _query(clause: Clause) -> range | None:
    low = 0
    # "Rain sounds" is a query when the music is named besides it.
    edges = _EDGES - {"audio"} if clause.language == "en" and clause.has("music") else _EDGES
    while (places := clause.free(low, len(clause.items), edges, tail=True)) is not None:
        if any(clause.items[place].kind in _CONTENT for place in places):
            return _after_lead(clause, places)
        low = places[-1] + 1
    return None


def _after_lead(clause: Clause, places: range) -> range:
    """Of "a vertical video with upbeat" before "music" the part after what leads to the music."""
    leads = [p for p in places if clause.items[p].kind in {"add", "replace", "clip"} or clause.text_at(p) == "with"]
    music = clause.find("music")
    if not leads or (music is not None and music < places[0]):
        return places
    rest = clause.free(leads[-1] + 1, places[-1] + 1, _EDGES, tail=True)
    return rest if rest is not None and any(clause.items[p].kind in _CONTENT for p in rest) else places


def _sounds_like_music(clause: Clause, places: range, volume: float | None) -> bool:
    """A style of music alone is a wish for it; among other unknown words it may be a thing or a place."""
    unknown = sum(clause.items[place].kind == "word" for place in places)
    return unknown == 0 or volume is not None or clause.has("add", "replace") or head(clause, places) == "genre"
