"""Placeholders of paths and bodies, in every style skill files use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.engine.binding import bind, bind_path, dig, placeholders, scalars
from skillwire.errors import SkillNotRunnable

VALUES = {"session_id": "s/1", "message": 'say "hi" <sid>', "draft": {"t": []}, "timestamp": 5, "url": ["a", "b"]}


@pytest.mark.parametrize(
    ("path", "bound"),
    [
        ("/state/<sid>/latest", "/state/s%2F1/latest"),
        ("/state/{session_id}", "/state/s%2F1"),
        ("/state/:sid/x", "/state/s%2F1/x"),
        ("/state/$SID", "/state/s%2F1"),
        ("/state/${SESSION_ID}", "/state/s%2F1"),
        ("/plain", "/plain"),
    ],
)
def test_paths(path, bound):
    assert bind_path(path, VALUES, where="x") == bound


@pytest.mark.parametrize(
    ("template", "bound"),
    [
        ({"id": "render_<ts>"}, {"id": "render_5"}),
        ({"draft": "<json>"}, {"draft": {"t": []}}),
        ({"parts": [{"text": "<msg>"}]}, {"parts": [{"text": 'say "hi" <sid>'}]}),
        ({"urls": ["<url>"], "n": 1}, {"urls": ["a", "b"], "n": 1}),
        ([1, None, True], [1, None, True]),
    ],
)
def test_bodies(template, bound):
    assert bind(template, VALUES, where="x") == bound


def test_a_placeholder_without_a_value_names_itself_and_its_line():
    with pytest.raises(SkillNotRunnable, match=r"SKILL.md:7: .*<colour>"):
        bind({"a": "<colour>"}, VALUES, where="SKILL.md:7")


@given(st.text())
def test_a_value_never_becomes_a_template(text):
    assert bind("<msg>", {"message": text}, where="x") == text
    assert bind_path("/a/<sid>/b", {"session_id": text}, where="x").count("/") == 3


def test_names_and_answers():
    assert placeholders({"a": ["<sid>", "x <ts>"], "b": 1}) == {"session_id", "timestamp"}
    assert dig({"data": {"a": {"b": 1}}}, "a.b") == 1
    assert dig({"data": {"a": 1}}, "data.a") == 1
    assert dig([], "a") is None
    assert scalars({"code": 0, "data": {"sid": "x", "n": 1, "deep": {}}}) == {"session_id": "x", "n": 1}
