"""Cassettes: what was recorded comes back byte for byte, and no secret is in it."""

from __future__ import annotations

import shutil
from urllib.parse import urlsplit

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skillwire.agents.cassette import Cassette, Exchange, Redactor, load, save
from skillwire.agents.registry import open_agent
from skillwire.catalog import find
from skillwire.errors import ServiceRefused, TransportFailed, UsageError
from skillwire.folders import data_dir
from skillwire.session import open_session
from skillwire.vault import Vault
from support.command import assert_one_sentence, skillwire
from support.media import digest
from support.standin import FINISHED, StandIn

SKILL = "video-audio-remover"


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(FINISHED)
    return path


def run(agent, clip, output, record=None):
    with open_session(SKILL, agent=agent, record=record) as session:
        return [event.to_dict() for event in session.run("remove all audio", [clip], output=output)]


@pytest.mark.parametrize("stream", [b"data: a\r\n\r\n", ": x\n\ndata: 一\u2028二\n\n".encode(), b"data: \xff\xfe\n\n"])
def test_a_run_comes_back_from_its_cassette(clip, tmp_path, stream, monkeypatch):
    cassette, first, second = tmp_path / "run.yaml", tmp_path / "one.mp4", tmp_path / "two.mp4"
    fault = {"call": "message", "raw": stream, "type": "text/event-stream"}
    with StandIn(faults=[fault]) as service:
        monkeypatch.setenv("NEMO_TOKEN", "")
        recorded = run(service.url, clip, first, cassette)
        secrets = [*service.issued, service.seen[0].headers["x-client-id"]]
    replayed = run(f"replay:{cassette}", clip, second)
    assert second.read_bytes() == first.read_bytes() == FINISHED
    assert [{**event, "path": ""} for event in replayed] == [{**event, "path": ""} for event in recorded]
    (streamed,) = [exchange for exchange in load(cassette).exchanges if exchange.call == "message"]
    assert streamed.body == stream
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".mp4")
    for secret in secrets:
        assert secret.encode() not in written
    assert b"Bearer" not in written


def test_a_cassette_of_the_studio_replays_without_it(footage, tmp_path):
    clip = shutil.copyfile(footage / "bigbuckbunny.mp4", tmp_path / "clip.mp4")
    words = ("remove all audio", "--json")
    done = skillwire("run", SKILL, clip, *words, "-o", tmp_path / "one.mp4", "--record", tmp_path / "run.yaml")
    assert done.returncode == 0, done.stderr
    done = skillwire(
        "run", SKILL, clip, *words, "-o", tmp_path / "two.mp4", "--agent", f"replay:{tmp_path / 'run.yaml'}"
    )
    assert done.returncode == 0, done.stderr
    assert digest(tmp_path / "one.mp4") == digest(tmp_path / "two.mp4")


@pytest.mark.parametrize("token", ["", "user-token"], ids=["kept from an earlier run", "from the environment"])
def test_a_run_that_had_a_token_comes_back_too(clip, tmp_path, token, monkeypatch):
    """Its cassette tells of no token; each replay goes as the run went, however often."""
    cassette = tmp_path / "run.yaml"
    with StandIn() as service:
        if token:
            monkeypatch.setenv("NEMO_TOKEN", token)
        else:
            Vault().keep(urlsplit(service.url).netloc, "token", "kept-token")
        recorded = run(service.url, clip, tmp_path / "one.mp4", cassette)
    monkeypatch.delenv("NEMO_TOKEN", raising=False)
    assert "token" not in [exchange.call for exchange in load(cassette).exchanges]
    for name in ("two.mp4", "three.mp4"):
        replayed = run(f"replay:{cassette}", clip, tmp_path / name)
        assert [{**event, "path": ""} for event in replayed] == [{**event, "path": ""} for event in recorded]
        assert (tmp_path / name).read_bytes() == FINISHED


def test_a_replay_keeps_nothing_for_the_next_one(clip, tmp_path):
    with StandIn() as service:
        recorded = run(service.url, clip, tmp_path / "one.mp4", tmp_path / "run.yaml")
    for name in ("two.mp4", "three.mp4"):
        replayed = run(f"replay:{tmp_path / 'run.yaml'}", clip, tmp_path / name)
        assert [event["event"] for event in replayed] == [event["event"] for event in recorded]
    kept = (data_dir() / "vault" / "credentials.json").read_text(encoding="utf-8")
    assert "replay" not in kept


def test_a_run_that_asks_for_more_than_the_cassette_holds(clip, tmp_path):
    cassette = tmp_path / "run.yaml"
    with StandIn() as service:
        run(service.url, clip, tmp_path / "one.mp4", cassette)
    document = yaml.safe_load(cassette.read_text(encoding="utf-8"))
    document["exchanges"] = [item for item in document["exchanges"] if item["call"] != "export"]
    cassette.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(TransportFailed, match="no further answer to export"):
        run(f"replay:{cassette}", clip, tmp_path / "two.mp4")


@pytest.mark.parametrize("content", ["", "[]", "skillwire_cassette: 2", "a: [", "skillwire_cassette: 1\nexchanges: 3"])
def test_what_is_no_cassette(tmp_path, content, clip):
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    with pytest.raises(UsageError, match="cassette"):
        open_agent(f"replay:{path}", find(SKILL))
    done = skillwire("run", SKILL, clip, "remove all audio", "--agent", f"replay:{path}")
    assert done.returncode == 2
    assert_one_sentence(done, "bad.yaml")


@given(st.binary(max_size=200))
def test_any_answer_survives_the_file(tmp_path_factory, body):
    path = tmp_path_factory.mktemp("c") / "c.yaml"
    exchange = Exchange("a", "GET", "/x", {}, None, 200, {"x-y": "z"}, body)
    save(Cassette("s", "https://h", [exchange]), path)
    assert load(path).exchanges == [exchange]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=100))
def test_any_text_answer_survives_the_file(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("c") / "c.yaml"
    exchange = Exchange("a", "GET", "/x", {}, None, 200, {}, text.encode())
    save(Cassette("s", "https://h", [exchange]), path)
    assert load(path).exchanges == [exchange]


def test_large_bodies_lie_beside_and_are_checked(tmp_path):
    path = tmp_path / "c.yaml"
    exchange = Exchange("a", "GET", "/x", {}, None, 200, {}, bytes([0xFF]) * 200_000)
    save(Cassette("s", "https://h", [exchange]), path)
    assert path.stat().st_size < 1000
    assert load(path).exchanges == [exchange]
    (beside,) = (tmp_path / "c.yaml.d").iterdir()
    beside.write_bytes(b"changed")
    with pytest.raises(UsageError, match="was changed"):
        load(path)


def test_secrets_are_known_by_name_and_then_by_value():
    redactor = Redactor()
    headers = redactor.headers([("Authorization", "Bearer abcdef123"), ("X-Client-Id", "me-me-me"), ("Accept", "*/*")])
    assert headers == {"authorization": "redacted", "x-client-id": "redacted", "accept": "*/*"}
    body = redactor.body(b'{"data":{"token":"nmv_usr_1","note":"nmv_usr_1 abcdef123"},"url":"/d?signature=aa&x=1"}')
    assert body == b'{"data":{"token":"redacted","note":"redacted redacted"},"url":"/d?signature=redacted&x=1"}'
    assert redactor.body(b"\xff\xfe") == b"\xff\xfe"


def test_recording_breaks_nothing_when_the_service_does(clip, tmp_path):
    fault = {"call": "session", "nth": "all", "json": {"code": 1001}}
    with StandIn(faults=[fault]) as service, pytest.raises(ServiceRefused, match="1001"):
        run(service.url, clip, tmp_path / "one.mp4", tmp_path / "run.yaml")
    assert [exchange.call for exchange in load(tmp_path / "run.yaml").exchanges] == [
        "token",
        "session",
        "token",
        "session",
    ]


def test_an_agent_that_answers_without_a_stream_is_recorded_too(clip, tmp_path):
    with open_session(SKILL, agent="dry", record=tmp_path / "run.yaml") as session:
        list(session.run("remove all audio", [clip]))
    calls = [exchange.call for exchange in load(tmp_path / "run.yaml").exchanges]
    assert calls == ["token", "session", "upload", "state", "message", "state", "export", "export_status"]
