"""The ADK agent: a skill's calls in, ADK's routes out, for any skill; and what is told when it cannot be."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from skillwire.agents import adk_files
from skillwire.agents.adk_server import AdkServer
from skillwire.agents.registry import open_agent
from skillwire.catalog import find
from skillwire.engine.events import Artifact, Text, Timeline
from skillwire.errors import BadInput, ConsentRefused, JobFailed, ServiceRefused, TransportFailed, UsageError
from skillwire.folders import data_dir
from skillwire.journal import Journal
from skillwire.session import Session, open_session
from support.adk_standin import APP, AdkStandIn, Turn, event, usual
from support.standin import FINISHED

SKILL = "video-audio-remover"
MUSIC_BOX = "examples/music-box-maker"
INPUT = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\r\n--\r\n" + bytes(range(256))
SESSIONS = f"/apps/{APP}/users/skillwire/sessions"


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(INPUT)
    return path


def run(server, words="remove all audio", files=(), *, skill=SKILL, **options):
    with open_session(skill, agent=server.agent) as session:
        return list(session.run(words, files, **options))


def says(**turn):
    return lambda _parts: Turn([event({"text": "Done."})], **turn)


@pytest.mark.parametrize(
    ("skill", "name", "words"),
    [
        (SKILL, "clip.mp4", "remove all audio"),
        ("video-ai-no", "mein Film.mp4", "remove the watermark"),
        ("objectremover-video", "片段.mp4", "remove the person on the left"),
        ("video-editing-ai-background", "clip.mp4", "replace the background with a beach"),
        (MUSIC_BOX, 'melodie «für» "Elise".txt', "an octave higher"),
    ],
)
def test_any_skill_runs_through_an_adk_server(skill, name, words, tmp_path, pytestconfig, monkeypatch):
    monkeypatch.chdir(pytestconfig.rootpath)
    content = b"E5 D#5\r\n\r\nC5:2 -\r\n" if name.endswith(".txt") else INPUT
    path = tmp_path / name
    path.write_bytes(content)
    with AdkStandIn() as server:
        events = run(server, words, [path], skill=skill, actions=["message"], output=tmp_path / "out.bin")
    assert isinstance(events[-1], Artifact)
    assert (tmp_path / "out.bin").read_bytes() == FINISHED
    assert [event.text for event in events if isinstance(event, Text)] == ["Removed the audio."]
    (message,) = server.messages
    text, file = message["new_message"]["parts"]
    assert (message["app_name"], message["session_id"]) == (APP, "s1")
    assert text == {"text": words}
    assert file["inlineData"]["displayName"] == name
    assert base64.b64decode(file["inlineData"]["data"]) == content
    for request in server.seen:
        assert request.headers.keys() <= {"host", "accept", "accept-encoding", "content-length", "content-type"}
        assert request.path.startswith((SESSIONS, "/run_sse", "/list-apps"))


@pytest.mark.parametrize("own", ["", "adk_secret_1"])
def test_only_its_own_token_reaches_the_server(own, clip, tmp_path, monkeypatch):
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_topsecret")
    monkeypatch.setenv("SKILLWIRE_ADK_TOKEN", own)
    with AdkStandIn() as server, open_session(SKILL, agent=server.agent, record=tmp_path / "run.yaml") as session:
        events = list(session.run("remove all audio", [clip], output=tmp_path / "out.mp4"))
    sent = {request.headers.get("authorization") for request in server.seen}
    assert sent == ({f"Bearer {own}"} if own else {None})
    assert not any(b"topsecret" in request.body or "topsecret" in request.path for request in server.seen)
    written = [path.read_bytes() for path in (*tmp_path.rglob("*"), *data_dir().rglob("*")) if path.is_file()]
    told = json.dumps([event.to_dict() for event in events]).encode()
    for secret in filter(None, ("topsecret", own)):
        assert not any(secret.encode() in content for content in (*written, told))


@pytest.mark.parametrize(
    "stream", [b"data: a\r\n\r\n: x\r\n\r\n", "data: 一\u2028二\n\n".encode(), b"data: \xff\xfe\n\n"]
)
def test_the_stream_comes_back_byte_for_byte(stream):
    skill = find(SKILL)
    with AdkStandIn(script=usual) as server, pytest.MonkeyPatch.context() as patch:
        server.sessions["s9"] = {"id": "s9", "state": {}, "events": []}
        patch.setattr("support.adk_standin.sse", lambda *_: stream)
        agent = open_agent(server.agent, skill)
        body = {"session_id": "s9", "new_message": {"parts": [{"text": "hi"}]}}
        with httpx.Client(transport=agent.transport(), base_url=server.url) as client:
            request = client.build_request("POST", "/run_sse", json=body, extensions={"skillwire_call": "message"})
            answer = client.send(request)
        assert answer.content == stream
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert server.messages[0]["session_id"] == "s9"


def test_a_lost_session_is_opened_again_and_the_files_come_along(clip, tmp_path):
    fault = {"path": "/run_sse", "status": 404, "json": {"detail": "Session not found: s1"}}
    with AdkStandIn(faults=[fault]) as server:
        events = run(server, files=[clip], output=tmp_path / "out.mp4")
    assert isinstance(events[-1], Artifact)
    assert [message["session_id"] for message in server.messages] == ["s1", "s2"]
    for message in server.messages:
        assert len(message["new_message"]["parts"]) == 2


@pytest.mark.parametrize(
    ("faults", "raised", "words"),
    [
        ([("/run_sse", 422, {"detail": [{"msg": "bad body"}]})], ServiceRefused, "HTTP 422.*bad body"),
        ([("/run_sse", 401, {"detail": "who are you"})], ServiceRefused, "who are you.*SKILLWIRE_ADK_TOKEN"),
        ([("/run_sse", 404, {"detail": "No root_agent found"})], ServiceRefused, "No root_agent found"),
        ([("/run_sse", 400, {"detail": "x"})], ServiceRefused, "ADK server refused with HTTP 400"),
        ([("/run_sse", 503, {})], TransportFailed, "HTTP 503"),
        ([("/list-apps", 200, ["painter", "cook"])], UsageError, "no app 'editor'; it has painter, cook"),
        ([(SESSIONS, 200, {"name": "x"})], TransportFailed, "no session id"),
        ([(f"{SESSIONS}/s1", 200, [])], TransportFailed, "not an object"),
        ([(f"{SESSIONS}/s1", 500, {})], TransportFailed, "HTTP 500"),
        ([(f"{SESSIONS}/s1/artifacts/.*", 404, {"detail": "Artifact not found"})], JobFailed, "made no file"),
        ([(f"{SESSIONS}/s1/artifacts/.*", 403, {"detail": "no"})], ServiceRefused, "HTTP 403"),
    ],
)
def test_faults_of_the_server_are_told(faults, raised, words, clip):
    broken = [{"path": path, "nth": "all", "status": status, "json": value} for path, status, value in faults]
    with AdkStandIn(faults=broken) as server:
        skill = find(SKILL)
        with (
            Session(skill, open_agent(server.agent, skill), sleep=lambda _: None) as session,
            pytest.raises(raised, match="(?s)" + words) as told,
        ):
            list(session.run("remove all audio", [clip]))
    assert "\n" not in str(told.value)
    assert len(server.messages) <= 1
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]


def test_a_server_without_a_list_of_apps_will_do(clip, tmp_path):
    with AdkStandIn(faults=[{"path": "/list-apps", "status": 404, "json": {"detail": "Not Found"}}]) as server:
        run(server, files=[clip], output=tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == FINISHED


@pytest.mark.parametrize(
    ("files", "made"),
    [
        ({"a.mp4": FINISHED + b"a", "b.mp4": FINISHED + b"b"}, FINISHED + b"b"),
        ({"clip.mp4": FINISHED + b"same name"}, FINISHED + b"same name"),
        ({"silent/1.mp4": FINISHED}, FINISHED),
        ({"new.mp4": FINISHED, "clip.mp4": INPUT}, FINISHED),
        ({"notes.txt": {"text": "scene 1: silence"}}, b"scene 1: silence"),
        ({"clip.mp4": INPUT}, "made no file"),
        ({"x.mp4": {"fileData": {"fileUri": "gs://bucket/x.mp4"}}}, "only a reference"),
        ({"\x1b[2Jx.mp4": {"inlineData": {"data": "a!b", "mimeType": "video/mp4"}}}, "damaged"),
        ({}, "nothing was exported"),
    ],
    ids=["newest", "same name", "in a folder", "input saved after", "text", "input", "reference", "damaged", "none"],
)
def test_the_finished_file_is_the_newest_that_is_no_input(files, made, clip, tmp_path):
    with AdkStandIn(script=says(files=files)) as server:
        if isinstance(made, str):
            with pytest.raises(JobFailed, match=made) as told:
                run(server, files=[clip])
            assert "\x1b" not in str(told.value)
            assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
        else:
            run(server, files=[clip], output=tmp_path / "out")
            assert (tmp_path / "out").read_bytes() == made


def test_a_second_edit_gives_the_second_version(clip, tmp_path):
    def script(parts):
        return says(files={"cut.mp4": FINISHED + parts[0]["text"].encode()})(parts)

    with AdkStandIn(script=script) as server, open_session(SKILL, agent=server.agent) as session:
        list(session.run("remove all audio", [clip], output=tmp_path / "1.mp4"))
        told = list(session.run("shorten it", output=tmp_path / "2.mp4", actions=["message", "export"]))
    assert (tmp_path / "2.mp4").read_bytes() == FINISHED + b"shorten it"
    assert len(server.messages[1]["new_message"]["parts"]) == 1, "the clip went with the first message"
    (timeline,) = [event for event in told if isinstance(event, Timeline)]
    assert "cut.mp4 (2)" in timeline.changes[0]


def test_a_draft_in_the_state_of_the_session_is_the_draft(clip, tmp_path):
    draft = {"t": [{"tt": 0, "sg": [{"d": 4000, "m": {"name": "city"}}]}]}
    script = says(files={"a.mp4": FINISHED}, state={"draft": draft, "video_infos": [1], "private": 2})
    with AdkStandIn(script=script) as server:
        told = run(server, files=[clip], output=tmp_path / "out.mp4")
    assert [event.text for event in told if isinstance(event, Timeline)] == [
        "Timeline (1 tracks): 1. Video: city (0-4s)"
    ]


def test_a_call_that_adk_does_not_have():
    with AdkStandIn() as server, pytest.raises(ServiceRefused, match=r"501.*no such call") as refused:
        run(server, "how many credits are left?")
    assert refused.value.code == 501
    assert server.seen == []


@pytest.mark.parametrize("sizes", [(4000,), (1500, 1500)])
def test_more_than_a_message_carries(sizes, tmp_path, monkeypatch):
    monkeypatch.setattr(adk_files, "MOST_INLINE", 2000)
    clips = [tmp_path / f"{number}.mp4" for number in range(len(sizes))]
    for path, size in zip(clips, sizes, strict=True):
        path.write_bytes(INPUT[:24] + bytes(size))
    with AdkStandIn() as server, pytest.raises(BadInput, match="too much for an ADK agent"):
        run(server, files=clips)
    assert server.messages == []


def test_what_waits_for_a_message_survives_the_process(clip, tmp_path):
    fault = {"path": f"{SESSIONS}/s1", "nth": "all", "status": 503, "json": {}}
    skill = find(SKILL)
    with AdkStandIn(faults=[fault]) as server:
        with (
            Session(skill, open_agent(server.agent, skill), journal=Journal(), sleep=lambda _: None) as session,
            pytest.raises(TransportFailed),
        ):
            list(session.run("remove all audio", [clip], output=tmp_path / "out.mp4"))
        assert server.messages == []
        server.faults.clear()
        journal = Journal()
        (run_,) = journal.runs()
        with Session(skill, open_agent(run_.agent, skill), journal=journal) as session:
            list(session.resume(run_))
        (message,) = server.messages
    assert base64.b64decode(message["new_message"]["parts"][1]["inlineData"]["data"]) == INPUT
    assert (tmp_path / "out.mp4").read_bytes() == FINISHED
    shelf = data_dir() / "adk"
    assert shelf.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 and path.stat().st_size < 200 for path in shelf.iterdir()), "all sent"


def test_the_bounds_of_a_call_hold_for_the_requests_it_becomes():
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(200, json=[APP] if request.url.path == "/list-apps" else {"id": "s1"})

    server = AdkServer(httpx.MockTransport(answer), "https://h/prefix", APP, "me", "")
    bounds = {"timeout": {"read": 3.0}, "trace": print, "skillwire_call": "session"}
    assert server.open_session(httpx.Request("POST", "https://h/x", extensions=bounds)) == "s1"
    paths = [request.url.path.removeprefix("/prefix") for request in seen]
    assert paths == ["/list-apps", f"/apps/{APP}/users/me/sessions"]
    assert all(request.extensions == {"timeout": {"read": 3.0}, "trace": print} for request in seen)


def test_an_address_goes_along_for_the_agent_to_fetch(tmp_path):
    with AdkStandIn() as server:
        run(server, files=["https://example.org/film.webm?x=1"], output=tmp_path / "out.mp4")
    (message,) = server.messages
    assert message["new_message"]["parts"][1:] == [
        {"fileData": {"fileUri": "https://example.org/film.webm?x=1", "mimeType": "video/webm"}}
    ]


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("adk", "needs an address"),
        ("adk:", "needs an address"),
        ("adk:http://127.0.0.1:8000", "names no app"),
        ("adk:http://127.0.0.1:8000#", "names no app"),
        ("adk:example.org#app", "not an address"),
        ("adk:http://example.org#app", "plain http"),
        ("adk:https://me:secret@example.org#app", "password"),
        ("adk:http://[::1#app", "not an address"),
    ],
)
def test_what_is_no_address_of_an_app(reference, words):
    with pytest.raises(UsageError, match=words) as told:
        open_agent(reference, find(SKILL))
    assert "secret" not in str(told.value)


def test_nothing_is_sent_to_a_strange_host_without_consent(clip):
    asked = []
    skill = find(SKILL)
    agent = open_agent("adk:https://agents.example/prefix/#app", skill)
    assert not agent.loopback
    with (
        Session(skill, agent, ask=lambda request: asked.append(request.host)) as session,
        pytest.raises(ConsentRefused),
    ):
        list(session.run("remove all audio", [clip]))
    assert asked == ["agents.example"]
