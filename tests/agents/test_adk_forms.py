"""What goes through the ADK agent's hands comes out as it went in: values of any template, files of any bytes."""

from __future__ import annotations

import base64

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.agents.adk_files import decode_artifact, read_multipart
from skillwire.agents.unbinding import values_of
from skillwire.catalog import find
from skillwire.engine.binding import bind, bind_path
from skillwire.spec.model import Call, Verb

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/run", {"session": "<sid>", "parts": [{"text": "<msg>"}]}),
        ("/v1/<sid>/say?lang=<lang>", {"say": "<msg>", "constant": 3}),
        ("/v1/:sid/{lang}/say", {"nested": [["x", {"deep": "$msg"}], None]}),
        ("https://host/a.b/<sid>/+/<sid>", {"say": "please <msg> now", "in": ["<lang>"]}),
    ],
)
@given(session=TEXTS, message=TEXTS, language=TEXTS, prefix=st.sampled_from(["", "/api/v2"]))
def test_values_come_back_out_of_any_request(path, body, session, message, language, prefix):
    call = Call("message", Verb.STREAM, "POST", path, body=body)
    values = {"session_id": session, "message": message, "language": language}
    bound = bind_path(path, values, where="").removeprefix("https://host")
    found = values_of(call, prefix + bound, bind(body, values, where=""))
    expected = {name: values[name] for name in found}
    if body.get("in"):
        expected["language"] = [language]
    assert found == expected
    assert {"session_id", "message"} <= found.keys()


@pytest.mark.parametrize("body", [None, 3, [], "x", {"new_message": "x"}, {"new_message": {"parts": [3]}}])
def test_what_does_not_fit_is_left_out(body):
    call = find("video-audio-remover").calls["message"]
    assert values_of(call, "/somewhere/else", body) == {}


@given(
    st.lists(
        st.tuples(
            st.text(
                alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1, max_size=20
            ),
            st.binary(max_size=300) | st.sampled_from([b"\r\n", b"--", b"\r\n--\r\n", b"\n\r\n"]),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_files_come_back_out_of_any_upload(files):
    request = httpx.Request("POST", "https://h/", files=[("files", (name, content)) for name, content in files])
    found = read_multipart(request.stream, request.headers["content-type"])
    assert [file.content for file in found] == [content for _, content in files]
    assert [file.name for file in found] == [name.replace("%22", '"') for name, _ in files]


@given(st.binary(max_size=300), st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]), st.booleans())
def test_artifacts_in_either_alphabet(content, encode, padded):
    data = encode(content).decode()
    part = {"inlineData": {"data": data if padded else data.rstrip("="), "mimeType": "video/mp4"}}
    assert decode_artifact(part, "x").content == content
