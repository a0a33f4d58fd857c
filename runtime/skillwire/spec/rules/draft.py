"""The draft map: short keys and numbers of track types, in whichever wording."""

from __future__ import annotations

import re

from skillwire.spec.facts import Facts
from skillwire.spec.model import DraftMap
from skillwire.spec.vocabulary import near

# "t=tracks, tt=track type (0=video, …)" and "t for tracks, tt for track type (0=video, …)".
_PAIR = re.compile(
    r"([a-z](?<![\w.][a-z])[A-Za-z0-9_]{0,15}+)\s*(?:=|→|:|\bfor\b|\bis\b|\bmeans\b|为)\s*((?!\w{1,16} for )[a-z]++(?: ++[a-z]++)*?)"
    r"(?:\s*[(（]([^()（）\n]*)[)）]|\s+in\s+(ms|s|seconds|milliseconds))?(?=\s*(?:[,;.、，；。]|\band\b|\Z|\n))"
)
_SHORT = 4  # letters of a key that shows by its length; a longer one stands right after a comma, a colon or "and"
_SET_APART = re.compile(r"(?:\A|[,;:、，；：]|\band)\s*\Z")
_TYPE = re.compile(r"(\d+)\s*[=:]\s*([a-z][\w -]*[a-z])")
_TYPED = re.compile(r"[=:](?:(?<=\d[=:])|(?<=\d\s[=:]))\s*[a-z][\w -]*[a-z]")  # the same, found by its sign


def read(facts: Facts) -> None:
    """Fill ``facts.draft`` from the sentence that lists at least three short keys."""
    page = facts.page
    for unit in page.units_with(near("track_types")):
        if unit.kind not in ("text", "item"):
            continue
        text = page.slice(unit)
        if not _TYPED.search(text):
            continue
        pairs = [
            pair
            for pair in _PAIR.finditer(text)
            if len(pair[1]) <= _SHORT or _SET_APART.search(text, max(pair.start() - 10, 0), pair.start())
        ]
        if len(pairs) < 3:
            continue
        keys: dict[str, str] = {}
        types: dict[int, str] = {}
        for pair in pairs:
            key, meaning, inside, unit_name = pair.groups()
            found = _TYPE.findall(inside or "")
            if found:
                types.update({int(number): name for number, name in found})
            elif inside or unit_name:
                meaning = f"{meaning} ({(inside or unit_name).strip()})"
            keys.setdefault(key, meaning)
        line = page.line_at(unit.start + pairs[0].start())
        facts.draft = DraftMap(keys, types, line)
        facts.consume(range(unit.line, unit.end + 1))
        return
