"""Whole files: the published ones, the shipped ones, and invented ones of other vendors, against what they declare."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from skillwire.spec import build, config
from support.compiled import ALL, EXAMPLES, INVENTED, SHIPPED, compiled, differences, label

DATA = Path(__file__).parent / "data"
PUBLISHED = yaml.safe_load((DATA / "published.yaml").read_text(encoding="utf-8"))
API = {
    "token": ("acquire", "POST", "/api/auth/anonymous-token"),
    "session": ("acquire", "POST", "/api/tasks/me/with-session/nemo_agent"),
    "message": ("stream", "POST", "/run_sse"),
    "upload": ("upload", "POST", "/api/upload-video/nemo_agent/me/<sid>"),
    "credits": ("call", "GET", "/api/credits/balance/simple"),
    "state": ("call", "GET", "/api/state/nemo_agent/me/<sid>/latest"),
    "export": ("job", "POST", "/api/render/proxy/lambda"),
    "export_status": ("call", "GET", "/api/render/proxy/lambda/<id>"),
}


def _published(shared, row):
    folder, _, start = row["file"].partition("/")
    return next(path for path in sorted((shared / folder).iterdir()) if path.name.startswith(start))


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["file"])
def test_a_published_file_compiles_to_its_facts(shared, row):
    found = compiled(_published(shared, row).read_bytes().decode("utf-8"))
    assert {key: len(found[key]) for key in row["counts"]} == row["counts"]
    assert not differences(row["is"], found)
    lines = {(problem["rule"], problem["line"]) for problem in found["problems"]}
    assert set(row.get("problems", {}).items()) <= lines
    for words in row.get("missing", ()):
        assert any(words in reason for reason in found["missing"]), found["missing"]


@pytest.mark.parametrize("row", [row for row in PUBLISHED if row["is"].get("runnable")], ids=lambda row: row["file"])
def test_a_whole_published_file_has_the_calls_of_its_api(shared, row):
    found = compiled(_published(shared, row).read_bytes().decode("utf-8"))
    calls = {name: (call["verb"], call["method"], call["path"]) for name, call in found["calls"].items()}
    assert API.items() <= calls.items()
    assert [problem for problem in found["problems"] if problem["severity"] == "error"] == []


@pytest.mark.parametrize("path", SHIPPED, ids=label)
def test_a_shipped_skill_is_whole_and_without_problems(path):
    found = compiled(path.read_text(encoding="utf-8"), source=str(path))
    counts = {key: len(found[key]) for key in ("routes", "errors", "translations", "headers", "formats")}
    assert counts == {"routes": 5, "errors": 9, "translations": 5, "headers": 3, "formats": 13}
    assert {name: (c["verb"], c["method"], c["path"]) for name, c in found["calls"].items()} == API
    assert found["max_bytes"] == 500 * 1024 * 1024
    assert found["poll"].items() >= {"every": 30, "times": 10, "until": "completed"}.items()
    assert found["stream"].items() >= {"notice_every": 120, "timeout": 900, "silent_edit": True}.items()
    assert [route["action"] for route in found["routes"]] == ["export", "credits", "state", "upload", "message"]
    assert found["runnable"]
    assert [problem for problem in found["problems"] if problem["severity"] != "info"] == []


@pytest.mark.parametrize("path", INVENTED, ids=label)
def test_an_invented_skill_compiles_to_its_facts(path):
    found = compiled(path.read_text(encoding="utf-8"), source=str(path))
    wanted = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    assert not differences(wanted, found)
    assert set(wanted["calls"]) <= set(found["calls"])
    assert not any(call.get("default") or call.get("defaulted") for call in found["calls"].values())


@pytest.mark.parametrize("path", EXAMPLES, ids=label)
def test_an_example_of_another_vendor_runs_without_defaults(path):
    found = compiled(path.read_text(encoding="utf-8"), source=str(path))
    assert found["runnable"]
    assert found["defaulted"] == []


@pytest.mark.parametrize("path", ALL, ids=label)
def test_the_config_is_valid_stable_and_the_same_in_json_and_yaml(path):
    data = path.read_bytes()
    skill = build.load(data, source="skills/x/SKILL.md")
    found = config.to_config(skill)
    Draft202012Validator(config.schema()).validate(found)
    assert json.loads(config.to_json(skill)) == yaml.safe_load(config.to_yaml(skill)) == found
    again = build.load(data, source="skills/x/SKILL.md")
    assert (config.to_json(again), config.to_yaml(again)) == (config.to_json(skill), config.to_yaml(skill))


@pytest.mark.parametrize("path", ALL, ids=label)
def test_every_line_lies_in_the_file(path):
    data = path.read_bytes()
    found = config.to_config(build.load(data, source="x"))
    last = len(data.decode("utf-8").splitlines())
    records = [*found["headers"], *found["calls"].values(), *found["routes"], *found["errors"], *found["translations"]]
    lines = [record.get("line") for record in [*records, *found["problems"], found["stream"], found["draft"]]]
    assert all(line is None or 1 <= line <= last for line in [*lines, *found["lines"].values()])


def test_the_schema_is_one():
    Draft202012Validator.check_schema(config.schema())
