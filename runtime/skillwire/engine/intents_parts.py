"""Cuts clauses into parts where no punctuation and no connective tells that another request begins."""

from __future__ import annotations

from collections.abc import Iterator

from skillwire.engine.intents import Grammar
from skillwire.engine.intents_frames import Clues
from skillwire.engine.intents_lexicon import Token


def parts(grammar: Grammar, tokens: list[Token], link: str) -> Iterator[tuple[list[Token], str]]:
    """The parts of a clause, each with what ties it to the one before; ``link`` is that of the clause.

    Cuts at each "and" that a verb, a question or the finished file follows, where "please" begins a delivery, and where
    what is to be done before an export follows it without a comma.
    """
    for part in _cut(grammar, tokens, link):
        if grammar.serial and len(part) > 1 and part[-1].symbol in grammar.roles["ahead"]:
            yield part[:-1], "before"  # 导出之前: the word for "before" ends its clause
        else:
            yield part, link
        link = "and"


def _cut(grammar: Grammar, tokens: list[Token], link: str) -> list[list[Token]]:
    roles = grammar.roles
    parts: list[list[Token]] = []
    start = 0
    sided = link in {"before", "after"}
    for place, token in enumerate(tokens):
        if token.symbol not in roles["cutting"] and not sided:
            continue
        if token.symbol in roles["and"] and _said(roles["empty"], tokens[start:place]) and place + 1 < len(tokens):
            if _begins(grammar, tokens, start, place):
                parts.append(tokens[start:place])
                start = place + 1
        elif _anew(grammar, tokens, start, place, link):
            parts.append(tokens[start:place])
            start = place
        elif grammar.serial and token.symbol in roles["ahead"] and tokens[place - 1].symbol in roles["export"]:
            parts.append(tokens[start : place + 1])
            start = place + 1
        elif grammar.serial and token.symbol in roles["export"] and _ends(grammar, tokens, start, place):
            parts.append(tokens[start:place])
            start = place
    parts.append(tokens[start:])
    return [part for part in parts if part]


def _begins(grammar: Grammar, tokens: list[Token], start: int, place: int) -> bool:
    """Whether the "and" at ``place`` ties a request to the one that began at ``start``, rather than two words."""
    roles = grammar.roles
    if grammar.serial and tokens[place - 1].symbol in roles["joins"]:  # 够再导一次: enough for one more
        return False
    ahead = place + 1
    while ahead + 1 < len(tokens) and tokens[ahead].symbol in roles["pre"]:
        ahead += 1
    ahead_of = tokens[ahead:] if grammar.verb_final else tokens[ahead : ahead + 1]
    if any(token.symbol in roles["verb"] for token in ahead_of):
        return True
    if tokens[ahead].symbol in roles["wh"] and tokens[place - 1].symbol not in roles["wh"]:
        return any(token.symbol not in roles["empty"] for token in tokens[ahead + 1 :])
    rest = tokens[ahead:]
    if rest[0].symbol in roles["aux"] and len(rest) > 2 and rest[1].symbol in roles["subject"]:
        return tokens[start].symbol in roles["wh"] | roles["aux"]  # "how many … and is it …"
    edited = any(token.symbol in roles["evident"] for token in tokens[start:place])
    return (
        edited
        and any(token.symbol in roles["taken"] for token in rest)
        and not any(token.symbol in grammar.unsafe for token in rest)
    )


def _anew(grammar: Grammar, tokens: list[Token], start: int, place: int, link: str) -> bool:
    """Whether a part begins with the very word at ``place``."""
    roles, symbol = grammar.roles, tokens[place].symbol
    return (
        (symbol in roles["cue"] and _delivers(grammar, tokens, start, place))
        or (link in {"before", "after"} and _follows(grammar, tokens, start, place, link))
        or (symbol in roles["with"] and _tailed(grammar, tokens, start, place))
    )


def _delivers(grammar: Grammar, tokens: list[Token], start: int, place: int) -> bool:
    """Whether after an edit the word at ``place`` begins a request of its own ("… the logo please export", "… I need")."""
    roles = grammar.roles
    symbol, after = tokens[place].symbol, tokens[place + 1].symbol if place + 1 < len(tokens) else ""
    if symbol in roles["please"]:
        begins = after in roles["deliver"]
    else:
        begins = symbol in roles["i"] and after in roles["want"] and symbol not in roles["want"]
    return bool(after) and begins and any(token.symbol in roles["evident"] for token in tokens[start:place])


def _follows(grammar: Grammar, tokens: list[Token], start: int, place: int, link: str) -> bool:
    """Whether an edit begins at ``place``, all before it being about an export ("before you export | take out …"), or a
    delivery, all before it being about an edit ("after you've sharpened it | hand it over").
    """
    roles = grammar.roles
    symbol, before = tokens[place].symbol, tokens[start:place]
    if link == "before":
        exports = any(token.symbol in roles["export"] for token in before)
        return exports and symbol in roles["edit"] and symbol not in roles["verbish"]
    edited = any(token.symbol in roles["edited"] for token in before[:-1])
    return edited and symbol in roles["deliver"] and before[-1].symbol not in roles["det"]


def _tailed(grammar: Grammar, tokens: list[Token], start: int, place: int) -> bool:
    """Whether an export is told before ``place``, and from there on what is to have been done to the film by then
    ("download it | with the noise removed").
    """
    delivered = any(token.symbol in grammar.roles["delivered"] for token in tokens[start:place])
    tail = "".join([token.symbol for token in tokens[place:]])
    return delivered and Clues(grammar.index, tail).fits(grammar.frames["foregone"])


def _ends(grammar: Grammar, tokens: list[Token], start: int, place: int) -> bool:
    """Whether, in a language that lines verbs up without a word between them, ``place`` begins a request of its own:
    an edit stands before it, and nothing behind it that it could be an attribute of.
    """
    edited = any(token.symbol in grammar.roles["edit"] for token in tokens[start:place])
    return edited and not any(token.symbol in grammar.apart for token in tokens[place + 1 :])


def _said(empty: frozenset[str], tokens: list[Token]) -> bool:
    """Whether there is more than politeness and a "not" in these words."""
    return any(token.symbol not in empty for token in tokens)
