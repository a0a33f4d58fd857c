"""Where a regular expression can match: the plain words with which all that it finds starts, read from itself."""

from __future__ import annotations

import re

# A word so long (bytes) is rare enough in a text: it is not followed further where the expression forks.
_TELLING = 5
# Anchors and lookarounds stand between characters; their own text is passed over.
_BETWEEN = ("(?=", "(?!", "(?<=", "(?<!")
_ANY = [("", False)]  # what may be any of many characters
_NOTHING = [("", True)]


def openings(source: str) -> tuple[str, ...]:
    """Words one of which stands at the start of all that ``source`` finds, none where it may start with anything.

    Letters are those of the expression. Of two words the longer is left out where it starts with the other.
    """
    shortest: list[str] = []
    for word in sorted({word for word, _ in _alternatives(source, 0)[0]}):
        if len(word) < 2 and word.isascii():
            return ()  # a letter stands everywhere
        if not shortest or not word.startswith(shortest[-1]):  # what starts with a word follows right after it
            shortest.append(word)
    return tuple(shortest)


def matches(expression: re.Pattern[str], opening: str, text: str) -> list[re.Match[str]]:
    """As ``expression.finditer(text)``, where all that it finds starts with ``opening``: plain search is quicker."""
    found = []
    at = text.find(opening)
    while at >= 0:
        match = expression.match(text, at)
        if match:
            found.append(match)
        at = text.find(opening, match.end() if match else at + 1)
    return found


def anchored(source: str) -> bool:
    """Whether all that ``source`` finds stands at the start of the text."""
    at, first = 0, True  # of an alternative
    while at < len(source):
        if first and source[at] != "^":
            return False
        first = source[at] == "|"
        at = at + 1 if first else _element(source, at)[1]
    return not first


def _alternatives(source: str, at: int) -> tuple[list[tuple[str, bool]], int]:
    """How what starts at ``at`` may begin, up to the bracket that closes it, and where that stands.

    Each beginning comes with whether it is whole, so that what follows goes on from it.
    """
    done: list[tuple[str, bool]] = []
    begun = _NOTHING
    while at < len(source) and source[at] != ")":
        if source[at] == "|":
            done += begun
            begun, at = _NOTHING, at + 1
        else:
            following, at = _element(source, at)
            begun = [joined for beginning in begun for joined in _joined(beginning, following)]
    return done + begun, at


def _joined(beginning: tuple[str, bool], following: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    word, whole = beginning
    if not whole:
        return [beginning]
    if len(following) > 1 and len(word.encode()) >= _TELLING:
        return [(word, False)]
    return [(word + tail, on) for tail, on in following]


def _element(source: str, at: int) -> tuple[list[tuple[str, bool]], int]:
    """One character, class, group or anchor with what says how often it stands, and where the next one starts."""
    first = source[at]
    if first == "(":
        found, at = _group(source, at)
    elif first == "[":
        found, at = _ANY, _class_end(source, at)
    elif first == "\\":
        letter = source[at + 1]
        found, at = _NOTHING if letter in "bBAZ" else _ANY if letter.isalnum() else [(letter, True)], at + 2
    else:
        found, at = _NOTHING if first in "^$" else _ANY if first == "." else [(first, True)], at + 1
    often = source[at : at + 1]
    if often and often in "?*+{":
        at = source.index("}", at) + 1 if often == "{" else at + 1
        at += source[at : at + 1] in ("?", "+")  # lazy or possessive
        if often == "?":
            return found + _NOTHING, at
        found = [(word, False) for word, _ in found] if often == "+" else _ANY
    return found, at


def _class_end(source: str, at: int) -> int:
    at += 2 if source[at + 1] != "\\" else 1  # a bracket right at the start is one of the characters
    while source[at] != "]":
        at += 2 if source[at] == "\\" else 1
    return at + 1


def _group(source: str, at: int) -> tuple[list[tuple[str, bool]], int]:
    between = source.startswith(_BETWEEN, at)
    inner, end = _alternatives(
        source, source.index(":", at) + 1 if source.startswith("(?", at) and not between else at + 1
    )
    return (_NOTHING if between else inner), end + 1
