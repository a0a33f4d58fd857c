"""A text as clauses in the order of speech, each with what ties it to the one before.

Punctuation and connectives that always begin a clause ("then", "after that", 然后) split. A bare "and" may tie two nouns
as well as two requests, so the caller decides about it with ``begins``. The words are data (``connectives.json``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from skillwire.language.data import load
from skillwire.language.normalise import fold
from skillwire.language.phrases import whole_words

# Arrows tell an order, and numbers before points ("1) …") or a lone plus or slash a list.
# Commas and full stops between digits (1,5 s; 0.5x; 10:30) and inside names (clip.mp4, example.org) do not split, and
# neither do marks inside a URL.
_MARKS = re.compile(
    r"\w+://\S+"
    r"|(?P<then>[-=]>|>>|[→⇒➔➜➡⟶])"
    r"|(?P<item>(?<![^\s,;:])\(?[1-9][.)](?=\s|[^\W\d])| [+/] )"
    r"|(?P<stop>[!?;。…\n]+|\.+(?=\s|$|[^\x00-\x7f]))"
    r"|(?P<comma>(?<!\d),+|,+(?!\d)|[、،]| [-–—]+ |—+|:(?=\s)|(?<=[^\x00-\x7f]):|\((?=\w)|\)(?=\W|$))"
)
_MARK_KINDS = frozenset({"comma", "stop", "item"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: ``text`` is ``source[start:end]`` without the connective.

    ``link`` says how it follows the one before: ``""`` (first), ``stop`` (a new sentence), ``comma``, ``item`` (of a list), or what its
    connective means: ``then``, ``and``, ``but``, ``first``, ``before``, ``after``, ``if``, ``because``, ``or``, ``instead`` (of what was said before).
    ``asks`` tells that it ends in a question mark.
    """

    start: int
    end: int
    text: str
    link: str = ""
    asks: bool = False


@cache
def _connectives(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    kinds = load("connectives.json").get(language) or load("connectives.json")["en"]
    meaning = {fold(word): kind for kind, words in kinds.items() for word in words}
    return re.compile(f"{_MARKS.pattern}|(?P<word>{whole_words(meaning)})"), meaning


def split_clauses(
    text: str, language: str = "en", *, begins: Callable[[str], bool] | None = None, folded: str | None = None
) -> tuple[Clause, ...]:
    """The clauses of a tidied ``text``; empty ones are dropped, but their connective counts for the next.

    ``begins`` is asked whether a clause begins with the given folded rest of the text; it is asked for "and" alone, and
    without it "and" never splits. ``folded`` saves work when the caller has ``fold(text)`` (quotes masked) at hand.
    """
    low = fold(text) if folded is None else folded
    pattern, meaning = _connectives(language)
    clauses: list[Clause] = []
    start, link = 0, ""
    for match in pattern.finditer(low):
        kind = match.lastgroup
        if kind is None:
            continue
        if kind == "word":
            kind = meaning[match[0]]
            if kind == "keep":  # words that look like a connective but belong to what stands before ("know if")
                continue
            if kind == "and" and not (begins is not None and begins(low[match.end() :].lstrip())):
                continue
        if low[start : match.start()].strip(" \t"):
            clauses.append(_clause(text, start, match.start(), link, asks="?" in match[0]))
            link = kind
        elif kind not in _MARK_KINDS or not link:
            link = kind if clauses or kind not in _MARK_KINDS else link
        start = match.end()
    if low[start:].strip(" \t"):
        clauses.append(_clause(text, start, len(text), link, asks=False))
    elif link == "first" and len(clauses) > 1 and clauses[-1].link in _MARK_KINDS:  # "export it, cut the intro first"
        clauses[-1] = replace(clauses[-1], link=link)
    return tuple(clauses)


def _clause(text: str, start: int, end: int, link: str, *, asks: bool) -> Clause:
    while start < end and text[start] == " ":
        start += 1
    while start < end and text[end - 1] == " ":
        end -= 1
    return Clause(start, end, text[start:end], link, asks)
