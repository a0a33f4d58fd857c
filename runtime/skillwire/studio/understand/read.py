"""From what the user typed to editing operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from skillwire.language.detect import detect
from skillwire.language.normalise import fold

from . import replies
from .clause import Operation
from .lexicon import LANGUAGES, lexicon
from .passage import Passage
from .scan import even_out, scan

# More than a page is no request; what lies beyond is reported as unread.
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request asks for.

    ``ops``: operations in the order asked, each valid against ``operations.schema.json``.
    ``unread``: the parts of the text that ask for something which was not understood, in the user's words.
    ``language``: ``en zh es de fr ja pt``. ``reply``: a question or a list of what can be done, in that language;
    empty when everything was read.
    """

    ops: tuple[dict[str, Any], ...]
    unread: tuple[str, ...]
    language: str
    reply: str


def understand(text: str) -> Reading:
    """Reads an editing request in any of the seven languages. Never raises; the same text gives the same reading."""
    shown = even_out(text)
    beyond = (shown[_LONGEST:],) if len(shown) > _LONGEST else ()
    shown = shown[:_LONGEST]
    language = detect(shown)
    passage = _read(shown, language)
    if passage.unread or not passage.ops:
        language, passage = _another_language(shown, language, passage)
    ops: tuple[Operation, ...] = tuple(passage.ops)
    unread = (*passage.unread, *beyond)
    nothing = not ops and not passage.settled
    reply = replies.reply(language, unread, passage.asks) if unread or passage.asks or (nothing and shown) else ""
    return Reading(ops, unread, language, reply)


def _read(shown: str, language: str) -> Passage:
    passage = Passage(scan(shown, lexicon(language)), language)
    passage.read()
    return passage


def _another_language(shown: str, language: str, passage: Passage) -> tuple[str, Passage]:
    """The reading in another language of the same script, when that one leaves nothing unread: "audio weg" is German."""
    if not fold(shown).isascii():
        return language, passage
    for other in LANGUAGES:
        if other not in {language, "zh", "ja"}:
            second = _read(shown, other)
            if second.ops and not second.unread and not second.asks:
                return other, second
    return language, passage
