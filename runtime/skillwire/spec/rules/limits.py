"""Limits: the file types that are taken, and the largest size of a file."""

from __future__ import annotations

import re

from skillwire.spec.facts import Facts, Stated
from skillwire.spec.vocabulary import pattern

_TYPE = r"\.?[A-Za-z][A-Za-z0-9]{1,4}"
_LIST = re.compile(rf"({_TYPE}(?:\s*(?:[,/、，|]|\band\b|\bor\b)+\s*(?:and\s+|or\s+)?{_TYPE}){{2,}})(?![\w-])")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(KB|MB|GB|TB|KiB|MiB|GiB|兆)(?![A-Za-z])", re.IGNORECASE)
# Binary multiples: a service that says "500MB" rarely means less, and it has the last word with its own error code.
_POWER = {"k": 1, "m": 2, "兆": 2, "g": 3, "t": 4}


def read(facts: Facts) -> None:
    """Fill ``facts.formats`` and ``facts.max_bytes``."""
    facts.formats = _formats(facts)
    facts.max_bytes = _size(facts)


def _formats(facts: Facts) -> Stated[tuple[str, ...]] | None:
    """The longest list of file types after a lead-in; a lead-in with a colon beats one without."""
    page = facts.page
    best: tuple[tuple[bool, int], tuple[str, ...], int] | None = None
    for lead in pattern("formats").finditer(page.text):
        listed = _LIST.match(page.text, lead.end())
        if not listed:
            continue
        types = [part.lower().lstrip(".") for part in re.findall(_TYPE, listed[1]) if part not in ("and", "or")]
        if not any(any(char.isdigit() for char in name) or len(name) in (3, 4) for name in types):
            continue
        colon = lead.group().rstrip()[-1:] in (":", "：")
        rank = (colon, len(types))
        if best is None or rank > best[0]:
            best = (rank, tuple(dict.fromkeys(types)), page.line_at(lead.start()))
    if best is None:
        return None
    facts.consume([best[2]])
    return Stated(best[1], best[2])


def _size(facts: Facts) -> Stated[int] | None:
    """The best-founded limit: a sentence on the largest file before one that says "up to" in passing."""
    page = facts.page
    best: tuple[int, int, int] | None = None
    for match in _SIZE.finditer(page.text):
        start = max(
            page.text.rfind("\n", 0, match.start()) + 1, page.text.rfind(". ", 0, match.start()) + 1, match.start() - 80
        )
        before = page.text[start : match.start()]
        after = page.text[match.end() : match.end() + 20]
        if pattern("not_a_limit").search(before) or pattern("not_a_limit").search(after[:12]):
            continue
        limiting = pattern("size_before").search(before) or re.match(r"\s*(?:max|limit|at most|or less)", after)
        if not limiting:
            continue
        score = (
            1
            + 2 * bool(pattern("size_topic").search(before))
            + bool(re.search(r"\bmax|limit|最大", before, re.IGNORECASE))
        )
        if best is None or score > best[0]:
            size = int(float(match[1]) * 1024 ** _POWER[match[2][0].lower()])
            best = (score, size, page.line_at(match.start()))
    if best is None:
        return None
    facts.consume([best[2]])
    return Stated(best[1], best[2])
