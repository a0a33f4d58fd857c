"""Which of several clips a request speaks of: "mute the second clip", "speed up intro.mov", 把第一个视频静音."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from skillwire.language.normalise import tidy
from skillwire.language.quotes import find_quotes, mask

if TYPE_CHECKING:
    from skillwire.studio.understand.read import Reading

# What can be done to one clip of several; all else concerns the film.
OF_A_CLIP = frozenset({"remove_audio", "trim", "speed", "volume"})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request and the clips it is for, counted from 1; none means all. ``text`` names them no more."""

    text: str
    clips: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    clips: tuple[int, ...]
    instead: str


def parts(text: str, names: Sequence[str]) -> list[Part]:
    """The request, cut where it turns from one clip to another. ``names`` are those of the clips, in their order.

    One part for all clips when none is named.
    """
    whole, text = text, tidy(text)
    # Words to be shown may be of clips, too.
    mentions = _mentions(mask(text, find_quotes(text)), names)
    if not mentions:
        return [Part(whole, ())]
    words = _words()
    cuts = [0]
    # What comes before the clause of the first mention is for the whole film.
    before = [match.end() for match in words.between.finditer(text, 0, mentions[0].start)]
    cuts += before[-1:]
    for one, following in pairwise(mentions):
        if one.clips != following.clips:
            between = [match.end() for match in words.between.finditer(text, one.end, following.start)]
            if not between:
                return [Part(whole, ())]
            cuts.append(between[-1])
    cuts.append(len(text))
    found = []
    for start, end in pairwise(cuts):
        inside = [mention for mention in mentions if start <= mention.start < end]
        piece = text[start:end]
        for mention in reversed(inside):
            piece = piece[: mention.start - start] + mention.instead + piece[mention.end - start :]
        if piece := words.tail.sub("", piece).strip():
            found.append(Part(piece, inside[0].clips if inside else ()))
    return found


def read_for_clips(text: str, names: Sequence[str], read: Callable[[str], Reading]) -> Reading:
    """The reading of a request, its operations with ``clip`` (counted from 1) where they are for one of several.

    A request that reads worse in parts is read as it stands.
    """
    found = parts(text, names)
    if found == [Part(text, ())]:
        return read(text)
    readings = [read(part.text) for part in found]
    ops: list[dict[str, Any]] = []
    for part, reading in zip(found, readings, strict=True):
        of_a_clip = [op for op in reading.ops if op["op"] in OF_A_CLIP]
        if reading.unread or not (of_a_clip if part.clips else reading.ops):
            return read(text)
        for op in reading.ops:
            alone = op in of_a_clip and (len(names) > 1 or part.clips != (1,))
            ops += [{**op, "clip": clip} for clip in part.clips] if alone and part.clips else [op]
    return replace(readings[0], ops=tuple(ops))


def _mentions(text: str, names: Sequence[str]) -> list[_Mention]:
    """Mentions in their order, none within another."""
    found = []
    for name in sorted(set(names), key=len, reverse=True):
        which = tuple(n for n, one in enumerate(names, 1) if one == name)
        named = re.compile(rf"(?<![\w/.-]){re.escape(name)}(?![\w/-])", re.IGNORECASE)
        found += [_Mention(match.start(), match.end(), which, "the clip") for match in named.finditer(text)]
    for pattern, numbers, instead in _words().patterns:
        for match in pattern.finditer(text):
            said = [word for key, word in match.groupdict().items() if key in ("also", "which") and word]
            clips = tuple(_number(word.lower(), numbers, len(names)) for word in said)
            found.append(_Mention(match.start(), match.end(), clips, instead))
    kept: list[_Mention] = []
    for mention in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _number(word: str, numbers: dict[str, int], count: int) -> int:
    """Which clip a word stands for, counted from 1; there need not be one of that number."""
    number = int(word) if word.isdecimal() else numbers[word]
    return max(1, count) if number < 0 else number


@dataclass(frozen=True, slots=True)
class _Words:
    """Patterns with their numbers and what to put in their place; what stands between clauses, and what is left of it at an end."""

    patterns: tuple[tuple[re.Pattern[str], dict[str, int], str], ...]
    between: re.Pattern[str]
    tail: re.Pattern[str]


@cache
def _words() -> _Words:
    data = json.loads(files("skillwire.studio").joinpath("addressed.json").read_text("utf-8"))
    found = []
    for entry in data["patterns"]:
        form, numbers = entry["form"], {}
        for language, ordinals in data["ordinals"].items():
            if f"{{{language}}}" in form:
                numbers = ordinals
                form = form.replace(
                    f"{{{language}}}", "|".join(sorted(map(re.escape, ordinals), key=len, reverse=True))
                )
        found.append((re.compile(form, re.IGNORECASE), numbers, entry["instead"]))
    between = data["between"]
    tail = re.compile(rf"(?:\s|{between})+$", re.IGNORECASE)
    return _Words(tuple(found), re.compile(between, re.IGNORECASE), tail)
