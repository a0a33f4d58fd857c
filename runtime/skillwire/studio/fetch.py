"""Fetching clips by http(s) address, without becoming a way into the machine's own network.

A name is resolved once, every address it has must be a public one, and the connection goes to just that address: a name that
changes what it points to between check and use gains nothing. The same holds for each redirect.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from skillwire.studio import intake
from skillwire.studio.answers import ApiError, Code
from skillwire.studio.intake import Received, discard, new_file, too_large

if TYPE_CHECKING:
    import httpx

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

MAX_REDIRECTS = 5
# Seconds: to connect, between two pieces of the answer, and for all of it.
_CONNECT, _READ, _TOTAL = 10.0, 30.0, 600.0
_TYPES = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/x-msvideo": "avi",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
}
# Prefixes of IPv6 that carry an IPv4 address in their last 32 bits (RFC 6052, 4291) or in bits 16 to 48 (RFC 3056).
_NAT64, _SIX_TO_FOUR = ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("2002::/16")


async def system_addresses(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system's resolver knows them. Raises ``OSError``."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Fetcher:
    """Fetches files. ``allow_private``: also from this machine and its own network, for tests."""

    def __init__(self, *, allow_private: bool = False, resolve: Resolve = system_addresses) -> None:
        self._allow_private = allow_private
        self._resolve = resolve

    async def fetch(self, url: str, folder: Path) -> Received:
        """Takes the file at ``url`` into ``folder``.

        Raises ``ApiError``: 400 for an address that does not answer with a file, 403 for one that may not be asked, 4001, 4002.
        """
        import httpx  # noqa: PLC0415 - slow import

        timeout = httpx.Timeout(_READ, connect=_CONNECT)
        try:
            async with (
                asyncio.timeout(_TOTAL),
                httpx.AsyncClient(timeout=timeout, trust_env=False, follow_redirects=False) as client,
            ):
                return await self._follow(client, url, folder)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            reason = (
                "it took too long" if isinstance(error, (TimeoutError, httpx.TimeoutException)) else "no connection"
            )
            raise ApiError(Code.BAD_REQUEST, f"{_shown(url)} could not be fetched: {reason}.") from None

    async def _follow(self, client: httpx.AsyncClient, url: str, folder: Path) -> Received:
        for _ in range(MAX_REDIRECTS + 1):
            parts = _checked(url)
            request = await self._pinned(client, parts)
            answer = await client.send(request, stream=True)
            try:
                target = answer.headers.get("location")
                if not (answer.has_redirect_location and target):
                    return await self._take(answer, parts, folder)
            finally:
                await answer.aclose()
            following = urljoin(url, target)
            if parts.scheme == "https" and urlsplit(following).scheme != "https":
                raise ApiError(Code.FORBIDDEN, f"{_shown(url)} leads to an address that is not encrypted.")
            url = following
        raise ApiError(Code.BAD_REQUEST, f"{_shown(url)} leads on more than {MAX_REDIRECTS} times.")

    async def _pinned(self, client: httpx.AsyncClient, parts: SplitResult) -> httpx.Request:
        """The request, addressed to the one address that was checked; certificates are still checked against the name."""
        import httpx  # noqa: PLC0415 - slow import

        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise ApiError(Code.BAD_REQUEST, f"There is no server named {host[:100]}.")
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise ApiError(Code.FORBIDDEN, "Addresses of this machine or its own network are not fetched.")
        url = httpx.URL(parts.geturl())
        request = client.build_request(
            "GET",
            url.copy_with(host=addresses[0], fragment=None),
            headers={"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity", "Accept": "*/*"},
        )
        request.extensions["sni_hostname"] = host
        return request

    async def _take(self, answer: httpx.Response, parts: SplitResult, folder: Path) -> Received:
        if answer.status_code != 200:
            raise ApiError(Code.BAD_REQUEST, f"{_shown(parts.geturl())} answers with status {answer.status_code}.")
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise ApiError(Code.BAD_REQUEST, f"{_shown(parts.geturl())} sends the file packed, although not asked to.")
        received = new_file(folder, _name(answer.headers, parts))
        length = answer.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > intake.MAX_FILE_BYTES:
            raise too_large(received.name)
        try:
            with received.path.open("xb") as file:
                async for piece in _bounded(answer, received.name):
                    file.write(piece)
        except BaseException:
            discard([received])
            raise
        return received


async def _bounded(answer: httpx.Response, name: str) -> AsyncIterator[bytes]:
    size = 0
    async for piece in answer.aiter_raw():
        size += len(piece)
        if size > intake.MAX_FILE_BYTES:
            raise too_large(name)
        yield piece


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also when an IPv6 address wraps an IPv4 one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        elif ip in _SIX_TO_FOUR:
            inner = ip.sixtofour
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        raise ApiError(Code.BAD_REQUEST, f"{_shown(url)} is no address that can be fetched.") from None
    if not usable:
        raise ApiError(Code.BAD_REQUEST, f"{_shown(url)} is neither an http nor an https address.")
    if parts.username is not None or parts.password is not None:
        raise ApiError(Code.BAD_REQUEST, "Addresses with a user name or password are not fetched.")
    return parts


def _name(headers: httpx.Headers, parts: SplitResult) -> str:
    """The file's name as the answer states it, else as the address ends; its ending from the type where it has none."""
    stated = Message()
    stated["content-type"] = headers.get("content-type", "")
    stated["content-disposition"] = headers.get("content-disposition", "")
    name = stated.get_filename() or unquote(PurePosixPath(parts.path).name, errors="replace") or "clip"
    if PurePosixPath(name).suffix.lower().lstrip(".") in (*intake.FORMATS, "jpeg", "m4v"):
        return name
    kind = _TYPES.get(stated.get_content_type())
    return f"{name}.{kind}" if kind else name


def _shown(url: str) -> str:
    """An address without what may be secret in it, short enough for a sentence."""
    bare = re.split("[?#]", url, maxsplit=1)[0].rpartition("@")[2]
    return "".join(char for char in bare if char.isprintable())[:120]
