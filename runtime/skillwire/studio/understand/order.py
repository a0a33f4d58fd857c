"""The order of the clips: ``move_clip``, ``swap_clips``, ``reverse_clips``, ``order_clips``, ``remove_clips``.

A part of a request counts only when every word of it speaks of clips and their order ("put the second clip first"), so
that "remove the second clip's sound" and "reverse the video" stay what they are. Words are data, ``order.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from skillwire.language.detect import detect
from skillwire.language.normalise import tidy
from skillwire.language.quotes import find_quotes, mask
from skillwire.studio.understand.clause import Operation
from skillwire.studio.understand.mentions import Ordinals, between, mentions, with_ordinals

# Parts of a sentence that are read together at most: "the second, then the first, then the third and then the last".
_MOST_PARTS: Final = 8
# A longer request tells more than an order, and each row of its parts is tried.
_LONGEST: Final = 600
_ENDS: Final = " \n.!?。！？;；:："
# A space in an expression is any run of spaces; Latin words end where a word ends.
_LETTER: Final = re.compile(r"[^\W_]")
_FIGURE: Final = re.compile(r"\d{1,2}(?![\d.:%])")
# "The second one" may be a place, or a thing of another kind.
_ONE: Final = re.compile(r"\bone$", re.IGNORECASE)
_CJK: Final = frozenset({"zh", "ja"})

# What its letters stand for in ``order.json``:
#   M a clip    O an ordinal alone    N clips, all of them    A and    T then
#   S swap      V move     R remove   L … Y take … out    K keep only    X reverse    Z arrange    P the order
#   B before    F after    D to the start    E to the end
# Figures alone are G.
_Tokens = list[tuple[str, tuple[int, ...]]]


class Part(NamedTuple):
    """A part of a request: the operations in it, or its text where it speaks of something else."""

    text: str
    ops: tuple[Operation, ...]


def split(text: str, names: Sequence[str] = ()) -> list[Part]:
    """A request as parts that order clips and parts that do not, in order; one part of its whole text when none does.

    ``names`` are those of the clips, in their order; a clip may be called by its own. A request of more than 600 characters is not
    looked through.
    """
    plain = tidy(text)
    if len(plain) > _LONGEST:
        return [Part(text, ())]
    said = mask(plain, find_quotes(plain))
    cuts = [0, *(match.end() for match in between().finditer(said)), len(said)]
    parts: list[Part] = []
    rest = at = 0
    while at < len(cuts) - 1:
        for until in range(min(len(cuts) - 1, at + _MOST_PARTS), at, -1):
            ops = _read(said[cuts[at] : cuts[until]], names)
            if ops:
                parts += _others(plain[cuts[rest] : cuts[at]])
                parts.append(Part(plain[cuts[at] : cuts[until]], tuple(ops)))
                rest = at = until
                break
        else:
            at += 1
    if not parts:
        return [Part(text, ())]
    return parts + _others(plain[cuts[rest] :])


def _others(text: str) -> list[Part]:
    """What lies between, without what joined it to its neighbours."""
    ending = re.compile(rf"(?:\s|{between().pattern})+$", re.IGNORECASE)
    kept = ending.sub("", text).strip()
    return [Part(kept, ())] if kept.strip(_ENDS) else []


def _read(said: str, names: Sequence[str]) -> list[Operation]:
    said = said.strip(_ENDS)
    if not said:
        return []
    first = detect(said)
    for language in (first, *(other for other in _words() if other != first and (other in _CJK) == (first in _CJK))):
        tokens = _tokens(said, names, language)
        if tokens and (found := _meant(tokens)):
            return [found]
    return []


def _tokens(said: str, names: Sequence[str], language: str) -> _Tokens:
    """The clause as tokens, filler left out; empty when a word of it is none of them."""
    named = {mention.start: mention for mention in mentions(said, names)}
    tokens: _Tokens = []
    at = 0
    while at < len(said):
        if said[at].isspace():
            at += 1
        elif at in named:
            mention = named[at]
            kind = "O" if _ONE.search(said[at : mention.end]) else "M"
            tokens += [(kind, (clip,)) for clip in mention.clips]
            at = mention.end
        elif figure := _FIGURE.match(said, at):
            tokens.append(("G", (int(figure[0]),)))
            at = figure.end()
        else:
            best: tuple[int, str, tuple[int, ...]] = (at, "", ())
            for kind, known in _words()[language]:
                match = known.pattern.match(said, at)
                if match and match.end() > best[0] and _ends_word(said, match.end()):
                    which = match.groupdict().get("which")
                    best = (match.end(), kind, (known.number(which),) if which else ())
            if best[0] == at:
                return []
            if best[1] != "fill":
                tokens.append(best[1:])
            at = best[0]
    while tokens and tokens[0][0] in "AT":
        del tokens[0]
    while tokens and tokens[-1][0] in "AT":
        del tokens[-1]
    return tokens


def _ends_word(said: str, at: int) -> bool:
    if at >= len(said) or (not said[at].isascii() and not said[at].isalpha()):
        return True
    before, after = said[at - 1], said[at]
    return not (_LETTER.match(before) and _LETTER.match(after) and ord(before) < 0x2E80 and ord(after) < 0x2E80)


def _meant(tokens: _Tokens) -> Operation | None:
    """The operation that the tokens tell, if they tell one and nothing else."""
    kinds = "".join(kind for kind, _ in tokens)
    clips = [number for kind, numbers in tokens if kind == "M" for number in numbers]
    for shape, read in _SHAPES:
        if shape.fullmatch(kinds) and (found := read(tokens, clips)):
            return found
    return None


def _swapped(tokens: _Tokens, _clips: list[int]) -> Operation | None:
    numbers = _all_numbers(tokens)
    if not numbers:
        return {"op": "swap_clips"}
    return {"op": "swap_clips", "first": numbers[0], "second": numbers[1]} if len(set(numbers)) == 2 else None


def _removed(tokens: _Tokens, clips: list[int]) -> Operation | None:
    # "Remove the first": of what? Beside a clip that is named, an ordinal alone is one, too.
    return {"op": "remove_clips", "numbers": _unique(_all_numbers(tokens))} if clips else None


def _kept(tokens: _Tokens, clips: list[int]) -> Operation | None:
    return {"op": "remove_clips", "except": _unique(_all_numbers(tokens))} if clips else None


def _moved_to_edge(tokens: _Tokens, clips: list[int]) -> Operation | None:
    edge = next((kind for kind, _ in tokens if kind in "DE"), "")
    numbers = _unique(clips or _all_numbers(tokens))
    if not edge or not numbers:
        return None
    if len(numbers) == 1:
        return {"op": "move_clip", "number": numbers[0], "to": 1 if edge == "D" else -1}
    return {"op": "order_clips", "order": numbers} if edge == "D" else None


def _moved_to_place(tokens: _Tokens, clips: list[int]) -> Operation | None:
    places = [number for kind, numbers in tokens if kind == "O" for number in numbers]
    if len(places) == 1 and len(clips) == 1:
        return {"op": "move_clip", "number": clips[0], "to": places[0]}
    return {"op": "order_clips", "order": _unique(clips)} if places == [1] and len(clips) > 1 else None


def _moved_beside(tokens: _Tokens, _clips: list[int]) -> Operation | None:
    side = "before" if any(kind == "B" for kind, _ in tokens) else "after"
    numbers = _all_numbers(tokens)
    if len(numbers) != 2 or numbers[0] == numbers[1]:
        return None
    return {"op": "move_clip", "number": numbers[0], side: numbers[1]}


def _ordered(tokens: _Tokens, _clips: list[int]) -> Operation | None:
    numbers = _all_numbers(tokens)
    return {"op": "order_clips", "order": numbers} if 2 <= len(numbers) == len(set(numbers)) else None


def _all_numbers(tokens: _Tokens) -> list[int]:
    return [number for kind, numbers in tokens if kind in "MOG" for number in numbers]


def _unique(numbers: list[int]) -> list[int]:
    return list(dict.fromkeys(numbers))


# What the row of tokens may look like, and what it then means; the first that fits.
_SHAPES: Final = [
    (re.compile(shape), read)
    for shape, read in (
        (r"S[NP]+|[NP]+S[NP]*", _swapped),
        (r"V*S[NP]*[MO]A?[MO][NP]*|V*[MO]A?[MO]A?S[NP]*", _swapped),
        (r"V?[XPNZ]+[VY]?", lambda tokens, _: {"op": "reverse_clips"} if _has(tokens, "XP") else None),
        (r"R(?:[MO]A*)*[MO]Y?|(?:[MO]A*)*[MO]A*R|L(?:[MO]A*)*[MO]Y", _removed),
        (r"K(?:[MO]A*)*[MO]|(?:[MO]A*)*[MO]K", _kept),
        (r"V*(?:MA*)+V*[DE]V?|V?[DE]V?(?:MA*)+V?", _moved_to_edge),
        (r"V*MV*OV?", _moved_to_place),
        (r"V*MV*[BF]V?[MO]V?|V*MV*A?[MO][BF]V?", _moved_beside),
        (r"V*M[DO](?:[AT]+M)+|[DV]?MA*T(?:[AT]*M)+", lambda tokens, _: _row(tokens)),
        (r"(?:V?[PZN]+)+(?:A*[MOG])+|Z?(?:[MOG]A*)+(?:V?[PZ])+V?", _ordered),
    )
]


def _has(tokens: _Tokens, kinds: str) -> bool:
    return set(kinds) <= {letter for kind, _ in tokens for letter in kind}


def _row(tokens: _Tokens) -> Operation | None:
    """Reads "clip 2 first, then clip 1": a place beside the first of a row is but its own."""
    if any(kind == "O" and numbers != (1,) for kind, numbers in tokens):
        return None
    return _ordered([token for token in tokens if token[0] == "M"], [])


@cache
def _words() -> dict[str, tuple[tuple[str, Ordinals], ...]]:
    """Language → its expressions, each with what it is."""
    data = json.loads(files(__package__).joinpath("order.json").read_text(encoding="utf-8"))
    return {
        language: tuple(
            (kind, with_ordinals(form.replace(" ", r"\s+"))) for kind, forms in kinds.items() for form in forms
        )
        for language, kinds in data.items()
    }
