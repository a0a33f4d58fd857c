"""Words for a thing in the picture → its class and what tells it from others: "the red car parked on the left"."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from skillwire.language.normalise import fold, tidy
from skillwire.language.phrases import expand, whole_words
from skillwire.studio.effects.finding.detector import labels

LANGUAGES = ("en", "zh", "es", "de", "fr", "ja", "pt")
# Where the thing's own word stands last before what describes it further; elsewhere it stands first.
_HEAD_LAST = frozenset({"en", "de", "zh", "ja"})
_ELIDED = re.compile(r"\b([ld])['’]")
_SCRIPT_WITHOUT_SPACES = frozenset({"zh", "ja"})
# Persons in a role: somebody who only passes by, somebody on a bicycle or motorcycle.
_BYSTANDER, _RIDER = "passer-by", "rider"
_SIDES = {"from left": "left", "from right": "right"}
_ORDINALS = {"first": 1, "second": 2, "third": 3}
_COUNTS = {"two": 2, "three": 3}
# Attributes that stand for something else than a look or a place.
_READ_APART = frozenset({*_SIDES, *_ORDINALS, *_COUNTS, "all", "others"})
# The group of a wish that says where something is or what it looks like, but not what it is: "the one on the left".
ANY = "any"
_EDGES = " ,.!?'\"。，、！？"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to go. ``label`` is empty when only the group is named; ``group`` is empty when no known class is meant.

    ``near``: classes that it carries or stands beside; ``ordinal``: its place counted from ``left`` or ``right``; ``count``: how many
    there should be, 0 when that is not said; ``others``: somebody stays, and only what is left besides goes.
    """

    group: str = ""
    label: str = ""
    many: bool = False
    bystander: bool = False
    rider: bool = False
    attributes: frozenset[str] = frozenset()
    colours: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    ordinal: tuple[int, str] | None = None
    count: int = 0
    others: bool = False


class _Meaning(NamedTuple):
    kind: str
    value: str
    many: bool = False


@dataclass(slots=True)
class _Reading:
    wish: Wish
    known: int
    tokens: list[tuple[str, _Meaning]] = field(default_factory=list)


def wish_of(words: str) -> Wish:
    """Reads a user's words for one kind of thing, in any of the languages; an unknown thing gives a wish without a group."""
    text = fold(tidy(words))[:500]
    readings = [_read(text, language) for language in LANGUAGES]
    return max(readings, key=lambda reading: (bool(reading.wish.group), reading.known)).wish


def but_for(words: str) -> tuple[str, str] | None:
    """What goes and what stays where an exception is made: "everyone except the man in red", "only keep the dog", 除了中间的人都去掉.

    What goes is empty where it is all of the kind that stays; ``None`` where no exception is made.
    """
    text = fold(tidy(words))[:500]
    marks = _exceptions()
    if found := marks["keep"].search(text):
        before, after = (part.strip(_EDGES) for part in (text[: found.start()], text[found.end() :]))
        return "", after or before
    if found := marks["but"].search(text):
        before, after = (part.strip(_EDGES) for part in (text[: found.start()], text[found.end() :]))
        if before:
            return before, after
        # "Except the man in red, everyone": what goes comes last.
        border = re.search("[,，]", after) or marks["but until"].search(after)
        return (after[border.end() :].strip(_EDGES), after[: border.start()].strip(_EDGES)) if border else ("", after)
    if found := marks["but before"].search(text):
        return text[found.end() :].strip(_EDGES), text[: found.start()].strip(_EDGES)
    return None


@cache
def _exceptions() -> dict[str, re.Pattern[str]]:
    """What tells an exception: words before what stays, words behind it, and words that name only what stays."""
    data = json.loads(files(__package__).joinpath("things.json").read_text("utf-8"))["exceptions"]
    return {
        kind: re.compile(
            whole_words(phrase for patterns in words.values() for pattern in patterns for phrase in expand(pattern))
        )
        for kind, words in data.items()
    }


def _read(text: str, language: str) -> _Reading:
    if language == "fr":
        text = _ELIDED.sub(r"\1e ", text)
    tokens = list(_tokens(text, language))
    known = sum(len(word) for word, meaning in tokens if meaning.kind != "unknown")
    return _Reading(_meant(tokens, language), known)


def _tokens(text: str, language: str) -> Iterator[tuple[str, _Meaning]]:
    """The text cut into known phrases and what lies between them."""
    pattern, meanings = _lexicon(language)
    at = 0
    for match in pattern.finditer(text):
        between = text[at : match.start()].strip(_EDGES)
        if between:
            yield between, _Meaning("unknown", "")
        yield match[0], meanings[match[0]]
        at = match.end()
    between = text[at:].strip(_EDGES)
    if between:
        yield between, _Meaning("unknown", "")


def _meant(tokens: list[tuple[str, _Meaning]], language: str) -> Wish:
    meanings = [meaning for _, meaning in tokens]
    if language in _SCRIPT_WITHOUT_SPACES:
        head = _after_link(meanings)
        own, beside = head, [meaning for meaning in meanings if meaning not in head]
        worn = beside
    else:
        own, border, beside = _before_border(meanings)
        worn = beside if border == "wearing" else []
    nouns = [n for n, meaning in enumerate(own) if meaning.kind == "thing"]
    if not nouns:
        return _nameless(own, worn)
    at = nouns[-1] if language in _HEAD_LAST else nouns[0]
    # "The car's shadow" and "the wheel of the car" are no car: an unknown word stands where the thing's own word should.
    astray = own[at + 1 :] if language in _HEAD_LAST else own[:at]
    if any(meaning.kind == "unknown" for meaning in astray):
        return Wish()
    if language in _SCRIPT_WITHOUT_SPACES and at and own[at - 1].kind == "unknown":
        return Wish()
    noun = own[at]
    told = [*own, *(meaning for meaning in worn if meaning.kind in {"colour", "attribute"})]
    attributes = {meaning.value for meaning in told if meaning.kind == "attribute"}
    place = next((number for value, number in _ORDINALS.items() if value in attributes), None)
    side = next((_SIDES[value] for value in _SIDES if value in attributes), None)
    if place and side is None and len(attributes & {"left", "right"}) == 1:
        (side,) = attributes & {"left", "right"}
        attributes.discard(side)
    count = next((number for value, number in _COUNTS.items() if value in attributes), 0)
    name = "person" if noun.value in {_BYSTANDER, _RIDER} else noun.value
    return Wish(
        group=labels().groups.get(name, name),
        label=name if name in labels().groups else "",
        many=noun.many or bool(count) or bool({"all", "others"} & attributes),
        bystander=noun.value == _BYSTANDER,
        rider=noun.value == _RIDER,
        attributes=frozenset(attributes - _READ_APART),
        colours=frozenset(meaning.value for meaning in told if meaning.kind == "colour"),
        near=frozenset(
            labels().groups.get(meaning.value, "")
            for meaning in [*beside, *(own[n] for n in nouns if n != at)]
            if meaning.kind == "thing"
        )
        - {"", "person"},
        ordinal=(place, side or "left") if place and (side or "all" not in attributes) else None,
        count=count,
        others="others" in attributes,
    )


def _nameless(own: list[_Meaning], worn: list[_Meaning]) -> Wish:
    """A wish for whatever has a look or a place: "the tallest one", "the thing on the left"."""
    told = [*own, *worn]
    attributes = {meaning.value for meaning in told if meaning.kind == "attribute"} - _READ_APART
    colours = {meaning.value for meaning in told if meaning.kind == "colour"}
    plain = all(meaning.kind != "unknown" for meaning in told) and any(meaning.kind == "one" for meaning in own)
    return (
        Wish(ANY, attributes=frozenset(attributes), colours=frozenset(colours))
        if plain and (attributes or colours)
        else Wish()
    )


def _before_border(meanings: list[_Meaning]) -> tuple[list[_Meaning], str, list[_Meaning]]:
    """What stands before the first word such as "with" or "next to", which, and what stands after it."""
    started = False
    for n, meaning in enumerate(meanings):
        if started and meaning.kind == "border" and meaning.value in {"wearing", "beside"}:
            return meanings[:n], meaning.value, meanings[n + 1 :]
        started = started or meaning.kind in {"thing", "unknown"}
    return meanings, "", []


def _after_link(meanings: list[_Meaning]) -> list[_Meaning]:
    """What stands behind the last 的 or の that a thing follows, with the attributes before it."""
    links = [n for n, meaning in enumerate(meanings) if meaning == _Meaning("border", "link")]
    for n in reversed(links):
        if any(meaning.kind == "thing" for meaning in meanings[n + 1 :]):
            before = [meaning for meaning in meanings[:n] if meaning.kind in {"attribute", "colour"}]
            return [*before, *meanings[n + 1 :]]
    return meanings


@cache
def _lexicon(language: str) -> tuple[re.Pattern[str], dict[str, _Meaning]]:
    data = json.loads(files(__package__).joinpath("things.json").read_text("utf-8"))
    meanings: dict[str, _Meaning] = {}
    for name, words in data["things"].items():
        for entry in words.get(language, ()):
            one, _, many = entry.partition("/")
            for form, is_many in ((one, False), (many, True)):
                if form:
                    meanings.setdefault(form, _Meaning("thing", name, is_many))
    for form in data["one"].get(language, ()):
        meanings.setdefault(form, _Meaning("one", ""))
    for section, kind in (("attributes", "attribute"), ("colours", "colour"), ("borders", "border")):
        for value, words in data[section].items():
            for pattern in words.get(language, ()):
                for phrase in expand(pattern):
                    meanings.setdefault(phrase, _Meaning(kind, value))
    return re.compile(whole_words(meanings)), meanings
