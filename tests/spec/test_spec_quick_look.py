"""The quick look of a wording never rules out what its pattern finds."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from skillwire.spec import naming, polls, statements
from skillwire.spec.openings import openings
from skillwire.spec.rules import headers, stream
from skillwire.spec.vocabulary import words
from skillwire.spec.wording import Wording


def _entries(entry, name):
    if isinstance(entry, str):
        yield name, entry.replace(" ?", r"\s?").replace(" ", r"\s+")
    elif isinstance(entry, dict):
        for key, inner in entry.items():
            yield from _entries(inner, f"{name}.{key}")
    else:
        for at, (what, source, *_) in enumerate(entry):
            yield f"{name}.{what}-{at}", source.replace(" ?", r"\s?").replace(" ", r"\s+")


VOCABULARY = {
    name: Wording(source) for key, entry in words().items() if key != "near" for name, source in _entries(entry, key)
}
SIFTED = {
    f"{name}.{what}-{at}": (Wording(source.replace(" ?", r"\s?").replace(" ", r"\s+")), beside[0])
    for name, entry in [
        ("recoveries.both", words()["recoveries"]["both"]),
        ("recoveries.action", words()["recoveries"]["action"]),
    ]
    for at, (what, source, *beside) in enumerate(entry)
    if beside
}
WRITTEN = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (headers, naming, polls, statements, stream)
    for name, value in vars(module).items()
    if isinstance(value, Wording)
}
ALL = VOCABULARY | WRITTEN


@pytest.mark.parametrize("name", ALL)
def test_what_the_pattern_finds_passes_the_quick_look(name):
    wording = ALL[name]

    @given(st.from_regex(wording.regex), st.sampled_from([str, str.upper, str.lower, str.title]))
    @hypothesis_settings(max_examples=40, deadline=None, database=None)
    def check(text, case):
        text = case(text)
        found = wording.regex.search(text)
        assert (wording.search(text) is None) == (found is None)
        if text.isascii():
            lower = text.lower()
            for again in (wording.search(text, lower), wording.search_in(text, lower, 0, len(text))):
                assert (again and again.span()) == (found and found.span())
            spans = [match.span() for match in wording.find_all(text, lower)]
            assert spans == [match.span() for match in wording.regex.finditer(text)]

    check()


def test_a_negative_lookaround_keeps_its_boundary_by_standing_outside_the_wordings():
    assert not [
        name for name, wording in ALL.items() if r"\b)" in wording.regex.pattern and "(?!" in wording.regex.pattern
    ]


@pytest.mark.parametrize("name", SIFTED)
def test_one_of_the_plain_words_of_an_entry_stands_in_all_that_it_finds(name):
    wording, beside = SIFTED[name]

    @given(st.from_regex(wording.regex), st.sampled_from([str, str.upper, str.lower]))
    @hypothesis_settings(max_examples=60, deadline=None, database=None)
    def check(text, case):
        lower = case(text).lower()
        assert wording.search(case(text), lower) is None or any(word in lower for word in beside)

    check()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (r"\bpoll(?:s|ing)?\b|轮询", ("poll", "轮询")),
        (r"(?:re-?try|get)s? back", ("get back", "gets back", "re-try", "retry")),
        (r"\b(?:new|another) one\b|another two", ("another one", "another two", "new one")),
        (r"(?=x)files?[^\]]", ("file",)),
        (r"(?<!a )wait\s+\d+|wait!", ("wait",)),
        (r"lo+ng|data\.\w", ("data.", "lo")),
        (r"a{2}b|file", ()),
        (r"[Rr]esponse|answer", ()),
        (r"(?:very )?late|.soon", ()),
        (r"\w+ed|done", ()),
    ],
)
def test_the_words_with_which_all_starts_are_taken_from_the_pattern(source, words):
    assert openings(source) == words
