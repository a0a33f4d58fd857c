"""Words for text in the picture → its kind, its place and what it says: "the watermark in the corner", 字幕, "the word SALE"."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from skillwire.language.normalise import fold, tidy
from skillwire.language.phrases import expand, whole_words
from skillwire.language.quotes import find_quotes
from skillwire.studio.effects.finding.wish import wish_of

_MOST = 500
# Between a kind and the words it names stands nothing but these.
_MARKS = " \t\"'“”„«»「」『』‘’:,.!?。，！？-"
_LEADING = re.compile(
    r"(?:the|das|der|die|la|el|le|les|o|a|los|las|os|as|de|do|da|im|in|que dice|qui dit)\s+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TextWish:
    """Which text is to go. ``kind``: subtitle, watermark, logo, stamp, title, sign, word or text; ``words``: what it says, when that
    was said; ``places``: top, bottom, left, right, corner; ``many``: whether all of the kind is meant.
    """

    kind: str
    words: str = ""
    places: frozenset[str] = frozenset()
    many: bool = False


def text_wish_of(words: str) -> TextWish | None:
    """Reads a user's words, in any of the languages; ``None`` when they mean no text but a thing, or nothing known."""
    shown = tidy(words)[:_MOST]
    quotes = find_quotes(shown)
    plain = shown
    for quote in quotes:
        plain = plain[: quote.start] + " " * (quote.end - quote.start) + plain[quote.end :]
    low = fold(plain).replace("-", " ")
    quoted = " ".join(quote.inner for quote in quotes)
    pattern, meanings = _lexicon()
    found = [(match, *meanings[match.group()]) for match in pattern.finditer(low)]
    kinds = [(match, value) for match, sort, value in found if sort == "kinds"]
    if not kinds:
        return TextWish("word", quoted, many=True) if quoted and not low.strip(_MARKS) else None
    if wish_of(plain).group:  # "the man beside the sign" is no sign
        return None
    # The most telling word counts: "date stamp text" is a stamp, "subtitle text" subtitles.
    match, kind = min(kinds, key=lambda one: _ORDER.index(one[1]))
    places = frozenset(value for _, sort, value in found if sort == "places")
    many = any(sort == "all" for _, sort, _ in found)
    named = quoted
    if not named and kind == "word" and len(low) == len(plain):
        named = _LEADING.sub("", plain[match.end() :].strip(_MARKS))
    if named and kind in {"word", "text", "title", "sign", "logo", "watermark"}:
        return TextWish("word" if kind in {"word", "text"} else kind, named, places, many=True)
    return TextWish("text" if kind == "word" else kind, "", places, many or kind == "subtitle")


# The kinds, those first that tell more.
_ORDER = ("word", "stamp", "subtitle", "watermark", "logo", "sign", "title", "text")


@cache
def _lexicon() -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    data = json.loads(files(__package__).joinpath("words.json").read_text("utf-8"))
    meanings: dict[str, tuple[str, str]] = {}
    for sort in ("kinds", "places"):
        for value, languages in data[sort].items():
            for patterns in languages.values():
                for pattern in patterns:
                    for phrase in expand(pattern):
                        meanings.setdefault(fold(phrase).replace("-", " "), (sort, value))
    for patterns in data["all"].values():
        meanings |= dict.fromkeys(patterns, ("all", ""))
    return re.compile(whole_words(meanings)), meanings
