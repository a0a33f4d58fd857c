"""Words for the user: own sentences in the user's language, and the service's text with its talk of buttons taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter

from skillwire.spec.model import GuiAction, Skill

_CONTROL = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_SENTENCE_END = re.compile(r"(?<=[。！？\n])|(?<=[.!?])(?=\s)")
_SLOT = re.compile(r"\\\[[^\]]*\\\]")


def plain(text: str) -> str:
    """``text`` without control sequences, bidirectional overrides and control characters (newlines and tabs stay)."""
    return _CONTROL.sub("", text)


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    loaded: dict[str, dict[str, str]] = json.loads(
        files("skillwire.engine").joinpath("wording.json").read_text(encoding="utf-8")
    )
    return loaded


def say(key: str, language: str, **values: object) -> str:
    """The sentence ``key`` in ``language`` (ISO 639-1), in English where that language has none."""
    by_language = _sentences()[key]
    return Formatter().vformat(by_language.get(language, by_language["en"]), (), values)


@dataclass(frozen=True, slots=True)
class Translated:
    """What is left to show of a text, and the actions its instructions stood for, in order."""

    text: str
    actions: tuple[GuiAction, ...]


class Translator:
    """A skill's translation table, ready to use. A row's ``click [button]`` matches ``click the big button`` too."""

    def __init__(self, skill: Skill) -> None:
        rows = [(phrase, row.action) for row in skill.translations for phrase in row.match]
        # The most specific phrase wins: "Export button" says more than "click [button]".
        rows.sort(key=lambda row: (row[1] is GuiAction.EXECUTE, -len(row[0])))
        self._rows = [(_pattern(phrase), action) for phrase, action in rows]

    def __call__(self, text: str) -> Translated:
        """Take every sentence that instructs about an interface out of ``text``; the rest stays as it is."""
        kept: list[str] = []
        actions: list[GuiAction] = []
        for sentence in _SENTENCE_END.split(text):
            action = next((action for pattern, action in self._rows if pattern.search(sentence)), None)
            if action is None:
                kept.append(sentence)
            elif action not in actions:
                actions.append(action)
        return Translated(re.sub(r"[ \t]{2,}", " ", "".join(kept)).strip(), tuple(actions))


def _pattern(phrase: str) -> re.Pattern[str]:
    escaped = re.escape(phrase.strip())
    # "[button]" in a table is a slot for a short name, not a literal word.
    slotted = _SLOT.sub(r"[^.!?。！？\\n]{1,60}?", escaped).replace(r"\ ", r"\s+")
    if re.match(r"\w", phrase, re.ASCII):
        slotted = rf"(?<![A-Za-z0-9]){slotted}"
    if re.search(r"[A-Za-z0-9]\Z", phrase):
        slotted = rf"{slotted}(?![A-Za-z0-9])"
    # "drag/drop" names either word.
    return re.compile(slotted.replace("/", r"(?:/|\s*(?:and|or|&)\s*)"), re.IGNORECASE)
