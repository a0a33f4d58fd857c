"""Files on their way to and from an ADK server, which takes them inside a message and gives them inside JSON.

What is handed over waits on disk until the next message takes it along, so that a run that is killed in between loses
nothing. Of what was sent only the SHA-256 is kept: an agent that saves its input again has not made a result.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import mimetypes
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from skillwire.engine.wording import plain
from skillwire.errors import BadInput, JobFailed, RunError
from skillwire.folders import data_dir, private

MOST_INLINE = 20 * 1024 * 1024
"""Bytes of files that one message may carry: the bound that ADK's own plugin for inline files documents."""
_FRAMING = 64 * 1024
"""Bytes that a multipart body may have beyond its files."""
_KEPT = 7 * 24 * 3600
"""Seconds after which files that no message came for are forgotten."""
_UNKNOWN = "application/octet-stream"
_FILENAME = re.compile(r'^content-disposition:.*?;\s*filename="([^"]*)"', re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(r"^content-type:\s*([^\s;]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes, its name and its media type."""

    name: str
    content: bytes
    kind: str

    @property
    def digest(self) -> str:
        """SHA-256 of the content, hex."""
        return hashlib.sha256(self.content).hexdigest()

    def to_part(self) -> dict[str, Any]:
        """The file as a part of an ADK message."""
        data = base64.b64encode(self.content).decode()
        return {"inlineData": {"displayName": self.name, "mimeType": self.kind, "data": data}}


def check_size(size: int, name: str = "") -> None:
    """Raise ``BadInput`` when a message cannot carry ``size`` bytes of files."""
    if size > MOST_INLINE:
        raise BadInput(
            f"{size / 1048576:.1f} MB are too much for an ADK agent, whose message carries {MOST_INLINE // 1048576} MB",
            where=name,
            fix="compress or trim it, or choose another agent",
        )


def read_multipart(chunks: Iterable[bytes], content_type: str) -> list[File]:
    """The files of a multipart body (RFC 7578). Raises ``BadInput`` when it is larger than a message may be."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        check_size(len(body) - _FRAMING)
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip('"')
    # The client makes a random boundary, which does not occur within a file.
    pieces = bytes(body).split(f"--{boundary}".encode())[1:-1]
    return [file for piece in pieces if (file := _read_part(piece)) is not None]


def _read_part(piece: bytes) -> File | None:
    head, _, content = piece.partition(b"\r\n\r\n")
    headers = head.decode("utf-8", "replace")
    named, typed = _FILENAME.search(headers), _TYPE.search(headers)
    if named is None:
        return None  # a plain field
    # Quotes and backslashes stand in a quoted name as HTML's form encoding writes them.
    name = named[1].replace("%22", '"').replace("\\\\", "\\")
    return File(name, content.removesuffix(b"\r\n"), typed[1] if typed else _UNKNOWN)


def decode_artifact(part: Any, name: str) -> File:
    """The file in an ADK artifact (a ``Part`` as JSON). Raises ``JobFailed`` when it holds none."""
    part = part if isinstance(part, Mapping) else {}
    shown = plain(name)
    inline = part.get("inlineData")
    if isinstance(inline, Mapping) and isinstance(inline.get("data"), str):
        try:
            # ADK writes the URL-safe alphabet; others the usual one.
            data = inline["data"].replace("-", "+").replace("_", "/")
            content = base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
        except (binascii.Error, ValueError) as error:
            raise JobFailed("the agent's file is damaged", where=shown, fix="ask the agent for it again") from error
        return File(name, content, str(inline.get("mimeType") or _UNKNOWN))
    if isinstance(part.get("text"), str):
        return File(name, part["text"].encode(), "text/plain; charset=utf-8")
    raise JobFailed(
        "the agent keeps only a reference to its file, not the file itself",
        where=shown,
        fix="let the agent save the file's bytes as its artifact",
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A part that waits for a message; of a file also its SHA-256 (hex, else empty) and its size in bytes (else 0)."""

    part: dict[str, Any]
    digest: str = ""
    size: int = 0


def hold(files: Iterable[File], urls: Iterable[str] = ()) -> list[Held]:
    """Files, and URLs that the agent shall fetch itself, as parts that can wait."""
    kinds = ((url, mimetypes.guess_type(urlsplit(url).path)[0] or _UNKNOWN) for url in urls)
    return [
        *(Held(file.to_part(), file.digest, len(file.content)) for file in files),
        *(Held({"fileData": {"fileUri": url, "mimeType": kind}}) for url, kind in kinds),
    ]


class Shelf:
    """What waits for the next message of each session, and digests of what was sent, in files only this user can read."""

    def __init__(self, service: str) -> None:
        """``service`` keeps the sessions of different servers and apps apart. Raises ``RunError``."""
        self._service = service
        try:
            self._folder = private(data_dir() / "adk")
            for old in self._folder.iterdir():
                if old.stat().st_mtime < time.time() - _KEPT:
                    old.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(error) from error

    def add(self, session: str, held: Iterable[Held]) -> None:
        """Let parts wait for the session's next message. Raises ``BadInput`` when they are too much for one."""
        waiting, sent = self._load(session)
        waiting += held
        check_size(sum(item.size for item in waiting))
        self._save(session, waiting, sent)

    def take(self, session: str) -> list[Held]:
        """What goes along with the message that is sent now; it counts as sent from here on."""
        waiting, sent = self._load(session)
        if waiting:
            self._save(session, [], sent | {item.digest for item in waiting})
        return waiting

    def sent(self, session: str) -> frozenset[str]:
        """Digests of all files that went along with the session's messages."""
        return frozenset(self._load(session)[1])

    def _path(self, session: str) -> Path:
        return self._folder / f"{hashlib.sha256(f'{self._service} {session}'.encode()).hexdigest()}.json"

    def _load(self, session: str) -> tuple[list[Held], set[str]]:
        try:
            entry = json.loads(self._path(session).read_bytes())
            return [Held(**item) for item in entry["waiting"]], set(entry["sent"])
        except (OSError, ValueError, KeyError, TypeError):
            return [], set()  # none yet: what is written here appears whole

    def _save(self, session: str, waiting: list[Held], sent: set[str]) -> None:
        path = self._path(session)
        scratch = path.with_suffix(".part")
        try:
            scratch.touch(mode=0o600)
            scratch.write_text(json.dumps({"waiting": [asdict(item) for item in waiting], "sent": sorted(sent)}))
            scratch.replace(path)
        except OSError as error:
            raise _unwritable(error) from error


def _unwritable(error: OSError) -> RunError:
    return RunError(
        f"files cannot wait there ({error.strerror})", where=str(error.filename), fix="free some disk space"
    )


def artifacts_of(session: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Name and version of each artifact that the session's events tell of, the newest first."""
    events = session.get("events")
    for event in reversed(events if isinstance(events, list) else []):
        actions = event.get("actions") if isinstance(event, Mapping) else None
        delta = actions.get("artifactDelta") if isinstance(actions, Mapping) else None
        for name, version in reversed(list(delta.items()) if isinstance(delta, Mapping) else []):
            if isinstance(version, int):
                yield str(name), version
