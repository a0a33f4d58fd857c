"""What the user said → the row of the skill's table, as an ordered plan of actions. No model, no I/O.

The text is set apart from its quotes, cut into clauses, and each clause judged by itself: which action it asks for, which
edit, or nothing. Then the clauses are put together in their order. Whatever stays in doubt goes to the fallback row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from skillwire.engine.intents import Grammar
from skillwire.engine.intents_clauses import Judgement, judge
from skillwire.engine.intents_plan import Decision, decide
from skillwire.language.detect import detect
from skillwire.language.normalise import fold, tidy
from skillwire.language.quotes import find_quotes, mask
from skillwire.spec.model import Route, Skill, Verb

_ATTACHED = re.compile(r"\s*<file:([^<>\n]*)>")
_LONGEST = 4000  # characters that are looked at; a longer text is a message whatever its end says


@dataclass(frozen=True, slots=True)
class Routing:
    """Where an utterance goes. ``actions``: keys of the skill's calls, in order. ``row``: the row that decided.

    ``why`` names the words and the rule. ``confidence`` is 0–1. ``language`` is one of the seven codes. ``clauses`` is the
    trace: each clause with what it was taken for.
    """

    actions: tuple[str, ...]
    row: Route | None
    why: str
    confidence: float
    language: str
    clauses: tuple[Judgement, ...] = ()


def split_attachments(line: str) -> tuple[tuple[str, ...], str]:
    """``<file:NAME>`` prefixes of a line → the names, and the words that follow them."""
    names: list[str] = []
    place = 0
    while match := _ATTACHED.match(line, place):
        names.append(match[1].strip())
        place = match.end()
    return tuple(names), line[place:].strip() if names else line


class Router:
    """A skill's table, compiled. Languages are compiled when the first utterance in them comes."""

    def __init__(self, skill: Skill) -> None:
        self.skill = skill
        self._grammars: dict[str, Grammar] = {}
        self._fallback = skill.fallback
        self._message = self._fallback.action if self._fallback else _stream_call(skill)
        self._file_row = next((row for row in skill.routes if "file" in row.events), None)
        self._hand_over = (self._file_row.action, *self._file_row.then) if self._file_row else _upload_calls(skill)

    def grammar(self, language: str) -> Grammar:
        """The table compiled for a language."""
        known = self._grammars.get(language)
        if known is None:
            known = self._grammars[language] = Grammar(self.skill, language)
        return known

    def route(self, utterance: str, attachments: Sequence[str] = ()) -> Routing:
        """The plan for one utterance. ``attachments``: names or URLs handed over with it. Never raises."""
        text = tidy(utterance[:_LONGEST])
        quotes = find_quotes(text)
        low = mask(fold(text), quotes) if quotes else fold(text)
        language = detect(mask(text, quotes) if quotes else text)
        grammar = self.grammar(language)
        clauses = judge(grammar, text, low, attached=bool(attachments))
        decision = decide(clauses, attached=bool(attachments))
        return self._routing(decision, clauses, language)

    def _routing(self, decision: Decision, clauses: tuple[Judgement, ...], language: str) -> Routing:
        actions: list[str] = []
        row: Route | None = None
        for step in decision.steps:
            if step.upload:
                names = self._hand_over[:1] if len(decision.steps) > 1 else self._hand_over
                row = row or self._file_row
            elif step.row is not None:
                names, row = (step.row.action, *step.row.then), row or step.row
            else:
                names = (self._message,) if self._message else ()
                row = row or self._fallback
            actions.extend(name for name in names if name not in actions)
        if not actions and self._message:
            actions, row = [self._message], self._fallback
        return Routing(tuple(actions), row, decision.why, decision.confidence, language, clauses)


def _upload_calls(skill: Skill) -> tuple[str, ...]:
    """Where files go when no row waits for them: the call that takes files, if there is one."""
    return tuple(name for name, call in skill.calls.items() if call.verb is Verb.UPLOAD)[:1]


def _stream_call(skill: Skill) -> str | None:
    """Where words go when the table has no fallback row: the call that takes a message, if there is one."""
    return next((name for name, call in skill.calls.items() if call.verb is Verb.STREAM), None)


_by_digest: dict[tuple[str, str], Router] = {}


def route(skill: Skill, utterance: str, attachments: Sequence[str] = ()) -> Routing:
    """``Router(skill).route(…)``, the router kept for the next call with the same skill."""
    known = _by_digest.get((skill.source, skill.digest))
    if known is None or known.skill is not skill:
        if len(_by_digest) > 64:
            _by_digest.clear()
        known = _by_digest[skill.source, skill.digest] = Router(skill)
    return known.route(utterance, attachments)
