"""``aspect {ratio, mode}``: the shape of the picture, width to height, and whether it is cut to it (``crop``) or set into
it whole (``fit``); the mode only when words of its own ask for one.
"""

from __future__ import annotations

from skillwire.studio.understand.clause import Clause, Operation


def read(clause: Clause) -> list[Operation]:
    """Reads "9:16", "square", "portrait for stories", 竖屏; not "blur the square"."""
    ratio = clause.value("ratio_value")
    if ratio is None:
        if not clause.has("aspect"):
            if clause.has("reframe", "ratio", "framing") and not clause.unknown():
                clause.ask = "aspect"
            return []
        if clause.unknown() and not clause.has("reframe", "ratio", "make", "replace", "export"):
            return []
        ratio = _named(clause)
    clause.spend("aspect", "reframe", "ratio", "replace", "cut", "downscale", "keep")
    mode = clause.value("framing")
    return [{"op": "aspect", "ratio": ratio} | ({"mode": mode} if mode else {})]


def _named(clause: Clause) -> str:
    """The shape that is meant; of "from landscape to portrait" the second."""
    places = clause.places("aspect")
    led = [place for place in places if place and clause.items[place - 1].kind in {"to", "into"}]
    return str(clause.items[led[-1] if led else places[0]].value)
