"""What the catalogue remembers of skill files between runs, so that ten thousand of them list without being read again.

One index file per root folder. A fact is kept under the file's modification time, change time, size and inode; the kernel
sets the change time and no program can put it back, so an edit that keeps size and modification time is seen too. A file
changed within one tick of the clock before it was read could change again without a trace: it is not remembered.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skillwire.folders import cache_dir, private

FORMAT = 1
"""Number of the layout below; an index of another number is made anew."""

MAX_READ = 2 * 1024 * 1024
"""Bytes of a file that are read at most: more than a skill may have, so that the reader can refuse it."""

# Linux stamps files with a clock of at most 10 ms a tick; a stamp of whole seconds comes from a file system that keeps no
# finer ones (FAT: 2 s).
_FINE_TICK = 50_000_000
_COARSE_TICK = 2_100_000_000
_SECOND = 1_000_000_000

Facts = dict[str, Any]
Stamp = list[int]


class Index:
    """Facts about the files of one root folder, as JSON values. ``generation`` changes whenever the reader changes.

    ``facts`` answers from memory where the file is as it was, and calls ``read`` where it is not. ``save`` writes the
    index when anything changed, leaving out files that were not asked for.
    """

    def __init__(self, root: Path, generation: str) -> None:
        self._path = cache_dir() / "skills" / f"{hashlib.sha256(os.fsencode(root)).hexdigest()[:32]}.json"
        self._head = {"format": FORMAT, "generation": generation, "root": os.fspath(root)}
        self._old = self._load()
        self._new: dict[str, tuple[Stamp, Facts]] = {}
        self._changed = False

    def facts(self, name: str, path: str, status: os.stat_result, read: Callable[[bytes], Facts]) -> Facts:
        """The facts of the file at ``path``, kept under ``name``; ``status`` is its present state.

        ``read`` makes them from the file's bytes, of which at most ``MAX_READ`` are given to it.
        Raises ``OSError`` when the file cannot be read.
        """
        known = self._old.get(name)
        if known is not None and known[0] == _stamp(status):
            self._new[name] = known
            return known[1]
        with Path(path).open("rb") as file:
            status, now = os.fstat(file.fileno()), time.time_ns()
            made = read(file.read(MAX_READ))
        if _settled(status, now):
            self._new[name] = (_stamp(status), made)
            self._changed = True
        return made

    def save(self) -> None:
        """Write the index beside its place and rename it there, so that a reader never meets half a file.

        A cache folder that cannot be written costs time, not correctness: the failure is passed over.
        """
        if not self._changed and self._new.keys() == self._old.keys():
            return
        with contextlib.suppress(OSError):
            folder = private(self._path.parent)
            handle, beside = tempfile.mkstemp(dir=folder, prefix=self._path.stem, suffix=".new")
            try:
                with os.fdopen(handle, "wb") as file:
                    body = json.dumps(self._new, separators=(",", ":")).encode()
                    file.write(json.dumps({**self._head, "crc32": zlib.crc32(body)}).encode() + b"\n" + body)
                Path(beside).replace(self._path)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise

    def _load(self) -> dict[str, tuple[Stamp, Facts]]:
        """The stored facts; none when the index is absent, torn, damaged or of another generation."""
        try:
            head, _, body = self._path.read_bytes().partition(b"\n")
            if json.loads(head) == {**self._head, "crc32": zlib.crc32(body)}:
                stored: dict[str, tuple[Stamp, Facts]] = json.loads(body)
                return stored
        except (OSError, ValueError, RecursionError):
            pass
        return {}


def generation_of(package: Path) -> str:
    """A mark that changes when one of the Python files of ``package`` does: a digest of their modification times."""
    with os.scandir(package) as found:
        times = sorted((item.name, item.stat().st_mtime_ns) for item in found if item.name.endswith(".py"))
    return hashlib.sha256(repr(times).encode()).hexdigest()[:16]


def _stamp(status: os.stat_result) -> Stamp:
    return [status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino]


def _settled(status: os.stat_result, now: int) -> bool:
    tick = _FINE_TICK if status.st_ctime_ns % _SECOND else _COARSE_TICK
    return now - status.st_ctime_ns > tick
