"""Posters and proxies of the draft as it stands."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image


def ask(client, session, kind, **query):
    return client.get(f"/api/preview/nemo_agent/me/{session}/{kind}", params=query)


def poster(client, session, **query):
    answer = ask(client, session, "poster", **query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    return np.asarray(Image.open(io.BytesIO(answer.content)))


@pytest.mark.parametrize(("at", "frame"), [(0, 0), (800, 20), (1979, 49), (90_000, 49)])
def test_poster_is_the_picture_of_its_moment(at, frame, client, clip, look):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    shown = np.asarray(Image.fromarray(poster(client, session, at=at)).convert("L").resize((320, 180)))
    film = look.decode(clip("base.mp4"), "gray").pictures
    likeness = [look.psnr(shown, np.clip((picture.astype(int) - 16) * 255 // 219, 0, 255)) for picture in film]
    assert abs(int(np.argmax(likeness)) - frame) <= 1
    assert likeness[frame] > 24


def test_poster_and_proxy_follow_the_draft(client, bunny, look, tmp_path):
    session = client.open_session()
    client.upload(session, bunny)
    assert poster(client, session).shape == (360, 640, 3)
    client.say(session, "make it 9:16, trim to the first 2 seconds and add the text 'HELLO' at the top")
    shown = poster(client, session)
    assert shown.shape == (640, 360, 3)
    assert (shown[30:90] > 245).all(axis=2).sum() > 100
    answer = ask(client, session, "proxy")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    (tmp_path / "proxy.mp4").write_bytes(answer.content)
    film = look.decode(tmp_path / "proxy.mp4", "gray")
    assert (film.stream.size, film.kinds) == ((360, 640), ["audio", "video"])
    assert len(film.times) == pytest.approx(2 * 24, abs=3)


def test_equal_drafts_share_a_preview(client, clip):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    first = ask(client, session, "proxy")
    client.say(session, "remove all audio")
    other = ask(client, session, "proxy")
    client.say(session, "undo")
    again = ask(client, session, "proxy")
    assert first.headers["etag"] == again.headers["etag"] != other.headers["etag"]


def test_no_preview_is_told(client, clip, studio):
    session = client.open_session()
    assert ask(client, session, "poster").json()["code"] == 400
    client.upload(session, clip("base.mp4"))
    for at in ("soon", "-1", "9" * 40, "٣"):
        assert ask(client, session, "poster", at=at).json()["code"] == 400
    assert ask(client, "s_none", "proxy").json()["code"] == 1002
    next((studio.home / "media" / session).iterdir()).unlink()
    answer = ask(client, session, "proxy").json()
    assert answer["code"] == 400
    assert "no longer there" in answer["message"]
