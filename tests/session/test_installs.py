"""Where a skill is installed decides the platform its requests carry, on the wire."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from skillwire.agents.registry import open_agent
from skillwire.catalog import find
from skillwire.session import Session
from support.standin import FINISHED, StandIn

SKILLS = ("video-ai-no", "objectremover-video", "video-audio-remover", "video-editing-ai-background")


@pytest.mark.parametrize("name", SKILLS)
@pytest.mark.parametrize(
    ("place", "installed", "platform", "version"),
    [
        ("elsewhere", None, "unknown", "1.0.0"),
        (".clawhub/skills", None, "clawhub", "1.0.0"),
        (".cursor/skills", None, "cursor", "1.0.0"),
        ("elsewhere", "1.0.0", "clawhub", "1.0.0"),
        (".cursor/skills", "1.0.7", "clawhub", "1.0.7"),
    ],
)
def test_platform_and_version_on_the_wire(name, place, installed, platform, version, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / place / name
    folder.mkdir(parents=True)
    shutil.copyfile(find(name).source, folder / "SKILL.md")
    if installed:
        (folder / ".clawhub").mkdir()
        (folder / ".clawhub" / "origin.json").write_text(json.dumps({"slug": name, "installedVersion": installed}))
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(FINISHED)
    with StandIn() as service:
        skill = find(str(folder))
        with Session(skill, open_agent(service.url, skill)) as session:
            list(session.run("remove everything I do not need", [clip]))
        assert len(service.seen) == 9
        for request in service.seen:
            sent = [request.headers[f"x-skill-{header}"] for header in ("source", "version", "platform")]
            assert sent == [name, version, platform]
    assert Path(skill.source).parent == folder
