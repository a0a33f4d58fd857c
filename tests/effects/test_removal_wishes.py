"""Words for things in seven languages, and what is never taken for a known thing."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.studio.effects.finding.colours import NAMES
from skillwire.studio.effects.finding.detector import labels
from skillwire.studio.effects.finding.wish import ANY, LANGUAGES, but_for, wish_of

# words | group | label | many | what tells it from others: attributes, colours, near, ordinal, roles
WISHES = """
people | person | person | many |
the person in the background | person | person | | background
red car | vehicle | car | | red
car parked in the background | vehicle | car | | background parked
the van | vehicle | | |
guy in the yellow jacket | person | person | | yellow
lady with the umbrella | person | person | | umbrella
second person from the left | person | person | | 2 left
the first car on the right | vehicle | car | | 1 right
右边第一个人 | person | person | | 1 right
l'homme à gauche | person | person | | left
parked cars | vehicle | car | many | parked
my coworker's laptop | screen | laptop | |
tourists on the bridge | person | person | many | bystander
person walking past | person | person | | moving
man next to the red car | person | person | | vehicle
the cyclist | person | person | | rider
the biggest dog | dog | dog | | biggest
voiture à gauche | vehicle | car | | left
tous les passants | person | person | many | bystander
persona del fondo | person | person | | background
hombre de la camisa azul | person | person | | blue
pessoa da esquerda | person | person | | left
Auto im Hintergrund | vehicle | car | | background
alle Autos | vehicle | car | many |
den roten Wagen rechts | vehicle | car | | red right
左の人 | person | person | | left
赤い車 | vehicle | car | | red
路人 | person | person | many | bystander
后面那个人 | person | person | | background
穿红衣服的人 | person | person | | red
左边的汽车 | vehicle | car | | left
所有人 | person | person | many |
"""
STRANGERS = [
    "license plate",
    "drone shadow",
    "the wheel of the car",
    "the car's shadow",
    "ombre de la voiture",
    "unicorn",
    "看板",
    "车牌",
    "机器人",
    "Wasserzeichen",
    "",
    "the",
]


@pytest.mark.parametrize("row", [line for line in WISHES.splitlines() if line.strip()])
def test_what_words_mean(row):
    words, group, label, many, told = (cell.strip() for cell in row.split("|"))
    wish = wish_of(words)
    assert (wish.group, wish.label, wish.many) == (group, label, bool(many))
    found = {*wish.attributes, *wish.colours, *wish.near, *map(str, wish.ordinal or ())}
    found |= {role for role in ("bystander", "rider") if getattr(wish, role)}
    assert found == set(told.split())


@pytest.mark.parametrize("words", STRANGERS)
def test_what_is_no_known_thing_is_not_taken_for_one(words):
    assert wish_of(words).group == ""


EXCEPTIONS = """
everyone except the woman in red | everyone | the woman in red
all but the biggest person | all | the biggest person
except the man in blue, everyone | everyone | the man in blue
only keep the man in front | | the man in front
除了穿红衣服的女人以外的所有人 | 所有人 | 穿红衣服的女人
除了中间的人都去掉 | 去掉 | 中间的人
todas las personas menos la mujer de rojo | todas las personas | la mujer de rojo
alle außer der Frau in Rot | alle | der frau in rot
tous sauf la femme en rouge | tous | la femme en rouge
"""


@pytest.mark.parametrize("row", [line for line in EXCEPTIONS.splitlines() if line.strip()])
def test_what_goes_is_told_from_what_stays(row):
    words, goes, stays = (cell.strip() for cell in row.split("|"))
    assert but_for(words) == (goes, stays)


def test_no_exception_is_made_up():
    assert [but_for(words) for words in ("the red car", "穿外套的人", "der Mann links")] == [None] * 3


@pytest.mark.parametrize("words", ["the tallest one", "the thing on the left"])
def test_a_place_without_a_kind_may_be_anything(words):
    assert wish_of(words).group == ANY


@pytest.mark.parametrize(
    ("words", "count", "others"),
    [("both cars", 2, False), ("两辆车", 2, False), ("los tres coches", 3, False), ("the other people", 0, True)],
)
def test_how_many_and_who_else(words, count, others):
    wish = wish_of(words)
    assert (wish.count, wish.others, wish.many) == (count, others, True)


@given(st.text(max_size=80))
def test_any_text_is_read(text):
    assert wish_of(text) == wish_of(text)
    but_for(text)


def test_every_class_has_words_in_every_language():
    data = json.loads(files("skillwire.studio.effects.finding").joinpath("things.json").read_text("utf-8"))
    names = {name for name in labels().names if name}
    assert names <= set(data["things"])
    assert set(data["colours"]) == set(NAMES)
    for name in names:
        assert set(data["things"][name]) == set(LANGUAGES), name
