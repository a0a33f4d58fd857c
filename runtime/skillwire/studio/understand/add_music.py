"""``add_music {query, volume?}``: music laid under the picture, by the user's words for it."""

from __future__ import annotations

from .amounts import level
from .clause import EDGES, Clause, Operation

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
    clause.spend("music", "genre", "volume", "quieter", "lower", "keep", "replace", "background")
    return [{"op": "add_music", "query": query} | ({} if volume is None else {"volume": volume})]


def _query(clause: Clause) -> range | None:
    low = 0
    # "Rain sounds" is a query when the music is named besides it.
    edges = _EDGES - {"audio"} if clause.language == "en" and clause.has("music") else _EDGES
    while (places := clause.free(low, len(clause.items), edges, tail=True)) is not None:
        if any(clause.items[place].kind in {"word", "genre", "quote", "mute", "style"} for place in places):
            return places
        low = places[-1] + 1
    return None


def _sounds_like_music(clause: Clause, places: range, volume: float | None) -> bool:
    """A style of music alone is a wish for it; among other unknown words it may be a thing or a place."""
    unknown = sum(clause.items[place].kind == "word" for place in places)
    return unknown == 0 or volume is not None or clause.has("add")
