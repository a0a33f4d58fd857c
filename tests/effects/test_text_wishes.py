"""Words for text in pictures, in seven languages, and what is never taken for text."""

import pytest

from skillwire.studio.effects.lettering.wish import TextWish, text_wish_of

# words | kind | what it says | places | many
WISHES = """
the subtitles | subtitle | | | many
burned-in captions | subtitle | | | many
hardcoded subs | subtitle | | | many
字幕 | subtitle | | | many
los subtítulos | subtitle | | | many
Untertitel | subtitle | | | many
sous-titres | subtitle | | | many
legenda | subtitle | | | many
字幕を | subtitle | | | many
the watermark in the corner | watermark | | corner |
右下角的水印 | watermark | | bottom corner right |
marca d'água | watermark | | |
Wasserzeichen oben links | watermark | | top left |
the logo | logo | | |
ロゴ | logo | | |
logo on the truck | logo | | |
the date stamp | stamp | | |
timestamp in the lower right | stamp | | bottom right |
时间戳 | stamp | | |
horodatage | stamp | | |
the text at the bottom | text | | bottom |
texto de abajo | text | | bottom |
all text | text | | | many
所有文字 | text | | | many
the title | title | | |
street sign | sign | | |
看板 | sign | | |
the word SALE | word | SALE | | many
text "SALE" | word | SALE | | many
words "Hello and goodbye" | word | Hello and goodbye | | many
"SUBSCRIBE" | word | SUBSCRIBE | | many
das Wort Rabatt | word | Rabatt | | many
la palabra OFERTA | word | OFERTA | | many
“新手教程”这几个字 | word | 新手教程 | | many
text that says BUY NOW | word | BUY NOW | | many
"""


@pytest.mark.parametrize("row", WISHES.strip().splitlines())
def test_words_for_text_are_read(row):
    words, kind, says, places, many = (cell.strip() for cell in row.split("|"))
    assert text_wish_of(words) == TextWish(kind, says, frozenset(places.split()), bool(many))


@pytest.mark.parametrize(
    "words",
    [
        *("the red car", "dog", "stop sign", "the clock", "license plate", "the man next to the sign", "路人", ""),
        *("the person with the logo shirt", "everybody", "la persona del fondo", "the shadow on the wall", "”“"),
    ],
)
def test_things_are_no_text(words):
    assert text_wish_of(words) is None
