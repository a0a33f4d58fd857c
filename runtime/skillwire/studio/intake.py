"""Which files are taken in, and taking them by reference from a folder that only this user can open."""

from __future__ import annotations

import os
import shutil
import stat
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

from skillwire.studio.answers import ApiError, Code

FORMATS = ("mp4", "mov", "avi", "webm", "mkv", "jpg", "png", "gif", "webp", "mp3", "wav", "m4a", "aac")
MAX_FILE_BYTES = 500 * 1024 * 1024
MAX_FILES = 20
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Received:
    """A file in its place below the home, not yet looked into. ``name`` is what the client calls it."""

    id: str
    name: str
    path: Path


def new_file(folder: Path, name: str) -> Received:
    """A place for a file of that name. Raises ``ApiError`` 4001 when the format is none of ``FORMATS``."""
    base = PureWindowsPath(PurePosixPath(name).name).name
    shown = "".join(char for char in base if char.isprintable())[-_MAX_NAME:] or "clip"
    suffix = PurePosixPath(shown).suffix.lower().lstrip(".")
    if {"jpeg": "jpg", "m4v": "mp4"}.get(suffix, suffix) not in FORMATS:
        raise ApiError(Code.UNSUPPORTED_FILE, f"{shown}: this format is not supported; use {', '.join(FORMATS)}.")
    file_id = f"m_{uuid.uuid4().hex}"
    return Received(file_id, shown, folder / f"{file_id}.{suffix}")


def too_large(name: str) -> ApiError:
    """The refusal of a file over ``MAX_FILE_BYTES``."""
    limit = MAX_FILE_BYTES // 1024**2
    return ApiError(Code.TOO_LARGE, f"{name} is larger than {limit} MB; compress or trim it first.")


class Stored(Protocol):
    """Anything that lies at a path."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...


def discard(files: Sequence[Stored]) -> None:
    """Removes files that are not wanted after all."""
    for file in files:
        with suppress(OSError):
            file.path.unlink(missing_ok=True)


class HandOver:
    """Folders from which files are taken by ``file://`` reference."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder.resolve() for folder in folders]

    def take(self, url: str, folder: Path) -> Received:
        """Links (or, across disks, copies) the file at ``url`` into ``folder``.

        Only regular files of this user inside a hand-over folder, itself of this user and closed to all others, are taken; links
        are followed first, so none leads out. Raises ``ApiError``.
        """
        parts = urlsplit(url)
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise ApiError(
                Code.BAD_REQUEST, "Only file:// references to this machine are taken; upload the file itself."
            )
        try:
            source = Path(unquote(parts.path, errors="strict"))
            resolved = source.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            raise ApiError(Code.FORBIDDEN, "This file reference leads nowhere, or may not be followed.") from None
        root = next((root for root in self._folders if resolved.is_relative_to(root) and _is_private(root)), None)
        if root is None:
            raise ApiError(Code.FORBIDDEN, "This file lies outside the folders the studio takes files from.")
        received = new_file(folder, source.name)
        try:
            self._bring_in(resolved, received)
        except BaseException:
            discard([received])
            raise
        return received

    def _bring_in(self, source: Path, received: Received) -> None:
        # Opened once and compared afterwards: what is checked is what is taken, whatever is swapped in between.
        try:
            handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            raise ApiError(Code.FORBIDDEN, "This file cannot be opened.") from None
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ApiError(Code.FORBIDDEN, "This reference is not a regular file.")
            if status.st_size > MAX_FILE_BYTES:
                raise too_large(received.name)
            try:
                os.link(source, received.path, follow_symlinks=False)
            except OSError:
                with os.fdopen(os.dup(handle), "rb") as file, received.path.open("xb") as target:
                    shutil.copyfileobj(file, target, 1024 * 1024)
                return
        finally:
            os.close(handle)
        linked = received.path.stat(follow_symlinks=False)
        if (linked.st_dev, linked.st_ino) != (status.st_dev, status.st_ino):
            raise ApiError(Code.FORBIDDEN, "This file was exchanged while it was taken in.")


def _is_private(folder: Path) -> bool:
    try:
        status = folder.stat(follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) == 0o700
