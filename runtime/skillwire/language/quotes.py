"""Text that the user quotes: words to show or to speak, never a request.

Marked quotes stand in any of the usual pairs of marks. Unmarked ones follow a cue, such as ``caption:`` or ``that
says``; the cues of each language are data (``quotes.json``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from skillwire.language.data import load
from skillwire.language.normalise import fold


@dataclass(frozen=True, slots=True)
class Quote:
    """Quoted text. ``start``/``end`` span the quote with its marks, ``inner`` is the text between them, as written.

    ``marked`` is false for text that only a cue sets apart.
    """

    start: int
    end: int
    inner: str
    marked: bool = True


# Opening mark, inside, closing mark. A straight or single mark opens only where no word goes on, so that apostrophes
# and inches (5") stay out. German „low–high“ quotes close with the mark that opens English ones.
_MARKED = re.compile(
    r"“(?P<a>[^“”\"]{0,400})[”\"]"
    r"|„(?P<b>[^„“”\"]{0,400})[“”\"]"
    r"|«\s?(?P<c>[^«»]{0,400}?)\s?»"
    r"|「(?P<d>[^「」]{0,400})」"
    r"|『(?P<e>[^『』]{0,400})』"
    r"|(?<![^\W_])\"(?P<f>[^\"]{0,400})(?:\"|$)"
    r"|(?<=[^\x00-\x7f])\"(?P<k>[^\"]{0,400})(?:\"|$)"
    r"|(?<![^\W_])[‘'](?P<g>(?:[^‘’'\n]|(?<=[^\W_])['’](?=[^\W_])){1,400})[’'](?![^\W_])"
    r"|(?<=[\u4e00-\u9fff])[‘'](?P<h>[^‘’'\n]{1,400})[’']"
    r"|`(?P<i>[^`\n]{1,400})`"
    r"|《(?P<j>[^《》]{0,400})》"
)
_OPENING = frozenset("“„«「『\"‘'`《")


@cache
def _cues() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{cue})" for cues in load("quotes.json").values() for cue in cues), re.MULTILINE)


def find_quotes(text: str) -> tuple[Quote, ...]:
    """The quotes of a tidied text, in order and without overlaps; marked ones are looked for first.

    A mark that is never closed quotes up to the end of the text.
    """
    marked = () if _OPENING.isdisjoint(text) else _MARKED.finditer(text)
    found = [Quote(match.start(), match.end(), match[match.lastgroup or 0].strip()) for match in marked]
    plain = mask(fold(text), found) if found else fold(text)
    for match in _cues().finditer(plain):
        start, end = match.span(next(place for place, group in enumerate(match.groups(), 1) if group is not None))
        inner = text[start:end].strip()
        if inner and "\x00" not in plain[start:end]:
            found.append(Quote(start, end, inner, marked=False))
    found.sort(key=lambda quote: quote.start)
    return tuple(found)


def mask(text: str, quotes: tuple[Quote, ...] | list[Quote]) -> str:
    """``text`` with every quote overwritten by NUL characters, its length unchanged."""
    for quote in quotes:
        text = text[: quote.start] + "\x00" * (quote.end - quote.start) + text[quote.end :]
    return text
