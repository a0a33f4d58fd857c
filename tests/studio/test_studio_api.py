"""The API's calls and codes, asked of the real process over loopback."""

from __future__ import annotations

import re
import uuid

import httpx
import numpy as np
import pytest

SESSION = "/api/tasks/me/with-session/nemo_agent"
MESSAGE = {"app_name": "nemo_agent", "user_id": "me", "new_message": {"parts": [{"text": "mute it"}]}}


def test_one_token_for_each_client(studio):
    with studio.client() as client:
        header = {"X-Client-Id": str(uuid.uuid4())}
        first = client.post("/api/auth/anonymous-token", headers=header)
        assert first.json()["code"] == 0
        assert first.json()["data"]["token"].startswith("nmv_usr_")
        assert first.json()["data"]["credits"] == 100
        again = client.post("/api/auth/anonymous-token", headers=header)
        assert (again.status_code, again.json()["code"]) == (429, 429)
        none = client.post("/api/auth/anonymous-token")
        assert (none.status_code, none.json()["code"]) == (400, 400)


def test_happy_path(client, clip, look, tmp_path):
    session = client.open_session()
    answer = client.upload(session, clip("base.mp4"))
    assert answer["code"] == 0
    assert answer["data"]["files"][0] | {"id": ""} == {
        "id": "",
        "name": "base.mp4",
        "size": clip("base.mp4").stat().st_size,
        "kind": "video",
        "container": "mov",
        "duration": 2000,
        "width": 320,
        "height": 180,
        "fps": 25.0,
        "video_codec": "h264",
        "audio_codec": "aac",
        "rotation": 0,
        "on_timeline": True,
    }
    draft = client.draft(session)
    assert [(track["tt"], track["d"], len(track["sg"])) for track in draft["t"]] == [(0, 2000, 1), (1, 2000, 1)]
    events = client.say(session, "remove all audio from this video")
    parts = [part for event in events for part in event["content"]["parts"]]
    assert [next(iter(part)) for part in parts] == ["functionCall", "functionResponse", "text", "text"]
    assert parts[0]["functionCall"]["name"] == "remove_audio"
    assert parts[0]["functionCall"]["id"] == parts[1]["functionResponse"]["id"]
    assert parts[1]["functionResponse"]["response"]["status"] == "done"
    assert [event.get("partial", False) for event in events] == [False, False, True, False]
    assert len({event["invocationId"] for event in events}) == 1
    draft = client.draft(session)
    assert events[1]["actions"]["stateDelta"]["draft"] == draft
    assert [track["tt"] for track in draft["t"]] == [0]
    target = client.export(session, tmp_path / "out.mp4", draft=draft)
    assert look.decode(target).kinds == ["video"]
    assert look.packets(target) == look.packets(clip("base.mp4"))


def test_chinese_is_answered_in_chinese(client, clip):
    session = client.open_session(language="en")
    client.upload(session, clip("base.mp4"))
    assert re.search(r"[\u4e00-\u9fff]", client.told(session, "把视频里的声音全部去掉"))


def test_no_edits_keep_the_sound(client, clip, look, tmp_path):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    target = client.export(session, tmp_path / "out.mp4", draft=client.draft(session))
    assert look.decode(target).kinds == ["audio", "video"]


def test_export_without_a_draft_takes_the_latest(client, clip, look, tmp_path):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    client.say(session, "mute the video")
    assert look.decode(client.export(session, tmp_path / "out.mp4")).kinds == ["video"]


def test_undo(client, clip):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    before = client.draft(session)
    client.say(session, "remove all audio")
    assert client.draft(session) != before
    client.say(session, "remove all audio")
    told = client.told(session, "undo")
    assert client.draft(session) == before, told


def test_new_clips_after_an_export_begin_a_new_timeline(client, clip, tmp_path):
    session = client.open_session()
    client.upload(session, clip("base.mp4"), clip("silent.mp4"))
    assert [s["m"]["name"] for s in client.draft(session)["t"][0]["sg"]] == ["base.mp4", "silent.mp4"]
    client.export(session, tmp_path / "out.mp4")
    client.upload(session, clip("h264.mov"))
    assert [s["m"]["name"] for s in client.draft(session)["t"][0]["sg"]] == ["h264.mov"]


def test_words_before_any_clip(client):
    session = client.open_session()
    assert "upload" in client.told(session, "remove all audio").lower()
    assert client.draft(session) == {"t": [], "d": 0, "m": {}}


def test_message_is_answered_honestly(client, clip):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    before = client.draft(session)
    told = client.told(session, "wibble the frobnicator")
    assert told
    assert client.draft(session) == before


def test_credits(client):
    answer = client.get("/api/credits/balance/simple").json()
    assert answer == {"code": 0, "data": {"available": 100, "frozen": 0, "total": 100}}


def test_metered_edits_cost_credits(start, tmp_path, clip):
    studio = start(tmp_path / "home", "--metered")
    client = studio.client().sign_in()
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    for _ in range(10):
        client.say(session, "remove all audio")
        client.say(session, "undo")
    assert client.get("/api/credits/balance/simple").json()["data"]["available"] == 50
    for _ in range(10):
        client.say(session, "remove all audio")
        client.say(session, "undo")
    answer = client.say(session, "remove all audio")
    assert answer["code"] == 2001
    assert answer["data"]["bind"]
    assert client.submit(session)[1]["code"] == 0


def test_claim(client):
    session = client.open_session()
    answer = client.post("/api/auth/claim-token", json={"task_id": "t", "session_id": session}).json()
    assert answer["claim_token"].startswith("clm_")
    assert answer["expires_in"] == 604800


def test_missing_attribution_blocks_export(client, clip):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    for name in ("X-Skill-Source", "X-Skill-Version", "X-Skill-Platform"):
        value = client.headers.pop(name)
        answer = client.post("/api/render/proxy/lambda", json={"id": "render_1", "sessionId": session})
        client.headers[name] = value
        assert (answer.status_code, answer.json()["code"]) == (402, 402)
        assert name in answer.json()["message"]


def test_ranges_and_links(client, clip, studio):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    name, _ = client.submit(session)
    url = client.wait(name)["output"]["url"]
    whole = httpx.get(url)
    part = httpx.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert httpx.get(url, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416
    for not_understood in ("items=0-9", "bytes=9-0", "bytes=a-b", "bytes=", "bytes=0-4,x", "bytes"):
        answer = httpx.get(url, headers={"Range": not_understood})
        assert (answer.status_code, answer.content) == (200, whole.content)
    assert client.headers["Authorization"].split()[1] not in url
    direct = f"/api/render/proxy/{name}/download"
    assert client.get(direct).content == whole.content
    assert httpx.get(studio.ready["url"] + direct).json()["code"] == 1001
    assert httpx.get(url[:-4] + "0000").status_code == 403
    with studio.client() as stranger:
        assert stranger.sign_in().get(direct).status_code == 404


def test_same_render_twice_is_one_job(client, clip):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    name, first = client.submit(session)
    client.wait(name)
    assert client.submit(session, name=name)[1]["status"] == "completed"
    client.say(session, "remove all audio")
    assert client.submit(session, name=name)[1]["code"] == 400
    assert first["status"] in ("pending", "processing")


HUGE = "x" * (5 * 1024 * 1024)
BAD = [
    # method, path, how to ask it, HTTP status, code
    ("POST", SESSION, {"content": b"{"}, 400, 400),
    ("POST", SESSION, {"content": b"[1]"}, 400, 400),
    ("POST", SESSION, {"content": b"\xff\xfe\x00"}, 400, 400),
    ("POST", SESSION, {"content": b"[" * 100_000}, 400, 400),
    ("POST", SESSION, {"content": b'{"task_name": NaN}'}, 400, 400),
    ("POST", SESSION, {"content": b'{"task_name": ' + b"9" * 5000 + b"}"}, 400, 400),
    ("POST", SESSION, {"json": {"task_name": 7}}, 400, 400),
    ("POST", SESSION, {"json": {"task_name": "x" * 201}}, 400, 400),
    ("POST", SESSION, {"content": b'{"task_name": "\\ud800"}'}, 200, 0),
    ("POST", SESSION, {"content": b""}, 200, 0),
    ("POST", SESSION, {"json": {"task_name": HUGE}}, 200, 4002),
    ("POST", SESSION, {"headers": {"Authorization": "Bearer nmv_usr_none"}}, 200, 1001),
    ("POST", SESSION, {"headers": {"Authorization": ""}}, 200, 1001),
    ("POST", SESSION, {"headers": {"Authorization": "Basic abc"}}, 200, 1001),
    ("GET", SESSION, {}, 405, 405),
    ("GET", "/nowhere", {}, 404, 404),
    ("GET", "/api/render/proxy/lambda/render_none", {}, 404, 404),
    ("GET", "/api/render/proxy/render_none/download", {}, 404, 404),
    ("GET", "/api/render/proxy/x/download?file=\ud7ff&signature=é", {}, 403, 403),
    ("GET", "/api/state/nemo_agent/me/s_none/latest", {}, 200, 1002),
    ("GET", "/api/state/nemo_agent/me/..%2f..%2fetc/latest", {}, 404, 404),
    ("POST", "/run_sse", {"json": MESSAGE | {"session_id": "s_none"}}, 200, 1002),
    ("POST", "/run_sse", {"json": MESSAGE}, 400, 400),
    ("POST", "/run_sse", {"json": MESSAGE | {"session_id": {}}}, 400, 400),
    ("POST", "/run_sse", {"json": MESSAGE | {"session_id": "<sid>", "new_message": {"parts": []}}}, 400, 400),
    (
        "POST",
        "/run_sse",
        {"json": MESSAGE | {"session_id": "<sid>", "new_message": {"parts": [{"text": 1}]}}},
        400,
        400,
    ),
    (
        "POST",
        "/run_sse",
        {"json": MESSAGE | {"session_id": "<sid>", "new_message": {"parts": [{"text": "x" * 8001}]}}},
        400,
        400,
    ),
    ("POST", "/api/upload-video/nemo_agent/me/s_none", {"files": {"files": ("a.mp4", b"x")}}, 200, 1002),
    ("POST", "/api/upload-video/nemo_agent/me/<sid>", {"files": {"files": ("a.txt", b"x")}}, 200, 4001),
    ("POST", "/api/upload-video/nemo_agent/me/<sid>", {"files": {"files": ("a.mp4", b"x")}}, 200, 4001),
    ("POST", "/api/upload-video/nemo_agent/me/<sid>", {"files": {"other": ("a.mp4", b"x")}}, 400, 400),
    ("POST", "/api/upload-video/nemo_agent/me/<sid>", {"content": b"abc"}, 400, 400),
    (
        "POST",
        "/api/upload-video/nemo_agent/me/<sid>",
        {"content": b"abc", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        400,
        400,
    ),
    (
        "POST",
        "/api/upload-video/nemo_agent/me/<sid>",
        {"content": b"abc", "headers": {"Content-Type": "multipart/form-data"}},
        400,
        400,
    ),
    ("POST", "/api/render/proxy/lambda", {"json": {"id": "a/b", "sessionId": "<sid>"}}, 400, 400),
    ("POST", "/api/render/proxy/lambda", {"json": {"id": "a", "sessionId": "s_none"}}, 200, 1002),
    ("POST", "/api/render/proxy/lambda", {"json": {"id": "a", "sessionId": "<sid>"}}, 400, 400),
    ("POST", "/api/render/proxy/lambda", {"json": {"id": "a", "sessionId": "<sid>", "draft": {"t": 1}}}, 400, 400),
    (
        "POST",
        "/api/render/proxy/lambda",
        {
            "json": {
                "id": "a",
                "sessionId": "<sid>",
                "draft": {"t": [{"tt": 0, "sg": [{"d": 10, "m": {"media": "m_other"}}]}]},
            }
        },
        400,
        400,
    ),
    (
        "POST",
        "/api/render/proxy/lambda",
        {
            "content": b'{"id": "a", "sessionId": "<sid>", "draft": {"t": [{"tt": 0, "sg": [{"d": 1, "m": {"media": "\\udc00"}}]}]}}'
        },
        400,
        400,
    ),
    ("GET", SESSION, {"headers": {"Host": "studio.example"}}, 403, 403),
    ("GET", SESSION, {"headers": {"Host": ""}}, 403, 403),
    ("GET", SESSION, {"headers": {"Origin": "https://page.example"}}, 403, 403),
    ("GET", SESSION, {"headers": {"Origin": "null"}}, 403, 403),
    ("GET", SESSION, {"headers": {"Origin": "http://localhost:3000", "Host": "localhost:1"}}, 405, 405),
]


@pytest.mark.parametrize(("method", "path", "how", "status", "code"), BAD)
def test_bad_requests_get_the_codes_of_the_api(method, path, how, status, code, client):
    session = client.open_session()
    how = dict(how)
    if isinstance(how.get("json"), dict):
        how["json"] = {key: session if value == "<sid>" else value for key, value in how["json"].items()}
    if b"<sid>" in how.get("content", b""):
        how["content"] = how["content"].replace(b"<sid>", session.encode())
    answer = client.request(method, path.replace("<sid>", session), **how)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert code == 0 or answer.json()["message"]


def test_output_settings(client, clip):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    for output in ({"format": "mkv"}, {"quality": "best"}, "mp4", {"format": "mp4", "quality": []}):
        assert client.submit(session, output=output)[1]["code"] == 400


def test_refused_uploads_leave_nothing(client, clip, studio):
    session = client.open_session()
    answer = client.upload(session, clip("base.mp4"), clip("text.mp4"))
    assert answer["code"] == 4001
    assert "text.mp4" in answer["message"]
    assert list((studio.home / "media" / session).iterdir()) == []
    for name in ("headless.mp4", "playlist.mp4"):
        assert client.upload(session, clip(name))["code"] == 4001
    assert client.draft(session)["t"] == []


def test_music_from_an_uploaded_file(client, clip, look, tmp_path):
    session = client.open_session()
    files = client.upload(session, clip("silent.mp4"), clip("sound.mp3"))["data"]["files"]
    assert [file["on_timeline"] for file in files] == [True, True]
    client.say(session, "add jazz music at 50% volume")
    draft = client.draft(session)
    assert [(track["tt"], track["m"].get("label")) for track in draft["t"]] == [(0, None), (1, "BGM")]
    target = client.export(session, tmp_path / "out.mp4", draft=draft)
    assert look.packets(target) == look.packets(clip("silent.mp4"))
    song, mixed = look.samples(clip("sound.mp3")), look.samples(target)
    volume = draft["t"][1]["sg"][0]["m"]["volume"]
    length = min(song.shape[1], mixed.shape[1])
    assert np.corrcoef(song[0, :length], mixed[0, :length])[0, 1] > 0.98
    assert np.sqrt((mixed**2).mean() / (song[:, :length] ** 2).mean()) == pytest.approx(volume, rel=0.05)


def test_an_equal_render_is_not_made_again(client, clip, studio):
    session = client.open_session()
    client.upload(session, clip("vp8.webm"))
    first = client.wait(client.submit(session)[0])
    client.say(session, "remove all audio")
    other = client.wait(client.submit(session)[0])
    client.say(session, "undo")
    again = client.wait(client.submit(session)[0])
    lower = client.wait(client.submit(session, output={"format": "mp4", "quality": "draft"})[0])
    ids = [re.search(r"file=(\w+)", status["output"]["url"])[1] for status in (first, other, again, lower)]
    inodes = [(studio.home / "renders" / f"{job}.mp4").stat().st_ino for job in ids]
    assert len(set(ids)) == 4
    assert inodes[0] == inodes[2]
    assert len(set(inodes)) == 3
