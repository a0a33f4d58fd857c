"""Frontmatter values: types, lines, what is given twice, and what no parser should be made to do."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import given

from skillwire.spec import yaml_lines
from support.compiled import compiled

VALUES = {
    "inline JSON": ('metadata: {"openclaw": {"env": []}}', {"metadata": {"openclaw": {"env": []}}}),
    "folded": ("d: >\n  a\n  b\n", {"d": "a b\n"}),
    "folded and stripped": ("d: >-\n  a\n  b\n", {"d": "a b"}),
    "literal": ("d: |\n  a\n    b\n", {"d": "a\n  b\n"}),
    "numbers": ("a: 1\nb: 1.5\nc: 0x1f\nd: 1_000", {"a": 1, "b": 1.5, "c": "0x1f", "d": 1000}),
    "booleans": ("a: yes\nb: Off\nc: 'yes'", {"a": True, "b": False, "c": "yes"}),
    "nothing": ("a:\nb: ~", {"a": None, "b": None}),
    "dates stay text": ("a: 2026-01-02", {"a": "2026-01-02"}),
    "lists": ("a: [x, 'y']\nb:\n  - z", {"a": ["x", "y"], "b": ["z"]}),
    "an alias": ("a: &x 1\nb: *x\nc: &y [1]\nd: *y", {"a": 1, "b": 1, "c": [1], "d": [1]}),
    "keys that are no text": ("1: a\ntrue: b", {"1": "a", "true": "b"}),
    "empty": ("", {}),
}


@pytest.mark.parametrize(("text", "values"), VALUES.values(), ids=VALUES)
def test_values_are_read(text, values):
    assert yaml_lines.load(text).values == values


@pytest.mark.parametrize("written", ["1.9", "1.10", "1.0.2", "2", "01", "1e3", "2026.1", "v3"])
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_a_version_is_what_is_written(written, quote):
    assert compiled(f"---\nname: a\nversion: {quote}{written}{quote}\n---\n# A")["version"] == written


def test_every_key_knows_its_line():
    found = yaml_lines.load("a: 1\nb:\n  c: 2\n  d:\n    - e: 3\nf: {g: 4}")
    assert found.lines == {"a": 1, "b": 2, "b.c": 3, "b.d": 4, "b.d[].e": 5, "f": 6, "f.g": 6}


def test_the_last_of_two_counts_and_is_reported():
    found = yaml_lines.load("a: 1\nb: {c: 1, c: 2}\na: 3")
    assert (found.values, found.twice) == ({"a": 3, "b": {"c": 2}}, [("b.c", 2), ("a", 3)])


REFUSED = {
    "a list": ("- a\n- b", 1),
    "a scalar": ("just text", 1),
    "broken": ("a: b: c", 1),
    "broken below": ("a: 1\nb: [", 2),
    "unknown alias": ("a: *b", 1),
    "alias bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{c}: &{c} [{','.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefg", "bcdefgh", strict=True)),
        5,
    ),
    "deep flow": ("a: " + "[" * 50_000, 1),
    "deep maps": ("a: " + "{a: " * 50_000, 1),
    "deep lists": ("- " * 50_000, 1),
    "too many values": ("a: [" + "1," * 20_000 + "]", 1),
}


@pytest.mark.parametrize(("text", "line"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_refused_on_its_line(text, line):
    with pytest.raises(yaml_lines.BadYaml) as caught:
        yaml_lines.load(text)
    assert caught.value.line == pytest.approx(line, abs=1)


def test_a_bad_block_is_still_read_line_by_line():
    found = compiled('---\nname: a-b\nversion: "2.0"\ndescription: Cuts: and pastes: things\n---\n# A')
    assert (found["name"], found["version"], found["description"]) == ("a-b", "2.0", "Cuts: and pastes: things")
    assert [(p["rule"], p["line"]) for p in found["problems"] if p["severity"] == "error"] == [("frontmatter-yaml", 4)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(alphabet="ab :#-{}é中\"'", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(alphabet="abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(alphabet="abc", min_size=1, max_size=3), JSON, max_size=4), st.booleans())
def test_what_pyyaml_writes_is_read_back(values, flow):
    assert yaml_lines.load(yaml.safe_dump(values, allow_unicode=True, default_flow_style=flow)).values == values


OPENCLAW = {
    "wrapped": 'metadata: {"openclaw": {"requires": {"env": ["A_KEY"], "bins": ["ffmpeg"]}, "primaryEnv": "A_KEY"}}',
    "bare": "metadata:\n  requires:\n    env: [A_KEY]\n    bins: [ffmpeg]\n  primaryEnv: A_KEY",
    "dotted": 'metadata:\n  openclaw.requires: {env: ["A_KEY"], bins: ffmpeg}\n  openclaw.primaryEnv: A_KEY',
}


@pytest.mark.parametrize("metadata", OPENCLAW.values(), ids=OPENCLAW)
def test_metadata_is_read_in_every_spelling(metadata):
    found = compiled(f"---\nname: a\n{metadata}\n---\n# A")
    assert found["requires"] == {"env": ["A_KEY"], "bins": ["ffmpeg"], "primary_env": "A_KEY"}
    assert found["auth"]["env"] == "A_KEY"
