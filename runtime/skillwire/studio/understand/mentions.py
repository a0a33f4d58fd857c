"""Clips of a session that a request names: "the second clip", "clip 3", 第二个片段, or a file by its name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# Ordinals of a language stand in a pattern as {en}.
_LANGUAGE = re.compile(r"\{(\w\w)\}")


@dataclass(frozen=True, slots=True)
class Mention:
    """Where clips are named, and which: counted from 1, from the end where negative. ``instead`` names them no more."""

    start: int
    end: int
    clips: tuple[int, ...]
    instead: str


@dataclass(frozen=True, slots=True)
class Ordinals:
    """A pattern that ordinals were put into, and what number each stands for; ``instead`` is what says "the clip"."""

    pattern: re.Pattern[str]
    numbers: Mapping[str, int]
    instead: str = ""

    def number(self, word: str) -> int:
        """What a matched ordinal or figure stands for."""
        return int(word) if word.isdecimal() else self.numbers[word.lower()]


def with_ordinals(form: str, instead: str = "") -> Ordinals:
    """Compiles a form in which ``{en}`` stands for any English ordinal, and so on."""
    language = _LANGUAGE.search(form)
    numbers: dict[str, int] = _data()["ordinals"][language[1]] if language else {}
    words = "|".join(sorted(map(re.escape, numbers), key=len, reverse=True))
    return Ordinals(re.compile(_LANGUAGE.sub(lambda _: words, form), re.IGNORECASE), numbers, instead)


def mentions(text: str, names: Sequence[str] = ()) -> list[Mention]:
    """Mentions in their order, none within another. ``names`` are those of the clips, in their order."""
    found = []
    for name in sorted(set(names), key=len, reverse=True):
        which = tuple(n for n, one in enumerate(names, 1) if one == name)
        named = re.compile(rf"(?<![\w/.-]){re.escape(name)}(?![\w/-])", re.IGNORECASE)
        found += [Mention(match.start(), match.end(), which, "the clip") for match in named.finditer(text)]
    for known in _patterns():
        for match in known.pattern.finditer(text):
            said = [word for key, word in match.groupdict().items() if key in ("also", "which") and word]
            clips = tuple(number for word in said for number in _numbers(word, known))
            found.append(Mention(match.start(), match.end(), clips, known.instead))
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _numbers(word: str, known: Ordinals) -> list[int]:
    """``2``, ``second``; also a row of figures, ``2, 3 and 5``."""
    figures = re.findall(r"\d+", word)
    return [int(figure) for figure in figures] if len(figures) > 1 else [known.number(word)]


@cache
def between() -> re.Pattern[str]:
    """What stands between the parts of a request."""
    return re.compile(str(_data()["between"]), re.IGNORECASE)


@cache
def _patterns() -> tuple[Ordinals, ...]:
    return tuple(with_ordinals(entry["form"], entry["instead"]) for entry in _data()["patterns"])


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files(__package__).joinpath("mentions.json").read_text(encoding="utf-8"))
    return data
