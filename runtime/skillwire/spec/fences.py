"""Fenced blocks, as CommonMark has them; one that is never closed ends with its paragraph instead of eating the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

_OPENING = re.compile(r"(?P<lead>(?:\s|>|[-*+]\s|\d{1,9}[.)]\s)*)(?P<mark>`{3,}|~{3,})(?P<info>.*)\Z")
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
    """The fences of a file's lines, linear in their number."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.closers: dict[str, _Closers] = {}

    def scan(self, at: int) -> Fence | None:
        """The fence that opens on ``lines[at]`` (0-based), if one does."""
        opening = _OPENING.match(self.lines[at])
        if opening is None or (opening["mark"][0] == "`" and "`" in opening["info"]):
            return None
        mark = opening["mark"]
        if mark[0] not in self.closers:
            self.closers[mark[0]] = _Closers(self.lines, mark[:3], at + 1)
        end = self.closers[mark[0]].after(at, len(mark))
        closed = end is not None
        if end is None:
            total = len(self.lines)
            end = next((i for i in range(at + 1, total) if not self.lines[i].strip()), total)
        width = len(opening["lead"])
        content = tuple(_dedent(line, width) for line in self.lines[at + 1 : end])
        return Fence(opening["info"].strip(), content, at + 1, end + 1 if closed else end, closed)


class _Closers:
    """Lines that can close a fence, from one (0-based) on, asked in one go for the next one that is long enough."""

    def __init__(self, lines: Sequence[str], mark: str, start: int) -> None:
        found = [(i, _CLOSING.match(line)) for i, line in enumerate(lines[start:], start) if mark in line]
        pairs = [(i, match[1]) for i, match in found if match and match[1][0] == mark[0]]
        self.at = [i for i, _ in pairs]
        self.length = [len(text) for _, text in pairs]
        self.longest = list(accumulate(reversed(self.length), max))[::-1]  # from here to the end

    def after(self, at: int, length: int) -> int | None:
        """Index of the first closing line after ``at`` with ``length`` marks or more."""
        k = bisect_right(self.at, at)
        if k == len(self.at) or self.longest[k] < length:
            return None
        while self.length[k] < length:
            k += 1
        return self.at[k]


def _dedent(line: str, width: int) -> str:
    lead = len(line) - len(line.lstrip())
    return line[min(lead, width) :]
