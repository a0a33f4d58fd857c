"""Places pointed at by hand: as parts of a message (``{"mark": …}``), or in words ("remove box 0.1 0.2 0.3 0.4 at 2.5")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from skillwire.studio.answers import ApiError, Code
from skillwire.studio.effects.finding.targets import from_json

_MOST_MARKS = 20
_NUMBER = r"(\d{1,3}(?:\.\d{1,6})?%?)"
_SPACE = r"\s*[,;\s]\s*"
# Left, top, right, bottom or x, y, in parts of the picture or per cent; then the time in the clip, in seconds.
_IN_WORDS = re.compile(
    rf"\b(?:(box|area|region)|(click|point))\s*[:(\[]?\s*{_NUMBER}{_SPACE}{_NUMBER}(?:{_SPACE}{_NUMBER}{_SPACE}{_NUMBER})?[)\]]?"
    r"(?:\s*(?:at|@)\s*(\d{1,5}(?:\.\d{1,3})?)\s*(?:s|sec|seconds)?\b)?",
    re.IGNORECASE,
)
_TAKES_AWAY = re.compile(r"\b(?:remove|erase|delete|take)\b", re.IGNORECASE)


def marks_in(parts: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The marks among a message's parts: ``{"at", "box"}``, ``{"at", "click"}`` or ``{"at", "mask"}`` (a picture in base64).

    Raises ``ApiError`` for one that cannot be read.
    """
    marks = [part["mark"] for part in parts if "mark" in part]
    if len(marks) > _MOST_MARKS:
        raise ApiError(Code.BAD_REQUEST, f"At most {_MOST_MARKS} marks go into one message.")
    for mark in marks:
        painted = isinstance(mark, dict) and isinstance(mark.get("mask"), str)
        _check(mark | {"box": [0, 0, 1, 1]} if painted else mark)
    return tuple(marks)


def marks_of(text: str) -> tuple[dict[str, Any], ...]:
    """The marks that a message tells in words; none when it takes nothing away or points at nothing."""
    if not _TAKES_AWAY.search(text):
        return ()
    marks: list[dict[str, Any]] = []
    for match in _IN_WORDS.finditer(text):
        box, click, *edges, at = match.groups()
        numbers = [_part(edge) for edge in edges if edge is not None]
        if len(numbers) != (4 if box else 2):
            continue
        mark = {"at": float(at or 0), ("click" if click else "box"): numbers}
        try:
            from_json({"marks": [mark]})
        except ValueError:
            continue
        marks.append(mark)
    return tuple(marks[:_MOST_MARKS])


def _part(number: str) -> float:
    return float(number[:-1]) / 100 if number.endswith("%") else float(number)


def _check(mark: Any) -> None:
    try:
        from_json({"marks": [mark]})
    except ValueError as error:
        raise ApiError(Code.BAD_REQUEST, f"A mark cannot be read: {error}.") from None
