"""Headings and fences against markdown-it-py, and the pieces of a page."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from markdown_it import MarkdownIt

from skillwire.spec import blocks, source

ORACLE = MarkdownIt("commonmark")
LINE = st.sampled_from(
    [
        "# one",
        "## two ##",
        "### 3.5 Export",
        "#not",
        "text",
        "more text",
        "",
        "===",
        "- item",
        "```",
        "```sh",
        "~~~",
        "````",
    ]
)


def page_of(text):
    return blocks.parse(source.read(text.encode(), "x"))


@given(st.lists(LINE, min_size=1, max_size=14).map("\n".join))
@hypothesis_settings(max_examples=500, deadline=None)
def test_headings_and_fences_are_those_of_commonmark(text):
    assume(text.strip() and source.read(text.encode(), "x").body == 0)
    tokens = ORACLE.parse(text)
    fences = [(token.map[0] + 1, token.info.strip()) for token in tokens if token.type == "fence"]
    page = page_of(text)
    assume(all(fence.closed for fence in page.fences))  # an open fence ends the file for CommonMark, a paragraph for us
    assert [(fence.line, fence.info) for fence in page.fences if fence.line] == fences
    headings = [(token.map[0] + 1, int(token.tag[1])) for token in tokens if token.type == "heading_open"]
    level = {token.map[0] + 1: token.level for token in tokens if token.type == "heading_open"}
    top = [(line, depth) for line, depth in headings if level[line] == 0]  # a heading inside a list item is text to us
    assert [(heading.line, heading.level) for heading in page.headings] == top


@given(st.text(alphabet='ab|-`# \n>1."*<é中\t', max_size=200))
@hypothesis_settings(max_examples=300, deadline=None)
def test_units_cover_what_is_written_in_order(text):
    assume(text.strip())
    page = page_of(text)
    assert len(page.lower) == len(page.text)
    spans = [(unit.start, unit.stop) for unit in page.units]
    assert all(start <= stop for start, stop in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    for unit in page.units:
        assert (page.line_at(unit.start), page.unit_at(unit.line)) == (unit.line, unit)


UNITS = {
    "paragraphs": ("one\ntwo\n\nthree", [("text", "one\ntwo"), ("text", "three")]),
    "wrapped item": ("- one\n  two\n- three", [("item", "- one\n  two"), ("item", "- three")]),
    "bold labels": ("**A**: x\n**B**: y", [("text", "A: x"), ("text", "B: y")]),
    "labels of requests": ("Credits: GET /c\nState: GET /s", [("text", "Credits: GET /c"), ("text", "State: GET /s")]),
    "item, then a heading that lost its marks": ("- x\nError Handling", [("item", "- x"), ("text", "Error Handling")]),
    "comment": ("a\n<!-- b\nc -->\nd", [("text", "a"), ("text", "d")]),
    "setext": ("Title\n=====\nbody", [("heading", "Title\n====="), ("text", "body")]),
    "code and bold": ("use `x` and **y** &lt;z&gt;", [("text", "use x and y <z>")]),
}


@pytest.mark.parametrize(("text", "units"), UNITS.values(), ids=UNITS)
def test_a_page_falls_into_units(text, units):
    page = page_of(text)
    assert [(unit.kind, page.slice(unit)) for unit in page.units] == units


def test_an_unclosed_fence_ends_with_its_paragraph():
    page = page_of("```sh\ncurl x\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert [(fence.line, fence.end, fence.closed) for fence in page.fences] == [(1, 2, False)]
    assert len(page.tables) == 1


def test_a_fence_in_a_list_is_dedented():
    page = page_of("1. x\n   ```sh\n   curl y\n   ```")
    assert page.fences[0].lines == ("curl y",)


def test_headings_lose_their_numbers():
    page = page_of("## 3. Core Flows\n### 3.5 Export & Deliver ###\n## §4 GUI")
    assert [(h.level, h.number, h.text) for h in page.headings] == [
        (2, "3", "Core Flows"),
        (3, "3.5", "Export & Deliver"),
        (2, "4", "GUI"),
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [(["two"], ["b two"]), (["one", "three"], ["a one", "c three"]), (["nine"], []), (["o"], ["a one", "b two"])],
)
def test_units_are_found_by_their_words(words, found):
    page = page_of("a one\n\nb two\n\nc three")
    assert [page.slice(unit) for unit in page.units_with(words)] == found
