"""The command, in processes of its own, against the strict service: tokens, consent, cassettes, crowds and kills."""

from __future__ import annotations

import json
import random
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from outside.service import PAUSE, Answer, Service, code, says
from skillwire.folders import cache_dir, data_dir
from support.command import assert_one_sentence, skillwire

SKILL = "video-audio-remover"
WORDS = "please take the sound off"


@pytest.fixture(scope="session")
def video(footage):
    return (footage / "bigbuckbunny.mp4").read_bytes()


@pytest.fixture
def folder(tmp_path, footage):
    shutil.copyfile(footage / "bigbuckbunny.mp4", tmp_path / "clip.mp4")
    return tmp_path


def run(service, folder, *more, skill=SKILL, **options):
    return skillwire("run", skill, "clip.mp4", WORDS, "--agent", service.url, *more, cwd=folder, **options)


def leaks(secret, *folders):
    """Files that hold the secret, but for the vault's own."""
    vault = data_dir() / "vault"
    files = (path for top in (*folders, data_dir(), cache_dir()) for path in top.rglob("*"))
    return [p for p in files if p.is_file() and vault not in p.parents and secret.encode() in p.read_bytes()]


def test_the_skills_own_variable_and_its_primary_env(folder, video, tmp_path, monkeypatch):
    source = (Path(__file__).parents[2] / "skills" / SKILL / "SKILL.md").read_text(encoding="utf-8")
    own = tmp_path / "skills" / "other-remover" / "SKILL.md"
    own.parent.mkdir(parents=True)
    text = source.replace(SKILL, "other-remover").replace('"primaryEnv": "NEMO_TOKEN"', '"primaryEnv": "OTHER_KEY"')
    own.write_text(text, encoding="utf-8")
    for name, skill in (("NEMO_TOKEN", SKILL), ("OTHER_KEY", own.parent)):
        with Service(video) as service:
            service.tokens["nmv_usr_theirs"] = "theirs"
            monkeypatch.setenv(name, "nmv_usr_theirs")
            done = run(service, folder, skill=skill)
            monkeypatch.delenv(name)
            assert done.returncode == 0, done.stderr
            assert service.breaches == []
            assert "token" not in [asked.call for asked in service.asked]
            assert leaks("nmv_usr_theirs", folder) == []


def test_an_expired_token_is_replaced_and_a_kept_one_used_again(folder, video):
    with Service(video) as service:
        assert run(service, folder).returncode == 0
        assert run(service, folder).returncode == 0
        assert [asked.call for asked in service.asked].count("token") == 1
        vault = data_dir() / "vault" / "credentials.json"
        kept = json.loads(vault.read_text(encoding="utf-8"))
        assert stat.S_IMODE(vault.stat().st_mode) == 0o600
        for entry in kept.values():
            entry["expires"] = 0
        vault.write_text(json.dumps(kept), encoding="utf-8")
        service.clients.clear()  # a week has gone by
        assert run(service, folder).returncode == 0
        assert [asked.call for asked in service.asked].count("token") == 2
        assert service.breaches == []


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"127.0.0.1": 3}', '{"x": {"token": 5, "expires": "soon"}}', "\0"])
def test_a_damaged_vault_costs_no_more_than_a_token(damage, folder, video):
    (data_dir() / "vault").mkdir(parents=True)
    with Service(video) as service:
        text = damage.replace("127.0.0.1", service.url.removeprefix("http://")).replace(
            '"x"', json.dumps(service.url[7:])
        )
        for name in ("credentials", "consents"):
            (data_dir() / "vault" / f"{name}.json").write_text(text, encoding="utf-8")
        done = run(service, folder)
        assert done.returncode == 0, done.stderr
    assert "Traceback" not in skillwire("consent", "list").stderr


def test_two_processes_at_once(folder, video):
    with Service(video) as service:
        # Slow enough that the second asks while the first still waits.
        service.whims["token"] = lambda _n, honest: replace(
            honest, pieces=[PAUSE] * 60 + list(honest.pieces), framed=False
        )
        command = [sys.executable, "-m", "skillwire", "run", SKILL, "clip.mp4", WORDS, "--agent", service.url]
        both = [
            subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in "ab"
        ]
        ends = [process.communicate(timeout=120) for process in both]
        assert [process.returncode for process in both] == [0, 0], ends
        assert service.breaches == []
        assert len(service.messages) == len(service.renders) == 2
        assert len(service.tokens) == 1, "one of them gets the token, the other uses it"
    assert len([path for path in folder.iterdir() if path.suffix == ".mp4"]) == 3


def test_a_recording_replays_byte_for_byte_and_holds_no_secret(folder, video):
    reply = says("All ", partial=True) + b": beat\r\n\r\ndata: heartbeat\n\n" + says("All done \u2028 完.")
    with Service(video, reply=reply) as service:
        first = run(service, folder, "--record", "run.yaml", "--json")
        assert first.returncode == 0, first.stderr
        (secret,) = service.tokens
        asked = len(service.asked)
        (folder / "clip.silent.mp4").unlink()
        again = skillwire("run", SKILL, "clip.mp4", WORDS, "--agent", "replay:run.yaml", "--json", cwd=folder)
        assert again.returncode == 0, again.stderr
        assert len(service.asked) == asked, "a replay asks nobody"
    assert (folder / "clip.silent.mp4").read_bytes() == video
    told = [
        [line for line in map(json.loads, text.stdout.strip().split("\n")) if line["event"] != "progress"]
        for text in (first, again)
    ]
    assert told[0] == told[1]
    cassette = yaml.safe_load((folder / "run.yaml").read_text(encoding="utf-8"))
    (message,) = [item for item in cassette["exchanges"] if item["call"] == "message"]
    assert message["answer"]["text"].encode() == reply
    assert leaks(secret, folder) == []


def test_consent(folder, tmp_path, monkeypatch):
    """Asked once per content and host; without anybody to ask, nothing is sent."""
    monkeypatch.setenv("NEMO_API_URL", "https://skillwire-test.invalid")
    cloud = ("--agent", "cloud")
    own = tmp_path / "mine" / SKILL
    shutil.copytree(Path(__file__).parents[2] / "skills" / SKILL, own)
    arguments = ("run", own, "clip.mp4", WORDS, *cloud)
    refused = skillwire(*arguments, cwd=folder)
    assert refused.returncode == 3
    assert_one_sentence(refused, "nothing was sent", "skillwire-test.invalid", "--yes")
    for shown in (SKILL, "skillwire-test.invalid", "clip.mp4", "MB", WORDS):
        assert shown in refused.stderr
    agreed = skillwire(*arguments, "--yes", cwd=folder)
    assert "nothing was sent" not in agreed.stderr
    assert "got no usable answer" in agreed.stderr, "the host does not exist"
    assert "nothing was sent" not in skillwire(*arguments, cwd=folder).stderr, "a yes is remembered"
    assert "skillwire-test.invalid" in skillwire("consent", "list").stdout
    with (own / "SKILL.md").open("a", encoding="utf-8") as file:
        file.write("\nOne more word.\n")
    assert "nothing was sent" in skillwire(*arguments, cwd=folder).stderr, "a changed file asks again"
    assert skillwire(*arguments, "--yes", cwd=folder).returncode == 3
    assert skillwire("consent", "revoke", SKILL).returncode == 0
    assert "nothing was sent" in skillwire(*arguments, cwd=folder).stderr
    assert "Traceback" not in refused.stderr + agreed.stderr


@pytest.mark.parametrize(
    "words", [b"mute \xff\xfe it", "qxz " * 15_000, "\x1b[2J mute", "a\nb\n", "   mute   "], ids=ascii
)
def test_odd_words(words, folder, video):
    with Service(video) as service:
        command = [sys.executable, "-m", "skillwire", "run", SKILL, "clip.mp4", words, "--agent", service.url]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
        assert b"Traceback" not in done.stderr
        assert b"unexpected" not in done.stderr
        assert done.returncode == 0, done.stderr
        assert b"\x1b" not in done.stderr + done.stdout
        assert len(service.messages) == 1


def test_a_message_that_says_too_much_or_never_ends(folder, video):
    """A flood of text is cut at its bound, and the edit is asked about as after any cut."""
    flood = [says("x" * 1_000_000, partial=True)] * 80
    with Service(video) as service:
        service.whims["message"] = lambda _n, _honest: Answer(200, flood, "text/event-stream", hang=True)
        script = (
            "import sys; from skillwire.session import open_session; "
            "s = open_session(sys.argv[1], agent=sys.argv[2]); s._driver._sleep = lambda _: None; "
            "print([e.kind for e in s.run('mute', ['clip.mp4'])][-1])"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, SKILL, service.url],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.stdout.strip() == "artifact", done.stderr


KILLS = 8


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_any_request_nothing_is_lost_or_doubled(number, folder, video):
    chance = random.Random(number)
    with Service(video) as service:
        command = [sys.executable, "-m", "skillwire", "run", SKILL, "clip.mp4", WORDS, "--agent", service.url]
        victim = []
        fatal = chance.randrange(12)

        def whim(_number, honest):
            if len(service.asked) == fatal + 1 and victim:
                victim[0].kill()
            return honest

        service.whims = dict.fromkeys(("token", "session", "upload", "state", "export", "poll", "file"), whim)
        victim.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        victim[0].wait(60)
        service.whims = {}
        done = skillwire("resume", cwd=folder)
        assert done.returncode == 0 or "no run was stopped" in done.stderr, done.stderr
        assert len(service.messages) == len(service.renders) == 1
        assert service.breaches == []
    assert sorted(path.name for path in folder.iterdir()) == ["clip.mp4", "clip.silent.mp4"]
    assert (folder / "clip.silent.mp4").read_bytes() == video


def test_a_plan_that_may_not_export_says_so_in_the_skills_words(folder, video):
    with Service(video) as service:
        service.whims["export"] = lambda _n, _honest: code(402, 402)
        done = run(service, folder)
    assert_one_sentence(done, "402")
    assert "higher plan" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["clip.mp4"]


def test_a_call_to_a_second_host_is_never_made(folder, video):
    source = (Path(__file__).parents[2] / "skills" / "video-ai-no" / "SKILL.md").read_text(encoding="utf-8")
    own = folder / "two-hosts" / "SKILL.md"
    own.parent.mkdir()
    own.write_text(source.replace("POST /run_sse", "POST https://second.invalid/run_sse"), encoding="utf-8")
    with Service(video) as service:
        done = run(service, folder, "--yes", skill=own.parent)
        assert service.asked == []
    assert done.returncode == 2
    assert_one_sentence(done, "second.invalid", "SKILL.md:")


@pytest.mark.parametrize("again", ["resume", "run"])
def test_a_token_whose_answer_was_lost_locks_nobody_out(again, folder, video):
    """The service gives each client one token a week; a kill in between must not cost that week."""
    with Service(video) as service:
        victim = []
        service.whims["token"] = lambda number, honest: (number == 1 and victim[0].kill()) or honest
        command = [sys.executable, "-m", "skillwire", "run", SKILL, "clip.mp4", WORDS, "--agent", service.url]
        victim.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        victim[0].wait(60)
        done = skillwire("resume", cwd=folder) if again == "resume" else run(service, folder)
        assert done.returncode == 0, done.stderr
        assert "Rate limit" not in done.stderr
        assert len(service.messages) == 1
