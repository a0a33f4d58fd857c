"""The built wheel, installed in a clean venv with the packages it declares and no others, run from a folder elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED = {path.parent.name for path in PROJECT.glob("skills/*/SKILL.md")}

pytestmark = pytest.mark.slow


def call(*command, **options):
    return subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL, **options
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, PROJECT)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel, tmp_path_factory):
    """The installed command."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home, with_pip=False)
    python = home / "bin/python"
    call(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    site = next(home.glob("lib/python*/site-packages"))
    installed = Distribution.at(next(site.glob("skillwire-*.dist-info")))
    for name in declared(installed, set()):
        for top in {file.parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
            (site / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    return home / "bin/skillwire"


def declared(dist, seen):
    """Names of the packages that ``dist`` needs without extras, and what these need."""
    for text in dist.requires or ():
        requirement = Requirement(text)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        name = canonicalize_name(requirement.name)
        if wanted and name not in seen:
            seen.add(name)
            declared(distribution(name), seen)
    return seen


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An unrelated working folder and an empty home; the checkout is on no path."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.delenv("SKILLWIRE_SKILLS", raising=False)
    (tmp_path / "home").mkdir()
    return tmp_path


def test_the_wheel_holds_the_skills_and_its_data(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"skillwire/_skills/{name}/SKILL.md" for name in SHIPPED} <= names
    assert "skillwire/py.typed" in names
    data = {path.relative_to(PROJECT / "runtime").as_posix() for path in (PROJECT / "runtime").rglob("*.yaml")}
    data |= {path.relative_to(PROJECT / "runtime").as_posix() for path in (PROJECT / "runtime").rglob("*.json")}
    assert data <= names


def test_the_installed_command_lists_its_skills(command, elsewhere):
    found = json.loads(call(command, "list", "--json", cwd=elsewhere).stdout)
    assert {entry["name"] for entry in found} == SHIPPED
    assert {entry["kind"] for entry in found} == {"bundled"}
    assert all(Path(entry["path"]).is_relative_to(command.parents[1]) for entry in found)


def test_the_installed_command_shows_a_skill(command, elsewhere):
    config = json.loads(call(command, "show", "video-audio-remover", "--json", cwd=elsewhere).stdout)
    assert config["name"] == "video-audio-remover"
    assert set(config["calls"]) >= {"token", "session", "message", "upload", "credits", "state", "export"}


def test_the_installed_command_plans_a_run(command, elsewhere):
    (elsewhere / "clip.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(100))
    done = call(command, "run", "video-audio-remover", "clip.mp4", "remove all audio", "--agent", "dry", cwd=elsewhere)
    assert "X-Skill-Source: video-audio-remover" in done.stdout
    assert {path.name for path in elsewhere.iterdir()} == {"home", "clip.mp4"}


def test_the_installed_command_validates(command, elsewhere):
    folder = elsewhere / "demo"
    folder.mkdir()
    (folder / "SKILL.md").write_text("---\nname: demo\ndescription: x\n---\n", encoding="utf-8")
    assert call(command, "validate", folder, cwd=elsewhere).stdout == f"Valid skill: {folder}\n"
