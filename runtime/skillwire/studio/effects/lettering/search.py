"""From words to lines of text in a clip: what is meant for certain, or what the user must choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from skillwire.errors import JobFailed
from skillwire.folders import cache_dir
from skillwire.studio.effects.finding.candidates import Candidate
from skillwire.studio.effects.finding.sparse import Sparse
from skillwire.studio.effects.lettering.join import letters_shared
from skillwire.studio.effects.lettering.kinds import Group, groups_of
from skillwire.studio.effects.lettering.lines import Found, Line, kept
from skillwire.studio.effects.lettering.look import looked
from skillwire.studio.effects.lettering.wish import TextWish

# Kinds of text that answer to each kind of wish: the first of these sets of which there is any.
_ANSWERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "subtitle": (("subtitle",),),
    "watermark": (("watermark",), ("stamp",)),
    "logo": (("watermark",), ("title",)),
    "stamp": (("stamp",),),
    "title": (("title",), ("subtitle",)),
    "sign": (("sign",),),
    "text": (("subtitle", "watermark", "stamp", "title"), ("sign",)),
}
# So many of the named letters stand in a line that says them.
_SAYS = 0.8
# The edges of places, in parts of the picture.
_HALF, _CORNER_WIDE, _CORNER_TALL = 0.5, 0.4, 0.3
# How clear a choice is of what was not quite asked for.
_NEARLY = 0.4


@dataclass(slots=True)
class TextChoice:
    """``groups``: what is meant; none when the user must choose from ``candidates``. ``margin``: how clear it was, 0 to 1."""

    groups: list[Group] = field(default_factory=list)
    candidates: list[Group] = field(default_factory=list)
    margin: float = 1.0


def found_in(path: Path, name: str) -> Found:
    """The text of a clip, looked for once. Raises as ``networks.content``; ``BadInput`` or ``JobFailed`` for a file that cannot be read."""

    def make() -> Found:
        sparse = Sparse(path, name)
        return looked(sparse.frames(), sparse.between)

    return kept(path, cache_dir() / "lettering", make)


def chosen(wish: TextWish, found: Found, span: tuple[float, float]) -> TextChoice:
    """What of the text found is wished away. ``span``: the part of the file in use, in seconds."""
    groups = groups_of(found, span)
    if wish.kind == "word" or wish.words:
        said = [Group(group.kind, lines) for group in groups if (lines := _saying(group.lines, wish.words))]
        return TextChoice([group for group in said if _fits(group, wish, found.size)])
    answers = _ANSWERS[wish.kind]
    for n, kinds in enumerate(answers):
        fitting = [group for group in groups if group.kind in kinds and _fits(group, wish, found.size)]
        if not fitting:
            continue
        # Text of the scene is touched only when it was named, and what was not quite named only when it is alone.
        if len(fitting) == 1 and (kinds != ("sign",) or wish.kind == "sign"):
            return TextChoice(fitting, margin=1.0 if n == 0 else _NEARLY)
        if wish.many and kinds != ("sign",):
            return TextChoice(fitting)
        if wish.many and wish.kind == "sign":
            return TextChoice(fitting)
        return TextChoice(candidates=fitting)
    return TextChoice()


def _saying(lines: Sequence[Line], words: str) -> tuple[Line, ...]:
    """The lines that hold these words, or are a part of them."""
    wanted = _letters(words)
    return tuple(
        line
        for line in lines
        if wanted and letters_shared(wanted, _letters(line.text)) >= _SAYS and _as_long(wanted, line)
    )


def _as_long(wanted: str, line: Line) -> bool:
    """A line of two letters is not told by a longer text that happens to hold them."""
    return len(_letters(line.text)) >= min(len(wanted), 4) * _SAYS


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _fits(group: Group, wish: TextWish, size: tuple[int, int]) -> bool:
    """Whether a group lies where the wish says."""
    box = group.best.box
    x, y = (float(box[axis] + box[axis + 2]) / 2 / size[axis] for axis in (0, 1))
    tests = {
        "top": y < _HALF,
        "bottom": y > _HALF,
        "left": x < _HALF,
        "right": x > _HALF,
        "corner": min(x, 1 - x) < _CORNER_WIDE and min(y, 1 - y) < _CORNER_TALL,
    }
    return all(tests[place] for place in wish.places)


def lines_of(found: Found, ids: Sequence[int]) -> list[Line]:
    """The lines of these ids. Raises ``JobFailed`` for one that is not there."""
    known = {line.id: line for line in found.lines}
    if any(number not in known for number in ids):
        raise JobFailed("the timeline names text that is not in this clip", fix="say again what is to be removed")
    return [known[number] for number in ids]


def meant(groups: Sequence[Group], size: tuple[int, int]) -> dict[str, Any]:
    """Groups as a ``Removal`` has them: text that keeps its place by ids, text that passes with the scene as marks, which ride along."""
    passing = {
        line.id: line
        for group in groups
        for line in group.lines
        if line.moves or (group.kind == "sign" and len(line.times) == 1)
    }
    scale = np.asarray([*size, *size], np.float32)
    marks = [
        {"at": line.best, "box": [round(edge, 5) for edge in np.clip(line.box / scale, 0, 1).tolist()]}
        for line in passing.values()
    ]
    ids = dict.fromkeys(line.id for group in groups for line in group.lines if line.id not in passing)
    return {"texts": list(ids), "marks": marks}


def candidate(group: Group, size: tuple[int, int]) -> Candidate:
    """A group at the moment it is seen best."""
    line = group.best
    return Candidate(meant([group], size), f"{group.kind} “{line.text.strip()[:40]}”", line.best, line.box)


def groups_with(found: Found, ids: Sequence[int]) -> list[Group]:
    """The lines of these ids by kind. Raises as ``lines_of``."""
    chosen_ids = {line.id for line in lines_of(found, ids)}
    every = groups_of(found, (0.0, found.end))
    parts = [Group(group.kind, tuple(line for line in group.lines if line.id in chosen_ids)) for group in every]
    return [group for group in parts if group.lines]


def bared(groups: Sequence[Group]) -> float:
    """The part of the lines behind which something shows at times: they come and go, or light comes through."""
    lines = [line for group in groups for line in group.lines]
    seen = [line for line in lines if line.glass is not None or not line.stands]
    return len(seen) / len(lines) if lines else 1.0


def told(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Groups for an answer: kind, number of lines, what the first of them say."""
    return [
        {"kind": group.kind, "lines": len(group.lines), "says": [line.text.strip()[:40] for line in group.lines[:3]]}
        for group in groups
    ]
