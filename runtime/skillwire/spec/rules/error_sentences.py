"""Error codes told in sentences: ``A 1001 means the key expired: get another``, ``on 429 wait 30 s``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from skillwire.spec.blocks import Page

# A number that stands alone: no part of a path, a version, a size or a time.
_NUMBER = re.compile(r"(?<![\w./:#$€-])(\d{3,5})(?![\w%]|[.,:/-]\d)")
_CUE_BEFORE = re.compile(
    r"\b(?:on|for|if|when|with|an?|codes?|errors?|status|HTTP|gets?|sees?|returns?|answers?|says?|comes?)\s+"
    r"(?:(?:an?|the|HTTP|code|error|status)\s+)*\Z|(?:返回|遇到|错误码?|状态码?)\s*\Z",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    r"\s*(?:errors?\s+)?(?:(?:means?(?:\s+that)?|is|are|says|signals?|indicates?|tells\s+(?:you\s+)?that|stands?\s+for"
    r"|(?:comes?(?:\s+(?:back|up))?|happens?)(?=\s+(?:when|if|after)))\b|[=:：—–→]|表示|说明|代表)\s*",
    re.IGNORECASE,
)
# Between codes that share what is said, and before one that goes on with what was begun.
_AND = re.compile(r"\s*(?:[/,、]|,?\s*(?:and|or)\b|和|或)\s*\Z", re.IGNORECASE)
_LED = re.compile(r"\A[\s,:：—–-]+")
_END = re.compile(r"\.\s|[。\n|]")
_PARTS = re.compile(
    r"[;；:：]|→|->|\s[—–]\s|,\s*(?:so|then|and then|in which case)\b|[,，]\s*(?=请|则|需)|\bso\b(?=\s\w+\s)"
)
_CUE_REACH = 40  # characters before a number
_MAX_MENTIONS = 1000


@dataclass(slots=True)
class Told:
    """A code, what it means and what is to be done about it (either may be empty), its line and its section's line."""

    code: int
    meaning: str
    action: str
    line: int
    section: int


def codes_in(page: Page) -> list[Told]:
    """Every code that a sentence speaks of, in the order of the text."""
    found: list[Told] = []
    spots = [spot for _, spot in zip(range(_MAX_MENTIONS), _NUMBER.finditer(page.text), strict=False)]
    sharing: list[re.Match[str]] = []
    last = -1  # where the last code that was spoken of ends
    for i, spot in enumerate(spots):
        line = page.line_at(spot.start())
        if page.unit_at(line).kind in ("table", "fence", "heading"):
            continue
        stop = _stop(page, spot)
        following = spots[i + 1] if i + 1 < len(spots) and spots[i + 1].start() < stop else None
        cued = _cued(page.text, spot) or (last >= 0 and "." not in page.text[last : spot.start()])
        if following and _AND.match(page.text[spot.end() : following.start()]):
            sharing.append(spot)
            continue
        codes, sharing = [*sharing, spot], []
        if not (cued or _cued(page.text, codes[0])):
            continue
        text = page.text[spot.end() : _before(page.text, following) if following else stop]
        meaning, action = _split(text)
        heading = page.heading_above(line)
        section = heading.line if heading else 0
        found += [Told(int(code[1]), meaning, action, page.line_at(code.start()), section) for code in codes]
        last = spot.end()
    return found


def _stop(page: Page, spot: re.Match[str]) -> int:
    """Where the sentence around a number ends."""
    end = _END.search(page.text, spot.end())
    return end.start() if end else len(page.text)


def _cued(text: str, spot: re.Match[str]) -> bool:
    start = max(spot.start() - _CUE_REACH, 0)
    return bool(_CUE_AFTER.match(text, spot.end()) or _CUE_BEFORE.search(text, start, spot.start()))


def _before(text: str, following: re.Match[str]) -> int:
    """Where what is said of a code ends when another follows: before the words that lead to that one."""
    start = max(following.start() - _CUE_REACH, 0)
    lead = _CUE_BEFORE.search(text, start, following.start())
    return lead.start() if lead else following.start()


def _split(text: str) -> tuple[str, str]:
    cue = _CUE_AFTER.match(text)
    text = _LED.sub("", text[cue.end() :] if cue else text)
    text = " ".join(text.split()).rstrip(" ,;:-")
    cut = _PARTS.search(text)
    if cut:
        return text[: cut.start()].rstrip(" ,"), text[cut.end() :].strip(" ,")
    return (text, "") if cue and any(map(str.isalpha, cue[0])) else ("", text)
