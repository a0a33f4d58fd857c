"""The evaluations beside the shipped skills are whole: well formed, and each phrase of each route is asked for."""

import json
import re
from pathlib import Path

import pytest
import yaml

from skillwire.spec.build import load

SKILLS = Path(__file__).resolve().parents[2] / "skills"
NAMES = sorted(path.parent.name for path in SKILLS.glob("*/SKILL.md"))


@pytest.fixture(params=NAMES)
def skill(request):
    path = SKILLS / request.param / "SKILL.md"
    return load(path.read_bytes(), source=str(path))


def rows_of(skill):
    return yaml.safe_load((SKILLS / skill.name / "evals" / "routes.yaml").read_text(encoding="utf-8"))


def wanted(row):
    return row.get("plan", row.get("must_include", []))


def test_rows_are_well_formed(skill):
    actions = {route.action for route in skill.routes}
    rows = rows_of(skill)
    assert len(rows) >= 25
    assert len({row["utterance"] for row in rows}) == len(rows)
    for row in rows:
        assert row.keys() <= {"utterance", "plan", "must_include", "must_not_include"}, row
        assert set(wanted(row)) | set(row.get("must_not_include", [])) <= actions, row
        assert wanted(row), row
        assert ("plan" in row) != ("must_include" in row), row


def test_every_phrase_and_event_is_asked_for(skill):
    rows = rows_of(skill)
    for route in skill.routes:
        asking = [row["utterance"].lower() for row in rows if route.action in wanted(row)]
        assert asking, route.action
        assert [p for p in route.phrases if not any(p.lower() in utterance for utterance in asking)] == []
        if "file" in route.events:
            assert any(re.match(r"<file:[^>]+>$", utterance) for utterance in asking)


def test_prompts_and_queries_have_the_agent_skills_form(skill):
    folder = SKILLS / skill.name / "evals"
    evals = json.loads((folder / "evals.json").read_text(encoding="utf-8"))
    assert evals["skill_name"] == skill.name
    assert [case["id"] for case in evals["evals"]] == list(range(1, len(evals["evals"]) + 1))
    for case in evals["evals"]:
        assert case["prompt"]
        assert case["expected_output"]
        assert case["assertions"]
        assert [name for name in case["files"] if not (folder / name).is_file()] == []
    queries = json.loads((folder / "eval_queries.json").read_text(encoding="utf-8"))
    assert all(query.keys() == {"query", "should_trigger"} and query["query"] for query in queries)
    assert sum(query["should_trigger"] for query in queries) * 2 == len(queries)
