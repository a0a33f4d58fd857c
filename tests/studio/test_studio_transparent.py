"""Words for a transparent background → an export that can be transparent, called what it is."""

from __future__ import annotations

import av
import httpx
import pytest

from skillwire.intake import sniff


@pytest.fixture(scope="module")
def cut_out(studio, footage):
    """A signed-in client with a session in which a man was put before nothing, and what it was told."""
    with studio.client() as client:
        client.sign_in()
        session = client.open_session()
        client.upload(session, footage / "carphone_pristine.mp4")
        client.say(session, "keep only the first second")
        yield client, session, client.told(session, "make the background transparent")


def test_the_kind_of_file_is_told_ahead(cut_out):
    client, session, told = cut_out
    assert "WebM (VP9 with alpha)" in told
    segment = client.draft(session)["t"][0]["sg"][0]
    assert segment["m"]["background"] == {"kind": "transparent", "value": ""}


@pytest.mark.parametrize(
    ("asked", "suffix", "mime", "codec"),
    [("mp4", "webm", "video/webm", "vp9"), ("mov", "mov", "video/quicktime", "prores")],
)
def test_the_export_is_what_it_says(cut_out, asked, suffix, mime, codec, tmp_path):
    client, session, _ = cut_out
    name, _ = client.submit(session, output={"format": asked, "quality": "draft"})
    output = client.wait(name)["output"]
    assert output["format"] == suffix
    answer = httpx.get(output["url"])
    assert answer.headers["content-type"] == mime
    assert f'{name}.{suffix}"' in answer.headers["content-disposition"]
    assert sniff(answer.content) == suffix
    (tmp_path / "film").write_bytes(answer.content)
    with av.open(str(tmp_path / "film")) as film:
        assert film.streams.video[0].codec_context.name == codec


def test_pictures_without_transparency_are_mp4(client, clip):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    for form in ("webm", "mov", "avi"):
        _, answer = client.submit(session, output={"format": form, "quality": "draft"})
        assert answer["code"] != 0
        assert "mp4" in answer["message"]


def test_nobody_there_is_said_and_nothing_changes(client, clip):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    before = client.draft(session)
    assert "No person was found" in client.told(session, "make the background transparent")
    assert client.draft(session) == before
