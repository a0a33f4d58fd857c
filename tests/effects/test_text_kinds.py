"""Which kind of text a line is, and which lines a wish means."""

import numpy as np
import pytest

from skillwire.studio.effects.lettering.join import joined, letters_shared
from skillwire.studio.effects.lettering.kinds import kind_of
from skillwire.studio.effects.lettering.lines import Found, Line
from skillwire.studio.effects.lettering.search import bared, chosen, meant
from skillwire.studio.effects.lettering.wish import text_wish_of

SIZE, END, CUTS = (1280, 720), 20.0, (8.0,)


def line(number, text, middle, times, *, tall=40, **facts):
    x, y = middle[0] * SIZE[0], middle[1] * SIZE[1]
    wide = 0.5 * tall * len(text)
    box = np.asarray([x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2], np.float32)
    given = {"since": times[0] - 0.4, "until": times[-1] + 0.4, "best": times[0], "score": 0.95, "angle": 0.0}
    given |= {"moves": False, "cuts": 0, "stands": False, "region": (0, 0, 4, 4), "sure": 0.95} | facts
    empty = np.zeros((4, 4), np.uint8)
    return Line(id=number, box=box, times=list(times), strokes=empty, look=empty, text=text, **given)


FIRST = line(1, "Where are you?", (0.5, 0.9), (1.0, 1.4, 1.8))
SECOND = line(2, "Over here!", (0.5, 0.9), (2.6, 3.0))
MARK = line(3, "@somebody", (0.88, 0.08), (0.0, 10.0, 19.6), stands=True, cuts=1)
OTHER_MARK = line(4, "CHANNEL", (0.12, 0.08), (0.0, 10.0, 19.6), stands=True, cuts=1)
STAMP = line(5, "2024-05-17 12:31", (0.15, 0.95), (0.0, 19.6), stands=True)
SHOP = line(6, "BAKERY", (0.4, 0.4), (9.0, 9.4), moves=True)
TILTED = line(7, "Main Street", (0.5, 0.9), (9.0, 9.4), angle=8.0)
WALL = line(8, "PIZZA", (0.75, 0.6), (0.0, 10.0, 19.6), stands=True)
TITLE = line(9, "CHAPTER ONE", (0.5, 0.45), (5.0, 5.4, 5.8), tall=90)
ALL = (FIRST, SECOND, MARK, OTHER_MARK, STAMP, SHOP, TILTED, WALL, TITLE)


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        *((FIRST, "subtitle"), (SECOND, "subtitle"), (MARK, "watermark"), (STAMP, "stamp"), (SHOP, "sign")),
        *((TILTED, "sign"), (WALL, "sign"), (TITLE, "title")),
    ],
)
def test_kinds_of_lines(one, kind):
    assert kind_of(one, Found(SIZE, END, CUTS, (one,))) == kind


# words | what is on screen | what goes | among what the user must choose; ids of lines, groups apart by +
CHOICES = """
the subtitles | 1 2 3 6 | 1 2 |
the subtitles | 3 6 | |
the watermark | 1 2 3 | 3 |
the watermark | 3 4 | | 3 + 4
the watermark on the right | 3 4 | 3 |
all watermarks | 3 4 | 3 4 |
the logo in the corner | 3 6 | 3 |
the text at the bottom | 1 2 3 6 | 1 2 |
the text | 1 2 3 | | 1 2 + 3
all the text | 1 2 3 6 9 | 1 2 3 9 |
the text | 6 8 | | 6 + 8
the text | 8 | | 8
the date | 3 5 | 5 |
the sign | 6 | 6 |
the signs | 6 8 | | 6 + 8
the word BAKERY | 1 6 8 | 6 |
"over here" | 1 2 | 2 |
the word XYLOPHONE | 1 2 3 | |
the title | 1 9 | 9 |
"""


@pytest.mark.parametrize("row", CHOICES.strip().splitlines())
def test_wishes_mean_lines(row):
    words, shown, goes, asked = (cell.strip() for cell in row.split("|"))
    lines = tuple(one for one in ALL if str(one.id) in shown.split())
    choice = chosen(text_wish_of(words), Found(SIZE, END, CUTS, lines), (0.0, END))

    def ids(groups):
        return {frozenset(one.id for one in group.lines) for group in groups}

    assert {number for group in ids(choice.groups) for number in group} == {int(one) for one in goes.split()}
    wanted = {frozenset(int(one) for one in group.split()) for group in asked.split("+") if group.strip()}
    assert ids(choice.candidates) == wanted


def test_text_of_the_scene_rides_with_it():
    choice = chosen(text_wish_of("the sign"), Found(SIZE, END, CUTS, (SHOP,)), (0.0, END))
    told = meant(choice.groups, SIZE)
    assert told["texts"] == []
    assert told["marks"][0]["at"] == SHOP.best
    assert all(0 <= edge <= 1 for edge in told["marks"][0]["box"])


def test_what_stands_is_not_bared():
    choice = chosen(text_wish_of("all text"), Found(SIZE, END, CUTS, (FIRST, MARK)), (0.0, END))
    assert bared(choice.groups) == 0.5
    assert bared([]) == 1.0


def test_pieces_lengthen_their_line():
    whole = line(1, "@cityrides", (0.2, 0.1), (0.0, 0.4, 6.0, 19.2), cuts=1)
    piece = line(2, "@city", (0.17, 0.1), (10.0, 10.4))
    other = line(3, "Where are you?", (0.5, 0.9), (10.0, 10.4))
    after = joined([whole, piece, other], END)
    assert [one.id for one in after] == [1, 3]
    assert after[0].times == [0.0, 0.4, 6.0, 10.0, 10.4, 19.2]
    assert after[0].stands
    assert (after[0].since, after[0].until) == (0.0, END)
    assert not after[1].stands


@pytest.mark.parametrize(
    ("one", "other", "share"), [("abc", "abc", 1.0), ("city", "@cityrides", 1.0), ("xyz", "abc", 0.0), ("", "abc", 0.0)]
)
def test_letters_shared(one, other, share):
    assert letters_shared(one, other) == share
