"""Shapes and sizes of pictures in digits: 16:9, "9 by 16", 1080p, 1920x1080."""

from __future__ import annotations

import re
from typing import Final

# Ratios in use for film, television and phones. Only "9:16" could also be a time of day in a clip; as a ratio it is
# common, as a time rare, so beside another clock time it is one.
_RATIOS: Final = frozenset(
    {
        "9:16",
        "16:9",
        "1:1",
        "4:5",
        "5:4",
        "4:3",
        "3:4",
        "21:9",
        "9:21",
        "3:2",
        "2:3",
        "2:1",
        "1:2",
        "16:10",
        "32:9",
        "18:9",
        "9:18",
        "2.35:1",
        "2.39:1",
        "1.85:1",
        "2.4:1",
    }
)
_CERTAIN: Final = frozenset({"9:16", "16:9", "21:9", "9:21", "16:10"})
_SIZE: Final = re.compile(r"(?<![\d.])(\d{3,4}) ?[x×*] ?(\d{3,4})(?![\d:])(?: ?(?:px|pixels?))?")
_HEIGHT: Final = re.compile(r"(?<![\d.:])(\d{3,4}) ?(?:p|px|i)(?![a-z0-9])")
_RATIO: Final = re.compile(
    r"(?<![\d:.])(\d{1,2}(?:\.\d{1,2})?) ?([:/x×]|by|zu|por|sur|per|比|対|to|a|auf) ?(\d{1,2})(?![\d:%]|\.\d|x\d| ?(?:s|sec|min|秒|分)(?![a-z]))"
)
_CLOCK_BEFORE: Final = re.compile(
    r"\d:\d\d ?(?:-|to|until|till|through|and|bis|a|al|hasta|ate|au?|到|至|から)? ?$|(?:from|at|ab|von|de|desde|between) $"
)
_CLOCK_AFTER: Final = re.compile(r" ?(?:-|to|until|till|through|and|bis|a|al|hasta|ate|au?|到|至|から) ?\d{1,2}:\d\d")


def find_shapes(text: str) -> list[tuple[str, str | int, int, int]]:
    """(kind, value, start, end) of each: kind ``height`` with pixels, or ``ratio_value`` with "w:h". Text as folded."""
    found: list[tuple[str, str | int, int, int]] = [("height", int(m[2]), *m.span()) for m in _SIZE.finditer(text)]
    taken = [(start, end) for *_, start, end in found]
    found += [("height", int(m[1]), *m.span()) for m in _HEIGHT.finditer(text) if not _within(m.start(), taken)]
    for match in _RATIO.finditer(text):
        ratio, joined = f"{match[1]}:{match[3]}", match[2]
        if ratio not in _RATIOS or _within(match.start(), taken):
            continue
        if joined not in {":", "by", "比", "対", "zu", "x", "×"} and ratio not in _CERTAIN:
            continue
        if ratio == "9:16" and (_CLOCK_BEFORE.search(text, 0, match.start()) or _CLOCK_AFTER.match(text, match.end())):
            continue
        found.append(("ratio_value", ratio, *match.span()))
    return found


def _within(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)
