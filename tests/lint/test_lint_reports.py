"""The formats: what machines read must have the shape they expect, and nothing in a file may break out of it."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest

from skillwire.cli.reports import Outcome, findings, outcomes
from skillwire.lint.finding import Finding
from skillwire.lint.registry import rules
from skillwire.spec.model import Severity

NASTY = 'a "b" <c> & 100% of\nlines ]]> \x1b[31mred, and: more'
FOUND = [
    Finding("skills/a b/SKILL.md", "token-in-url", Severity.ERROR, 7, NASTY, "send it otherwise", "x"),
    Finding("skills/a b/SKILL.md", "no-consent", Severity.INFO, 9, "an account is made", "ask", "y"),
    Finding("/abs/é/SKILL.md", "token-in-url", Severity.ERROR, 1, "again", "", "z"),
]
PATHS = ["skills/a b/SKILL.md", "/abs/é/SKILL.md", "fine/SKILL.md"]


def report(form, found=FOUND, fail_on=Severity.WARNING):
    return findings(form, found, PATHS, rules(), fail_on)


def test_json_is_a_list_with_the_promised_keys():
    listed = json.loads(report("json"))
    assert [set(entry) for entry in listed] == [{"path", "rule", "severity", "line", "message", "fix"}] * 3
    assert listed[0]["message"] == NASTY
    assert listed[0]["severity"] == "error"
    assert json.loads(report("json", [])) == []


def test_sarif_has_what_version_2_1_0_requires():
    log = json.loads(report("sarif"))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "skillwire"
    described = driver["rules"]
    assert [rule["id"] for rule in described] == ["no-consent", "token-in-url"]
    for rule in described:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    assert len(run["results"]) == 3
    for result in run["results"]:
        assert described[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"note", "warning", "error"}
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9:/%._~-]+", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] >= 1
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]]
    assert uris == ["skills/a%20b/SKILL.md", "skills/a%20b/SKILL.md", "file:///abs/%C3%A9/SKILL.md"]
    assert json.loads(report("sarif", []))["runs"][0]["results"] == []


def test_github_commands_stay_on_one_line_each():
    lines = report("github").splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("::error file=skills/a b/SKILL.md,line=7,title=token-in-url::")
    assert "100%25 of%0Alines" in lines[0]
    assert "\x1b" not in lines[0]
    assert lines[1].startswith("::notice ")
    odd = Finding("a,b:c.md", "no-consent", Severity.WARNING, 1, "m", "", "")
    assert report("github", [odd]).startswith("::warning file=a%2Cb%3Ac.md,line=1,")


def test_junit_counts_failures_by_weight():
    root = ET.fromstring(report("junit"))
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures")) == ("4", "2")
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == set(PATHS)
    nasty, mild = suites["skills/a b/SKILL.md"].findall("testcase")
    assert nasty.get("line") == "7"
    assert "<c> & 100%" in nasty.find("failure").get("message")
    assert mild.find("failure") is None
    assert mild.find("system-out").text
    assert suites["fine/SKILL.md"].find("testcase/failure") is None
    assert ET.fromstring(report("junit", fail_on=Severity.INFO)).get("failures") == "3"


def test_text_says_where_what_and_how_to_mend():
    text = report("text")
    assert "skills/a b/SKILL.md:7: error:" in text
    assert "[token-in-url]" in text
    assert "    fix: ask" in text
    assert text.endswith("2 errors, 1 remark in 3 files\n")
    assert "\x1b" not in text
    assert report("text", []) == "nothing found in 3 files\n"


OUTCOMES = [
    Outcome("routes", "remove all # audio", passed=True),
    Outcome(
        "routes", "export", passed=False, message='expected "export", got message', path="evals/routes.yaml", line=3
    ),
]


def test_tap_numbers_its_tests_and_explains_failures():
    lines = outcomes("tap", OUTCOMES).splitlines()
    assert lines[:3] == ["TAP version 14", "1..2", "ok 1 - routes: remove all \\# audio"]
    assert lines[3] == "not ok 2 - routes: export"
    assert lines[4] == "  ---"
    assert lines[-1] == "  ..."
    assert '  message: "expected \\"export\\", got message"' in lines
    assert '  at: "evals/routes.yaml:3"' in lines


@pytest.mark.parametrize("form", ["text", "json", "junit", "tap"])
def test_outcomes_in_every_format(form):
    text = outcomes(form, OUTCOMES)
    assert "export" in text
    assert text.endswith("\n")
    if form == "json":
        assert [entry["passed"] for entry in json.loads(text)] == [True, False]
    if form == "junit":
        assert ET.fromstring(text).get("failures") == "1"
    if form == "text":
        assert text.endswith("1 of 2 passed\n")
