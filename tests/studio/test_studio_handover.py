"""Files by reference: taken from the run's own private folder, from nowhere else."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from skillwire.studio import intake, multipart
from skillwire.studio.answers import ApiError, Code
from skillwire.studio.intake import HandOver


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir(mode=0o700)
    (tmp_path / "taken").mkdir()
    return folder


def take(shelf, url):
    return HandOver([shelf]).take(url, shelf.parent / "taken")


def test_file_is_linked_not_copied(shelf, clip):
    source = shelf / "my clip é.mp4"
    shutil.copy(clip("base.mp4"), source)
    received = take(shelf, source.as_uri())
    assert received.name == "my clip é.mp4"
    assert received.path.samefile(source)
    shutil.rmtree(shelf)
    assert received.path.read_bytes() == clip("base.mp4").read_bytes()


def test_inner_folder_and_localhost(shelf):
    inner = shelf / "inner"
    inner.mkdir()
    (inner / "a.mp4").write_bytes(b"x")
    assert take(shelf, f"file://localhost{inner}/a.mp4").path.read_bytes() == b"x"


def _symlink(shelf):
    outside = shelf.parent / "secret.mp4"
    outside.write_bytes(b"secret")
    (shelf / "a.mp4").symlink_to(outside)
    return (shelf / "a.mp4").as_uri()


def _folder_link(shelf):
    (shelf.parent / "outside").mkdir()
    (shelf.parent / "outside" / "a.mp4").write_bytes(b"secret")
    (shelf / "in").symlink_to(shelf.parent / "outside")
    return (shelf / "in" / "a.mp4").as_uri()


def _dots(shelf):
    (shelf.parent / "secret.mp4").write_bytes(b"secret")
    return f"file://{shelf}/../secret.mp4"


def _encoded_dots(shelf):
    (shelf.parent / "secret.mp4").write_bytes(b"secret")
    return f"file://{shelf}/%2e%2e/secret.mp4"


def _neighbour(shelf):
    other = Path(f"{shelf}-other")
    other.mkdir(mode=0o700)
    (other / "a.mp4").write_bytes(b"x")
    return (other / "a.mp4").as_uri()


def _open_folder(shelf):
    (shelf / "a.mp4").write_bytes(b"x")
    shelf.chmod(0o750)
    return (shelf / "a.mp4").as_uri()


def _fifo(shelf):
    os.mkfifo(shelf / "a.mp4")
    return (shelf / "a.mp4").as_uri()


def _folder(shelf):
    (shelf / "a.mp4").mkdir()
    return (shelf / "a.mp4").as_uri()


def _format(shelf):
    (shelf / "a.exe").write_bytes(b"x")
    return (shelf / "a.exe").as_uri()


def _large(shelf):
    with (shelf / "a.mp4").open("wb") as file:
        file.truncate(intake.MAX_FILE_BYTES + 1)
    return (shelf / "a.mp4").as_uri()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_symlink, Code.FORBIDDEN),
        (_folder_link, Code.FORBIDDEN),
        (_dots, Code.FORBIDDEN),
        (_encoded_dots, Code.FORBIDDEN),
        (_neighbour, Code.FORBIDDEN),
        (_open_folder, Code.FORBIDDEN),
        (_fifo, Code.FORBIDDEN),
        (_folder, Code.FORBIDDEN),
        (_format, Code.UNSUPPORTED_FILE),
        (_large, Code.TOO_LARGE),
        (lambda shelf: f"file://{shelf}/none.mp4", Code.FORBIDDEN),
        (lambda shelf: f"file://{shelf}/\0.mp4", Code.FORBIDDEN),
        (lambda shelf: f"file://{shelf}/%ff.mp4", Code.FORBIDDEN),
        (lambda shelf: f"file://server{shelf}/a.mp4", Code.BAD_REQUEST),
        (lambda _: "file:///etc/passwd", Code.FORBIDDEN),
        (lambda _: "http://127.0.0.1/a.mp4", Code.BAD_REQUEST),
        (lambda _: "", Code.BAD_REQUEST),
    ],
)
def test_what_is_refused(make, code, shelf):
    url = make(shelf)
    with pytest.raises(ApiError) as caught:
        take(shelf, url)
    assert caught.value.code == code
    assert list((shelf.parent / "taken").iterdir()) == []


def test_without_a_folder_nothing_is_taken(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"x")
    with pytest.raises(ApiError):
        HandOver([]).take((tmp_path / "a.mp4").as_uri(), tmp_path)


def test_over_http(studio, client, bunny, look, tmp_path):
    source = studio.shelf / "bunny.mp4"
    shutil.copy(bunny, source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    session = client.open_session()
    assert client.refer(session, source.as_uri()).json()["code"] == 0
    client.say(session, "remove all audio from this video")
    target = client.export(session, tmp_path / "out.mp4", draft=client.draft(session))
    assert look.packets(target) == look.packets(bunny)
    assert look.decode(target).kinds == ["video"]
    assert hashlib.sha256(source.read_bytes()).hexdigest() == digest
    answer = client.refer(session, source.as_uri(), "file:///etc/hostname").json()
    assert answer["code"] == 403
    for urls in ("x", [], [1], ["file:///a"] * 21, ["x" * 9000]):
        body = {"urls": urls, "source_type": "url"}
        assert client.post(f"/api/upload-video/nemo_agent/me/{session}", json=body).json()["code"] == 400


def _body(*parts, boundary="edge", end=True):
    out = b""
    for name, filename, data in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
        out += head.encode() + data + b"\r\n"
    return out + (f"--{boundary}--\r\n".encode() if end else b"")


def receive(folder, body, step=7):
    async def chunks():
        for at in range(0, len(body), step):
            yield body[at : at + step]

    receiver = multipart.MultipartReceiver("multipart/form-data; boundary=edge", folder)
    return asyncio.run(receiver.receive(chunks()))


def test_parts_are_streamed_to_disk(tmp_path):
    data = bytes(range(256)) * 40
    files = receive(
        tmp_path, _body(("files", "a.mp4", data), ("note", "n.mp4", b"?"), ("files", "../../b.MOV", b"\r\n--edg"))
    )
    assert [(file.name, file.path.read_bytes()) for file in files] == [("a.mp4", data), ("b.MOV", b"\r\n--edg")]
    assert {file.path.parent for file in files} == {tmp_path}


@pytest.mark.parametrize("name", ["新片 é.mp4", "😀.mov", "a\u0301.webm"])
def test_names_in_any_script(name, tmp_path):
    (file,) = receive(tmp_path, _body(("文", "x", b""), ("files", name, b"x")))
    assert (file.name, file.path.read_bytes()) == (name, b"x")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (_body(("files", "a.mp4", b"x" * 2000)), Code.TOO_LARGE),
        (_body(("files", "a.mp4", b"x"), ("files", "b.txt", b"x")), Code.UNSUPPORTED_FILE),
        (_body(("files", "a.mp4", b"x"), end=False), Code.BAD_REQUEST),
        (_body(*[("files", "a.mp4", b"x")] * 21), Code.TOO_LARGE),
        (_body(), Code.BAD_REQUEST),
        (b"--edge\r\n\x00\x01: \r\n", Code.BAD_REQUEST),
    ],
)
def test_refused_bodies_leave_nothing(body, code, tmp_path, monkeypatch):
    monkeypatch.setattr(multipart, "MAX_FILE_BYTES", 1000)
    with pytest.raises(ApiError) as caught:
        receive(tmp_path, body)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []
