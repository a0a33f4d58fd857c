"""``skillwire lint`` as a user calls it: paths, exit codes, fixing in place, baselines, explanations."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from skillwire.cli.lint import command
from skillwire.errors import OutputFailed, UsageError
from skillwire.lint.registry import rules

ROOT = Path(__file__).resolve().parents[2]
BAD = "---\nname: a-skill\nversion: 1.10\ndescription: Does a thing.\n---\n\nSee http://a.example/x\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    def call(*arguments):
        result = CliRunner().invoke(command, [str(a) for a in arguments], standalone_mode=False)
        if result.exception:
            raise result.exception
        return result.return_value, result.stdout, result.stderr

    return call


@pytest.fixture
def skill(tmp_path):
    folder = tmp_path / "skills" / "a-skill"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(BAD, encoding="utf-8")
    return folder / "SKILL.md"


def test_the_shipped_skills_have_no_findings(run):
    code, out, _ = run(ROOT / "skills", ROOT / "examples", "--format", "json", "--fail-on", "info")
    assert (code, json.loads(out)) == (0, [])


def test_a_folder_is_searched_a_file_and_a_name_are_taken(run, skill):
    code, out, _ = run("skills", "--format", "json")
    listed = json.loads(out)
    assert code == 1
    assert {entry["path"] for entry in listed} == {"skills/a-skill/SKILL.md"}
    assert {entry["rule"] for entry in listed} == {"plain-http", "unquoted-version"}
    for same in ("skills/a-skill/SKILL.md", "a-skill", str(skill), "skills/a-skill"):
        assert json.loads(run(same, "--format", "json")[1]) == listed
    assert len(json.loads(run("skills", "a-skill", skill, "--format", "json")[1])) >= len(listed)


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("info", 1)])
def test_what_fails_is_the_users_choice(run, skill, level, code):
    assert run(skill, "--fail-on", level)[0] == code


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (["--select", "plain-http"], {"plain-http"}),
        (["--select", "security,unquoted-version"], {"plain-http", "unquoted-version"}),
        (["--ignore", "security"], {"unquoted-version"}),
        (["--ignore", "plain-http", "--ignore", "frontmatter"], set()),
        (["--dialect", "spec", "--select", "spec-fields"], {"spec-fields"}),
    ],
)
def test_selecting_and_ignoring(run, skill, options, left):
    _, out, _ = run(skill, "--format", "json", *options)
    assert {entry["rule"] for entry in json.loads(out)} == left


def test_unreadable_input_is_told_and_the_rest_still_linted(run, skill, tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "blob.md").write_bytes(bytes(range(256)) * 8)
    code, out, err = run("none", "nowhere.md", "blob.md", skill, "--format", "json")
    assert code == 2
    assert {entry["rule"] for entry in json.loads(out)} == {"plain-http", "unquoted-version"}
    assert len(err.strip().splitlines()) == 3
    assert "Traceback" not in err


def test_fixing_writes_whole_files_and_only_changed_ones(run, skill, tmp_path):
    skill.chmod(0o640)
    link = tmp_path / "link.md"
    link.symlink_to(skill)
    code, _, err = run(link, "--fix", "--fail-on", "error")
    assert code == 0
    assert "mended link.md" in err
    assert link.is_symlink()
    assert skill.read_text() == BAD.replace("1.10", '"1.10"')
    assert skill.stat().st_mode & 0o777 == 0o640
    before = skill.stat()
    assert "mended" not in run(skill, "--fix")[2]
    assert (skill.stat().st_mtime_ns, skill.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert [path.name for path in skill.parent.iterdir()] == ["SKILL.md"]


def test_fixing_keeps_to_the_chosen_rules(run, skill):
    run(skill, "--fix", "--select", "plain-http")
    assert skill.read_text() == BAD


def test_a_baseline_is_written_and_heeded(run, skill, tmp_path):
    assert run(skill, "--write-baseline", "--baseline", "known.json")[0] == 0
    assert len(json.loads((tmp_path / "known.json").read_text())["findings"]) == 2
    assert run(skill, "--baseline", "known.json", "--fail-on", "info")[0] == 0
    skill.write_text(BAD + "\nSee http://b.example/\n", encoding="utf-8")
    code, out, _ = run(skill, "--baseline", "known.json", "--format", "json")
    assert (code, [entry["line"] for entry in json.loads(out)]) == (1, [9])
    assert run(skill, "--write-baseline")[0] == 0
    assert (tmp_path / ".skillwire-lint.json").exists()


def test_a_baseline_that_cannot_be_written_is_told(run, skill):
    with pytest.raises(OutputFailed, match="cannot be written"):
        run(skill, "--write-baseline", "--baseline", "no/such/folder.json")


def test_the_installers_record_counts(run, skill):
    origin = skill.parent / ".clawhub" / "origin.json"
    origin.parent.mkdir()
    origin.write_text('{"installedVersion": "2.0.0"}')
    told = {entry["rule"]: entry for entry in json.loads(run(skill, "--format", "json")[1])}
    assert told["version-disagrees"]["line"] == 3
    origin.write_text("{")
    assert "bad-origin" in run(skill, "--format", "json")[1]
    assert "bad-origin" not in run(skill, "--format", "json", "--ignore", "bad-origin")[1]


@pytest.mark.parametrize("rule", rules())
def test_every_rule_explains_itself(run, rule):
    code, out, _ = run("--explain", rule)
    assert code == 0
    assert out.startswith(f"{rule}: ")
    for part in ("severity", "Why: ", "Fix: ", "Bad:", "Good:"):
        assert part in out
    assert rule in run("--explain", "all")[1]


def test_wrong_usage_is_one_sentence(run):
    with pytest.raises(UsageError, match="no file was given"):
        run()
    with pytest.raises(UsageError, match="no lint rule"):
        run("x.md", "--select", "nonsense-rule")
    with pytest.raises(click.UsageError):
        run("x.md", "--format", "tap")


def test_a_folder_of_many_skills(run, tmp_path):
    for number in range(20):
        shutil.copytree(ROOT / "skills/video-ai-no", tmp_path / f"many/{number}/video-ai-no")
    (tmp_path / "many/node_modules/x").mkdir(parents=True)
    shutil.copy(ROOT / "skills/video-ai-no/SKILL.md", tmp_path / "many/node_modules/x/SKILL.md")
    code, out, _ = run("many")
    assert (code, out) == (0, "nothing found in 20 files\n")
