"""Fetches a finished file: whole or not at all, on from where it broke, and no header of ours to anybody else's host."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import httpx

from skillwire import bounds
from skillwire.engine.effects import Failed, Fetched, Reply, Request
from skillwire.engine.wording import plain
from skillwire.errors import OutputFailed

TRIES = 3
"""Tries in a row that bring not one byte more, after which a download is given up."""
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

Moves = Generator[tuple[int, int | None], None, Fetched | Reply | Failed]
"""Yields (bytes so far, bytes in all or ``None``)."""


@dataclass(slots=True)
class Download:
    """One file on its way to ``target``, a scratch name of the caller's; it is whole only when ``Fetched`` is returned.

    ``read_reply`` reads an answer that is no file.
    """

    client: httpx.Client
    deadlines: bounds.Deadlines
    request: Request
    target: Path
    read_reply: Callable[[httpx.Response], Reply]
    validator: str = ""

    def run(self) -> Moves:
        """Fetch it, going on where it stopped if the server can. Raises ``OutputFailed`` when it cannot be written."""
        tries, done, ends = 0, 0, time.monotonic() + bounds.DOWNLOAD_TIMEOUT
        while True:
            before = done
            outcome = yield from self._once(done, ends)
            if not isinstance(outcome, Failed):
                return outcome
            with suppress(OSError):
                done = self.target.stat().st_size
            tries = 0 if done > before else tries + 1
            if tries >= TRIES or not outcome.sent or time.monotonic() >= ends:
                return outcome

    def _once(self, start: int, ends: float) -> Moves:
        try:
            with ExitStack() as stack:
                stack.enter_context(self.deadlines.within(max(ends - time.monotonic(), 0.001)))
                response = self._follow(start, stack)
                if isinstance(response, Failed):
                    return response
                if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                    # The file is another one by now, or was whole already without anybody having said its size.
                    self._start_over()
                    return Failed("the file changed while it was fetched")
                if response.status_code >= 400:
                    with self.deadlines.within(bounds.ANSWER_TIMEOUT):
                        return self.read_reply(response)
                return (yield from self._write(response, start))
        except (httpx.HTTPError, bounds.TooLongError) as error:
            return Failed(bounds.reason(error), sent=not isinstance(error, bounds.UNSENT))
        except OSError as error:
            raise OutputFailed(
                f"the result cannot be written ({error.strerror})",
                where=str(self.target.parent),
                fix="free some space there",
            ) from error

    def _write(self, response: httpx.Response, start: int) -> Moves:
        if response.status_code == httpx.codes.PARTIAL_CONTENT:
            part = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
            if part is None or int(part[1]) != start:
                self._start_over()
                return Failed("another part of the file came than was asked for")
        else:
            start = 0
        self.validator = _validator(response)
        length = response.headers.get("content-length", "")
        total = start + int(length) if length.isdigit() else None
        if (total or 0) > bounds.MOST_DOWNLOAD:
            return Failed(f"a file of {total} bytes, more than {bounds.MOST_DOWNLOAD}", sent=False)
        done = start
        with self.target.open("ab" if start else "wb") as out:
            for chunk in response.iter_raw():
                out.write(chunk)
                done += len(chunk)
                if done > bounds.MOST_DOWNLOAD:
                    return Failed(f"a file of more than {bounds.MOST_DOWNLOAD} bytes", sent=False)
                yield done, total
        if total is not None and done != total:
            return Failed(f"{done} of {total} bytes came")
        if total is None and "transfer-encoding" not in response.headers and _is_cut(self.target):
            return Failed(f"the connection ended in the middle of the file, after {done} bytes")
        return Fetched(self.target, done, response.headers.get("content-type", "").split(";")[0].strip().lower())

    def _start_over(self) -> None:
        self.validator = ""
        self.target.write_bytes(b"")

    def _follow(self, start: int, stack: ExitStack) -> httpx.Response | Failed:
        base = self.client.base_url
        url = base.join(self.request.url)
        for _ in range(bounds.MOST_REDIRECTS + 1):
            own = _origin(url) == _origin(base)
            if not own and url.scheme != "https" and not (url.scheme == "http" and _is_here(url) and _is_here(base)):
                return Failed(f"the file lies at {plain(url.host)}, which is neither the service nor https", sent=False)
            headers = list(self.request.headers) if own else []
            if start:
                headers.append(("Range", f"bytes={start}-"))
                if self.validator:
                    headers.append(("If-Range", self.validator))
            headers.append(("Accept-Encoding", "identity"))
            outgoing = self.client.build_request(
                "GET",
                url,
                headers=headers,
                timeout=httpx.Timeout(bounds.READ_QUIET, connect=bounds.CONNECT_TIMEOUT),
                extensions={"skillwire_call": self.request.call, "trace": self.deadlines.trace},
            )
            response = self.client.send(outgoing, stream=True)
            stack.callback(response.close)
            if not response.has_redirect_location:
                return response
            url = url.join(response.headers["location"])
        return Failed("it redirects without end", sent=False)


def _is_cut(path: Path) -> bool:
    """Whether a file of ISO boxes (ISO/IEC 14496-12: MP4 and its kin) ends within one of them."""
    size, place = path.stat().st_size, 0
    with path.open("rb") as file:
        while place < size:
            file.seek(place)
            head = file.read(16)
            length, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if (place == 0 and kind != b"ftyp") or not (kind.isalnum() and kind.isascii()):
                return False
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:  # 0: up to the end of the file
                return False
            place += length
    return place > size


def _validator(response: httpx.Response) -> str:
    """What tells this file from a later one of the same name (RFC 9110, 13.1.5): a strong entity tag, else a date."""
    tag: str = response.headers.get("etag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("last-modified", "")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _is_here(url: httpx.URL) -> bool:
    try:
        return ip_address(url.host).is_loopback
    except ValueError:
        return url.host == "localhost"
