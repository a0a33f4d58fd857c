"""Numbers and stretches of time: rows of ``data/numbers.tsv`` and ``data/windows.tsv``, and what holds for any text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillwire.language.normalise import fold
from skillwire.language.numbers import cjk_value, find_numbers
from skillwire.language.phrases import alternation, expand, whole_words
from skillwire.language.times import find_windows

DATA = Path(__file__).parent / "data"
LANGUAGES = ("en", "zh", "es", "de", "fr", "ja", "pt")


def _rows(name):
    return [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines()[1:]]


def _low(text):
    return re.sub(r"(?<=[a-z])-(?=[a-z])", " ", fold(text))


@pytest.mark.parametrize(("language", "expected", "text"), _rows("windows.tsv"))
def test_windows(language, expected, text):
    found = find_windows(_low(text), language)
    shown = [f"{w.form} {w.start:g} {'end' if w.end is None else f'{w.end:g}'}" for w in found]
    assert "; ".join(shown) == expected


@pytest.mark.parametrize(("language", "expected", "text"), _rows("numbers.tsv"))
def test_numbers(language, expected, text):
    assert "; ".join(f"{n.kind} {n.value:g}" for n in find_numbers(_low(text), language)) == expected


@given(
    st.text(alphabet="0123456789:.,-% 秒分第前后到半一二十百百的 abcdefx\n", max_size=80), st.sampled_from(LANGUAGES)
)
@settings(max_examples=300, deadline=None)
def test_findings_lie_in_order_inside_the_text(text, language):
    for spans in (
        [(n.start, n.end) for n in find_numbers(text, language)],
        [(w.begin, w.stop) for w in find_windows(text, language)],
    ):
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(edges)
        assert not edges or (edges[0] >= 0 and edges[-1] <= len(text))
        assert all(start < stop for start, stop in spans)


@given(st.integers(1, 9999))
def test_chinese_numerals_are_worth_what_they_spell(number):
    digits, powers = "零一二三四五六七八九", ["", "十", "百", "千"]
    spelled, zero = "", False
    for power in range(3, -1, -1):
        digit = number // 10**power % 10
        if digit:
            spelled += ("零" if zero and spelled else "") + digits[digit] + powers[power]
        zero = not digit
    assert cjk_value(spelled) == number


@given(st.lists(st.text(alphabet="abcé ", min_size=1, max_size=6).map(str.strip).filter(bool), min_size=1, max_size=12))
def test_the_longest_phrase_wins(phrases):
    pattern = re.compile(alternation(phrases))
    for phrase in phrases:
        assert pattern.match(phrase)[0] == max((p for p in phrases if phrase.startswith(p)), key=len)


def test_phrases_expand_and_respect_word_borders():
    assert expand("entfern(e|en|)") == ["entferne", "entfernen", "entfern"]
    assert re.findall(whole_words(["mute", "静音"]), "mute muted xmute 请静音了 10mute") == ["mute", "静音", "mute"]
