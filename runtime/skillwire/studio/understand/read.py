"""From what the user typed to editing operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from skillwire.language.detect import detect
from skillwire.language.normalise import fold
from skillwire.language.quotes import Quote, mask
from skillwire.studio.understand import order, replies
from skillwire.studio.understand.clause import Operation
from skillwire.studio.understand.lexicon import lexicon, likely_languages
from skillwire.studio.understand.passage import Passage
from skillwire.studio.understand.scan import even_out, quotes_in, scan

# More than a page is no request; what lies beyond is reported as unread.
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request asks for.

    ``ops``: operations in the order asked, each valid against ``operations.schema.json``.
    ``unread``: the parts of the text that ask for something which was not understood, in the user's words.
    ``language``: ``en zh es de fr ja pt``. ``reply``: a question or a list of what can be done, in that language;
    empty when everything was read. ``planner``: what read it. ``note``: why another planner that was asked for did not.
    """

    ops: tuple[dict[str, Any], ...]
    unread: tuple[str, ...]
    language: str
    reply: str
    planner: str = "rules"
    note: str = ""


def understand(text: str) -> Reading:
    """Reads an editing request in any of the seven languages. Never raises; the same text gives the same reading."""
    parts = order.split(text)
    if not any(part.ops for part in parts):
        return _understood(text)
    return joined([Reading(part.ops, (), detect(text), "") if part.ops else _understood(part.text) for part in parts])


def joined(readings: Sequence[Reading]) -> Reading:
    """The readings of a request's parts as one."""
    ops = tuple(op for reading in readings for op in reading.ops)
    unread = tuple(part for reading in readings for part in reading.unread)
    # "… and export it" holds no edit of its own, which is no reason to list what can be done.
    said = dict.fromkeys(one.reply for one in readings if one.reply and (one.unread or not ops))
    notes = dict.fromkeys(reading.note for reading in readings if reading.note)
    planner = next((reading.planner for reading in readings if reading.planner != "rules"), "rules")
    return Reading(ops, unread, readings[0].language, " ".join(said), planner, " ".join(notes))


def _understood(text: str) -> Reading:
    shown = even_out(text)
    beyond = (shown[_LONGEST:],) if len(shown) > _LONGEST else ()
    shown = shown[:_LONGEST]
    language, passage = _best(shown)
    ops: tuple[Operation, ...] = tuple(passage.ops)
    unread = (*passage.unread, *beyond)
    nothing = not ops and not passage.settled
    reply = replies.reply(language, unread, passage.asks) if unread or passage.asks or (nothing and shown) else ""
    return Reading(ops, unread, language, reply)


def _best(shown: str) -> tuple[str, Passage]:
    """The reading in the likeliest language, or in another when that one leaves less unread and knows more words."""
    quotes = quotes_in(shown)
    said = mask(shown, quotes)
    languages = likely_languages(fold(said), detect(said))
    language, passage = languages[0], _read(shown, quotes, languages[0])
    if passage.ops and not passage.unread:
        return language, passage
    for other in languages[1:3]:
        second = _read(shown, quotes, other)
        if second.ops and not second.unread and not second.asks and 2 * second.strangeness() < passage.strangeness():
            return other, second
    return language, passage


def _read(shown: str, quotes: list[Quote], language: str) -> Passage:
    words = lexicon(language)
    passage = Passage(scan(shown, quotes, words), language)
    passage.read()
    return passage
