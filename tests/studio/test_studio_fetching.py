"""Clips by http address: what is fetched, what is refused, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from skillwire.studio import intake
from skillwire.studio.answers import ApiError, Code
from skillwire.studio.fetch import Fetcher, is_public

# Path → status, headers, body of the test's own server; a body that is a number is that many bytes without a length.
PAGES = {
    "/clip.mp4": (200, {"Content-Type": "video/mp4"}, b"film"),
    "/typed": (200, {"Content-Type": "video/webm; x=y"}, b"film"),
    "/named?id=1": (200, {"Content-Disposition": 'attachment; filename="../My Clip.mov"'}, b"film"),
    "/page.html": (200, {"Content-Type": "text/html"}, b"<html>"),
    "/none.mp4": (404, {}, b""),
    "/part.mp4": (206, {}, b"film"),
    "/big.mp4": (200, {"Content-Length": "9999999999"}, None),
    "/endless.mp4": (200, {}, 300_000),
    "/packed.mp4": (200, {"Content-Encoding": "gzip"}, b"film"),
    "/cut.mp4": (200, {"Content-Length": "1000"}, b"film"),
    "/once": (302, {"Location": "/clip.mp4"}, b""),
    "/round": (307, {"Location": "/round"}, b""),
    "/inside": (302, {"Location": "http://inside.example/clip.mp4"}, b""),
    "/file": (302, {"Location": "file:///etc/passwd"}, b""),
    "/nowhere": (302, {"Location": "http://[::"}, b""),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.hosts.append(self.headers["Host"])
        status, headers, body = PAGES[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if isinstance(body, bytes) and "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(bytes(body) if isinstance(body, int) else body or b"")
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.hosts = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def fetch(server, path, folder, *, host="clips.example", allow=True):
    asked = []

    async def resolve(name, port):
        asked.append((name, port))
        return {"clips.example": ["127.0.0.1"], "mixed.example": ["93.184.216.34", "10.0.0.1"]}.get(
            name, ["192.168.0.9"]
        )

    url = path if "://" in path else f"http://{host}:{server.server_port}{path}"
    received = asyncio.run(Fetcher(allow_private=allow, resolve=resolve).fetch(url, folder))
    return received, asked


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/clip.mp4", "clip.mp4"),
        ("/typed", "typed.webm"),
        ("/named?id=1", "My Clip.mov"),
        ("/once", "clip.mp4"),
    ],
)
def test_fetched(path, name, server, tmp_path):
    server.hosts.clear()
    received, asked = fetch(server, path, tmp_path)
    assert (received.name, received.path.read_bytes()) == (name, b"film")
    assert [entry.name for entry in tmp_path.iterdir()] == [received.path.name]
    # One look-up for each request, and the server still hears the name that was asked for.
    assert asked == [("clips.example", server.server_port)] * len(server.hosts)
    assert set(server.hosts) == {f"clips.example:{server.server_port}"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/page.html", Code.UNSUPPORTED_FILE),
        ("/none.mp4", Code.BAD_REQUEST),
        ("/part.mp4", Code.BAD_REQUEST),
        ("/big.mp4", Code.TOO_LARGE),
        ("/endless.mp4", Code.TOO_LARGE),
        ("/packed.mp4", Code.BAD_REQUEST),
        ("/cut.mp4", Code.BAD_REQUEST),
        ("/round", Code.BAD_REQUEST),
        ("/file", Code.BAD_REQUEST),
        ("/nowhere", Code.BAD_REQUEST),
        ("http://user:geheim@clips.example/clip.mp4", Code.BAD_REQUEST),
        ("ftp://clips.example/clip.mp4", Code.BAD_REQUEST),
        ("http://", Code.BAD_REQUEST),
        ("http://clips.example:99999/a.mp4", Code.BAD_REQUEST),
        ("http://127.0.0.1:1/a.mp4", Code.BAD_REQUEST),
    ],
)
def test_refused(path, code, server, tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MAX_FILE_BYTES", 200_000)
    with pytest.raises(ApiError) as caught:
        fetch(server, path, tmp_path)
    assert caught.value.code == code
    assert "geheim" not in caught.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/a.mp4",
        "http://clips.example/a.mp4",
        "http://mixed.example/a.mp4",
        "https://inside.example/a.mp4",
    ],
)
def test_private_addresses_are_never_asked(url, server, tmp_path):
    server.hosts.clear()
    with pytest.raises(ApiError) as caught:
        fetch(server, url, tmp_path, allow=False)
    assert caught.value.code == Code.FORBIDDEN
    assert server.hosts == []


def test_redirects_are_checked_again(server, tmp_path, monkeypatch):
    monkeypatch.setattr("skillwire.studio.fetch.is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(ApiError) as caught:
        fetch(server, "/inside", tmp_path, allow=False)
    assert caught.value.code == Code.FORBIDDEN


@pytest.mark.parametrize("url", ["http://0x7f.1/a.mp4", "http://2130706433/a.mp4", "http://[::ffff:127.0.0.1]/a.mp4"])
def test_other_spellings_of_loopback(url, tmp_path):
    with pytest.raises(ApiError) as caught:
        asyncio.run(Fetcher().fetch(url, tmp_path))
    assert caught.value.code == Code.FORBIDDEN


@pytest.mark.parametrize(
    ("public", "address"),
    [
        (True, "8.8.8.8"),
        (True, "2606:4700::1111"),
        (True, "64:ff9b::808:808"),
        (False, "127.0.0.1"),
        (False, "10.1.2.3"),
        (False, "172.16.0.1"),
        (False, "192.168.1.1"),
        (False, "169.254.169.254"),
        (False, "100.64.0.1"),
        (False, "0.0.0.0"),
        (False, "224.0.0.1"),
        (False, "255.255.255.255"),
        (False, "::1"),
        (False, "::"),
        (False, "fe80::1"),
        (False, "fe80::1%1"),
        (False, "fc00::1"),
        (False, "ff02::1"),
        (False, "::ffff:10.0.0.1"),
        (False, "64:ff9b::7f00:1"),
        (False, "2002:7f00:1::"),
        (False, "words"),
    ],
)
def test_public_addresses(public, address):
    assert is_public(address) == public


def test_over_the_api(start, server, tmp_path, clip, monkeypatch):
    monkeypatch.setitem(PAGES, "/base.mp4", (200, {}, clip("base.mp4").read_bytes()))
    url = f"http://127.0.0.1:{server.server_port}/base.mp4"
    client = start(tmp_path / "open", "--private-urls").client().sign_in()
    session = client.open_session()
    answer = client.refer(session, url).json()
    assert [file["name"] for file in answer["data"]["files"]] == ["base.mp4"]
    assert client.draft(session)["d"] == 2000


def test_closed_by_default(client, server):
    session = client.open_session()
    assert client.refer(session, f"http://127.0.0.1:{server.server_port}/clip.mp4").json()["code"] == 403
