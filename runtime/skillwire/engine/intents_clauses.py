"""Judges clauses: what each one asks for, by itself.

A clause speaks for an action when one of the action's frames fits, or when a word that names the action is its head and
nearly all other words belong to that action's field. It is an edit when it begins with an editing verb or holds words
that no action explains. Quoted text never counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from skillwire.engine.intents import Grammar, Intent
from skillwire.engine.intents_frames import Clues
from skillwire.engine.intents_lexicon import Token
from skillwire.engine.intents_parts import parts
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
_LOOSE: Final = frozenset({"comma", "stop", "item", "and"})  # links that tell nothing about the order
FOREIGN: Final = 0.75  # what each word that the action does not explain costs a naming word


@dataclass(frozen=True, slots=True)
class Judgement:
    """One clause, judged. ``kind``: ``action``, ``edit``, ``statement``, ``nothing``.

    ``row`` is the table row of an action. ``score`` weighs it against other clauses, ``rule`` names the frame or test that
    decided, ``words`` the words that it saw. ``negated`` actions are called off or put off; ``stated`` ones are told, not
    asked for. ``instructs`` tells that, said with a file, the clause asks for something to be done with it; ``leads`` that an
    editing verb begins it, ``evident`` that it holds a word of the editor's trade, ``commands`` that a verb with an object begins it; ``url`` that a link stands in it, ``presents`` that it only
    shows what comes along ("here is my clip"), ``shows`` that something is to be told or shown, ``thing`` that it begins with the name of a thing seen in the film,
    ``topic`` that it names what was handed over or delivered before ("the clip I sent, …").
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
    commands: bool = False
    instructs: bool = False
    presents: bool = False
    shows: bool = False
    thing: bool = False
    topic: bool = False


def judge(grammar: Grammar, text: str, low: str, *, attached: bool = False) -> tuple[Judgement, ...]:
    """The clauses of a tidied ``text``, judged. ``low`` is its folded form with quotes masked.

    ``attached``: whether it was said with a file, or holds a link.
    """
    tokens = grammar.lexicon.tokens(low)
    attached = attached or any(token.symbol in grammar.roles["url"] for token in tokens)
    out: list[Judgement] = []
    place = 0
    for clause in split_clauses(text, grammar.language, folded=low):
        inside: list[Token] = []
        while place < len(tokens) and tokens[place].start < clause.end:
            if tokens[place].start >= clause.start:
                inside.append(tokens[place])
            place += 1
        link = clause.link
        if link == "instead":  # "not the balance but …", where the "not" comes behind
            out[-1:] = [replace(last, negated=True) for last in out[-1:]]
            link = "but"
        asks = clause.asks
        if link == "if" and out and _wonders(out):
            link, asks = "comma", True
        for part, tie in parts(grammar, inside, link):
            judged = _one(grammar, text, part, tie, asks=asks, attached=attached)
            if tie == "or" and out and out[-1].negated:  # "don't upload or export"
                judged = replace(judged, negated=True)
            if part[0] is not inside[0] and _continues(out, judged):
                judged = replace(judged, link="after")
            out.append(judged)
    return tuple(out)


def _wonders(before: list[Judgement]) -> bool:
    """Whether an "if" after these asks, rather than sets a condition ("tell me quickly if …", "no upload, only if …")."""
    *others, last = before
    return last.kind == "nothing" and (last.shows or any(one.negated for one in others))


def _continues(before: list[Judgement], judged: Judgement) -> bool:
    """Whether both are what has been done by then ("after uploading and downloading so much, …")."""
    return judged.link == "and" and before[-1].link == "after" and before[-1].kind == judged.kind == "action"


def _one(grammar: Grammar, text: str, tokens: list[Token], link: str, *, asks: bool, attached: bool) -> Judgement:
    clues = Clues(grammar.index, "".join([token.symbol for token in tokens]))
    symbols, present, roles, frames = clues.symbols, clues.present, grammar.roles, grammar.frames
    head = _head(grammar, symbols)
    asks = asks or (clues.fits(frames["question"]) and not clues.fits(frames["told"]))
    wished = clues.fits(frames["wish"])  # "the title should be gold" tells, and asks for an edit all the same
    stated = not (asks or wished) and clues.fits(frames["statement"])
    if link in _LOOSE and not present.isdisjoint(roles["firstly"]):  # "export it, make the sky bluer beforehand"
        link = "first"
    foregone = link != "before" and clues.fits(frames["foregone"])  # "with the logo gone, …"
    link = "after" if foregone else link
    foreign = sum([symbol in grammar.unsafe for symbol in symbols])
    best: _Found | None = None
    due = link == "before" and clues.fits(frames["due"])  # "before exporting": there it is yet to come
    for intent in grammar.intents:
        if due and intent.meaning == "state":
            continue
        found = _score(grammar, intent, tokens, clues, foreign, asks=asks)
        if found is not None and (best is None or found.rank > best.rank):
            best = found
    edit, rule = _edit_score(grammar, clues, head, foreign)
    row, action, meaning, score, words = None, "", "", 0.0, ""
    shown = text[tokens[0].start : tokens[-1].end]
    if best is not None and best.score > edit and best.score >= DOUBT:
        kind, row, action, meaning, score, rule = (
            "action",
            best.row,
            best.intent.action,
            best.intent.meaning,
            best.score,
            best.rule,
        )
        words = text[tokens[best.start].start : tokens[max(best.start, best.end - 1)].end]
        # "Then I'll take the file" is a wish, whatever its form.
        stated = stated and not (meaning == "export" and score >= STRONG and symbols[best.start] in roles["i"])
        negated = _negated(grammar, clues, best.start, best.end, asks=asks, stated=stated)
        negated = negated or (link == "before" and meaning == "export" and not present.isdisjoint(roles["anything"]))
    elif edit >= EDITED:
        kind, score, words = "edit", edit, shown
        head = min(head, len(symbols) - 1)
        negated = _negated(grammar, clues, head, head + 1, asks=asks, stated=stated)
        if clues.fits(frames["setting"]):  # "call it “holiday”" says how to deliver
            kind, rule = "nothing", ""
    else:
        kind, rule = ("statement" if stated else "nothing"), ""
        negated = not present.isdisjoint(roles["hold"])
    return Judgement(
        shown,
        kind,
        row,
        action,
        meaning,
        score - (STATED if stated and score else 0.0),
        rule,
        words,
        negated=negated and not (kind == "edit" and (foregone or wished)),
        link=link,
        asks=asks,
        stated=stated,
        url=not present.isdisjoint(roles["url"]),
        leads=head < len(symbols) and symbols[head] in roles["edit"],
        evident=foregone or not present.isdisjoint(roles["evident"]),
        commands=kind == "edit" and not (asks or stated) and _commands(grammar, symbols[head:] or symbols),
        instructs=attached and clues.fits(frames["instruct"]) and not clues.fits(frames["present"]),
        presents=clues.fits(frames["present"]),
        shows=not present.isdisjoint(roles["show"]),
        thing=symbols[0] in roles["det"] and not present.isdisjoint(roles["screen"]) and not asks,
        topic=clues.fits(frames["topic"]) and not asks,
    )


def _head(grammar: Grammar, symbols: str) -> int:
    """The place of the first word that is not politeness or an auxiliary."""
    pre = grammar.roles["pre"]
    edit = grammar.roles["edit"]
    for place, symbol in enumerate(symbols):
        if symbol not in pre or symbol in edit:
            return place
    return len(symbols)


def _commands(grammar: Grammar, symbols: str) -> bool:
    """Whether a clause, begun at its first word that is not politeness, has a verb with its object there, or says
    where quoted words are to stand.
    """
    roles = grammar.roles
    if symbols[0] in roles["quote"]:
        return len(symbols) > 2 and symbols[1] in roles["place"]
    after = next((symbol for symbol in symbols[1:] if symbol not in roles["filler"]), "")
    if symbols[0] in roles["make"]:
        return bool(after)
    return bool(after) and symbols[0] in roles["act"] and after in roles["subject"]


@dataclass(frozen=True, slots=True)
class _Found:
    """What speaks for an intent: its score, and the tokens ``start:end`` that it rests on."""

    score: float
    intent: Intent
    row: Route
    rule: str
    start: int
    end: int

    @property
    def rank(self) -> tuple[float, int]:
        """Of two equal scores the one that rests on more words counts."""
        return self.score, self.end - self.start


def _score(
    grammar: Grammar, intent: Intent, tokens: list[Token], clues: Clues, foreign: int, *, asks: bool
) -> _Found | None:
    for mask, row in intent.phrases:
        fit = clues.first(mask)
        if fit is not None:
            frame, match = fit
            outside = foreign - sum([symbol in grammar.unsafe for symbol in match[0]])
            return _Found(
                PHRASE - outside * (1.0 if grammar.edits else 0.5),
                intent,
                row,
                f'phrase "{frame.source}"',
                match.start(),
                match.end(),
            )
    named = not clues.present.isdisjoint(intent.keys)
    if named and foreign and _only_of_another(grammar, intent, clues.symbols):
        return None
    fit = (clues.first(intent.asking) if asks else None) or clues.first(intent.strong)
    if fit is not None and not _belongs(grammar, intent, clues.symbols, fit[1].end()):
        frame, match = fit
        row = intent.row_of(tokens[match.start()].text)
        return _Found(frame.weight, intent, row, f"{intent.action}: {frame.source}", match.start(), match.end())
    asked = asks and clues.present.isdisjoint(grammar.roles["can"])
    hinted = _hinted(grammar, intent, clues, foreign, asks=asked)
    if not named:
        return hinted
    word = _named(grammar, intent, tokens, clues.symbols, foreign)
    if word is not None and asked and intent.asked < 0:
        word = replace(word, score=word.score - ASKED)  # "is the export …?" asks about it, not for it
    if word is None or (hinted is not None and hinted.score > word.score):
        return hinted
    return word


def _belongs(grammar: Grammar, intent: Intent, symbols: str, end: int) -> bool:
    """Whether the naming word before ``end`` only says what kind of thing on the screen follows ("credits scene")."""
    return 0 < end < len(symbols) and symbols[end - 1] in intent.keys and symbols[end] in grammar.roles["screen"]


def _named(grammar: Grammar, intent: Intent, tokens: list[Token], symbols: str, foreign: int) -> _Found | None:
    """The first word that names the intent and is no mere attribute of the next one ("download button")."""
    for place, symbol in enumerate(symbols):
        if symbol not in intent.keys:
            continue
        after = symbols[place + 1] if place + 1 < len(symbols) else ""
        strange = after in grammar.unsafe and after not in intent.support
        if strange and grammar.serial and not intent.meaning and after in grammar.roles["unknown"]:
            strange = place + 2 < len(symbols)  # 物流信息: in a trade that nothing is known about, one word for all
        if strange or after in grammar.roles["attributive"]:
            continue
        if _attribute(grammar, symbols, place) or _of_another(grammar, intent, symbols, place):
            continue
        foreign = _foreign(grammar, intent, symbols) if foreign else 0
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


def _of_another(grammar: Grammar, intent: Intent, symbols: str, place: int) -> bool:
    """Whether the word at ``place`` is that of a thing no action knows ("the export of spices", 工事の進捗)."""
    roles, unsafe = grammar.roles, grammar.unsafe
    if not intent.meaning:  # nothing is known about the things of another trade
        return False
    if grammar.serial and symbols[place] in roles["noun"] and symbols[place + 1 : place + 2] in roles["screen"]:
        return True  # 积分界面: nouns stand side by side, the last of them being what is meant
    if place > 1 and symbols[place - 1] in roles["ofpre"]:
        return symbols[place - 2] in unsafe and symbols[place - 2] not in intent.support
    place += 1
    if place >= len(symbols) or symbols[place] not in roles["of"]:
        return False
    while place + 1 < len(symbols) and symbols[place] in roles["det"] | roles["of"]:
        if symbols[place] in roles["mine"]:
            return False
        place += 1
    return symbols[place] in unsafe and symbols[place] not in intent.support


def _only_of_another(grammar: Grammar, intent: Intent, symbols: str) -> bool:
    """Whether each word that names the intent is that of another thing; then no frame with it counts."""
    named = [place for place, symbol in enumerate(symbols) if symbol in intent.keys]
    return all(_of_another(grammar, intent, symbols, place) for place in named)


def _foreign(grammar: Grammar, intent: Intent, symbols: str) -> int:
    """How many words of the clause the intent does not explain."""
    return sum([symbol in grammar.unsafe and symbol not in intent.support for symbol in symbols])


def _hinted(grammar: Grammar, intent: Intent, clues: Clues, foreign: int, *, asks: bool) -> _Found | None:
    """Many small signs: the words of the intent's field, each kind once, less what is foreign to it."""
    if not intent.hints:
        return None
    hints = intent.hints.get
    weight = sum([hints(symbol, 0.0) for symbol in clues.present]) + (intent.asked if asks else 0.0)
    if weight < HINTED:
        return None
    foreign = _foreign(grammar, intent, clues.symbols) if foreign else 0
    # What is asked about often has no name here ("is the drone shot in?"); what is asked for mostly has.
    score = min(WEAK, weight) - FOREIGN * foreign * (0.4 if asks and intent.asked > 0 else 1.0)
    return _Found(score, intent, intent.rows[0], f"{intent.action}: words of its field", 0, len(clues.symbols))


def _edit_score(grammar: Grammar, clues: Clues, head: int, foreign: int) -> tuple[float, str]:
    roles, symbols = grammar.roles, clues.symbols
    if not grammar.edits:  # in a table of another trade "change the …" is nothing to be done to a picture
        return 0.4 * foreign, "words that no action explains"
    fit = clues.first(grammar.frames["edit"])
    if fit is not None:
        return fit[0].weight + 0.5, f"edit: {fit[0].source}"
    if head < len(symbols):
        first = symbols[head]
        after = next((symbol for symbol in symbols[head + 1 :] if symbol not in roles["filler"]), "")
        if first in roles["edit"]:
            if first in roles["verbish"]:
                object_follows = 0.8 if after in roles["det"] else 0.0
                return 0.6 + 0.8 * foreign + object_follows, "an editing verb that has other senses"
            return 3.5, "an editing verb leads"
        if first in roles["unknown"] and after in roles["det"]:
            return 2.5, "an unknown verb leads"
        if first in roles["make"] and foreign:
            return 0.9 + 0.8 * foreign, "something is to be made so"
        if foreign and not clues.present.isdisjoint(roles["evident"]) and _commands(grammar, symbols[head:]):
            return 0.4 + 0.7 * foreign, "something is to be done with what is on the screen"
    look = not clues.present.isdisjoint(roles["look"])
    quote = 0.5 * (not clues.present.isdisjoint(roles["quote"]))
    return 0.7 * foreign + look + quote, "words that no action explains"


def _negated(grammar: Grammar, clues: Clues, start: int, end: int, *, asks: bool, stated: bool) -> bool:
    """Whether what stands at ``start:end`` is called off, put off, or said not to be meant."""
    if asks:
        return False
    roles = grammar.roles
    if not clues.present.isdisjoint(roles["later"]) or clues.fits(grammar.frames["dismiss"]):
        return True
    if clues.present.isdisjoint(roles["neg"]):
        return False
    before = start if stated else min(start, grammar.negation["before"])
    near = clues.symbols[start - before : end + grammar.negation["after"]]
    return not roles["neg"].isdisjoint(near)
