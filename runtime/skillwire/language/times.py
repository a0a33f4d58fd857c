"""Times and stretches of time: "0:05 to 0:12", "the last ten seconds", 前10秒, "ab Sekunde 10", in the seven languages.

A text becomes a row of hits, each with the roles that its word may play; any other word parts the row. What a row means
is said by patterns over roles, one letter each, so that one grammar serves all languages and word orders:

    N number  H fraction  U unit  T time in seconds  i a/an  n and  S label ("第9秒")  k mark ("the 5 second mark")
    f first   l last      s start e end              w onwards        p at  d for  o off ("5 s off the end")
    F from    G of (opens a range only)  B between   t to    u until  A after  b before
    X, Y, Z, V the same after the time: after, before, from, until;  J closes a range ("…之间");  R "and a half"  | any other word  ; punctuation

In a pattern, elements are parted by spaces: an element is one of its letters; ``?`` makes it optional, ``*`` repeats it,
a leading ``!`` looks ahead that none of them follows, ``=`` that one does, and ``<!`` looks back.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final, NamedTuple

from skillwire.language.normalise import fold
from skillwire.language.numbers import Number, find_numbers
from skillwire.language.phrases import expand, flatten, whole_words

_ROLES: Final = {
    "first": "f", "last": "l", "from": "F", "of": "G", "to": "t", "until": "u", "between": "B", "after": "A", "before": "b",
    "at": "p", "for": "d", "off": "o", "start": "s", "end": "e", "onwards": "w", "and": "n", "a": "i", "mark": "k", "label": "S",
    "post_after": "X", "post_before": "Y", "post_from": "Z", "post_until": "V", "between_post": "J", "skip": "", "unit": "U", "inward": "q",
}  # fmt: skip

# Numbers and units make times; the first pattern that fits at a place counts.
_TIMES: Final = (
    ("turned", "N fl U"),  # les 5 premières secondes
    ("time", "N n? i? H? U"),
    ("time", "i? H oG? i? U"),
    ("time", "i? U R"),
    ("time", "i U"),
    ("single", "fl U"),  # the last minute
    ("labelled", "S N U"),
    ("labelled", "<!NT U N !U"),  # second 9
    ("labelled", "S N =t"),  # 第3到第8秒
    ("clocked", "U T"),  # minute 1:30
    ("clocked", "T U"),  # 0:30 min
)
# Times that belong together, after the first pass: 1 m 30 s, a minute and a half, 1 minute 30, 5 s before the end.
_SUMS: Final = (
    ("sum", "T n? T T?"),
    ("half", "T R !|UN"),
    ("half", "T n? i? H !|UN"),
    ("tail", "T N !|UNtH"),
    ("backwards", "T b e"),
)
_WINDOWS: Final = (
    ("range", "FGBp? S? TNs Z? t S? TNe V? J?"),
    ("at_for", "pF? S? T k? d T"),
    ("for_at", "d? T pF S? T !t"),
    ("last", "dpG? l T"),
    ("last", "l N !|UNH"),
    ("last", "d? T oFGtp e"),
    ("first", "f N !|UNH"),
    ("first", "dpG? f T"),
    ("first", "d? T oFGp s"),
    ("range", "BGF S? TN n S? TN J?"),
    ("range", "B? S? T n S? T J"),
    ("from", "F? S? T k? w"),
    ("from", "F S? T k? Z?"),
    ("from", "A S? T k?"),
    ("from", "S? T X !T"),
    ("from", "G? S? T Z"),
    ("until", "ub S? T k?"),
    ("until", "S? T Y"),
    ("until", "S? T V"),
    ("at", "p S? T k?"),
    ("at", "S T p?"),
    ("at", "T k"),
    ("at", "T p !T"),
    ("at", "T q !|"),
    ("for", "d T"),
    ("span", "T"),
)  # fmt: skip

_NUMBER_ROLES: Final = {"plain": "N", "word": "N", "fraction": "H", "plus": "R"}
_CLOCK: Final = re.compile(r"(?<![\d:.])(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:[.,]\d{1,3})?)(?![\d:])")
_WORDLIKE: Final = re.compile(r"[^\W_]|[\x00-\x1f]")
_STOPS: Final = re.compile(r"[,;.!?。，；！？、:\n]")


class Window(NamedTuple):
    """A stretch of a clip, or a moment or a length, at ``text[begin:stop]``.

    ``form``: ``range``, ``first``, ``last``, ``from`` (to the end), ``until`` (from the start), ``at`` (a moment, both
    in ``start`` and ``end``), ``for`` and ``span`` (a bare time: a length or a moment, in ``end``). ``start``, ``end``:
    seconds, negative from the end of the clip; ``end`` ``None`` is the end of the clip. ``sure``: a unit or a clock time
    stands there; otherwise the numbers might count something else. ``clock``: it begins with a clock time, 0:05.
    """

    form: str
    start: float
    end: float | None
    begin: int
    stop: int
    sure: bool
    clock: bool


class _Hit(NamedTuple):
    """``unit``: seconds of the unit that a time was written in, so that a number beside it can share it; 0 of a clock time."""

    roles: str
    value: float
    start: int
    end: int
    unit: float = 1.0


class _Grammar(NamedTuple):
    words: dict[str, tuple[str, float]]
    find: re.Pattern[str]
    chars: dict[str, str]
    times: re.Pattern[str]
    sums: re.Pattern[str]
    windows: re.Pattern[str]


@cache
def _grammar(language: str) -> _Grammar:
    tables = json.loads(files(__package__).joinpath("times.json").read_text(encoding="utf-8"))
    roles: dict[str, set[str]] = {}
    units: dict[str, float] = {}
    for table in (tables[language], tables["shared"]):
        for kind, group in table.items():
            if kind == "unit":
                for phrase, (_, seconds) in flatten({kind: group}).items():
                    units.setdefault(fold(phrase), float(seconds))
                    roles.setdefault(fold(phrase), set()).add("U")
            else:
                for phrase in (phrase for pattern in group for phrase in expand(pattern)):
                    roles.setdefault(fold(phrase), set()).update(_ROLES[kind])
    words = {phrase: ("".join(sorted(letters)), units.get(phrase, 0.0)) for phrase, letters in roles.items()}
    kinds = sorted({letters for letters, _ in words.values()} | set("NHTSRfl|;"))
    chars = {letters: chr(0xE000 + n) for n, letters in enumerate(kinds)}
    compiled = [_compile(patterns, chars) for patterns in (_TIMES, _SUMS, _WINDOWS)]
    return _Grammar(words, re.compile(whole_words(words)), chars, *compiled)


def _compile(patterns: tuple[tuple[str, str], ...], chars: dict[str, str]) -> re.Pattern[str]:
    """Patterns over roles as one over the characters that stand for sets of roles; each is a group of its own."""
    branches = [
        f"(?P<{name}_{n}>{''.join(_element(e, chars) for e in text.split())})"
        for n, (name, text) in enumerate(patterns)
    ]
    return re.compile("|".join(branches))


def _element(element: str, chars: dict[str, str]) -> str:
    bare = element.lstrip("<!=").rstrip("?*")
    members = "".join(char for letters, char in chars.items() if set(letters) & set(bare))
    body = f"[{members}]" if members else "(?!)"
    look = element[: len(element) - len(element.lstrip("<!="))]
    if look:
        return f"(?{look}{body})"
    return f"(?:{body}){element[-1]}" if element[-1] in "?*" else body


def words_of_time(language: str) -> frozenset[str]:
    """The single words that speak of times in a language, folded: "seconds", "first", "until"."""
    return frozenset(phrase for phrase in _grammar(language).words if phrase.isalpha())


def find_windows(text: str, language: str) -> list[Window]:
    """All stretches of time in a text in the form of ``normalise.fold``, left to right, without overlaps.

    Never raises; linear in the text's length. Characters below U+0020 part the text as words do: a caller covers with
    them what is no time.
    """
    grammar = _grammar(language)
    hits = _hits(text, language, grammar)
    hits = _rewrite(hits, grammar.times, grammar)
    hits = _rewrite(hits, grammar.sums, grammar)
    row = _row(hits, grammar)
    windows = []
    for found in grammar.windows.finditer(row):
        after = hits[found.end()].roles if found.end() < len(hits) else ""
        window = _window(
            str(found.lastgroup).rpartition("_")[0], hits[found.start() : found.end()], counted=after == "|"
        )
        if window is not None:
            windows.append(window)
    return windows


def _row(hits: list[_Hit], grammar: _Grammar) -> str:
    return "".join(grammar.chars[hit.roles] for hit in hits)


def _hits(text: str, language: str, grammar: _Grammar) -> list[_Hit]:
    """The row of a text, with ``|`` where other words or punctuation stand."""
    found: list[_Hit] = []
    covered = text
    for clock in _CLOCK.finditer(text):
        hours, minutes, seconds = clock.groups()
        value = int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
        found.append(_Hit("T", value, *clock.span(), unit=0))
        covered = covered[: clock.start()] + "\0" * (clock.end() - clock.start()) + covered[clock.end() :]
    for number in find_numbers(covered, language):
        role = _NUMBER_ROLES.get(number.kind)
        if role == "H" and language not in {"zh", "ja"} and found and _is_article(found[-1], number, text):
            found.pop()  # "une demi-minute", "one half minute"
        if role is not None:
            found.append(_Hit(role, number.value, number.start, number.end))
            covered = covered[: number.start] + "\0" * (number.end - number.start) + covered[number.end :]
    for word in grammar.find.finditer(covered):
        roles, unit = grammar.words[word[0]]
        found.append(_Hit(roles, unit, *word.span()))
    found.sort(key=lambda hit: hit.start)
    row: list[_Hit] = []
    at = 0
    for hit in found:
        gap = text[at : hit.start]
        if _STOPS.search(gap):
            row.append(_Hit(";", 0, at, hit.start))
        elif _WORDLIKE.search(gap):
            row.append(_Hit("|", 0, at, hit.start))
        if hit.roles:
            row.append(hit)
        at = hit.end
    if _WORDLIKE.search(text, at):
        row.append(_Hit("|", 0, at, len(text)))
    return row


def _is_article(before: _Hit, fraction: Number, text: str) -> bool:
    return before.roles == "N" and before.value == 1 and not text[before.end : fraction.start].strip(" -")


def _rewrite(hits: list[_Hit], pattern: re.Pattern[str], grammar: _Grammar) -> list[_Hit]:
    """The row with numbers and units replaced by times."""
    row: list[_Hit] = []
    at = 0
    for found in pattern.finditer(_row(hits, grammar)):
        row += hits[at : found.start()]
        row += _time(str(found.lastgroup).rpartition("_")[0], hits[found.start() : found.end()])
        at = found.end()
    return row + hits[at:]


def _time(name: str, parts: list[_Hit]) -> list[_Hit]:
    start, end = parts[0].start, parts[-1].end
    by_role = {role: [hit for hit in parts if role in hit.roles] for role in "NHUTfl"}
    times = by_role["T"]
    unit = by_role["U"][-1].value if by_role["U"] else times[0].unit if times else 1.0
    amounts = [hit.value for hit in parts if hit.roles in {"N", "H", "R"}]
    label = ""
    seconds: float | None = None
    match name:
        case "turned" | "single":
            label = "f" if "f" in (parts[1] if name == "turned" else parts[0]).roles else "l"
            seconds = (sum(amounts) or 1) * unit
        case "labelled":
            label, seconds = "S", sum(amounts) * unit
        case "sum" if any(big.unit <= small.unit for big, small in pairwise(times)):
            pass
        case "clocked" | "sum":
            seconds, unit = sum(hit.value for hit in times), times[-1].unit
        case "half":
            seconds = times[0].value + amounts[-1] * unit
        case "tail" if unit >= 60 and amounts[-1] < 60:
            seconds = times[0].value + amounts[-1] * unit / 60
        case "backwards":
            seconds = -times[0].value
        case "time":
            alone = parts[-1].roles == "R" or not amounts
            seconds = (sum(amounts) + alone) * unit
        case _:
            pass
    if seconds is None:
        return parts
    made = _Hit("T", seconds, start, end, unit)
    return [_Hit(label, 0, start, start), made] if label else [made]


def _window(form: str, parts: list[_Hit], *, counted: bool) -> Window | None:
    """The window that a match stands for. ``counted``: a word follows that bare numbers may count."""
    begin, stop = parts[0].start, parts[-1].end
    ends = [hit for hit in parts if hit.roles in {"T", "N"}]
    sure = any(hit.roles == "T" for hit in ends)
    unit = next((hit.unit for hit in reversed(ends) if hit.roles == "T"), 1.0) or 1.0
    clock = bool(ends) and not ends[0].unit
    values = [hit.value * (unit if hit.roles == "N" else 1.0) for hit in ends]
    if not values:
        return None
    start, last = 0.0, values[-1]
    end: float | None = last
    match form:
        case "range" if len(values) == 2:
            start = values[0]
        case "range" if ends[0] is parts[-1]:
            form = "until"
        case "range" | "from":
            form, start, end = "from", values[0], None
        case "at_for":
            form, start, end = "range", values[0], values[0] + last
        case "for_at":
            form, start, end = "range", last, last + values[0]
        case "last":
            start, end = -last, None
        case "at":
            start = last
        case _:
            pass
    if not sure and not counted:
        # "The last 5", "from 5 to 8", but not "5 to 8", "16 to 9" or "the last 5 people".
        opened = form == "range" and set(parts[0].roles) & set("BFG") and end is not None and start < end <= 600
        sure = form in {"first", "last"} or bool(opened)
    return Window(form, start, end, begin, stop, sure, clock)
