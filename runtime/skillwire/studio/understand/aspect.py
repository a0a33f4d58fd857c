"""``aspect {ratio}``: the shape of the picture, width to height."""

from __future__ import annotations

from .clause import Clause, Operation


def read(clause: Clause) -> list[Operation]:
    """Reads "9:16", "square", "portrait for stories", 竖屏; not "blur the square"."""
    ratio = clause.value("ratio_value")
    if ratio is None:
        if not clause.has("aspect"):
            if clause.has("reframe", "ratio") and not clause.unknown():
                clause.ask = "aspect"
            return []
        if clause.unknown() and not clause.has("reframe", "ratio", "make", "replace", "export"):
            return []
        ratio = clause.value("aspect")
    clause.spend("aspect", "reframe", "ratio", "replace", "cut", "downscale", "keep")
    return [{"op": "aspect", "ratio": ratio}]
