"""What a clause wants gone: found once, then each operation takes what is its own."""

from __future__ import annotations

from skillwire.studio.understand.clause import EDGES, Clause

# Verbs that take something away; ``no`` and ``removed`` do it without an object after them.
VERBS = ("remove", "cutoff")
_AFTER_THEIR_OBJECT = frozenset({"ja"})
_TRAILING = EDGES | {"remove", "removed", "cutoff", "no", "out", "get", "not", "see", "hear"}


def is_removal(clause: Clause) -> bool:
    """Whether the clause takes something away, in whatever words."""
    return clause.has(*VERBS, "removed", "no") or (clause.has("get") and clause.has("out")) or _unwanted(clause)


def _unwanted(clause: Clause) -> bool:
    return clause.has("not") and clause.has("see", "hear")


def target(clause: Clause) -> range | None:
    """The places of what should go: after the verb, or before it where the verb comes last."""
    got, out = clause.find("get"), clause.find("out")
    if got is not None and out is not None and got < out and not clause.has(*VERBS):
        return clause.free(got + 1, out, _TRAILING)
    for kind in ("removed", *VERBS, "no", "see", "hear"):
        place = clause.find(kind)
        if place is None:
            continue
        before, after = clause.free(0, place, _TRAILING), clause.free(place + 1, len(clause.items), _TRAILING)
        if kind == "no" and clause.language == "zh":
            return after  # a 没有 after it all asks whether it is so
        if kind == "removed" or clause.language in _AFTER_THEIR_OBJECT:
            return before or after
        return after or before
    return None


def head(clause: Clause, places: range) -> str:
    """The kind of the word that says what a phrase is about: "audio" of "the sound of the video".

    Chinese and Japanese put it last; the other languages before the first preposition. A word that the lexicon does not
    hold makes the phrase a thing in the picture.
    """
    kinds = [
        clause.items[place].kind
        for place in places
        if clause.items[place].kind not in {"fill", "article", "clip", "position", "style"}
    ]
    if not kinds:
        return ""
    if clause.language in {"zh", "ja"}:
        return kinds[-1] if "word" not in kinds[-1:] else "word"
    stop = next(
        (place for place, kind in enumerate(kinds) if place and kind in {"prep", "to", "into", "by"}), len(kinds)
    )
    core = kinds[:stop]
    if clause.language in {"en", "de"}:
        return core[-1] if core else kinds[0]
    return next((kind for kind in core if kind not in {"prep", "style"}), kinds[0])


def only(clause: Clause, places: range, *kinds: str) -> bool:
    """Whether a phrase holds nothing but these kinds and filler."""
    allowed = {*kinds, "fill", "article", "clip", "prep", "only", "anything", "to"}
    return all(clause.items[place].kind in allowed for place in places)
