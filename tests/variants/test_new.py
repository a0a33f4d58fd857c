"""``skillwire new``: a folder of its own, whole or not at all, that is found, listed, routed and run like any other."""

import errno
import json
import shutil
from pathlib import Path

import pytest
import yaml

from skillwire.errors import OutputFailed
from skillwire.spec import variant_folder
from support.command import skillwire
from support.in_process import command

ROOT = Path(__file__).resolve().parents[2]
REMOVER = ROOT / "skills" / "video-audio-remover"
EXAMPLE = ROOT / "examples" / "music-box-maker"


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def made(tmp_path, capsys):
    """A variant with a phrase, a title, a host and a version of its own, as the command makes it."""
    arguments = ["hush-clips", "--from", REMOVER, "--title", "Hush Clips", "--phrase", "export=blow the whistle"]
    arguments += ["--phrase", "credits=我还能做几次", "--base-url", "https://hush.example", "--set", "version=3.1.0"]
    done = command(capsys, "new", *arguments, "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'hush-clips' / 'SKILL.md'}\n"
    assert "lint: 0 findings" in done.stderr
    return tmp_path / "hush-clips"


def test_the_folder_has_the_skill_and_its_tests_with_the_new_phrases(made):
    assert set(tree(made)) == {"SKILL.md", "evals/routes.yaml", "evals/evals.json", "evals/eval_queries.json"}
    assert [path.name for path in made.parent.iterdir()] == ["hush-clips"], "nothing else is left"
    assert json.loads((made / "evals" / "evals.json").read_text(encoding="utf-8"))["skill_name"] == "hush-clips"
    tests = (made / "evals" / "routes.yaml").read_text(encoding="utf-8")
    before = (REMOVER / "evals" / "routes.yaml").read_text(encoding="utf-8")
    assert tests.startswith(before)
    assert yaml.safe_load(tests)[-2:] == [
        {"utterance": "blow the whistle", "plan": ["export"]},
        {"utterance": "我还能做几次", "plan": ["credits"]},
    ]


def test_it_is_found_listed_routed_and_run_without_any_code(made, tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLWIRE_SKILLS", str(made.parent))
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_secret")
    listed = json.loads(skillwire("list", "--json", cwd=tmp_path).stdout)
    entry = next(entry for entry in listed if entry["name"] == "hush-clips")
    assert (entry["version"], entry["title"], entry["path"]) == ("3.1.0", "Hush Clips", str(made / "SKILL.md"))

    said = "blow the whistle\n我还能做几次\ndraw a whistle in red\n"
    plans = {}
    for name in ("hush-clips", "video-audio-remover"):
        done = skillwire("route", name, "-", cwd=tmp_path, input=said)
        plans[name] = [json.loads(line)["actions"] for line in done.stdout.splitlines()]
    assert plans["hush-clips"] == [["export"], ["credits"], ["message"]]
    assert plans["video-audio-remover"][0] == ["message"], "the phrase is known in its own skill only"

    done = skillwire("run", "hush-clips", "blow the whistle", "--agent", "dry", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    requests = [event for line in done.stdout.splitlines() if (event := json.loads(line))["event"] == "request"]
    assert "export" in [request["call"] for request in requests]
    for request in requests[:-1]:  # the last one fetches the finished file
        headers = {name.lower(): value for name, value in request["headers"].items()}
        assert headers["x-skill-source"] == "hush-clips"
        assert headers["x-skill-version"] == "3.1.0"
        assert request["url"].startswith("https://hush.example/")
    assert "nmv_usr_secret" not in done.stdout


def test_a_variant_of_a_variant_and_back_has_the_facts_of_the_original(made, tmp_path, capsys):
    back = ["--title", "Video Audio Remover — Videos Without Their Sound", "--set", "version=1.0.0"]
    back += ["--base-url", "https://mega-api-prod.nemovideo.ai", "-o", tmp_path / "again"]
    assert command(capsys, "new", "video-audio-remover", "--from", made, *back).returncode == 0
    done = command(capsys, "diff", REMOVER, tmp_path / "again" / "video-audio-remover", "--prose", "--json")
    items = [difference["item"] for difference in json.loads(done.stdout)["differences"]]
    assert sorted(items) == ['"blow the whistle"', '"我还能做几次"']


def test_a_skill_of_another_vendor(tmp_path, capsys):
    done = command(capsys, "new", "barrel-organ", "--from", EXAMPLE, "--phrase", "quote=wie teuer", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "X-Tinker-Skill` | `barrel-organ`" in (tmp_path / "barrel-organ" / "SKILL.md").read_text(encoding="utf-8")
    cases = (tmp_path / "barrel-organ" / "evals" / "routes.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(cases)[-1] == {"utterance": "wie teuer", "plan": ["quote"]}


def test_what_belongs_to_the_skill_goes_along_and_nothing_else(tmp_path, capsys):
    source = tmp_path / "video-audio-remover"
    shutil.copytree(REMOVER, source)
    extra = {
        "references/notes.md": b"video-audio-remover asks mega-api-prod.nemovideo.ai\n",
        "assets/logo.bin": b"\xff\x00video-audio-remover",
        ".clawhub/origin.json": b'{"installedVersion": "9.9.9"}',
        "scripts/.hidden": b"x",
        "scripts/__pycache__/x.pyc": b"x",
        "elsewhere/x.txt": b"x",
        "README.md": b"x",
    }
    for name, content in extra.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    (tmp_path / "secret.txt").write_text("secret")
    (source / "assets" / "link.txt").symlink_to(tmp_path / "secret.txt")
    done = command(
        capsys, "new", "hush-clips", "--from", source, "--base-url", "https://hush.example", "-o", tmp_path / "out"
    )
    assert done.returncode == 0, done.stderr
    files = tree(tmp_path / "out" / "hush-clips")
    assert set(files) - {"SKILL.md", "evals/routes.yaml", "evals/evals.json", "evals/eval_queries.json"} == {
        "references/notes.md",
        "assets/logo.bin",
    }
    assert files["references/notes.md"] == b"hush-clips asks hush.example\n"
    assert files["assets/logo.bin"] == extra["assets/logo.bin"]
    assert b'version: "1.0.0"' in files["SKILL.md"], "the installer's record is of the original"


@pytest.mark.parametrize("kind", ["folder", "empty folder", "file", "dangling link"])
def test_nothing_is_ever_overwritten(tmp_path, capsys, kind):
    target = tmp_path / "hush-clips"
    if kind == "file":
        target.write_text("mine")
    elif kind == "dangling link":
        target.symlink_to(tmp_path / "gone")
    else:
        target.mkdir()
        if kind == "folder":
            (target / "SKILL.md").write_text("mine")
    before = tree(tmp_path)
    done = command(capsys, "new", "hush-clips", "--from", REMOVER, "-o", tmp_path)
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert tree(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["hush-clips"]


def test_a_full_disk_leaves_nothing(tmp_path, capsys, monkeypatch):
    write = Path.write_bytes

    def full(path, content):
        if path.name == "evals.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    done = command(capsys, "new", "hush-clips", "--from", REMOVER, "-o", tmp_path)
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        variant_folder.write(tmp_path / "x", {Path("SKILL.md"): b"text"})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputFailed, match="cannot be written"):
        variant_folder.write(tmp_path / "file" / "x", {Path("SKILL.md"): b"text"})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["hush-clips"], ["--from"]),
        (["hush-clips", "--from", "no-such-skill"], ["no-such-skill"]),
        (["hush-clips", "--from", REMOVER, "--phrase", "export"], ["ROUTE=WORDS"]),
        (["Hush", "--from", REMOVER], ["lowercase"]),
    ],
)
def test_a_command_that_makes_no_sense(tmp_path, capsys, arguments, words):
    done = command(capsys, "new", *arguments, "-o", tmp_path)
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_phrase_that_breaks_the_tests_is_made_known(tmp_path, capsys):
    source = tmp_path / "video-audio-remover"
    shutil.copytree(REMOVER, source)
    (source / "evals" / "routes.yaml").write_text('[{utterance: "ship it", plan: [message]}]', encoding="utf-8")
    done = command(capsys, "new", "hush-clips", "--from", source, "--phrase", "export=ship it", "-o", tmp_path)
    assert done.returncode == 1
    assert 'routes.yaml:1: "ship it": expected message, became export' in done.stderr
    made = yaml.safe_load((tmp_path / "hush-clips" / "evals" / "routes.yaml").read_text(encoding="utf-8"))
    assert made[-1] == {"utterance": "ship it", "plan": ["export"]}
