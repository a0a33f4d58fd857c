"""Judges clauses: what each one asks for, by itself.

A clause speaks for an action when one of the action's frames fits, or when a word that names the action is its head and
nearly all other words belong to that action's field. It is an edit when it begins with an editing verb or holds words
that no action explains. Quoted text never counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from skillwire.engine.intents import Grammar, Intent
from skillwire.engine.intents_lexicon import Token
from skillwire.language.clauses import split_clauses
from skillwire.spec.model import Route

PHRASE: Final = 4.0  # a phrase of several words from the table itself
STRONG: Final = 3.0  # a frame
WEAK: Final = 2.2  # a naming word as head
HINTED: Final = 1.5  # the least sum of hints that counts
DOUBT: Final = 1.3  # the least score that an action is believed at
EDITED: Final = 1.0  # the least score that an edit is believed at
STATED: Final = 1.0  # how much less a statement weighs than a request
ASKED: Final = 1.0  # how much less a naming word weighs in a question, for actions that are not asked about
FOREIGN: Final = 0.75  # what each word that the action does not explain costs a naming word


@dataclass(frozen=True, slots=True)
class Judgement:
    """One clause, judged. ``kind``: ``action``, ``edit``, ``statement``, ``nothing``.

    ``row`` is the table row of an action. ``score`` weighs it against other clauses, ``rule`` names the frame or test that
    decided, ``words`` the words that it saw. ``negated`` actions are called off or put off; ``stated`` ones are told, not
    asked for. ``instructs`` tells that, said with a file, the clause asks for something to be done with it; ``leads`` that an
    editing verb begins it, ``evident`` that it holds a word of the editor's trade; ``url`` that a link stands in it.
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
    stated: bool = False
    url: bool = False
    leads: bool = False
    evident: bool = False
    instructs: bool = False


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
        if token.symbol in roles["and"] and _said(roles["pre"], tokens[start:place]) and place + 1 < len(tokens):
            ahead = place + 1
            while ahead + 1 < len(tokens) and tokens[ahead].symbol in roles["pre"]:
                ahead += 1
            ahead_of = tokens[ahead:] if grammar.verb_final else tokens[ahead : ahead + 1]
            if any(token.symbol in roles["verb"] for token in ahead_of):
                parts.append(tokens[start:place])
                start = place + 1
        elif grammar.serial and token.symbol in roles["export"] and _ends(grammar, tokens, start, place):
            parts.append(tokens[start:place])
            start = place
    parts.append(tokens[start:])
    return [part for part in parts if part]


def _ends(grammar: Grammar, tokens: list[Token], start: int, place: int) -> bool:
    """Whether, in a language that lines verbs up without a word between them, ``place`` begins a request of its own:
    an edit stands before it, and nothing behind it that it could be an attribute of.
    """
    edited = any(token.symbol in grammar.roles["edit"] for token in tokens[start:place])
    return edited and not any(token.symbol in grammar.apart for token in tokens[place + 1 :])


def _said(pre: frozenset[str], tokens: list[Token]) -> bool:
    """Whether there is more than politeness in these words."""
    return any(token.symbol not in pre for token in tokens)


def _one(grammar: Grammar, text: str, tokens: list[Token], link: str, *, asks: bool) -> Judgement:
    symbols = "".join([token.symbol for token in tokens])
    present = set(symbols)
    head = _head(grammar, symbols)
    roles = grammar.roles
    asks = asks or _fits(grammar, "question", symbols, present)
    stated = not asks and _fits(grammar, "statement", symbols, present)
    best = max(
        (
            found
            for intent in grammar.intents
            if (found := _score(grammar, intent, tokens, symbols, present, asks=asks)) is not None
        ),
        key=lambda found: (found.score, found.end - found.start),
        default=None,
    )
    edit, rule = _edit_score(grammar, symbols, present, head)
    judged = Judgement(
        text=text[tokens[0].start : tokens[-1].end],
        kind="statement" if stated else "nothing",
        link=link,
        asks=asks,
        stated=stated,
        url=not present.isdisjoint(roles["url"]),
        leads=head < len(symbols) and symbols[head] in roles["edit"],
        evident=not present.isdisjoint(roles["evident"]),
        instructs=_fits(grammar, "instruct", symbols, present) and not _fits(grammar, "present", symbols, present),
    )
    if best is not None and best.score > edit and best.score >= DOUBT:
        return replace(
            judged,
            kind="action",
            row=best.row,
            action=best.intent.action,
            meaning=best.intent.meaning,
            score=best.score - (STATED if stated else 0.0),
            rule=best.rule,
            words=text[tokens[best.start].start : tokens[max(best.start, best.end - 1)].end],
            negated=_negated(grammar, symbols, best.start, best.end, asks=asks, stated=stated),
        )
    if edit >= EDITED:
        head = min(head, len(symbols) - 1)
        negated = _negated(grammar, symbols, head, head + 1, asks=asks, stated=stated)
        return replace(
            judged, kind="edit", score=edit - (STATED if stated else 0.0), rule=rule, words=judged.text, negated=negated
        )
    return replace(judged, negated=not present.isdisjoint(roles["hold"]))


def _fits(grammar: Grammar, name: str, symbols: str, present: set[str]) -> bool:
    return grammar.frames[name].first(symbols, present) is not None


def _head(grammar: Grammar, symbols: str) -> int:
    """The place of the first word that is not politeness or an auxiliary."""
    pre = grammar.roles["pre"]
    edit = grammar.roles["edit"]
    for place, symbol in enumerate(symbols):
        if symbol not in pre or symbol in edit:
            return place
    return len(symbols)


@dataclass(frozen=True, slots=True)
class _Found:
    """What speaks for an intent: its score, and the tokens ``start:end`` that it rests on."""

    score: float
    intent: Intent
    row: Route
    rule: str
    start: int
    end: int


def _score(
    grammar: Grammar, intent: Intent, tokens: list[Token], symbols: str, present: set[str], *, asks: bool
) -> _Found | None:
    for frame, row in intent.phrases:
        match = frame.search(symbols, present)
        if match is not None:
            foreign = sum(symbol in grammar.unsafe for symbol in symbols)
            return _Found(PHRASE - foreign, intent, row, f'phrase "{frame.source}"', match.start(), match.end())
    fit = intent.strong.first(symbols, present)
    if fit is not None:
        frame, match = fit
        row = intent.row_of(tokens[match.start()].text)
        return _Found(frame.weight, intent, row, f"{intent.action}: {frame.source}", match.start(), match.end())
    asked = asks and present.isdisjoint(grammar.roles["can"])
    hinted = _hinted(grammar, intent, symbols, present, asks=asked)
    named = _named(grammar, intent, tokens, symbols) if not present.isdisjoint(intent.keys) else None
    if named is not None and asked and intent.asked < 0:
        named = replace(named, score=named.score - ASKED)  # "is the export …?" asks about it, not for it
    return max((found for found in (named, hinted) if found is not None), key=lambda found: found.score, default=None)


def _named(grammar: Grammar, intent: Intent, tokens: list[Token], symbols: str) -> _Found | None:
    """The first word that names the intent and is no mere attribute of the next one ("download button")."""
    for place, symbol in enumerate(symbols):
        if symbol not in intent.keys:
            continue
        after = symbols[place + 1] if place + 1 < len(symbols) else ""
        if (after in grammar.unsafe and after not in intent.support) or after in grammar.roles["attributive"]:
            continue
        if _attribute(grammar, symbols, place):
            continue
        foreign = sum(other in grammar.unsafe and other not in intent.support for other in symbols)
        word = tokens[place].fixed or tokens[place].text
        return _Found(
            WEAK - FOREIGN * foreign,
            intent,
            intent.row_of(word),
            f'{intent.action}: the word "{word}"',
            place,
            place + 1,
        )
    return None


def _attribute(grammar: Grammar, symbols: str, place: int) -> bool:
    """Whether the word at ``place`` belongs to a thing on the screen ("icon of the upload")."""
    roles = grammar.roles
    place -= 1
    while place > 0 and symbols[place] in roles["det"] and symbols[place] not in roles["of"]:
        place -= 1
    return place > 0 and symbols[place] in roles["of"] and symbols[place - 1] in roles["screen"]


def _hinted(grammar: Grammar, intent: Intent, symbols: str, present: set[str], *, asks: bool) -> _Found | None:
    """Many small signs: the words of the intent's field, each kind once, less what is foreign to it."""
    if not intent.hints:
        return None
    weight = sum(intent.hints.get(symbol, 0.0) for symbol in present) + (intent.asked if asks else 0.0)
    if weight < HINTED:
        return None
    foreign = sum(other in grammar.unsafe and other not in intent.support for other in symbols)
    # What is asked about often has no name here ("is the drone shot in?"); what is asked for mostly has.
    score = min(WEAK, weight) - FOREIGN * foreign * (0.4 if asks and intent.asked > 0 else 1.0)
    return _Found(score, intent, intent.rows[0], f"{intent.action}: words of its field", 0, len(symbols))


def _edit_score(grammar: Grammar, symbols: str, present: set[str], head: int) -> tuple[float, str]:
    roles = grammar.roles
    foreign = sum(symbol in grammar.unsafe for symbol in symbols)
    fit = grammar.frames["edit"].first(symbols, present)
    if fit is not None:
        return fit[0].weight + 0.5, f"edit: {fit[0].source}"
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
    look = not present.isdisjoint(roles["look"])
    return 0.7 * foreign + look, "words that no action explains"


def _negated(grammar: Grammar, symbols: str, start: int, end: int, *, asks: bool, stated: bool) -> bool:
    """Whether what stands at ``start:end`` is called off, put off, or said not to be meant."""
    if asks:
        return False
    roles = grammar.roles
    if _fits(grammar, "dismiss", symbols, set(symbols)):
        return True
    if any(symbol in roles["later"] for symbol in symbols):
        return True
    before = start if stated else min(start, grammar.negation["before"])
    return any(symbol in roles["neg"] for symbol in symbols[start - before : end + grammar.negation["after"]])
