"""Scenario files: a plan of faults → the requests the service sees, what the user is told, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from skillwire.agents.cloud import Cloud
from skillwire.catalog import find
from skillwire.engine.events import Artifact, Text, Timeline
from skillwire.errors import SkillwireError
from skillwire.session import Session
from support.standin import FINISHED, StandIn

SCENARIOS = [
    pytest.param(scenario, id=f"{path.stem}: {scenario['title']}")
    for path in sorted(Path(__file__).parent.glob("scenarios/*.yaml"))
    for scenario in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    if scenario
]
SKILLS = ("video-audio-remover", "video-ai-no", "objectremover-video", "video-editing-ai-background")


def run_scenario(scenario, skill_name, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(FINISHED)
    faults = [
        {**fault, "raw": FINISHED} if fault.get("raw") == "FINISHED" else fault for fault in scenario.get("faults", ())
    ]
    waits, events, error = [], [], None
    with StandIn(faults=faults, edits=scenario.get("edits", True)) as service:
        session = Session(find(skill_name), Cloud("test", service.url), sleep=waits.append)
        with session:
            try:
                events.extend(session.run("remove all audio from this video", [clip]))
            except SkillwireError as failure:
                error = failure
    return service, events, waits, error


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario, tmp_path):
    service, events, waits, error = run_scenario(scenario, SKILLS[0], tmp_path)

    if "requests" in scenario:
        assert service.calls == scenario["requests"]
    assert (
        service.calls.count("message") <= 1 + service.calls.count("session") - 1 or service.calls.count("session") == 1
    )
    assert (error.exit_code if error else 0) == scenario.get("exit", 0), str(error)
    if "problem" in scenario:
        assert scenario["problem"] in str(error)
        assert "\x1b" not in str(error)
    if "not_in_problem" in scenario:
        assert scenario["not_in_problem"] not in str(error)
    if "waits" in scenario:
        assert waits == scenario["waits"]
    if "texts" in scenario:
        assert [event.text for event in events if isinstance(event, Text)] == scenario["texts"]
    if "changes" in scenario:
        told = [change for event in events if isinstance(event, Timeline) for change in event.changes]
        assert told == scenario["changes"]
    files = {path.name for path in tmp_path.iterdir()}
    if "artifact" in scenario:
        assert files == {"clip.mp4", scenario["artifact"]}
        assert (tmp_path / scenario["artifact"]).read_bytes() == FINISHED
        assert [Path(event.path).name for event in events if isinstance(event, Artifact)] == [scenario["artifact"]]
    else:
        assert files == {"clip.mp4"}, "a failed run leaves nothing behind"
    assert (tmp_path / "clip.mp4").read_bytes() == FINISHED, "the original is never touched"


@pytest.mark.parametrize("skill_name", SKILLS)
def test_every_request_carries_the_skills_headers(skill_name, tmp_path):
    service, _, _, error = run_scenario({}, skill_name, tmp_path)
    assert error is None
    for request in service.seen:
        headers = request.headers
        assert headers["x-skill-source"] == skill_name
        assert headers["x-skill-version"] == "1.0.0"
        assert headers["x-skill-platform"] == "unknown"
        if request.call == "token":
            assert "authorization" not in headers
            assert len(headers["x-client-id"]) == 36
        else:
            assert headers["authorization"] == f"Bearer {service.issued[0]}"
    message = next(request.json for request in service.seen if request.call == "message")
    assert message["session_id"] == "s1"
    assert message["new_message"]["parts"][0]["text"] == "remove all audio from this video"
    exported = next(request.json for request in service.seen if request.call == "export")
    assert exported["sessionId"] == "s1"
    assert exported["id"].startswith("render_")
    assert exported["draft"]["t"][0]["sg"]
