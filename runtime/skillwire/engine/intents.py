"""What a skill's table means in one language: its lexicon, its intents and the frames of each.

An intent is one action of the table. Its rows' phrases define it; when the action's name has a known meaning (export,
credits, state, upload), the paraphrases of that meaning are added, from data (see ``intents_data``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from skillwire.engine.intents_data import USER_FOLDER, common, declared, merge, paraphrases
from skillwire.engine.intents_frames import FrameCompiler, FrameIndex
from skillwire.engine.intents_lexicon import UNKNOWN, Lexicon, implied, inflected
from skillwire.language.normalise import fold, has_cjk, tidy
from skillwire.spec.model import Route, Skill

_WORDS: Final = re.compile(r"[a-zß]+(?:'[a-z]+)?|[^\W_a-z]+|\d+")


@dataclass(slots=True)
class Intent:
    """One action of the table. ``keys``: symbols of words that name it; ``support``: symbols that go with them; ``strong``, ``asking``
    (in questions only) and ``phrases``: its frames in the grammar's index, those of the table's phrases with their rows.

    ``hints``: symbol → how much such a word speaks for it; ``asked``: how much it does to be a question.
    """

    action: str
    rows: tuple[Route, ...]
    keys: str
    support: frozenset[str]
    strong: int
    asking: int
    phrases: list[tuple[int, Route]]
    meaning: str = ""
    hints: dict[str, float] = field(default_factory=dict)
    asked: float = 0.0
    words: dict[str, Route] = field(default_factory=dict)

    def row_of(self, word: str) -> Route:
        """The row that lists this word, else the action's first."""
        return self.words.get(word, self.rows[0])


class Grammar:
    """A skill's table compiled for one language."""

    def __init__(self, skill: Skill, language: str) -> None:
        self.language = language
        data: dict[str, Any] = {}
        shared = common()
        folder = os.environ.get(USER_FOLDER)
        if language != "en":
            english = paraphrases("en", folder)
            merge(data, {"classes": _loans(english, shared["loanwords"])})
        merge(data, paraphrases(language, folder))
        merge(data, declared(skill.frontmatter, language))
        rows = _rows_by_action(skill)
        self._meanings = {action: _paraphrased(data, action) for action in rows}
        self.edits = any(meaning_of(action) for action in rows if meaning_of(action) != "message")
        keywords = list(_keywords(rows, self._meanings, shared["endings"].get(language, "").split()))
        literals = {(word, f"={word}") for word in _literals(data, rows)}
        classes = implied(inflected(data.get("classes", {}), data.get("inflect", {})), shared["implies"])
        self.lexicon = Lexicon(
            classes,
            [*keywords, *literals],
            mendable=[*shared["mendable"], *(f"K:{action}" for action in rows)],
            real=str(data.get("real_words", "")).split(),
            sounds=data.get("sounds"),
            clitics=str(data.get("clitics", "")).split(),
        )
        self.macros: Mapping[str, str] = {**shared["macros"], **data.get("macros", {})}
        unsafe = set(self.lexicon.having(UNKNOWN, *shared["unsafe"])) - set(self.lexicon.having(*shared["harmless"]))
        if not self.edits:  # what is edited in another trade is named by the table
            unsafe -= set(self.lexicon.having("EDIT"))
        self.unsafe = frozenset(unsafe)
        self.apart = self.unsafe | set(self.lexicon.having("DE", "ASKP", "LEASK", "BEFORE", "LE"))
        self.safe = "".join(symbol for symbol in self.lexicon.sets if symbol not in unsafe)
        compiler = FrameCompiler(self.lexicon, self.macros, self.safe)
        self.index = FrameIndex()
        self.intents = [self._intent(action, routes) for action, routes in rows.items()]
        self.roles = {
            name: frozenset(self.lexicon.having(*names.split("|"))) for name, names in shared["roles"].items()
        }
        self.serial = bool(data.get("serial", False))
        self.verb_final = bool(data.get("verb_final", False))
        self.negation: Mapping[str, int] = data.get("negation", shared["negation"])
        self.frames = {name: self.index.add(compiler.compile(data.get(name, ()))) for name in shared["clause_frames"]}

    def _intent(self, action: str, rows: tuple[Route, ...]) -> Intent:
        shared = common()
        meaning = meaning_of(action)
        data = self._meanings[action]
        key = f"K:{action}"
        keys = self.lexicon.having(key, *data.get("keys", "").split())
        support = self.lexicon.having(*data.get("support", "").split(), *shared["support"].split(), key)
        blocked = self.lexicon.having(*shared["blocks"].get(meaning, "").split())
        compiler = FrameCompiler(
            self.lexicon, self.macros, "".join(symbol for symbol in self.safe if symbol not in blocked)
        )
        sources = [*data.get("strong", ())]
        if not meaning:
            said = f"C:{action}"
            sources += [frame.replace("KEY", key).replace("SAID", said) for frame in shared["key_frames"]]
            sources += [_apart_frame(phrase) for row in rows for phrase in row.phrases]
        phrases = [
            (mask, row)
            for row in rows
            for phrase in row.phrases
            if (mask := self.index.add(compiler.compile([_phrase_frame(phrase)])))
        ]
        words = {fold(tidy(phrase)): row for row in rows for phrase in row.phrases}
        weights: Mapping[str, float] = data.get("hints", {})
        hints = {
            symbol: weight
            for symbol, classes in self.lexicon.sets.items()
            if (weight := max((weights.get(name, 0.0) for name in classes), default=0.0))
        }
        strong = self.index.add(compiler.compile(sources))
        asked = weights.get("ASKS", 0.0)
        asking = self.index.add(compiler.compile(data.get("asking", ())))
        return Intent(action, rows, keys, frozenset(support), strong, asking, phrases, meaning, hints, asked, words)


def meaning_of(action: str) -> str:
    """The known meaning that an action's name carries, or ``""``."""
    parts = set(re.split(r"[^a-z]+", action.lower()))
    for meaning, names in common()["meanings"].items():
        if parts & set(names):
            return str(meaning)
    return ""


def _paraphrased(data: Mapping[str, Any], action: str) -> Mapping[str, Any]:
    """What is listed for an action's meaning and, by an extension, for the action itself."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys((meaning_of(action), action)):
        merge(found, data.get(name, {}))
    return found


def _rows_by_action(skill: Skill) -> dict[str, tuple[Route, ...]]:
    rows: dict[str, tuple[Route, ...]] = {}
    for row in skill.routes:
        if not row.fallback and (row.phrases or row.conditions or row.action):
            rows[row.action] = (*rows.get(row.action, ()), row)
    return rows


def _keywords(
    rows: Mapping[str, tuple[Route, ...]], meanings: Mapping[str, Mapping[str, Any]], endings: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Single words that name an action: its rows' one-word phrases and, for unknown trades, the parts of its name.

    The words of unknown trades take the ``endings`` of the language's nouns, too. Those of a bare condition ("user changes the scale") are no names, but go with them.
    """
    for action, routes in rows.items():
        meaning = meaning_of(action)
        main = str(meanings[action].get("keys", "")).split()[:1]
        for row in routes:
            for phrase in row.phrases:
                words = _words(phrase)
                if len(words) == 1:
                    yield from ((form, f"K:{action}") for form in _forms(words[0], "" if meaning else endings))
                    for name in main:
                        yield words[0], name
        if not meaning:
            for part in re.split(r"[^a-z]+", action.lower()):
                if len(part) > 3:
                    yield part, f"K:{action}"
            for row in routes:
                for word in _WORDS.findall(fold(tidy(" ".join(row.conditions)))):
                    if len(word) > 3:
                        yield word, f"C:{action}"
                        yield word.removesuffix("s"), f"C:{action}"


def _forms(word: str, endings: Sequence[str]) -> list[str]:
    """A word with each of the ``endings``; those of scripts without endings stay as they are."""
    return [word, *(word + ending for ending in endings if word.isalpha() and not has_cjk(word))]


def _words(phrase: str) -> list[str]:
    text = fold(tidy(phrase))
    return [text] if has_cjk(text) and " " not in text else _WORDS.findall(text)


def _phrase_frame(phrase: str) -> str:
    """A phrase of several words as a frame: the very words, with small words allowed in between."""
    words = _words(phrase)
    return " DET? FILL? ".join(words) if len(words) > 1 else "NEVER"


def _apart_frame(phrase: str) -> str:
    """The same words in their order, others in between: "weather tomorrow" in "what will the weather be like tomorrow"."""
    return f"{_phrase_frame(phrase).replace('DET? FILL?', '..')} @2.6"


def _literals(data: Mapping[str, Any], rows: Mapping[str, tuple[Route, ...]]) -> set[str]:
    found: set[str] = set()
    for value in data.values():
        frames = value.get("strong", ()) if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        for frame in frames:
            for element in str(frame).split():
                found.update(
                    part for part in element.strip("?*~").split("|") if part[:1].isalpha() and not part[0].isupper()
                )
    for routes in rows.values():
        for row in routes:
            for phrase in row.phrases:
                words = _words(phrase)
                if len(words) > 1:
                    found.update(words)
    return found


def _loans(english: Mapping[str, Any], names: str) -> dict[str, str]:
    """English words of the trade, known in every language."""
    classes = english.get("classes", {})
    return {name: classes[name] for name in names.split() if name in classes}
