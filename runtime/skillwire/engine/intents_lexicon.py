"""Words → classes: how the router sees a text.

A lexicon gives each word of a language its classes (``GIVE``, ``FILE``, ``DONE`` …; the data is in ``paraphrases/``).
Every set of classes that occurs gets one private-use character, so that a clause becomes a short string of symbols, and
frames (see ``intents_frames``) are regular expressions over such strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from skillwire.engine.intents_typos import Typos
from skillwire.language.phrases import CJK

UNKNOWN: Final = "U"  # a word that no class lists
QUOTED: Final = "QUOTE"
NUMBER: Final = "NUM"
LINK: Final = "URL"
NAME: Final = "NAME"  # a file name

_FIRST_SYMBOL: Final = 0xE000
_LONGEST: Final = 8  # characters of the longest word looked for in scripts without spaces

_TOKEN = re.compile(
    r"(?P<quote>\x00+)"
    r"|(?P<url>(?:https?|ftp|s3|file)://[^\s\x00,，。、)）]+|www\.[^\s\x00,，。]+)"
    r"|(?P<name>[\w()-]+\.(?:mp4|mov|mkv|webm|avi|m4v|gif|mp3|wav|m4a|aac|jpe?g|png|webp|srt)(?![a-z0-9]))"
    r"|(?P<num>[-+]?\d+(?:[.,:/]\d+)*(?:%|s|sec|secs|x|th|st|nd|rd)?(?![a-z0-9]))"
    rf"|(?P<cjk>[{CJK}]+)"
    r"|[a-zß]+n't|'(?:s|m|re|ll|d|ve)(?![a-zß])|(?:[cdjlmnst]|qu)'(?=[a-zß])|(?P<word>\.?[a-zß0-9]+(?:-[a-zß0-9]+)*|[&+])"
)
_STRETCHED: Final = re.compile(r"([a-z])\1+$")


@dataclass(slots=True)
class Token:
    """A word in place: ``symbol`` stands for its classes, ``text`` is folded, ``fixed`` the word a typo was read as."""

    text: str
    start: int
    end: int
    symbol: str
    fixed: str = ""


class Lexicon:
    """The words of one language, compiled for one skill.

    ``classes``: class → words, separated by spaces; an underscore joins the words of an entry, a trailing ``*`` lets any
    ending follow. ``extra``: further entries of the same kind (the skill's own keywords), which may add classes to known
    words. ``mendable``: classes whose words a misspelt one may be read as. ``real``: words that are no slips.
    ``sounds``: syllable → the characters read so, for scripts that are typed by sound. ``clitics``: pronouns that a hyphen
    ties to a verb ("rends-la").
    """

    def __init__(
        self,
        classes: Mapping[str, str],
        extra: Iterable[tuple[str, str]] = (),
        *,
        mendable: Iterable[str] = (),
        real: Iterable[str] = (),
        sounds: Mapping[str, str] | None = None,
        clitics: Iterable[str] = (),
    ) -> None:
        words: dict[str, set[str]] = {}
        for name, entries in classes.items():
            for word in entries.split():
                words.setdefault(word, set()).add(name)
        for word, name in extra:
            words.setdefault(word.replace(" ", "_"), set()).add(name)
        self._symbols: dict[frozenset[str], str] = {}
        self.sets: dict[str, frozenset[str]] = {}
        self._members: dict[str, str] = {}
        self.words: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._joined: dict[tuple[str, str], list[tuple[list[str], str]]] = {}  # by their first two words
        for special in (UNKNOWN, QUOTED, NUMBER, LINK, NAME):
            self.symbol(frozenset({special}))
        self.unknown = self.symbol(frozenset({UNKNOWN}))
        for word, names in words.items():
            for length in range(3, len(word) + 1):
                names.update(words.get(f"{word[:length]}*", ()))
            if all(name.startswith("=") for name in names):  # only some frame's literal: it explains nothing by itself
                names.add(UNKNOWN)
            self._enter(word, self.symbol(frozenset(names)))
        wanted = set(mendable)
        self._targets = [word for word, names in words.items() if names & wanted]
        self._real = real
        self._clitics = frozenset(clitics)
        self._typos: Typos | None = None
        self._sounds = {char: sound for sound, chars in (sounds or {}).items() for char in chars}
        self._heard = self._by_sound()

    def _enter(self, word: str, symbol: str) -> None:
        parts = [match[0] for match in _TOKEN.finditer(word.replace("_", " "))] if "_" in word or "'" in word else []
        if len(parts) > 1:
            head, *rest = parts
            alike = self._joined.setdefault((head, rest[0]), [])
            alike.append((rest, symbol))
            alike.sort(key=lambda entry: -len(entry[0]))
        elif word.endswith("*"):
            self._stems[word[:-1]] = symbol
        else:
            self.words[word] = symbol

    def symbol(self, names: frozenset[str]) -> str:
        """The character that stands for this set of classes."""
        known = self._symbols.get(names)
        if known is None:
            known = self._symbols[names] = chr(_FIRST_SYMBOL + len(self._symbols))
            self.sets[known] = names
            for name in names:
                self._members[name] = self._members.get(name, "") + known
        return known

    def having(self, *names: str) -> str:
        """All symbols whose classes include any of ``names``, as one string."""
        if len(names) == 1:
            return self._members.get(names[0], "")
        return "".join(dict.fromkeys("".join([self._members.get(name, "") for name in names])))

    def tokens(self, text: str) -> list[Token]:
        """The tokens of a folded text in which quotes are masked by NUL characters. Punctuation is left out."""
        out: list[Token] = []
        words = self.words
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            word, start, end = match[0], match.start(), match.end()
            if kind is None or kind == "word":
                symbol = words.get(word)
                if symbol is None:
                    out.append(self._other(word, start, end))
                else:
                    out.append(Token(word, start, end, symbol))
            elif kind == "cjk":
                self._segment(word, start, out)
            else:
                special = {"quote": QUOTED, "url": LINK, "name": NAME, "num": NUMBER}[kind]
                out.append(Token(word, start, end, words.get(word) or self.symbol(frozenset({special}))))
        return self._join(out) if self._joined else out

    def _other(self, word: str, start: int, end: int) -> Token:
        verb, hyphen, pronoun = word.partition("-")
        symbol = (self.words.get(verb) if hyphen and pronoun in self._clitics else None) or self._stem(word)
        if symbol is None and (stretched := _STRETCHED.search(word)):  # "plsss", "pleaseee"
            symbol = self.words.get(word[: stretched.start() + 1])
        if symbol is not None:
            return Token(word, start, end, symbol)
        if self._typos is None:
            self._typos = Typos(self._targets, self._real)
        fixed = self._typos.fix(word)
        if fixed:
            return Token(word, start, end, self.words[fixed], fixed)
        if word[:1].isdigit():
            return Token(word, start, end, self.symbol(frozenset({NUMBER})))
        return Token(word, start, end, self.unknown)

    def _by_sound(self) -> dict[str, str]:
        """Two-character words by how they sound: what was meant when the characters are others of the same sound."""
        heard: dict[str, str] = {}
        for word in self._targets:
            if len(word) == 2 and word[0] in self._sounds and word[1] in self._sounds:
                heard.setdefault(f"{self._sounds[word[0]]} {self._sounds[word[1]]}", word)
        return heard

    def _meant(self, pair: str) -> str:
        sound = self._sounds.get
        return self._heard.get(f"{sound(pair[0], '')} {sound(pair[1], '')}", "") if len(pair) == 2 else ""

    def _stem(self, word: str) -> str | None:
        for length in range(len(word), 2, -1):
            symbol = self._stems.get(word[:length])
            if symbol is not None:
                return symbol
        return None

    def _segment(self, run: str, start: int, out: list[Token]) -> None:
        """Longest words first, from the left; characters that belong to no word are kept together as one unknown."""
        place, size = 0, len(run)
        words, loose = self.words, -1
        while place < size:
            for length in range(min(_LONGEST, size - place), 0, -1):
                piece = run[place : place + length]
                symbol = words.get(piece)
                fixed = ""
                if self._heard and symbol is None and length == 2 and (fixed := self._meant(piece)):
                    symbol = words[fixed]
                if symbol is not None:
                    if loose >= 0:
                        out.append(Token(run[loose:place], start + loose, start + place, self.unknown))
                        loose = -1
                    out.append(Token(piece, start + place, start + place + length, symbol, fixed))
                    place += length
                    break
            else:
                loose = place if loose < 0 else loose
                place += 1
        if loose >= 0:
            out.append(Token(run[loose:], start + loose, start + size, self.unknown))

    def _join(self, tokens: list[Token]) -> list[Token]:
        said = [token.fixed or token.text for token in tokens]
        starts = {at for at, pair in enumerate(pairwise(said)) if pair in self._joined}
        if not starts:
            return tokens
        out: list[Token] = []
        place = 0
        while place < len(tokens):
            token = tokens[place]
            for rest, symbol in self._joined[said[place], said[place + 1]] if place in starts else ():
                end = place + 1 + len(rest)
                if said[place + 1 : end] == rest:
                    out.append(Token(" ".join((token.text, *rest)), token.start, tokens[end - 1].end, symbol))
                    place = end
                    break
            else:
                out.append(token)
                place += 1
        return out


def inflected(classes: Mapping[str, str], rules: Mapping[str, list[list[str]]]) -> dict[str, str]:
    """``classes`` with the regular forms of their verbs added.

    ``rules``: class → ``[class of the form, pattern, replacement]``; of the rules for one form the first that fits counts.
    """
    out: dict[str, Any] = dict(classes)
    for name, forms in rules.items():
        compiled = [(form, re.compile(pattern), ending) for form, pattern, ending in forms]
        for verb in classes.get(name, "").split():
            done: set[str] = set()
            for form, pattern, ending in compiled:
                if form not in done and "_" not in verb and pattern.search(verb):
                    done.add(form)
                    out[form] = f"{out.get(form, '')} {pattern.sub(ending, verb, count=1)}"
    return out


def implied(classes: Mapping[str, str], rules: Mapping[str, str]) -> dict[str, str]:
    """``classes`` with the words of each narrower class in the wider one too. ``rules``: narrower → wider class."""
    out = dict(classes)
    for narrow, wide in rules.items():
        if narrow in out:
            out[wide] = f"{out.get(wide, '')} {out[narrow]}"
    return out
