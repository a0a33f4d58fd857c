"""Judges clauses: what each one asks for, by itself.

A clause speaks for an action when one of the action's frames fits, or when a word that names the action is its head and
nearly all other words belong to that action's field. It is an edit when it begins with an editing verb or holds words
that no action explains. Quoted text never counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from skillwire.engine.intents import Grammar, Intent
from skillwire.engine.intents_lexicon import Token
from skillwire.language.clauses import split_clauses
from skillwire.spec.model import Route

PHRASE: Final = 4.0  # a phrase of several words from the table itself
STRONG: Final = 3.0  # a frame
WEAK: Final = 2.2  # a naming word as head
DOUBT: Final = 1.3  # the least score that an action is believed at
FOREIGN: Final = 0.75  # what each word that the action does not explain costs a naming word


@dataclass(frozen=True, slots=True)
class Judgement:
    """One clause, judged. ``kind``: ``action``, ``edit``, ``statement``, ``nothing``.

    ``row`` is the table row of an action. ``score`` weighs it against other clauses, ``rule`` names the frame or test that
    decided, ``words`` the words that it saw. ``negated`` actions are called off or put off.
    """

    text: str
    kind: str
    row: Route | None = None
    action: str = ""
    meaning: str = ""
    score: float = 0.0
    rule: str = ""
    words: str = ""
    negated: bool = False
    link: str = ""
    asks: bool = False
    url: bool = False
    content: int = 0


def judge(grammar: Grammar, text: str, low: str) -> tuple[Judgement, ...]:
    """The clauses of a tidied ``text``, judged. ``low`` is its folded form with quotes masked."""
    tokens = grammar.lexicon.tokens(low)
    out: list[Judgement] = []
    place = 0
    for clause in split_clauses(text, grammar.language, folded=low):
        inside: list[Token] = []
        while place < len(tokens) and tokens[place].start < clause.end:
            if tokens[place].start >= clause.start:
                inside.append(tokens[place])
            place += 1
        link = clause.link
        for part in _parts(grammar, inside):
            out.append(_one(grammar, text, part, link, asks=clause.asks))
            link = "and"
    return tuple(out)


def _parts(grammar: Grammar, tokens: list[Token]) -> list[list[Token]]:
    """Cuts at each "and" that a verb or a question follows."""
    roles = grammar.roles
    parts: list[list[Token]] = []
    start = 0
    for place, token in enumerate(tokens):
        if token.symbol in roles["and"] and place > start and place + 1 < len(tokens):
            ahead = place + 1
            while ahead + 1 < len(tokens) and tokens[ahead].symbol in roles["pre"]:
                ahead += 1
            following = tokens[ahead].symbol
            if following in roles["edit"] or following in roles["verbish"] or following in roles["make"]:
                parts.append(tokens[start:place])
                start = place + 1
    parts.append(tokens[start:])
    return [part for part in parts if part]


def _one(grammar: Grammar, text: str, tokens: list[Token], link: str, *, asks: bool) -> Judgement:
    symbols = "".join([token.symbol for token in tokens])
    shown = text[tokens[0].start : tokens[-1].end]
    present = set(symbols)
    head = _head(grammar, symbols)
    roles = grammar.roles
    url = not present.isdisjoint(roles["url"])
    best: tuple[float, Intent, Route, str, int, int] | None = None
    for intent in grammar.intents:
        found = _score(grammar, intent, tokens, symbols, present, head)
        if found is not None and (best is None or found[0] > best[0]):
            best = (found[0], intent, *found[1:])
    edit, rule = _edit_score(grammar, symbols, head)
    content = sum(1 for symbol in symbols if symbol in grammar.unsafe)
    if best is not None and best[0] > edit and best[0] >= DOUBT:
        score, intent, row, rule, start, end = best
        words = text[tokens[start].start : tokens[max(start, end - 1)].end]
        return Judgement(
            shown,
            "action",
            row,
            intent.action,
            intent.meaning,
            score,
            rule,
            words,
            _negated(grammar, symbols, start, asks=asks),
            link,
            asks,
            url,
            content,
        )
    if edit >= 1.0:
        negated = _negated(grammar, symbols, min(head, len(symbols) - 1), asks=asks)
        return Judgement(shown, "edit", None, "", "", edit, rule, shown, negated, link, asks, url, content)
    kind = "nothing" if content == 0 or not present.isdisjoint(roles["praise"]) else "statement"
    return Judgement(shown, kind, None, "", "", 0.0, kind, shown, False, link, asks, url, content)


def _head(grammar: Grammar, symbols: str) -> int:
    """The place of the first word that is not politeness or an auxiliary."""
    pre = grammar.roles["pre"]
    edit = grammar.roles["edit"]
    for place, symbol in enumerate(symbols):
        if symbol not in pre or symbol in edit:
            return place
    return len(symbols)


def _score(
    grammar: Grammar, intent: Intent, tokens: list[Token], symbols: str, present: set[str], head: int
) -> tuple[float, Route, str, int, int] | None:
    for frame, row in intent.phrases:
        match = frame.search(symbols, present)
        if match is not None:
            foreign = sum(1 for symbol in symbols if symbol in grammar.unsafe)
            return PHRASE - foreign, row, f'phrase "{frame.source}"', match.start(), match.end()
    best: tuple[float, Route, str, int, int] | None = None
    for frame in intent.strong:
        match = frame.search(symbols, present)
        if match is not None:
            row = intent.row_of(tokens[match.start()].text)
            best = (STRONG, row, f"{intent.action}: {frame.source}", match.start(), match.end())
            break
    if best is None and not present.isdisjoint(intent.keys):
        for place, symbol in enumerate(symbols):
            if symbol not in intent.keys:
                continue
            after = symbols[place + 1] if place + 1 < len(symbols) else ""
            if after in grammar.unsafe and after not in intent.support:
                continue
            foreign = sum(1 for other in symbols if other in grammar.unsafe and other not in intent.support)
            score = WEAK - FOREIGN * foreign
            word = tokens[place].fixed or tokens[place].text
            best = (score, intent.row_of(word), f'{intent.action}: the word "{word}"', place, place + 1)
            break
    return best


def _edit_score(grammar: Grammar, symbols: str, head: int) -> tuple[float, str]:
    roles = grammar.roles
    foreign = sum(1 for symbol in symbols if symbol in grammar.unsafe)
    for frame in grammar.frames["edit"]:
        if frame.search(symbols, set(symbols)):
            return 3.5, f"edit: {frame.source}"
    if head < len(symbols):
        first = symbols[head]
        after = symbols[head + 1] if head + 1 < len(symbols) else ""
        if first in roles["edit"]:
            if first in roles["verbish"]:
                return 0.6 + 0.8 * foreign, "an editing verb that has other senses"
            return 3.5, "an editing verb leads"
        if first in roles["unknown"] and after in roles["det"]:
            return 2.5, "an unknown verb leads"
        if first in roles["make"] and foreign:
            return 0.9 + 0.8 * foreign, "something is to be made so"
    return 0.7 * foreign, "words that no action explains"


def _negated(grammar: Grammar, symbols: str, place: int, *, asks: bool) -> bool:
    if asks:
        return False
    roles = grammar.roles
    if any(symbol in roles["later"] for symbol in symbols):
        return True
    return any(symbol in roles["neg"] for symbol in symbols[max(0, place - 4) : place + 1])
