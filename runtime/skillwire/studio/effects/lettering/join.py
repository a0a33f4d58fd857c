"""Pieces of one line joined: what was missed for a while, and what was seen in parts before a restless background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from skillwire.studio.effects.boxes import area, covered

if TYPE_CHECKING:
    from skillwire.studio.effects.lettering.lines import Line

# A piece lies in its line by this part, and so many of its letters are its line's.
_INSIDE, _ITS_LETTERS = 0.7, 0.6
# What is seen from a clip's first seconds to its last, for this part of it, less when it outlasts a cut, stands all the time.
_LATE, _STANDS, _STANDS_OVER_CUTS = 0.9, 0.8, 0.5


def joined(lines: Sequence[Line], end: float) -> list[Line]:
    """The lines without their pieces, which lengthen them instead; what stands all the time shows to the clip's ``end`` (seconds)."""
    result: list[Line] = []
    for line in sorted(lines, key=lambda one: (one.moves, -len(one.times))):
        whole = next((other for other in result if _is_piece(line, other)), None)
        if whole is None:
            result.append(line)
            continue
        whole.times = sorted({*whole.times, *line.times})
        whole.since, whole.until = min(whole.since, line.since), max(whole.until, line.until)
        whole.clean = [(time, planes) for time, planes in whole.clean if not line.first <= time <= line.last]
    for line in result:
        from_start_to_end = line.first <= _LATE and line.last >= end - _LATE
        long = line.last - line.first >= (_STANDS_OVER_CUTS if line.cuts else _STANDS) * end
        if not line.moves and len(line.times) > 2 and from_start_to_end and long:
            line.stands, line.since, line.until = True, 0.0, end
    return result


def letters_shared(one: str, other: str) -> float:
    """Which part of the shorter text's letters stands in the other in the same order, 0 to 1."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - needed for few lines

    blocks = SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / max(1, min(len(one), len(other)))


def _is_piece(line: Line, other: Line) -> bool:
    if other.moves or float(covered(line.box, other.box[None])[0]) < _INSIDE:
        return False
    if float(area(line.box)) > 1.3 * float(area(other.box)):
        return False
    return letters_shared(line.text.replace(" ", ""), other.text.replace(" ", "")) >= _ITS_LETTERS
