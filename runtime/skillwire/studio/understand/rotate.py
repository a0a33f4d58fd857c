"""``rotate {degrees}``: the whole picture turned clockwise by one, two or three quarters."""

from __future__ import annotations

from typing import Final

from skillwire.studio.understand.clause import Clause, Operation

# What a turn may stand beside; anything else is a thing of its own ("rotate the logo", "no rotation").
_ELSEWHERE: Final = ("word", "other", "genre", "text", "music", "background", "no", "not", "window", "part")
_QUARTERS: Final = frozenset({90, 180, 270})


def read(clause: Clause) -> list[Operation]:
    """Reads "rotate 90 degrees", "turn it to the left", "upside down", 逆时针旋转90度; not "rotate the logo"."""
    named = clause.has("rotate")
    if not (named or clause.has("turning", "degree")):
        return []
    if clause.has(*_ELSEWHERE):
        return []
    degrees = _degrees(clause)
    if degrees is None:
        clause.ask = "rotate"
        return []
    clause.spend("rotate", "turning", "degree", "plain", "fraction", "make", "replace", "by")
    return [{"op": "rotate", "degrees": degrees}]


def _degrees(clause: Clause) -> int | None:
    """Degrees clockwise; ``None`` when none are said or they are no quarters of a turn."""
    said = [clause.items[place].value for place in clause.places("rotate", "turning", "degree")]
    plain, share = clause.find("plain"), clause.find("fraction")
    if plain is not None:
        amount = float(clause.items[plain].value)
    elif share is not None:
        amount = 360 * float(clause.items[share].value)
    elif "half" in said:
        return 180
    elif "left" in said or "right" in said:
        amount = 90.0
    else:
        return None
    degrees = (-amount if "left" in said else amount) % 360
    return int(degrees) if degrees in _QUARTERS else None
