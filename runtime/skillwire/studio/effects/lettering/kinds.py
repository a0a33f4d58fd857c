"""What kind of text a line is, and which lines belong together: a clip's subtitles are one thing, each watermark is one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from skillwire.studio.effects.lettering.lines import Found, Line

# Subtitles: their middle is this near the picture's (parts of the width) and this low; they are no higher than this part of it.
_CENTRED, _LOW, _TALLEST = 0.12, 0.6, 0.14
# Overlays are level, but for so many degrees that the measurement errs; more on short words.
_LEVEL, _LEVEL_SHORT = 3.0, 6.0
_SHORT = 3.5
# A corner reaches this far, in parts of the picture.
_CORNER_WIDE, _CORNER_TALL = 0.4, 0.28
# What is seen once only, for a moment, is a subtitle only if it is this sure.
_SURE_ONCE = 0.9
# Dates and times, in figures.
_STAMP = re.compile(r"\d{1,2}\s?[:：.]\s?\d{2}|\d{1,4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,4}|[0OЗ]?\d{4}[-/]\d{2}")


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that go together. ``kind``: subtitle, watermark, stamp, title, or sign, which is text of the scene."""

    kind: str
    lines: tuple[Line, ...]

    @property
    def best(self) -> Line:
        """The line that shows it best."""
        return max(self.lines, key=lambda line: (len(line.times), line.score))


def groups_of(found: Found, span: tuple[float, float]) -> list[Group]:
    """The text of the clip that shows within ``span`` (seconds), by kind."""
    lines = [line for line in found.lines if line.since < span[1] and line.until >= span[0]]
    result: list[Group] = []
    kinds = {line.id: kind_of(line, found) for line in lines}
    for kind in ("subtitle", "stamp", "watermark", "title", "sign"):
        mine = [line for line in lines if kinds[line.id] == kind]
        if mine and kind == "subtitle":
            result.append(Group(kind, tuple(mine)))
            continue
        for line in mine:
            near = next((n for n, one in enumerate(result) if one.kind == kind and _together(line, one.lines)), None)
            if near is None:
                result.append(Group(kind, (line,)))
            else:
                result[near] = Group(kind, (*result[near].lines, line))
    return result


def kind_of(line: Line, found: Found) -> str:
    """What kind of text a line is, by where and how long it shows."""
    width, height = found.size
    x, y = (float(line.box[axis] + line.box[axis + 2]) / 2 / side for axis, side in ((0, width), (1, height)))
    tall, wide = float(line.box[3] - line.box[1]), float(line.box[2] - line.box[0])
    level = abs(line.angle) <= (_LEVEL if wide > _SHORT * tall else _LEVEL_SHORT)
    if line.moves or not level:
        return "sign"
    if _STAMP.search(line.text):
        return "stamp"
    in_corner = min(x, 1 - x) < _CORNER_WIDE and min(y, 1 - y) < _CORNER_TALL and abs(x - 0.5) > _CENTRED
    if line.stands:
        # What outlasts a cut is on the screen; what does not may as well hang in the scene, but hardly in a corner.
        return "watermark" if in_corner or line.cuts else "sign"
    sure = len(line.times) > 1 or line.score >= _SURE_ONCE
    if abs(x - 0.5) <= _CENTRED and y >= _LOW and tall <= _TALLEST * height and sure:
        return "subtitle"
    return "title" if len(line.times) > 1 and (line.cuts or _appears(line, found)) else "sign"


def _appears(line: Line, found: Found) -> bool:
    """Whether it comes or goes in the middle of a shot, as nothing of the scene does at one place."""
    edges = [0.0, *found.cuts, found.end]

    def in_a_shot(first: float, last: float) -> bool:
        return last > first and not any(first - 0.05 <= edge <= last + 0.05 for edge in edges)

    return in_a_shot(line.since, line.first) or in_a_shot(line.last, line.until)


def _together(line: Line, others: Sequence[Line]) -> bool:
    """Whether a line stands right under, above or beside others, at the same time."""
    tall = float(line.box[3] - line.box[1])
    for other in others:
        apart = [
            max(float(line.box[axis] - other.box[axis + 2]), float(other.box[axis] - line.box[axis + 2]))
            for axis in (0, 1)
        ]
        same_time = line.since <= other.until and other.since <= line.until
        if same_time and max(apart) < tall:
            return True
    return False
