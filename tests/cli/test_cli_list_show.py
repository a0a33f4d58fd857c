"""The commands that look at skills: list, show, doctor, and the three of Agent Skills."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from skillwire.cli import main as command_line
from skillwire.cli import quick

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED = ["objectremover-video", "video-ai-no", "video-audio-remover", "video-editing-ai-background"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    place = tmp_path / "home"
    place.mkdir()
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.delenv("SKILLWIRE_SKILLS", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return place


@pytest.fixture
def run(capsys, monkeypatch):
    """Calls the command in this process; returns exit code, stdout and stderr."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["skillwire", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            quick.main()
        shown = capsys.readouterr()
        return caught.value.code or 0, shown.out, shown.err

    return call


def put(root, name, *, extra="", body="# Title\n"):
    place = Path(root) / name
    place.mkdir(parents=True, exist_ok=True)
    shown = name.encode(errors="replace").decode()
    text = f"---\nname: {shown}\ndescription: Made for a test\n{extra}---\n{body}"
    (place / "SKILL.md").write_text(text, encoding="utf-8")
    return place


def test_list_names_the_shipped_skills(run):
    code, out, err = run("list")
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in out.splitlines()] == [[name, "1.0.0"] for name in SHIPPED]


def test_list_as_json(run):
    code, out, _ = run("list", "--json")
    found = json.loads(out)
    assert code == 0
    assert [entry["name"] for entry in found] == SHIPPED
    assert {entry["path"] for entry in found} == {str(PROJECT / "skills" / name / "SKILL.md") for name in SHIPPED}
    assert all(entry["eligible"] and entry["description"] for entry in found)


def test_list_tells_why_a_skill_is_not_eligible(run):
    put("skills", "demo", extra='metadata: {"openclaw": {"requires": {"bins": ["absent-program"]}}}\n')
    _, out, _ = run("list")
    assert "not eligible: program absent-program not found" in out.splitlines()[0]


def test_list_all_shows_what_is_shadowed_and_hidden(run, tmp_path):
    put("skills", "video-ai-no")
    put("outside", "away")
    Path("skills/away").symlink_to(tmp_path / "work/outside/away")
    assert "shadowed" not in run("list")[1]
    assert "away" not in run("list")[1]
    out = run("list", "--all")[1]
    assert "shadowed by" in out
    assert "leads out of" in out
    found = json.loads(run("list", "--all", "--json")[1])
    assert [entry["name"] for entry in found if entry["shadowed_by"]] == ["video-ai-no"]
    assert [entry["name"] for entry in found if entry["hidden"]] == ["away"]


def test_a_folder_given_by_flag_or_variable_is_listed(run, monkeypatch):
    put("given", "demo")
    assert run("list", "--skills", "given")[1].startswith("demo ")
    monkeypatch.setenv("SKILLWIRE_SKILLS", "given")
    assert run("list")[1].startswith("demo ")


def test_control_sequences_in_a_skill_do_not_reach_the_terminal(run):
    put("skills", "demo", extra='displayName: "\\e[31mred\\e]0;title\\a"\nversion: "1\\e[2J"\n')
    for arguments in (["list"], ["show", "demo"], ["doctor"], ["validate", "skills/demo"]):
        _, out, err = run(*arguments)
        assert "\x1b" not in out + err


@pytest.mark.parametrize(
    "command", [["list", "--json"], ["list", "--all"], ["doctor", "--json"], ["show", "given/b\udce9d", "--json"]]
)
def test_a_path_that_is_no_text_is_shown_escaped(command):
    put("given", "b\udce9d")
    done = subprocess.run(
        [sys.executable, "-c", "from skillwire.cli.quick import main; main()", *command, "--skills", "given"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict", "PYTHONPATH": str(PROJECT / "runtime")},
    )
    assert b"b\\udce9d" in done.stdout
    if "--json" in command:
        assert "b\udce9d" in json.dumps(json.loads(done.stdout), ensure_ascii=False)


@pytest.mark.parametrize("name", SHIPPED)
def test_show_json_and_yaml_say_the_same(run, name):
    code, out, err = run("show", name, "--json")
    assert (code, err) == (0, "")
    config = json.loads(out)
    assert config == yaml.safe_load(run("show", name, "--yaml")[1])
    assert run("show", str(PROJECT / "skills" / name), "--json")[1] == out
    assert config["name"] == name
    assert len(config["routes"]) == 5


def test_show_tells_facts_on_stdout_and_problems_on_stderr(run):
    put("skills", "demo", body="# Demo\n\nAPI base: https://api.example.com\n")
    code, out, err = run("show", "demo")
    assert code == 0
    assert out.startswith("demo (no version)")
    assert re.search(r"SKILL\.md:\d+: warning: the file states no version", err)
    assert "cannot run: " in err
    assert "cannot run" not in out


def test_show_takes_overrides(run):
    put("skills", "demo")
    assert json.loads(run("show", "demo", "--json", "--set", "version=2.5.0")[1])["version"] == "2.5.0"


# Arguments → exit code and words of the one sentence on stderr.
FAILURES = {
    "unknown skill": (["show", "video-audio-remuver"], 2, ["did you mean video-audio-remover"]),
    "no file": (["show", "none/SKILL.md", "--json"], 2, ["none/SKILL.md", "no such file"]),
    "folder without a skill": (["show", "."], 2, ["no SKILL.md"]),
    "not text": (["show", "picture.md"], 2, ["picture.md", "not text"]),
    "bad override": (["show", "video-ai-no", "--set", "version"], 2, ["KEY=VALUE"]),
    "no such flag folder": (["list", "--skills", "nowhere"], 2, ["nowhere", "no such folder"]),
    "validate nothing": (["validate"], 2, ["PATH"]),
    "properties of nothing": (["read-properties", "nowhere"], 2, ["nowhere"]),
    "prompt of nothing": (["to-prompt"], 2, ["PATH"]),
}


@pytest.mark.parametrize(("arguments", "code", "words"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_one_sentence(run, arguments, code, words):
    Path("picture.md").write_bytes(bytes(range(256)) * 30)
    got, out, err = run(*arguments)
    assert got == code
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert all(word in err for word in words)


def test_doctor_explains(run, home, tmp_path):
    put("skills", "video-ai-no")
    put(home / ".cursor/skills", "gated", extra="metadata:\n  openclaw:\n    os: [plan9]\n")
    put("outside", "away")
    Path("skills/away").symlink_to(tmp_path / "work/outside/away")
    origin = put("skills", "torn") / ".clawhub/origin.json"
    origin.parent.mkdir()
    origin.write_text("{", encoding="utf-8")
    code, out, _ = run("doctor")
    assert code == 0
    for words in (
        "Python 3.",
        "shadowed by",
        "leads out of",
        "needs plan9",
        "origin.json is not readable",
        "extra mcp",
    ):
        assert words in out
    report = json.loads(run("doctor", "--json")[1])
    standings = {(skill["name"], skill["kind"]): skill["standing"] for skill in report["skills"]}
    assert standings["video-ai-no", "workspace"] == "ready"
    assert standings["video-ai-no", "bundled"].startswith("shadowed")
    assert standings["gated", "client"].startswith("not eligible")
    assert standings["away", "workspace"].startswith("hidden")
    assert report["environment"]["folders"]["cache"]["writable"]
    assert next(root["skills"] for root in report["roots"] if root["kind"] == "workspace") == 3


# Arguments → exit code; the same through the quick path and through the click command.
VERDICTS = {
    "valid": (["good"], 0),
    "valid file": (["good/SKILL.md"], 0),
    "not valid": (["bad"], 1),
    "one of two": (["good", "bad"], 1),
    "not a skill": (["none"], 1),
    "not there": (["nowhere"], 2),
    "no path at all": (["x" * 5000], 2),
}


@pytest.mark.parametrize(("paths", "code"), VERDICTS.values(), ids=VERDICTS)
def test_validate(run, capsys, paths, code):
    put(".", "good")
    put(".", "bad", extra="version: 1\n")
    Path("none").mkdir()
    got, out, err = run("validate", *paths)
    assert got == code
    assert out.count("Valid skill: ") == sum("good" in path for path in paths)
    assert ("Validation failed for " in err) is (code != 0)
    with pytest.raises(SystemExit) as caught:
        command_line.main(["validate", "--dialect", "spec", *paths])
    assert caught.value.code == code
    if code != 2:
        assert capsys.readouterr().out == out


def test_validate_as_json_and_with_openclaws_fields(run):
    put(".", "bad", extra="version: 1\n")
    code, out, _ = run("validate", "--json", "bad")
    assert code == 1
    assert [(found["path"], found["rule"], found["line"]) for found in json.loads(out)] == [("bad", "fields", 4)]
    assert run("validate", "--dialect", "openclaw", "bad")[0] == 0


def test_read_properties_and_to_prompt(run):
    put(".", "demo", extra="license: MIT\n")
    code, out, _ = run("read-properties", "demo/SKILL.md")
    assert code == 0
    assert json.loads(out) == {"name": "demo", "description": "Made for a test", "license": "MIT"}
    code, out, _ = run("to-prompt", "demo")
    assert code == 0
    assert f"<location>\n{Path('demo/SKILL.md').resolve()}\n</location>" in out


@pytest.mark.parametrize("name", ["read-properties", "to-prompt"])
def test_a_skill_that_does_not_conform_is_exit_code_1(run, name):
    put(".", "demo")
    Path("demo/SKILL.md").write_text("# No frontmatter\n", encoding="utf-8")
    code, out, err = run(name, "demo")
    assert (code, out) == (1, "")
    assert "must start with YAML frontmatter" in err


def test_validating_does_not_load_click():
    put(".", "demo")
    text = "import sys; from skillwire.cli import quick\ntry: quick.main()\nfinally: print([m for m in SLOW if m in sys.modules])"
    slow = ["click", "httpx", "jsonschema", "markdown_it", "skillwire.spec.build"]
    done = subprocess.run(
        [sys.executable, "-c", f"SLOW={slow!r}\n{text}", "validate", "demo"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PROJECT / "runtime")},
    )
    assert done.stdout == "Valid skill: demo\n[]\n"


def test_a_reader_that_went_away_does_not_matter(monkeypatch):
    put(".", "demo")

    class Gone(io.StringIO):
        def write(self, _text):
            raise BrokenPipeError

        def fileno(self):
            return 77

    monkeypatch.setattr(sys, "stdout", Gone())
    monkeypatch.setattr(quick.os, "dup2", lambda _source, target: closed.append(target))
    closed = []
    assert quick.report([Path("demo")]) == 0
    assert closed == [77]
