"""Route tests are read with their lines, judged as their file means them, and counted row by row."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from skillwire.engine.evaluate import evaluate
from skillwire.engine.evaluate_cases import read
from skillwire.errors import BadInput
from skillwire.spec.build import load

HERE = Path(__file__).parent
SKILL = """\
---
name: belfry
version: "1.0.0"
description: Rings and paints.
---

# Belfry

API base: https://belfry.example

| User says... | Action | Skip SSE? |
|---|---|---|
| "ring the bell" / "ding dong" | Bell | ✅ |
| "ring the bell" / "big ben" | Clock | ✅ |
| "ding dong" | Clock | ✅ |
| "hand in" / user sends file | Hand in | ✅ |
| Everything else | Words | ❌ |

**Bell**: POST `/bell` — returns `sound`.

**Clock**: GET `/clock` — returns `time`.

**Hand in** (upload): POST `/files` — file: multipart `-F "file=@/path"`.

**Words** (message): POST `/words` — body `{"say":"<msg>"}` with `Accept: text/event-stream`.
"""


@pytest.fixture(scope="module")
def skill():
    made = load(SKILL.encode())
    assert made.missing == ()
    assert list(made.calls) == ["bell", "clock", "upload", "message"]
    return made


def rows(name):
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def cases(values):
    """The cases of a list of values in the file that such values belong in."""
    if "utterance" in values[0]:
        return read(yaml.safe_dump(values, allow_unicode=True), "routes.yaml")
    return read(json.dumps(values), "evals.json")


@pytest.mark.parametrize("row", rows("case_files.yaml"), ids=lambda row: row["text"][:40])
def test_a_file_that_cannot_be_read(row):
    with pytest.raises(BadInput) as refused:
        read(row["text"], row["name"])
    for words in row["says"]:
        assert words in str(refused.value)


def test_cases_know_their_lines():
    text = "# first\n- utterance: a\n  plan: [x]\n\n- {utterance: b,\n   must_include: [y], must_not_include: [z]}\n"
    first, second = read(text, "routes.yaml")
    assert (first.where, first.plan) == ("routes.yaml:2", ("x",))
    assert (second.where, second.plan) == ("routes.yaml:5", None)
    assert (second.must_include, second.must_not_include) == (("y",), ("z",))
    evals = '{"skill_name": "s", "evals": [\n {"prompt": "a"},\n\n {"prompt": "b", "files": ["in/c.mp4"]}\n]}'
    assert [(case.line, case.utterance) for case in read(evals, "evals.json")] == [(2, "a"), (4, "<file:c.mp4> b")]
    table = 'lang\tlabel\tkind\tutterance\nen\tsse+export\tquoted\tsay "hi" \nzh\tcredits\tkeyword\t积分\r\n\n'
    told = [(case.line, case.language, case.plan, case.kind, case.utterance) for case in read(table, "x.tsv")]
    assert told == [(2, "en", ("sse", "export"), "quoted", 'say "hi" '), (3, "zh", ("credits",), "keyword", "积分")]
    assert read("export\tship it\n".replace("export", "label\tutterance\nexport", 1), "x.tsv")[0].plan == ("export",)


@pytest.mark.parametrize("name", ["routes.yaml", "evals.json", "x.tsv"])
@settings(max_examples=80, deadline=None)
@given(
    text=st.one_of(st.text(max_size=80), st.sampled_from(["[" * 200_000, "- " * 200_000, "{a: " * 100_000, "\t" * 99]))
)
def test_any_text_reads_or_is_refused(name, text):
    try:
        found = read(text, name)
    except BadInput as refused:
        found, where = [], refused.where
    else:
        where = name
    assert where.startswith(name)
    assert all(case.line >= 1 for case in found)


@pytest.mark.parametrize("row", rows("judgements.yaml"), ids=lambda row: str(row["case"])[:70])
def test_a_case_holds_or_says_why_not(skill, row):
    (outcome,) = evaluate(skill, cases([row["case"]])).outcomes
    assert outcome.failure == row["failure"]
    assert outcome.passed is not bool(row["failure"])


def test_rows_that_nothing_reaches_are_shadowed(skill):
    report = evaluate(skill, cases([{"utterance": "ring the bell", "plan": ["bell"]}]))
    told = {entry.row.line: entry for entry in report.coverage}
    bell, clock, lost, files, rest = (told[route.line] for route in skill.routes)
    assert [entry.row.line for entry in report.coverage if entry.shadowed] == [lost.row.line]
    assert (bell.hits, bell.missed, bell.astray) == (1, ("ding dong",), ())
    assert (clock.hits, clock.missed) == (0, ("ring the bell", "big ben"))
    assert clock.astray == (("ring the bell", ("bell",)),)
    assert lost.astray == (("ding dong", ("bell",)),)
    assert (files.hits, files.missed) == (0, ("hand in", "file"))
    assert (rest.hits, rest.missed) == (0, ())
    assert report.triggers == (1, 7)


def test_statistics(skill):
    lines = ["en\tbell\tkeyword\tring the bell", "en\tsse\tkeyword\tding dong", "fr\tsse\tquoted\tpaint it green"]
    report = evaluate(skill, read("\n".join(lines), "x.tsv"))
    assert report.accuracy == pytest.approx(2 / 3)
    assert report.shares("kind") == {"keyword": (1, 2), "quoted": (1, 1)}
    assert report.shares("language") == {"en": (1, 2), "fr": (1, 1)}
    assert report.confusion() == {"bell": {"bell": 1}, "message": {"bell": 1, "message": 1}}
    told = report.to_dict()
    assert (told["total"], told["passed"], told["accuracy"]) == (3, 2, 0.6667)
    assert told["kinds"] == {"keyword": {"passed": 1, "total": 2}, "quoted": {"passed": 1, "total": 1}}
    assert told["cases"][1]["failure"] == "expected message, became bell"
    assert json.loads(json.dumps(told)) == told
