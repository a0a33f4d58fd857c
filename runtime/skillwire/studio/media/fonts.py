"""Fonts for titles, from packages, never from the system: Latin, Greek, Cyrillic, CJK, emoji, symbols and other scripts.

``manimgx-fonts`` and ``manimgx-fonts-cjk`` hold Google's Noto files unchanged, under the SIL Open Font License 1.1. Its emoji are drawn
in one colour.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from skillwire.errors import JobFailed

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

# The faces of the CJK collection: the same characters are drawn differently in each country.
_CJK_FACES = {"ja": 0, "ko": 1, "zh": 2}
_SANS, _SYMBOLS, _EMOJI, _CJK = "NotoSans[wght].ttf", "NotoSansSymbols[wght].ttf", "NotoEmoji[wght].ttf", "cjk"
# Whether a font has a character is looked up at this size, in pixels.
_LOOK_UP_SIZE = 24
# No font has a glyph for this one: what is drawn for it stands for "missing".
_NO_CHARACTER = "\U0010ffff"
_ZWJ = "\u200d"


def clusters(text: str) -> Iterator[str]:
    """The text in pieces that must stay together: letters with their accents, emoji with their modifiers, flags."""
    piece = ""
    for char in text:
        if piece and (_extends(char) or piece.endswith(_ZWJ) or (_is_flag_letter(char) and _is_half_flag(piece))):
            piece += char
            continue
        if piece:
            yield piece
        piece = char
    if piece:
        yield piece


class Faces:
    """Bold faces of one size in pixels. ``missing``: what no font could draw so far."""

    def __init__(self, size: int, text: str) -> None:
        self.size = size
        self.missing: set[str] = set()
        self._language = _cjk_language(text)

    def runs(self, text: str) -> list[tuple[FreeTypeFont, str]]:
        """The text cut where another font is needed; what no font has is left out."""
        runs: list[tuple[str, str]] = []
        for cluster in clusters(text):
            if runs and cluster.isspace():  # blanks are as wide as an emoji in the font of emoji
                name: str | None = _SANS if runs[-1][0] == _EMOJI else runs[-1][0]
            else:
                name = next((name for name in _candidates(cluster) if self._covers(name, cluster)), None)
            if name is None:
                self.missing.add(cluster)
            elif runs and runs[-1][0] == name:
                runs[-1] = (name, runs[-1][1] + cluster)
            else:
                runs.append((name, cluster))
        return [(_face(name, self.size, self._language), part) for name, part in runs]

    def length(self, text: str) -> float:
        """How far the text reaches, in pixels."""
        return sum(font.getlength(part) for font, part in self.runs(text))

    def _covers(self, name: str, cluster: str) -> bool:
        return all(_has(name, self._language, char) for char in cluster if not _extends(char) and char != _ZWJ)


def _candidates(cluster: str) -> Iterator[str]:
    yield from (_EMOJI, _SANS) if _is_emoji(cluster) else (_SANS,)
    yield _CJK
    yield from (_SYMBOLS, _EMOJI)
    yield from sorted(path.name for path in _folder("manimgx_fonts").glob("NotoSans?*[[]wght].ttf"))


@cache
def _has(name: str, language: str, char: str) -> bool:
    if char.isspace():
        return True
    font = _face(name, _LOOK_UP_SIZE, language)
    drawn, absent = font.getmask(char), font.getmask(_NO_CHARACTER)
    return (drawn.size, bytes(drawn)) != (absent.size, bytes(absent))


@cache
def _face(name: str, size: int, language: str) -> FreeTypeFont:
    from PIL import ImageFont  # noqa: PLC0415 - slow import

    if name == _CJK:
        path, index = _folder("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc", _CJK_FACES[language]
    else:
        path, index = _folder("manimgx_fonts") / name, 0
    font = ImageFont.truetype(str(path), size, index=index)
    axes = font.get_variation_axes()
    font.set_variation_by_axes([700 if axis["name"] == b"Weight" else axis["default"] or 0 for axis in axes])
    return font


@cache
def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise JobFailed(
            f"titles need the fonts of the package {package.replace('_', '-')}",
            fix="install it with: pip install 'skillwire[studio]'",
        )
    return Path(spec.submodule_search_locations[0])


def _cjk_language(text: str) -> str:
    if any("\u3040" <= char <= "\u30ff" for char in text):
        return "ja"
    return "ko" if any("\uac00" <= char <= "\ud7a3" or "\u1100" <= char <= "\u11ff" for char in text) else "zh"


def _is_emoji(cluster: str) -> bool:
    return "\U0001f000" <= cluster[0] <= "\U0001faff" or "\ufe0f" in cluster


def _extends(char: str) -> bool:
    """Whether the character belongs to the one before it: accents, joiners, variation selectors, skin tones, tags."""
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char == _ZWJ
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_half_flag(piece: str) -> bool:
    return len(piece) == 1 and _is_flag_letter(piece)
