"""``trim {start, end}``: the stretch that is kept; negative seconds count from the end, an ``end`` of null is the end."""

from __future__ import annotations

from skillwire.language.times import Window
from skillwire.studio.understand.clause import Clause, Operation
from skillwire.studio.understand.spans import tidy

_REMOVING = ("cutoff", "remove", "removed", "no", "not")
_KEEPING = ("keep", "cutto", "only")
_VERBS = (*_REMOVING, *_KEEPING, "cut", "finish", "begin", "rest", "except")


def read(clause: Clause) -> list[Operation]:
    """Reads "Cut the last 5 seconds", "keep 0:15 to 0:40", "end at 0:30", 开头4秒剪掉."""
    places = clause.places("window")
    asked = clause.has(*_VERBS) or (clause.has("get") and clause.has("out"))
    if places and not asked and clause.has("make") and clause.items[places[0]].value.form == "span":
        asked = True  # "make it 15 seconds", "make a 15 second clip"
    if places and clause.bare and not asked:
        return _bare(clause, places)
    if not places or not asked:
        if clause.has("cut", "cutto", "cutoff") and not clause.has("word", "percent", "factor"):
            clause.ask = "trim"
        return []
    windows = [clause.items[place].value for place in places]
    to_length = clause.language == "ja" and windows[0].form == "at" and clause.has("cut", "cutoff")  # 10秒にカット
    kept = (
        _removed(clause, windows)
        if not to_length and _removes(clause, places[0])
        else _kept(clause, windows, places[0])
    )
    if kept is None:
        clause.ask = "trim"
        return []
    start, end = kept
    if end is not None and start >= 0 and 0 <= end <= start:
        clause.ask = "trim"
        return []
    clause.spend("window", "part", "clip", "replace", "out", "get", *_VERBS)
    return [{"op": "trim", "start": tidy(start), "end": tidy(end)}]


def _removes(clause: Clause, place: int) -> bool:
    if clause.has("except"):
        return not clause.has(*_REMOVING, "cut")
    if clause.has("rest") or clause.has("finish", "begin", "cutto"):
        return False
    if clause.has(*_REMOVING) or (clause.has("cut", "get") and clause.has("out")):
        return True
    if clause.has("keep", "only"):
        return False
    window: Window = clause.items[place].value
    if window.form == "from" and clause.text_at(place).split(" ", 1)[0] in {"from", "ab", "von", "desde", "从"}:
        return False  # "trim from 0:10" is where it begins
    if window.form in {"span", "for"} and clause.has("cut") and _edges(clause):
        return True
    return not _led_to(clause, place) and window.form in {"first", "last", "from", "until"}


def _removed(clause: Clause, windows: list[Window]) -> tuple[float, float | None] | None:
    """What is left when these stretches go, if it is one stretch."""
    start, end = 0.0, None
    for window in windows:
        if window.end is None:
            end = window.start
        elif window.start == 0 and window.form in {"first", "until", "range"}:
            start = window.end
        elif window.form in {"span", "for"} and (edges := _edges(clause)):
            length = window.end or 0.0
            start, end = length if "start" in edges else start, -length if "end" in edges else end
        else:
            return None
    return start, end


def _edges(clause: Clause) -> set[str]:
    """At which edges of the clip something is cut: "at the beginning, 5 seconds off", "2 seconds off both ends"."""
    edges = {clause.items[place].value for place in clause.places("part")}
    return {"start", "end"} if "both" in edges else edges & {"start", "end"}


def _kept(clause: Clause, windows: list[Window], place: int) -> tuple[float, float | None] | None:
    start, end = 0.0, None
    if len(windows) > 2:
        return None
    for window in windows:
        if window.form in {"from", "last"}:
            start = window.start
        elif window.form == "range":
            start, end = window.start, window.end
        elif window.form == "span" and clause.has("cut") and not clause.has("keep", "only", "rest", "cutto", "finish"):
            if not _led_to(clause, place):
                return None
            end = window.end
        elif window.form == "at" and clause.has("begin") and not clause.has("finish"):
            start = window.start
        else:
            end = window.end
    return start, end


def _led_to(clause: Clause, place: int) -> bool:
    """Whether "to" or the like stands before a window: "cut it to the first 5 seconds"."""
    while place and clause.items[place - 1].kind in {"fill", "article", "only"}:
        place -= 1
    return place > 0 and clause.items[place - 1].kind in {"to", "into"}


def _bare(clause: Clause, places: list[int]) -> list[Operation]:
    """A stretch with nothing said about it, "from 0:05 to 0:20 please": what is wanted of the clip."""
    windows = [clause.items[place].value for place in places]
    if any(item.kind not in {"window", "get"} for item in clause.left()) or any(
        window.form in {"span", "at", "for"} for window in windows
    ):
        return []
    kept = _kept(clause, windows, places[0])
    if kept is None:
        return []
    clause.spend_places(places)
    return [{"op": "trim", "start": tidy(kept[0]), "end": tidy(kept[1])}]
