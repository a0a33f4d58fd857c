"""Limits: the file types that are taken, and the largest size of a file."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator

from skillwire.spec.facts import Facts, Stated
from skillwire.spec.vocabulary import near, pattern

_TYPE = r"\.?[A-Za-z0-9]{2,5}"
_LIST = re.compile(
    rf"({_TYPE}(?:(?:\s*[,/、，|;]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+){_TYPE})*)(?=\s*(?:[.;。；(]|\n|\Z))"
)
_OPEN_LIST = re.compile(rf"({_TYPE}(?:(?:\s*[,/、，|]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+){_TYPE}){{2,}})(?![\w-])")
# "Files: …" is followed by much else; of a list of types at least one is a usual one.
_THINGS = re.compile(
    r"(?:files|media|inputs|photos|pictures|images|videos|clips|footage|recordings|uploads)\b", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z0-9]+")
_NO_TYPES = frozenset({"and", "or", "more", "etc", "any", "all", "most", "many", "other", "files", "file"})
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(KB|MB|GB|TB|KiB|MiB|GiB|兆)(?![A-Za-z])", re.IGNORECASE)
_BYTES = re.compile(r"b(?:(?<=[kmgt]b)|(?<=[kmgt]ib))")
_NUMBER = re.compile(r"\d+(?:\.\d+)?\s*\Z")
_MAX_NUMBER = 30  # characters
_LIMIT_AFTER = re.compile(r"\s*(?:max|limit|at most|or less)", re.IGNORECASE)
_REFUSED = re.compile(r"\bno(?:thing|\s\w+)\s(?:over|above|beyond|past)\s\Z", re.IGNORECASE)
_STRONG = re.compile(r"\bm[aá]x|limit|höchst|最大|上限", re.IGNORECASE)
# Binary multiples: a service that says "500MB" rarely means less, and it has the last word with its own error code;
# a check made here must not refuse what the service would take.
_POWER = {"k": 1, "m": 2, "兆": 2, "g": 3, "t": 4}


def read(facts: Facts) -> None:
    """Fill ``facts.formats`` and ``facts.max_bytes``."""
    facts.formats = _formats(facts)
    facts.max_bytes = _size(facts)
    facts.consume(stated.line for stated in (facts.formats, facts.max_bytes) if stated)


def _formats(facts: Facts) -> Stated[tuple[str, ...]] | None:
    """The longest list of file types after a lead-in; a lead-in with a colon beats one without."""
    page = facts.page
    best: tuple[tuple[bool, int], tuple[str, ...], int] = ((False, 0), (), 0)
    lead_in = pattern("formats").regex
    for at in sorted(page.places(near("formats")) + _plurals(page.lower)):
        unit = page.unit_of(at)
        lead = lead_in.match(page.text, at, unit.stop) if unit.kind not in ("table", "fence") else None
        if lead is None:
            continue
        colon = lead.group().rstrip()[-1:] in (":", "：")
        listed = (_LIST if colon else _OPEN_LIST).match(page.text, lead.end(), unit.stop)
        if not listed:
            continue
        types = [name for name in map(str.lower, _WORD.findall(listed[1])) if name not in _NO_TYPES]
        if _THINGS.match(lead.group()) and not any(f".{name}" in mimetypes.types_map for name in types):
            continue
        rank = (colon, len(types))
        if rank > best[0] and any(len(name) in (3, 4) for name in types):
            best = (rank, tuple(dict.fromkeys(types)), page.line_at(at))
    return Stated(best[1], best[2]) if best[1] else None


def _plurals(lower: str) -> list[int]:
    """Offsets of the words of ``_THINGS`` in the plural before a colon (``Files: …``): one search for all of them."""
    found = []
    at = lower.find("s:")
    while at >= 0:
        start = at
        while start and lower[start - 1].isalpha():
            start -= 1
        found.append(start)
        at = lower.find("s:", at + 2)
    return found


def _units_of_size(lower: str) -> Iterator[int]:
    """Offsets of what may be a unit of size: found by its "b" after a number, or as a character of its own."""
    for mark in _BYTES.finditer(lower):
        at = mark.start()
        start = at - 2 if lower[at - 1] == "i" else at - 1
        if not lower[start - 1 : start].isalpha():
            yield start
    at = lower.find("兆")
    while at >= 0:
        yield at
        at = lower.find("兆", at + 1)


def _size(facts: Facts) -> Stated[int] | None:
    """The best-founded limit: a sentence on the largest file before one that says "up to" in passing."""
    page = facts.page
    best: tuple[int, int, int] = (0, 0, 0)
    for at in _units_of_size(page.lower):
        unit = page.unit_of(at)
        number = _NUMBER.search(page.text, max(unit.start, at - _MAX_NUMBER), at)
        match = _SIZE.match(page.text, number.start(), unit.stop) if number else None
        if match is None:
            continue
        start = max(unit.start, match.start() - 80)
        start = page.text.rfind(". ", start, match.start()) + 1 or start
        before = page.text[start : match.start()]
        after = page.text[match.end() : match.end() + 20]
        refused = _REFUSED.search(before) is not None
        if (not refused and pattern("not_a_limit").search(before)) or pattern("not_a_limit").search(after[:12]):
            continue
        if not (refused or pattern("size_before").search(before) or _LIMIT_AFTER.match(after)):
            continue
        score = 1 + 2 * bool(pattern("size_topic").search(before)) + (refused or bool(_STRONG.search(before)))
        if score > best[0]:
            size = int(float(match[1]) * 1024 ** _POWER[match[2][0].lower()])
            best = (score, size, page.line_at(match.start()))
    return Stated(best[1], best[2]) if best[1] else None
