"""Baselines know findings again when lines move, count them, and refuse what is no baseline."""

from __future__ import annotations

import json

import pytest

from skillwire.errors import BadInput
from skillwire.lint.baseline import dump, subtract
from skillwire.lint.linter import lint

TEXT = '---\nname: a-skill\nversion: "1.0"\ndescription: Does a thing.\n---\n\nSee http://a.example/x\n'


def found(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return lint(path.read_bytes(), str(path), only=frozenset({"plain-http"}))


def test_known_findings_are_left_out_when_lines_move(tmp_path):
    skill, file = tmp_path / "a-skill" / "SKILL.md", tmp_path / "baseline.json"
    file.write_text(dump(found(skill, TEXT), file), encoding="utf-8")
    assert json.loads(file.read_text())["findings"][0]["path"] == "a-skill/SKILL.md"
    moved = TEXT.replace("\n\nSee", "\n\nA new line.\n\n  See")
    assert len(found(skill, moved)) == 1
    assert subtract(found(skill, moved), file) == []


def test_a_second_one_of_the_same_kind_is_new(tmp_path):
    skill, file = tmp_path / "a-skill" / "SKILL.md", tmp_path / "baseline.json"
    file.write_text(dump(found(skill, TEXT), file), encoding="utf-8")
    again = found(skill, TEXT + "\nSee http://a.example/x\n\nSee http://b.example/x\n")
    assert [finding.line for finding in subtract(again, file)] == [9, 11]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2, "findings": []}', '{"version": 1, "findings": [1]}', "\x00"]
)
def test_what_is_no_baseline_is_refused(tmp_path, text):
    file = tmp_path / "baseline.json"
    file.write_text(text)
    with pytest.raises(BadInput):
        subtract([], file)
    with pytest.raises(BadInput, match="no such baseline"):
        subtract([], tmp_path / "none.json")
