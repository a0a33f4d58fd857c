"""Lists of phrases as one regular expression that finds the longest of them at every place of a text.

A phrase is written as people type it, in lower case, with alternatives in round brackets: ``"entfern(e|en|t)"``,
``"(get|take) rid of"``, ``"farbe(n|)"``. Phrases in Latin letters match whole words only; Chinese and Japanese ones
match anywhere, since those scripts put no spaces between words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# The Latin letters of the seven languages: ASCII, Latin-1 and Latin Extended-A and -B.
LATIN = "a-z\u00c0-\u024f"
# Kana, the ideographs and their iteration mark.
CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"

_TOKEN = re.compile(r"[()|]|[^()|]+")
_IS_CJK = re.compile(f"[{CJK}]")
_END = ""


def expand(pattern: str) -> list[str]:
    """All phrases that a pattern stands for, with single spaces: ``"a(b|c)"`` → ``["ab", "ac"]``; brackets may nest."""
    made = _alternatives(_TOKEN.findall(pattern), 0)[0]
    return [" ".join(phrase.split()) for phrase in made] if " " in pattern else made


def _alternatives(tokens: list[str], at: int) -> tuple[list[str], int]:
    """The phrases of a bracket's inside, and the place of the bracket that closes it."""
    finished: list[str] = []
    growing = [""]
    while at < len(tokens) and tokens[at] != ")":
        if tokens[at] == "|":
            finished, growing = finished + growing, [""]
        elif tokens[at] == "(":
            inside, at = _alternatives(tokens, at + 1)
            growing = [head + tail for head in growing for tail in inside]
        else:
            growing = [head + tokens[at] for head in growing]
        at += 1
    return finished + growing, at


def is_cjk(text: str) -> bool:
    """Whether a text holds a Chinese or Japanese character."""
    return _IS_CJK.search(text) is not None


def alternation(phrases: Iterable[str]) -> str:
    """A regular expression of literal phrases, factored by their common beginnings; the longest alternative wins."""
    trie: dict[str, Any] = {}
    for phrase in phrases:
        node = trie
        for char in phrase:
            node = node.setdefault(char, {})
        node[_END] = {}
    return _render(trie) if trie else r"(?!)"


def _render(node: dict[str, Any]) -> str:
    branches = [re.escape(char) + _render(child) for char, child in node.items() if char != _END]
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 and _END not in node else f"(?:{'|'.join(branches)})"
    return f"{body}?" if _END in node else body


def whole_words(phrases: Iterable[str]) -> str:
    """``alternation``, with word borders around what is written in Latin letters.

    A digit is no letter here: "10s" holds the word "s", and "x3" the word "x".
    """
    latin: list[str] = []
    other: list[str] = []
    for phrase in phrases:
        (other if is_cjk(phrase) else latin).append(phrase)
    return f"(?:(?<![{LATIN}]){alternation(latin)}(?![{LATIN}])|{alternation(other)})"


def flatten(entries: Mapping[str, Iterable[str] | Mapping[str, Iterable[str]]]) -> dict[str, tuple[str, str]]:
    """A lexicon as read from JSON, turned round: phrase → (kind, value).

    ``entries``: kind → phrases, or kind → value → phrases; without a value, the value is empty. The first entry of a
    phrase counts.
    """
    flat: dict[str, tuple[str, str]] = {}
    for kind, group in entries.items():
        valued = group if isinstance(group, Mapping) else {"": group}
        for value, patterns in valued.items():
            for pattern in patterns:
                for phrase in expand(pattern):
                    flat.setdefault(phrase, (kind, value))
    return flat
