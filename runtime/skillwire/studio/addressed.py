"""Which of several clips a request speaks of: "mute the second clip", "speed up intro.mov", 把第一个视频静音."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from skillwire.language.detect import detect
from skillwire.language.normalise import tidy
from skillwire.language.quotes import find_quotes, mask
from skillwire.studio.arrange import new_order
from skillwire.studio.outcome import Unsupported
from skillwire.studio.understand import order
from skillwire.studio.understand.mentions import between, mentions

if TYPE_CHECKING:
    from skillwire.studio.understand.read import Reading

# What can be done to one clip of several; all else concerns the film.
OF_A_CLIP = frozenset({"remove_audio", "trim", "speed", "volume"})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request and the clips it is for, counted from 1; none means all. ``text`` names them no more."""

    text: str
    clips: tuple[int, ...]


def parts(text: str, names: Sequence[str]) -> list[Part]:
    """The request, cut where it turns from one clip to another. ``names`` are those of the clips, in their order.

    One part for all clips when none is named.
    """
    whole, text = text, tidy(text)
    # Words to be shown may be of clips, too.
    named = mentions(mask(text, find_quotes(text)), names)
    if not named:
        return [Part(whole, ())]
    cuts = [0]
    # What comes before the clause of the first mention is for the whole film.
    before = [match.end() for match in between().finditer(text, 0, named[0].start)]
    cuts += before[-1:]
    for one, following in pairwise(named):
        if one.clips != following.clips:
            ends = [match.end() for match in between().finditer(text, one.end, following.start)]
            if not ends:
                return [Part(whole, ())]
            cuts.append(ends[-1])
    cuts.append(len(text))
    tail = re.compile(rf"(?:\s|{between().pattern})+$", re.IGNORECASE)
    found = []
    for start, end in pairwise(cuts):
        inside = [mention for mention in named if start <= mention.start < end]
        piece = text[start:end]
        for mention in reversed(inside):
            piece = piece[: mention.start - start] + mention.instead + piece[mention.end - start :]
        if piece := tail.sub("", piece).strip():
            clips = inside[0].clips if inside else ()
            found.append(Part(piece, tuple(_counted(clip, len(names)) for clip in clips)))
    return found


def read_for_clips(text: str, names: Sequence[str], read: Callable[[str], Reading]) -> Reading:
    """The reading of a request, its operations with ``clip`` (counted from 1) where they are for one of several.

    A request that reads worse in parts is read as it stands. A clip called by its name is found wherever earlier parts of
    the request have moved it.
    """
    from skillwire.studio.understand.read import Reading, joined  # noqa: PLC0415 - the word lists load with the first use

    clips = list(names)
    readings = []
    for part in order.split(text, names):
        if part.ops:
            found = order.split(part.text, clips)[0].ops
            readings.append(Reading(found, (), detect(text), ""))
            for operation in found:
                with suppress(Unsupported):
                    clips = [clips[place] for place in new_order(operation, len(clips))]
        else:
            readings.append(_read_parts(part.text, clips, read))
    return joined(readings)


def _read_parts(text: str, names: Sequence[str], read: Callable[[str], Reading]) -> Reading:
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


def _counted(clip: int, count: int) -> int:
    """A clip counted from the end, from the start; there need not be one of that number."""
    return max(1, count + 1 + clip) if clip < 0 else clip
