"""``skillwire why``: words → row → line → request → what every answer would bring about, and how a skill stands."""

import json
import shutil
from pathlib import Path

import pytest

from skillwire.engine.explain import NO_ANSWER, explain
from skillwire.spec.build import load
from skillwire.spec.model import Recovery
from support.in_process import command

ROOT = Path(__file__).resolve().parents[2]
REMOVER = ROOT / "skills" / "video-audio-remover"
FILE = REMOVER / "SKILL.md"
LINES = FILE.read_text(encoding="utf-8").split("\n")


def line_of(text):
    (found,) = [number for number, line in enumerate(LINES, 1) if text in line]
    return found


@pytest.fixture(scope="module")
def remover():
    return load(FILE.read_bytes(), source=str(FILE))


@pytest.mark.parametrize(
    ("words", "before", "calls", "row"),
    [
        ("download", ["token", "session"], ["export", "export_status"], '"export" / "导出"'),
        ("余额", ["token"], ["credits"], '"credits" / "积分"'),
        ("<file:a.mp4>", ["token", "session"], ["upload"], '"upload" / "上传"'),
        ("blur the faces", ["token", "session"], ["message"], "Everything else"),
        ("mute it, then export it", ["token", "session"], ["message", "export", "export_status"], "Everything else"),
    ],
)
def test_words_lead_to_rows_and_requests(capsys, words, before, calls, row):
    done = command(capsys, "why", REMOVER, words, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [call["call"] for call in told["before"]] == before
    assert [call["call"] for call in told["calls"]] == calls
    assert told["row"]["line"] == told["calls"][0]["row"] == line_of(f"| {row}")
    for call in told["calls"]:
        assert call["request"]["path"].split("<")[0] in LINES[call["line"] - 1]


def test_headers_are_resolved_and_the_token_is_not_shown(capsys, monkeypatch):
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_secret")
    done = command(capsys, "why", REMOVER, "download", "--json", "--set", "version=7.7.7")
    told = json.loads(done.stdout)
    token, session, export = told["before"][0], told["before"][1], told["calls"][0]
    own = {"X-Skill-Source": "video-audio-remover", "X-Skill-Version": "7.7.7", "X-Skill-Platform": "unknown"}
    assert token["request"]["headers"] == {**own, "X-Client-Id": "<client_id>"}
    assert session["request"]["headers"] == export["request"]["headers"] == {"Authorization": "Bearer ***", **own}
    assert export["request"]["method"] == "POST"
    assert export["request"]["url"] == "https://mega-api-prod.nemovideo.ai/api/render/proxy/lambda"
    assert export["request"]["body"]["sessionId"] == "<sid>"
    assert "secret" not in done.stdout


# Code → what the engine does when it comes again and again (recovery, seconds), and whether it ends in telling the user.
POLICY = {
    0: ([], False),
    1001: ([(Recovery.REAUTHENTICATE, 0)], True),
    1002: ([(Recovery.NEW_SESSION, 0)], True),
    2001: ([], True),
    4001: ([], True),
    4002: ([], True),
    400: ([(Recovery.NEW_CLIENT_ID, 0)], True),
    402: ([], True),
    429: ([(Recovery.RETRY, 30)], True),
}


def test_the_policy_of_every_code_is_the_one_that_is_carried_out(remover):
    (call,) = explain(remover, "余额").calls
    told = {reaction.code: reaction for reaction in call.reactions}
    assert set(told) == set(POLICY) | {None}
    for code, (steps, ends) in POLICY.items():
        assert list(told[code].steps) == steps, code
        assert bool(told[code].end) is ends, code
        assert told[code].line == line_of(f"| {code} |")
    assert [recovery for recovery, _ in told[None].steps] == [Recovery.RETRY] * 3, (
        "a request that only reads is sent again"
    )


def test_a_request_that_changes_something_is_not_sent_again_after_a_lost_connection(remover):
    (call,) = explain(remover, "blur the faces").calls
    lost = next(reaction for reaction in call.reactions if reaction.code is None)
    assert lost.steps == ()
    assert NO_ANSWER in lost.end


def test_text(capsys):
    done = command(capsys, "why", REMOVER, "mute it, then export it")
    assert done.returncode == 0
    out = done.stdout
    assert out.startswith("message → export, because ")
    assert f"SKILL.md:{line_of('| Everything else')}: Everything else" in out
    assert (
        f"export: POST https://mega-api-prod.nemovideo.ai/api/render/proxy/lambda  [line {line_of('Export: start a render')}]"
        in out
    )
    assert "  X-Skill-Source: video-audio-remover\n" in out
    assert "429 Rate limit (1 token/client/7 days): retry after 30 s, then tell: " in out
    assert out.count("1001 Expired or bad token") == 1, "a policy that calls share is told once"


def test_a_skill_of_another_vendor(capsys):
    done = command(capsys, "why", ROOT / "examples" / "music-box-maker", "Münzen", "--json")
    (call,) = json.loads(done.stdout)["calls"]
    assert call["request"]["headers"]["X-Tinker-Guild"] == "tine-and-comb"
    busy = next(reaction for reaction in call["policy"] if reaction["code"] == 61)
    assert busy["steps"] == [{"recovery": "retry", "after": 2.0}] * 3


def test_words_for_a_skill_without_a_table(tmp_path, capsys):
    (tmp_path / "SKILL.md").write_text("---\nname: bare\ndescription: x\n---\n# Bare\n")
    done = command(capsys, "why", tmp_path, "anything")
    assert done.returncode == 2
    assert "no words lead anywhere" in done.stderr


def test_words_for_a_skill_that_cannot_run_are_explained_all_the_same(tmp_path, capsys):
    text = FILE.read_text(encoding="utf-8").replace('version: "1.0.0"\n', "")
    (tmp_path / "SKILL.md").write_text(text, encoding="utf-8")
    done = command(capsys, "why", tmp_path, "download")
    assert done.returncode == 0
    assert "Cannot run: the file states no version" in done.stdout


@pytest.fixture
def folders(tmp_path):
    """Two folders with the same skill; the second has one more, which needs what no machine has."""
    for folder in ("first", "second"):
        shutil.copytree(REMOVER, tmp_path / folder / "hush-clips")
        path = tmp_path / folder / "hush-clips" / "SKILL.md"
        path.write_text(path.read_text(encoding="utf-8").replace("name: video-audio-remover", "name: hush-clips"))
    (tmp_path / "second" / "needy").mkdir()
    metadata = 'metadata: {"openclaw": {"requires": {"bins": ["no-such-program"]}}}'
    text = FILE.read_text(encoding="utf-8").replace("name: video-audio-remover", f"{metadata}\nname: needy")
    text = "\n".join(line for line in text.split("\n") if not line.startswith('metadata: {"openclaw": {"emoji"'))
    (tmp_path / "second" / "needy" / "SKILL.md").write_text(text, encoding="utf-8")
    return ["--skills", tmp_path / "first", "--skills", tmp_path / "second"]


def test_a_name_is_explained(folders, tmp_path, capsys):
    done = command(capsys, "why", "hush-clips", *folders)
    assert done.returncode == 0
    first, second = (tmp_path / name / "hush-clips" / "SKILL.md" for name in ("first", "second"))
    assert done.stdout.splitlines()[0] == f"hush-clips means {first}: hush-clips 1.0.0, unknown"
    assert f"{first}: ready" in done.stdout
    assert f"{second}: shadowed by {first}" in done.stdout
    assert "can run: 5 rows, 8 calls, 9 codes" in done.stdout


def test_a_path_is_explained_with_those_that_share_its_name(folders, tmp_path, capsys):
    second = tmp_path / "second" / "hush-clips"
    done = command(capsys, "why", second, *folders)
    assert f"{second / 'SKILL.md'}: shadowed by" in done.stdout
    assert "only its path" not in done.stdout
    shutil.copytree(second, tmp_path / "elsewhere" / "hush-clips")
    done = command(capsys, "why", tmp_path / "elsewhere" / "hush-clips", *folders)
    assert "it lies in no folder that is searched, so only its path means it" in done.stdout
    assert f"{tmp_path / 'first' / 'hush-clips' / 'SKILL.md'}: ready" in done.stdout


def test_a_skill_that_is_not_eligible_or_cannot_run(folders, tmp_path, capsys):
    done = command(capsys, "why", "needy", *folders)
    assert "not eligible: " in done.stdout
    assert "no-such-program" in done.stdout
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "SKILL.md").write_text("---\nname: bare\ndescription: x\n---\n# Bare\n")
    done = command(capsys, "why", tmp_path / "bare", "--json")
    told = json.loads(done.stdout)
    assert told["runnable"] is False
    assert told["entries"] == []
    assert "no requests" in told["missing"][0]


def test_a_hidden_skill_says_why(tmp_path, capsys):
    (tmp_path / "skills").mkdir()
    shutil.copytree(REMOVER, tmp_path / "outside")
    (tmp_path / "skills" / "sneaky").symlink_to(tmp_path / "outside")
    done = command(capsys, "why", "sneaky", "--skills", tmp_path / "skills")
    assert done.returncode == 0
    assert "sneaky means no skill that can be used" in done.stdout
    assert "hidden: " in done.stdout


def test_a_name_that_nobody_knows(capsys):
    done = command(capsys, "why", "video-audio-remove")
    assert done.returncode == 2
    assert "did you mean video-audio-remover" in done.stderr
