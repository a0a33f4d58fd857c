"""Windows of time as the start and end of an operation."""

from __future__ import annotations

from skillwire.language.times import Window
from skillwire.studio.understand.clause import Clause


def tidy(seconds: float | None) -> int | float | None:
    """Whole seconds as an integer, others to the millisecond."""
    if seconds is None:
        return None
    value = round(seconds, 3)
    return int(value) if value == int(value) else value


def stretches(clause: Clause) -> list[dict[str, int | float | None]]:
    """Every stretch of time in a clause as ``{"start", "end"}``; lengths and moments are none."""
    found = []
    for place in clause.places("window"):
        window: Window = clause.items[place].value
        if window.form in {"range", "first", "last", "from", "until"}:
            found.append({"start": tidy(window.start), "end": tidy(window.end)})
            clause.spend_places([place])
    return found


def appearance(clause: Clause) -> dict[str, int | float | None]:
    """From when until when something is shown: a stretch, a moment (then no end), or a length from the start."""
    place = clause.find("window")
    if place is None:
        return {}
    window: Window = clause.items[place].value
    clause.spend_places([place])
    edges = {clause.items[place].value for place in clause.places("part")}
    if window.form in {"for", "span"} and "end" in edges:
        return {"start": tidy(-(window.end or 0)), "end": None}
    if window.form == "at":
        return {"start": tidy(window.start)}
    if window.form == "span":
        return {"start": tidy(window.end)} if window.clock else {"start": 0, "end": tidy(window.end)}
    return {"start": tidy(window.start), "end": tidy(window.end)}


def partial(clause: Clause) -> bool:
    """Whether only a stretch of the clip is meant, and that stretch is not what is kept: "speed up the first 5 s"."""
    if clause.has("keep", "cut", "cutto", "cutoff", "remove", "only"):
        return False
    forms = {clause.items[place].value.form for place in clause.places("window")}
    return bool(forms & {"range", "first", "last", "from", "until"})
