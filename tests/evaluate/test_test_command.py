"""``skillwire test``: over shipped skills, folders and tables; every format; exit codes that a pipeline can trust."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from support.in_process import command

ROOT = Path(__file__).resolve().parents[2]
SKILLS = ROOT / "skills"
REMOVER = SKILLS / "video-audio-remover"
# Floors, not aims: the routing of each shipped skill over its own evaluations, and over the shared sample of utterances.
SHIPPED, SAMPLE, SAMPLE_KIND = 0.9, 0.92, 0.8


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "cases.tsv"
    path.write_text(
        "lang\tlabel\tkind\tutterance\n"
        "en\texport\tkeyword\tdownload\n"
        'en\tsse\tquoted\tadd the words "export now" at the top\n'
        "zh\tcredits\tkeyword\t余额\n"
        "en\tstate\tkeyword\tupload & <go>\n",
        encoding="utf-8",
    )
    return path


def test_the_evaluations_of_the_shipped_skills(capsys):
    done = command(capsys, "test", SKILLS, "--format", "json", "--min-accuracy", SHIPPED)
    reports = json.loads(done.stdout)
    assert [report["skill"] for report in reports] == sorted(path.parent.name for path in SKILLS.glob("*/SKILL.md"))
    assert done.returncode == 0, [(report["skill"], report["accuracy"]) for report in reports]
    for report in reports:
        assert report["total"] >= 40
        assert report["coverage"]["rows_hit"] == len(report["coverage"]["rows"])
        assert [row for row in report["coverage"]["rows"] if row["shadowed"] or row["astray"]] == []


def test_the_sample_of_utterances(shared, capsys):
    done = command(
        capsys, "test", REMOVER, "--cases", shared / "routing" / "dev.tsv", "--json", "--min-accuracy", SAMPLE
    )
    (report,) = json.loads(done.stdout)
    assert done.returncode == 0, report["accuracy"]
    shares = {kind: share["passed"] / share["total"] for kind, share in report["kinds"].items()}
    assert {kind: share for kind, share in shares.items() if share < SAMPLE_KIND} == {}
    assert sum(n for row in report["confusion"].values() for n in row.values()) == report["total"]


def test_text_names_the_failure_its_line_and_the_statistics(table, capsys):
    done = command(capsys, "test", REMOVER, "--cases", table)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].endswith('cases.tsv:5 "upload & <go>"')
    assert lines[0].startswith("FAIL ")
    assert "expected state, became upload" in lines[1]
    assert "video-audio-remover: 3 of 4 cases hold (75.0%)" in lines
    assert "  kind keyword            2 of    3 (66.7%)" in lines
    assert "  language zh             1 of    1 (100.0%)" in lines
    matrix = next(i for i, line in enumerate(lines) if "became (across)" in line)
    assert [line.split() for line in lines[matrix + 2 : matrix + 7]] == [
        ["[1]", "credits", "1", ".", ".", ".", "."],
        ["[2]", "export", ".", "1", ".", ".", "."],
        ["[3]", "message", ".", ".", "1", ".", "."],
        ["[4]", "state", ".", ".", ".", ".", "1"],
        ["[5]", "upload", ".", ".", ".", ".", "."],
    ]
    assert any("no case uses" in line for line in lines)


def test_the_share_that_has_to_hold_can_be_given(table, capsys):
    assert command(capsys, "test", REMOVER, "--cases", table, "--min-accuracy", "0.75").returncode == 0
    assert command(capsys, "test", REMOVER, "--cases", table, "--min-accuracy", "0.76").returncode == 1


def test_junit_and_tap_count_alike(table, capsys):
    done = command(capsys, "test", REMOVER, "--cases", table, "--format", "junit")
    assert done.returncode == 1
    root = ET.fromstring(done.stdout)
    cases = root.findall(".//testcase")
    assert [case.get("name") for case in cases][-1] == "upload & <go>"
    assert [case.find("failure") is not None for case in cases] == [False, False, False, True]
    done = command(capsys, "test", REMOVER, "--cases", table, "--format", "tap")
    lines = done.stdout.splitlines()
    assert lines[1] == "1..4"
    assert [line.split(" - ")[0] for line in lines if line.startswith(("ok", "not"))] == [
        "ok 1",
        "ok 2",
        "ok 3",
        "not ok 4",
    ]


def test_a_row_that_nothing_reaches_is_shown(tmp_path, capsys):
    text = (REMOVER / "SKILL.md").read_text(encoding="utf-8")
    lost = '| "download" | → §3.4 State | ✅ |\n| "upload" /'
    (tmp_path / "SKILL.md").write_text(text.replace('| "upload" /', lost), encoding="utf-8")
    cases = tmp_path / "cases.yaml"
    cases.write_text("- {utterance: download, plan: [export]}\n", encoding="utf-8")
    done = command(capsys, "test", tmp_path, "--cases", cases)
    assert done.returncode == 0
    line = (tmp_path / "SKILL.md").read_text(encoding="utf-8").split("\n").index(lost.split("\n", maxsplit=1)[0]) + 1
    assert f"    line {line} (state): shadowed, neither a case nor its own phrases reach it" in done.stdout
    assert f"    line {line} (state): its phrase 'download' leads to export" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, ["Missing argument"]),
        (["no-such-skill"], 2, ["no-such-skill"]),
        ([REMOVER, "--cases", "nowhere.tsv"], 2, ["nowhere.tsv", "No such file"]),
        ([REMOVER, "--cases", REMOVER], 2, ["Is a directory"]),
        ([REMOVER, "--format", "sarif"], 2, ["sarif"]),
        ([REMOVER, "--min-accuracy", "92"], 2, ["0<=x<=1"]),
        ([REMOVER / "SKILL.md", "--set", "nothing"], 2, ["KEY=VALUE"]),
    ],
)
def test_a_command_that_makes_no_sense(capsys, arguments, code, words):
    done = command(capsys, "test", *arguments)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize(
    ("skill", "evals", "words"),
    [
        ("whole", None, ["no cases to run", "evals/routes.yaml"]),
        ("whole", b"\xff\xfe", ["routes.yaml:1", "not UTF-8"]),
        ("bare", b"- {utterance: a, plan: [b]}", ["no routing table"]),
    ],
)
def test_a_skill_that_cannot_be_tested(tmp_path, capsys, skill, evals, words):
    text = (
        (REMOVER / "SKILL.md").read_bytes() if skill == "whole" else b"---\nname: bare\ndescription: x\n---\n# Bare\n"
    )
    (tmp_path / "SKILL.md").write_bytes(text)
    if evals is not None:
        (tmp_path / "evals").mkdir()
        (tmp_path / "evals" / "routes.yaml").write_bytes(evals)
    done = command(capsys, "test", tmp_path)
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr
