"""Where what was found out about clips is kept: a folder for each kind, private and bounded, its files named by a clip's content.

Files are written beside their place and renamed, so that nobody reads half of one; those that were not used for longest go first.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from skillwire.folders import private

_PART = ".part"
# What a process that was ended left half written is deleted after so many seconds.
_ABANDONED = 6 * 3600.0


class Room:
    """The files of one kind in ``folder``, together at most ``most`` bytes."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most

    def find(self, name: str) -> Path | None:
        """The file of that name, if it is kept; it counts as used now."""
        place = self._folder / name
        try:
            os.utime(place)
        except OSError:
            return None
        return place

    def named(self, pattern: str) -> list[str]:
        """Names of kept files that match a pattern (as ``Path.glob``), in order."""
        return sorted(path.name for path in self._folder.glob(pattern) if path.suffix != _PART)

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A file to write to; it is kept under its name once the block has ended well, and nothing is otherwise.

        Raises ``OSError`` when it cannot be written.
        """
        private(self._folder)
        handle, part = tempfile.mkstemp(
            prefix=f"{name}.", suffix=_PART, dir=self._folder
        )  # readable by its owner alone
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            Path(part).replace(self._folder / name)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        self.tidy()

    def tidy(self) -> None:
        """Deletes what was not used for longest, beyond what may be kept in all, and what was never finished."""
        kept: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("*"):
            with suppress(OSError):  # another process may tidy as well
                status = path.stat()
                if path.suffix != _PART:
                    kept.append((status.st_mtime, status.st_size, path))
                elif time.time() - status.st_mtime > _ABANDONED:
                    path.unlink()
        total = 0
        for _, size, path in sorted(kept, reverse=True):
            total += size
            if total > self._most:
                path.unlink(missing_ok=True)


def content_of(path: Path) -> str:
    """A file's content as a short name: the same for equal bytes, wherever they lie."""
    status = path.stat()
    return _digest(path, status.st_size, status.st_mtime_ns)


@lru_cache(64)
def _digest(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:40]
