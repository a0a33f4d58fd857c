"""One form for what people type, so that the rest of the package compares like with like.

Two steps. ``tidy`` keeps the user's words readable: compatibility forms, invisible characters and spacing are evened
out, case stays. ``fold`` makes text comparable: lower case, no accents, no emoji; it never changes the length, so
that a span found in ``fold(text)`` cuts the same words out of ``text``.
"""

from __future__ import annotations

import re
import unicodedata

# Controls, soft hyphen, zero-width and direction marks, variation selectors, the byte-order mark. Tabs and line ends
# are spacing, not controls.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)
_SPACING = re.compile(r"[\t\x0b\x0c\r \u00a0\u2000-\u200a\u3000]+")
_LINES = re.compile(r" ?(?:[\n\u0085\u2028\u2029] ?)+")
_APOSTROPHE = re.compile(r"(?<=\w)[\u2019\u2018\u02bc\u00b4`](?=[^\W\d_])")
# Pictographs, dingbats and symbols outside the scripts that the seven languages are written in, but for the arrows that
# stand between steps.
_EMOJI = re.compile("(?![→⇒➔➜➡⟶])[\u2190-\u2bff\u2600-\u27bf\U0001f000-\U0001faff\U000e0020-\U000e007f]")
# NFKC alone would glue the number of a list's item to its first word.
_ITEM = re.compile(r"(?<!\w)([①-⑨])\s*(?=\w)")
_CJK = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def _plain_letters() -> dict[int, str]:
    table = {}
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            table[code] = base.lower()
    table.update({ord("ø"): "o", ord("Ø"): "o", ord("ł"): "l", ord("Ł"): "l", ord("\u2019"): "'", ord("\u2018"): "'"})
    return table


_PLAIN = _plain_letters()


def tidy(text: str) -> str:
    r"""NFKC, curly apostrophes inside words made straight, invisible characters gone, runs of spaces made one.

    Line ends stay (as one ``\n``), for they separate sentences; case stays. Never raises, lone surrogates included.
    """
    if text.isascii() and text.isprintable() and "  " not in text and "`" not in text:
        return text.strip()
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _ITEM.sub(r"\1) ", text)))
    text = _LINES.sub("\n", _SPACING.sub(" ", text))
    return _APOSTROPHE.sub("'", text).strip()


def fold(text: str) -> str:
    """Lower case without accents or emoji, of the same length as ``text``.

    Kana keep their voicing marks; ``ß`` stays, since two letters would not fit its place.
    """
    if text.isascii():
        return text.lower()
    low = text.lower()
    if len(low) != len(text):  # a few capitals (İ) have a lower case of two characters
        low = "".join(char.lower()[:1] for char in text)
    return _EMOJI.sub(" ", low).translate(_PLAIN)


def has_cjk(text: str) -> bool:
    """Whether any kana or ideograph occurs."""
    return not text.isascii() and _CJK.search(text) is not None
