"""Fenced blocks, as CommonMark has them; one that is never closed ends with its paragraph instead of eating the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_OPENING = re.compile(r"((?:\s|>|[-*+]\s|\d{1,9}[.)]\s)*)(`{3,}|~{3,})(.*)\Z")
_CLOSING = re.compile(r"[\s>]*(`{3,}|~{3,})[ \t]*\Z")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: ``line`` of its opening, ``end`` of its closing (1-based), content without the fences."""

    info: str
    lines: tuple[str, ...]
    line: int
    end: int
    closed: bool = True


class Fences:
    """The fences of a file's lines."""

    __slots__ = ("lines", "unclosed")

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.unclosed: dict[str, int] = {}  # the shortest mark of each kind that no later line closes

    def scan(self, at: int) -> Fence | None:
        """The fence that opens on ``lines[at]`` (0-based), if one does."""
        opening = _OPENING.match(self.lines[at])
        if opening is None:
            return None
        lead, mark, info = opening.groups()
        if mark[0] == "`" and "`" in info:
            return None
        lines = self.lines
        end = self._closing(at, mark)
        closed = end is not None
        if end is None:
            end = at + 1
            while end < len(lines) and lines[end].strip():
                end += 1
        content = tuple(lines[at + 1 : end])
        if lead:
            content = tuple([_dedent(line, len(lead)) for line in content])
        return Fence(info.strip(), content, at + 1, end + 1 if closed else end, closed)

    def _closing(self, at: int, mark: str) -> int | None:
        """Index of the first line after ``at`` that closes a fence with this mark."""
        if len(mark) >= self.unclosed.get(mark[0], len(mark) + 1):
            return None
        for i in range(at + 1, len(self.lines)):
            line = self.lines[i]
            if mark in line and (closing := _CLOSING.match(line)) and closing[1].startswith(mark):
                return i
        self.unclosed[mark[0]] = len(mark)
        return None


def _dedent(line: str, width: int) -> str:
    lead = len(line) - len(line.lstrip())
    return line[min(lead, width) :]
