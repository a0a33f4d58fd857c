"""The wire against servers that misbehave, over real sockets."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest
import trustme

from skillwire import bounds
from skillwire.engine.effects import Closed, Failed, Fetched, Frame, Reply, Request, Silence
from skillwire.errors import OutputFailed
from skillwire.wire import Wire
from support.standin import FINISHED, StandIn

GET = Request("state", "GET", "/x", safe=True, timeout=0.6)


@contextmanager
def raw_server(serve):
    """A server that does to each connection whatever ``serve(connection, stop)`` does."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    stop = threading.Event()

    def one(connection):
        with connection:
            connection.settimeout(5)
            try:
                connection.recv(65536)
                serve(connection, stop)
            except OSError:
                pass

    def accept():
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threads.append(threading.Thread(target=one, args=(connection,)))
            threads[-1].start()

    threads = [threading.Thread(target=accept)]
    threads[0].start()
    try:
        with Wire(httpx.HTTPTransport(), f"http://127.0.0.1:{listener.getsockname()[1]}") as wire:
            yield wire
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        listener.close()


def drip(data):
    def serve(connection, stop):
        for byte in data * 1000:
            if stop.wait(0.05):
                return
            connection.sendall(bytes([byte]))

    return serve


def send_all(data):
    return lambda connection, _stop: connection.sendall(data)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("serve", "reason"),
    [
        (drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 50), "no answer in time"),
        (drip(HEAD + b"\r\n" + b" " * 50), "no answer in time"),
        (lambda _connection, stop: stop.wait(3), "no answer in time"),
        (send_all(b""), "disconnected"),
        (send_all(b"garbage\r\n\r\n"), "status line"),
        (send_all(HEAD + b"Content-Length: 100\r\n\r\n{"), "peer closed"),
    ],
    ids=["slow headers", "slow body", "silence", "hangs up", "garbage", "truncated"],
)
def test_a_server_that_never_answers_rightly_ends_in_time(serve, reason):
    with raw_server(serve) as wire:
        answer = wire.send(GET)
    assert isinstance(answer, Failed)
    assert answer.sent
    assert reason in answer.reason.lower()


def test_an_endless_body_is_cut_at_its_bound(monkeypatch):
    monkeypatch.setattr(bounds, "MOST_JSON", 100_000)

    def serve(connection, stop):
        connection.sendall(HEAD + b"\r\n")
        while not stop.is_set():
            connection.sendall(b" " * 10_000)

    with raw_server(serve) as wire:
        answer = wire.send(Request("state", "GET", "/x", timeout=30, safe=True))
    assert isinstance(answer, Failed)
    assert "more than 100000 bytes" in answer.reason


def test_nothing_listens_means_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Wire(httpx.HTTPTransport(), f"http://127.0.0.1:{port}") as wire:
        answer = wire.send(GET)
    assert answer == Failed("connection refused", sent=False)


@pytest.mark.parametrize(
    ("raw", "frames"),
    [
        (b"data: a\n\ndata: b\n\n", ["a", "b"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
        (b"data: a\rdata: b\r\r", ["a\nb"]),
        (b": comment\n\ndata: a\n\n", ["a"]),
        (b"data: one\ndata: two\n\n", ["one\ntwo"]),
        ("data: 一\u2028二\n\n".encode(), ["一\u2028二"]),
        (b"event: error\ndata: x\n\n", ["x"]),
    ],
    ids=["lf", "crlf", "cr", "comment", "multi-line", "line separator inside", "named"],
)
def test_frames_by_the_standard(raw, frames):
    fault = {"call": "message", "raw": raw, "type": "text/event-stream"}
    with StandIn(faults=[fault]) as service, Wire(httpx.HTTPTransport(), service.url) as wire:
        opened = wire.open_stream(Request("message", "POST", "/run_sse", json={}))
        assert isinstance(opened, Reply)
        assert opened.streaming
        got = []
        while isinstance(frame := wire.next_frame(5), Frame):
            got.append(frame.data)
        assert got == frames
        assert isinstance(frame, Closed)
        assert frame.clean


def test_silence_is_told_and_a_cut_stream_is_not_clean():
    def serve(connection, stop):
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\ndata: a\n\n"
        )
        stop.wait(0.3)

    with raw_server(serve) as wire:
        wire.open_stream(Request("message", "POST", "/run_sse", json={}))
        assert isinstance(wire.next_frame(2), Frame)
        assert isinstance(wire.next_frame(0.05), Silence)
        end = wire.next_frame(5)
    assert isinstance(end, Closed)
    assert not end.clean


def finish(download):
    while True:
        try:
            next(download)
        except StopIteration as stop:
            return stop.value


SECRET = (("Authorization", "Bearer s3cret"), ("X-Skill-Source", "mine"))


def test_authorization_stays_with_its_own_host(tmp_path):
    with StandIn() as other, StandIn() as service:
        redirect = {"call": "download", "status": 302, "headers": {"Location": f"{other.url}/files/x.mp4"}, "text": ""}
        service.faults.append(redirect)
        request = Request("download", "GET", "/files/x.mp4", SECRET, safe=True)
        with Wire(httpx.HTTPTransport(), service.url) as wire:
            answer = finish(wire.download(request, tmp_path / "x"))
        assert answer == Fetched(tmp_path / "x", len(FINISHED), "video/mp4")
        assert service.seen[0].headers["authorization"] == "Bearer s3cret"
        assert not {"authorization", "x-skill-source"} & other.seen[0].headers.keys()


@pytest.mark.parametrize("elsewhere", ["http://elsewhere.invalid/x.mp4", "ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_a_file_elsewhere_is_fetched_over_https_alone(elsewhere, tmp_path):
    redirect = {"call": "download", "status": 302, "headers": {"Location": elsewhere}, "text": ""}
    with StandIn(faults=[redirect]) as service, Wire(httpx.HTTPTransport(), service.url) as wire:
        answer = finish(wire.download(Request("download", "GET", "/files/x.mp4", SECRET, safe=True), tmp_path / "x"))
    assert isinstance(answer, Failed)
    assert "neither the service nor https" in answer.reason


def test_a_redirect_within_the_service_is_followed(tmp_path):
    with StandIn(
        faults=[{"call": "download", "status": 302, "headers": {"Location": "/files/y.mp4"}, "text": ""}]
    ) as s:
        with Wire(httpx.HTTPTransport(), s.url) as wire:
            answer = finish(wire.download(Request("download", "GET", "/files/x.mp4", safe=True), tmp_path / "x"))
        assert answer == Fetched(tmp_path / "x", len(FINISHED), "video/mp4")
        assert (tmp_path / "x").read_bytes() == FINISHED


def test_a_download_that_cannot_be_written_is_told(tmp_path):
    with StandIn() as service, Wire(httpx.HTTPTransport(), service.url) as wire:
        download = wire.download(Request("download", "GET", "/files/x.mp4", safe=True), tmp_path / "gone" / "x")
        with pytest.raises(OutputFailed, match="cannot be written"):
            finish(download)


def test_files_are_streamed_from_disk(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(FINISHED)
    with StandIn() as service, Wire(httpx.HTTPTransport(), service.url) as wire:
        path = "/api/upload-video/nemo_agent/me/s1"
        answer = wire.send(Request("upload", "POST", path, files=(clip,), file_field="files"))
    assert isinstance(answer, Reply)
    assert FINISHED in service.seen[0].body
    assert b'name="files"; filename="clip.mp4"' in service.seen[0].body


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent():
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))
    received = []

    def serve():
        connection, _ = listener.accept()
        with connection:
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    received.append(secure.recv(1))
            except OSError:
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    with listener, Wire(httpx.HTTPTransport(), f"https://127.0.0.1:{listener.getsockname()[1]}") as wire:
        answer = wire.send(GET)
        thread.join()
    assert answer == Failed("bad certificate", sent=False)
    assert received in ([], [b""])


def test_a_slow_server_behind_tls_ends_in_time():
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve():
        with contextlib.suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(HEAD + b"\r\n")
            while not stop.wait(0.05):
                secure.sendall(b" ")

    thread = threading.Thread(target=serve)
    thread.start()
    address = f"https://127.0.0.1:{listener.getsockname()[1]}"
    with listener, Wire(httpx.HTTPTransport(verify=trusting), address) as wire:
        answer = wire.send(GET)
        stop.set()
        thread.join()
    assert answer == Failed("no answer in time")


def test_an_upload_tells_how_far_it_is_and_can_be_left(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.touch()
    os.truncate(clip, 50 * 1024 * 1024)
    request = Request("upload", "POST", "/up", files=(clip, clip), file_field="files")
    with raw_server(lambda _connection, stop: stop.wait(20)) as wire:  # takes nothing in, so it stays under way
        upload = wire.upload(request)
        moves = [next(upload) for _ in range(3)]
        upload.close()
    assert {total for _, total in moves} == {100 * 1024 * 1024}
    assert all(0 <= done < total for done, total in moves)
    with StandIn() as service, Wire(httpx.HTTPTransport(), service.url) as wire:
        clip.write_bytes(FINISHED)
        path = "/api/upload-video/nemo_agent/me/s1"
        moves = list(wire.upload(Request("upload", "POST", path, files=(clip,), file_field="files")))
    assert moves[-1] == (len(FINISHED), len(FINISHED))


UPLOAD = """
import resource, sys
from pathlib import Path
import httpx
from skillwire.engine.effects import Request
from skillwire.wire import Wire
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with Wire(httpx.HTTPTransport(), sys.argv[1]) as wire:
    list(wire.upload(Request("upload", "POST", "/up", files=(Path(sys.argv[2]),), file_field="files")))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_stays_flat_for_a_large_upload(tmp_path):
    size = 500 * 1024 * 1024
    clip = tmp_path / "clip.mp4"
    clip.touch()
    os.truncate(clip, size)  # sparse: no disk is used
    listener = socket.create_server(("127.0.0.1", 0))
    received = []

    def serve():
        connection, _ = listener.accept()
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            left = int(re.search(rb"content-length: (\d+)", head.lower())[1]) - len(head.partition(b"\r\n\r\n")[2])
            received.append(left)
            while left > 0:
                left -= len(connection.recv(1 << 20))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")

    thread = threading.Thread(target=serve)
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    done = subprocess.run([sys.executable, "-c", UPLOAD, address, clip], capture_output=True, text=True, check=True)
    thread.join()
    listener.close()
    assert received[0] > size - 65536
    assert int(done.stdout) < 64 * 1024, "kilobytes of further memory"
