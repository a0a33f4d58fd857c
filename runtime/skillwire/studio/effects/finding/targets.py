"""What a clip is to be shown without, as the timeline keeps it: tracks of its analysis, marks made by hand, and lines of text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Marks of a clip, and tracks or lines of text: an hour of subtitles has a thousand.
_MOST, _MOST_IDS = 500, 5000
# A painted shape is kept on a grid of so many cells a side.
SHAPE = 48
_HEX = re.compile(rf"[0-9a-f]{{{SHAPE * SHAPE // 4}}}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place pointed at by hand: ``at`` seconds of the file, ``box`` left, top, right, bottom in parts of the upright picture.

    A box without extent is a click. ``shape``: which part of the box is meant, as rows of bits in hex (``SHAPE`` × ``SHAPE``); all
    of it when empty.
    """

    at: float
    box: tuple[float, float, float, float]
    shape: str = ""

    @property
    def is_click(self) -> bool:
        """Whether it is a point."""
        return self.box[0] == self.box[2] and self.box[1] == self.box[3]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        if self.is_click:
            return {"at": self.at, "click": list(self.box[:2])}
        return {"at": self.at, "box": list(self.box)} | ({"shape": self.shape} if self.shape else {})


@dataclass(frozen=True, slots=True)
class Removal:
    """What is taken out of a clip: ids of tracks, marks, and ids of lines of text."""

    tracks: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()
    texts: tuple[int, ...] = ()

    def and_also(self, other: Removal) -> Removal:
        """Both together."""
        return Removal(
            tuple(dict.fromkeys((*self.tracks, *other.tracks))),
            tuple(dict.fromkeys((*self.marks, *other.marks))),
            tuple(dict.fromkeys((*self.texts, *other.texts))),
        )

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values; ``from_json`` reads it back."""
        made: dict[str, Any] = {"tracks": list(self.tracks)} if self.tracks else {}
        made |= {"texts": list(self.texts)} if self.texts else {}
        return made | ({"marks": [mark.to_json() for mark in self.marks]} if self.marks else {})


def from_json(data: Any) -> Removal:
    """A removal from its JSON. Raises ``ValueError`` with what is wrong."""
    if not isinstance(data, Mapping):
        raise ValueError("removed is not an object")  # noqa: TRY004 - all that is wrong with a draft is a ValueError
    tracks, texts = (_ids(data, name) for name in ("tracks", "texts"))
    marks = data.get("marks", [])
    if not isinstance(marks, list) or len(marks) > _MOST:
        raise ValueError(f"removed.marks is not a list of at most {_MOST}")
    return Removal(tracks, tuple(_mark(one) for one in marks), texts)


def _ids(data: Mapping[str, Any], name: str) -> tuple[int, ...]:
    ids = data.get(name, [])
    if not isinstance(ids, list) or len(ids) > _MOST_IDS or not all(type(one) is int for one in ids):
        raise ValueError(f"removed.{name} is not a list of at most {_MOST_IDS} numbers")
    return tuple(ids)


def _mark(data: Any) -> Mark:
    facts: dict[str, Any] = dict(data) if isinstance(data, Mapping) else {}
    at: Any = facts.get("at", 0)
    click = facts.get("click")
    box: Any = [*click, *click] if isinstance(click, list) else facts.get("box")
    if not _is_number(at) or not 0 <= at <= 86400:
        raise ValueError("removed.marks.at is not a time in seconds")
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(edge) and 0 <= edge <= 1 for edge in box):
        raise ValueError(
            "removed.marks holds neither a box [left, top, right, bottom] nor a click [x, y] in parts of 1"
        )
    if box[0] > box[2] or box[1] > box[3]:
        raise ValueError("removed.marks.box ends before it begins")
    shape: Any = facts.get("shape", "")
    if not isinstance(shape, str) or (shape and not _HEX.fullmatch(shape)):
        raise ValueError(f"removed.marks.shape is not {SHAPE} × {SHAPE} bits in hex")
    return Mark(float(at), (float(box[0]), float(box[1]), float(box[2]), float(box[3])), shape)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
