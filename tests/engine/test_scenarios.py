"""Scenario files: a plan of faults → the requests the service sees, what the user is told, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from skillwire.agents.cloud import Cloud
from skillwire.catalog import find
from skillwire.engine.events import Artifact, Fields, Text, Timeline
from skillwire.engine.recovery import SPREAD
from skillwire.errors import SkillwireError
from skillwire.session import Session
from support.standin import FINISHED, StandIn

SKILLS = ("video-audio-remover", "video-ai-no", "objectremover-video", "video-editing-ai-background")
FOUND = [
    (path.stem, scenario)
    for path in sorted(Path(__file__).parent.glob("scenarios/*.yaml"))
    for scenario in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    if scenario
]
# The four skills take turns, so that every kind of fault meets every layout of a skill file.
SCENARIOS = [
    pytest.param(scenario, SKILLS[number % len(SKILLS)], id=f"{stem}: {scenario['title']}")
    for number, (stem, scenario) in enumerate(FOUND)
]


def run_scenario(scenario, skill_name, tmp_path):
    files = [name if name.startswith("https:") else tmp_path / name for name in scenario.get("files", ["clip.mp4"])]
    for path in files:
        if isinstance(path, Path):
            path.write_bytes(FINISHED)
    faults = [
        {**fault, "raw": FINISHED} if fault.get("raw") == "FINISHED" else fault for fault in scenario.get("faults", ())
    ]
    waits, events, error = [], [], None
    with StandIn(faults=faults, edits=scenario.get("edits", True)) as service:
        agent = Cloud("test", service.url)
        if scenario.get("own_pace"):
            agent.poll_every = None  # as a service elsewhere is polled: at the skill's own interval
        session = Session(find(skill_name), agent, sleep=waits.append)
        output = None if any(isinstance(path, Path) for path in files) else tmp_path / "out.mp4"
        words = scenario.get("words", "remove all audio from this video")
        with session:
            try:
                events.extend(session.run(words, files, output=output))
            except SkillwireError as failure:
                error = failure
    return service, events, waits, error


def test_there_are_enough_scenarios():
    assert len(FOUND) >= 60


@pytest.mark.parametrize(("scenario", "skill_name"), SCENARIOS)
def test_scenario(scenario, skill_name, tmp_path):
    service, events, waits, error = run_scenario(scenario, skill_name, tmp_path)
    inputs = {name for name in scenario.get("files", ["clip.mp4"]) if not name.startswith("https:")}

    if "requests" in scenario:
        assert service.calls == scenario["requests"]
    assert service.calls.count("message") <= max(1, service.calls.count("session"))
    assert (error.exit_code if error else 0) == scenario.get("exit", 0), str(error)
    if "problem" in scenario:
        assert scenario["problem"] in str(error)
        assert "\x1b" not in str(error)
    if "not_in_problem" in scenario:
        assert scenario["not_in_problem"] not in str(error)
    check_told(scenario, service, events, waits)
    files = {path.name for path in tmp_path.iterdir()}
    if "artifact" in scenario:
        assert files == inputs | {scenario["artifact"]}
        assert (tmp_path / scenario["artifact"]).read_bytes() == FINISHED
        assert [Path(event.path).name for event in events if isinstance(event, Artifact)] == [scenario["artifact"]]
    else:
        assert files - {"out.mp4"} == inputs, "a failed run leaves nothing behind"
    for name in inputs:
        assert (tmp_path / name).read_bytes() == FINISHED, "the original is never touched"


def check_told(scenario, service, events, waits):
    """What the user was told, and what the service was sent, where the scenario says."""
    uploads = [request for request in service.seen if request.call == "upload"]
    if "waits" in scenario:
        # Only a wait that nobody named a time for is spread.
        assert len(waits) == len(scenario["waits"])
        for waited, named in zip(waits, scenario["waits"], strict=True):
            assert named <= waited <= named * (1 + SPREAD if scenario.get("spread") else 1)
    if "texts" in scenario:
        assert [event.text for event in events if isinstance(event, Text)] == scenario["texts"]
    if "changes" in scenario:
        assert [told for e in events if isinstance(e, Timeline) for told in e.changes] == scenario["changes"]
    if "fields" in scenario:
        assert [event.values for event in events if isinstance(event, Fields)] == [scenario["fields"]]
    if "uploaded" in scenario:
        for name in scenario["uploaded"]:
            assert name.encode() in uploads[0].body
    if "urls" in scenario:
        assert uploads[0].json["urls"] == scenario["urls"]
    if "polled" in scenario:
        assert next(r.path for r in service.seen if r.call == "export_status") == scenario["polled"]


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
