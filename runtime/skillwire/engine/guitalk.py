"""Takes a service's talk of buttons and panels out of its texts, and tells which actions it stood for.

The words are a skill's own table. A word of it may also be plain content ("an open door", "a click in the sound"), so it counts
only where it instructs: at the head of a clause, after a lead-in such as "you can", in quotes, or beside a thing of an
interface. The words for that are data (``gui_talk.json``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from skillwire.spec.model import GuiAction, Skill, Verb

_SENTENCE_END = re.compile(r"(?<=[。！？\n])|(?<=[.!?])(?=\s)")
_CLAUSE_END = re.compile(r"[,;:，；：、](?=\s|[^\x00-\x7f])|[，；：、]|\s[-–—]+\s|—+")
_CLOSING = re.compile(r"[.!?。！？…]*\s*\Z")
_SLOT = re.compile(r"\\\[[^\]]*\\\]")
_QUOTES = "\"'“‘«「『《[(*`"
_BARE = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Translated:
    """What is left to show of a text, and the actions its instructions stood for, in order."""

    text: str
    actions: tuple[GuiAction, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    action: GuiAction
    ambiguous: bool


class Translator:
    """A skill's translation table, ready to use. A row's ``click [button]`` matches ``click the big button`` too."""

    def __init__(self, skill: Skill) -> None:
        rows = [(phrase, row.action) for row in skill.translations for phrase in row.match]
        # The most specific phrase wins: "Export button" says more than "click [button]".
        rows.sort(key=lambda row: (row[1] is GuiAction.EXECUTE, -len(row[0])))
        self._rows = [_Row(_pattern(phrase), action, _is_ambiguous(phrase)) for phrase, action in rows]
        self._named = tuple(_named_actions(skill))

    def __call__(self, text: str) -> Translated:
        """Take every clause that instructs about an interface out of ``text``; the rest stays as it is."""
        kept: list[str] = []
        actions: list[GuiAction] = []
        for sentence in _SENTENCE_END.split(text):
            rest, found = self._sentence(sentence)
            kept.append(rest)
            actions += [action for action in found if action not in actions]
        return Translated(re.sub(r"[ \t]{2,}", " ", "".join(kept)).strip(), tuple(actions))

    def _sentence(self, sentence: str) -> tuple[str, list[GuiAction]]:
        found: list[GuiAction] = []
        kept: list[str] = []
        place, dropping = 0, False
        for clause, end, strong in _clauses(sentence):
            action, at = self._instruction(clause)
            if action is not None:
                found.append(action)
                # What only leads up to it ("To save it, click …") goes with it; what was said before stays.
                while kept and _depends(kept[-1]):
                    kept.pop()
                if _BARE.search(clause[:at]) and not _depends(clause):
                    kept.append(clause[:at])
                dropping = True
            elif not (dropping and _words()["goes_on"].match(clause.lstrip())):
                dropping = False
                kept.append(sentence[place:end])
            place, dropping = end, dropping and not strong
        if not found:
            return sentence, []
        rest = "".join(kept).rstrip(" \t,;:，；：、-–—")
        closing = _CLOSING.search(sentence)
        if not rest.strip() or closing is None:
            return (" " if sentence[:1].isspace() else ""), found
        return _CLOSING.sub("", rest) + closing[0], found

    def _instruction(self, clause: str) -> tuple[GuiAction | None, int]:
        """The action that a clause instructs to, and where in it the instruction begins."""
        for row in self._rows:
            for match in row.pattern.finditer(clause):
                begins = 0 if not row.ambiguous else _begins(clause, match)
                if begins is None:
                    continue
                action = row.action
                if action is GuiAction.EXECUTE:
                    action = next((named for pattern, named in self._named if pattern.search(clause)), action)
                return action, begins if row.ambiguous else _lead(clause, match.start())
        return None, 0


def _named_actions(skill: Skill) -> Iterable[tuple[re.Pattern[str], GuiAction]]:
    """What a button may be called after: the phrases of the skill's own rows for calls that only ask, and for its job."""
    for route in skill.routes:
        call = skill.calls.get(route.action)
        if call is None or call.verb not in (Verb.CALL, Verb.JOB):
            continue
        action = next((action for action in GuiAction if action == route.action), None)
        if action is not None:
            yield from ((_pattern(phrase), action) for phrase in route.phrases)


def _clauses(sentence: str) -> Iterable[tuple[str, int, bool]]:
    """(clause, where its separator ends, whether that is a strong one) in order."""
    start = 0
    for match in _CLAUSE_END.finditer(sentence):
        yield sentence[start : match.start()], match.end(), match[0].strip()[:1] in ";；—–-"
        start = match.end()
    yield sentence[start:], len(sentence), True


def _begins(clause: str, match: re.Match[str]) -> int | None:
    """Where the instruction begins that an ambiguous word belongs to; ``None`` where it is content."""
    before, after = clause[: match.start()], clause[match.end() :]
    words = _words()
    if words["things"].search(clause):
        return _lead(clause, match.start())
    if not match[0].isascii():
        if words["told_before"].search(before) or words["told_after"].match(after.lstrip()):
            return None
        return 0
    if words["told_after"].match(after.lstrip()):
        return None
    head = before.rstrip()
    if not head or head[-1] in _QUOTES or words["lead_ins"].search(head):
        return _lead(clause, match.start())
    return None


def _lead(clause: str, at: int) -> int:
    """Where the words begin that tie an instruction to what was said before it ("… and you can now click")."""
    before = clause[:at]
    if _words()["only_lead_ins"].fullmatch(before):
        return 0
    tied = list(_words()["ties"].finditer(before))
    return tied[0].start() if tied else 0


def _depends(clause: str) -> bool:
    return _words()["depends"].match(clause.lstrip()) is not None


def _is_ambiguous(phrase: str) -> bool:
    """A single word with or without a slot, such as ``open`` or ``click [button]``; "Export button" can only be talk."""
    return len(re.sub(r"\[[^\]]*\]", "", phrase).split()) == 1


@cache
def _words() -> Mapping[str, re.Pattern[str]]:
    loaded: dict[str, list[str]] = json.loads(
        files("skillwire.engine").joinpath("gui_talk.json").read_text(encoding="utf-8")
    )

    def either(name: str) -> str:
        words = sorted(loaded[name], key=len, reverse=True)
        return "|".join(rf"(?<!\w){re.escape(w)}(?!\w)" if w.isascii() else re.escape(w) for w in words)

    lead = rf"(?:{either('lead_ins')})"
    return {
        "things": re.compile(either("things"), re.IGNORECASE),
        "lead_ins": re.compile(rf"{lead}(?:\s+(?:on|the|your))*\Z", re.IGNORECASE),
        "told_after": re.compile(either("told_after"), re.IGNORECASE),
        "told_before": re.compile(rf"(?:{either('told_before')})\Z"),
        "depends": re.compile(either("depends"), re.IGNORECASE),
        "goes_on": re.compile(either("goes_on"), re.IGNORECASE),
        "only_lead_ins": re.compile(rf"\W*(?:{lead}\W*)*", re.IGNORECASE),
        # Ties follow one another up to the instruction, and nothing else stands between.
        "ties": re.compile(rf"(?<=\w)\s+(?:{either('ties')})(?=(?:\s+(?:{lead}|the|on|your))*\s*\Z)", re.IGNORECASE),
    }


def _pattern(phrase: str) -> re.Pattern[str]:
    # "drag/drop" names both words, or either.
    words = phrase.strip().split("/") if re.fullmatch(r"\w+/\w+", phrase.strip()) else []
    forms = [_form(word) for word in words] or [_form(phrase.strip())]
    if words:
        forms.insert(0, r"\s*(?:/|and|or|&)\s*".join(forms))
    return re.compile("|".join(forms), re.IGNORECASE)


def _form(phrase: str) -> str:
    escaped = re.escape(phrase)
    # "[button]" in a table is a slot for a short name, not a literal word.
    slotted = _SLOT.sub(r"[^.!?。！？\n]{1,60}?", escaped).replace(r"\ ", r"\s+")
    if re.match(r"\w", phrase, re.ASCII):
        slotted = rf"(?<![A-Za-z0-9]){slotted}"
    if re.search(r"[A-Za-z0-9]\Z", phrase):
        slotted = rf"{slotted}(?![A-Za-z0-9])"
    verb = re.match(r"[A-Za-z]+", phrase)
    if verb and _is_ambiguous(phrase):
        slotted += rf"|(?<=by\s){verb[0]}[a-z]?ing(?![A-Za-z0-9])"
    return slotted
