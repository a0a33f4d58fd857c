"""Where Skillwire keeps its own files. ``SKILLWIRE_HOME`` moves all of them under one folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skillwire.errors import RunError


def data_dir() -> Path:
    """Folder for what must last: vault, consents, journal, the studio's projects."""
    home = os.environ.get("SKILLWIRE_HOME")
    if home:
        return Path(home).expanduser() / "data"
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed when SKILLWIRE_HOME is set

    return user_data_path("skillwire")


def cache_dir() -> Path:
    """Folder for what can be made again: indexes, analyses, previews."""
    home = os.environ.get("SKILLWIRE_HOME")
    if home:
        return Path(home).expanduser() / "cache"
    from platformdirs import user_cache_path  # noqa: PLC0415 - not needed when SKILLWIRE_HOME is set

    return user_cache_path("skillwire")


def private(folder: Path) -> Path:
    """Make ``folder`` (and its parents) readable by this user alone, and return it.

    Raises ``OSError`` when it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


@contextmanager
def kept(what: str) -> Iterator[None]:
    """Around making files of our own: tells why ``what`` cannot be kept. Raises ``RunError``."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"cannot keep {what} there ({error.strerror or type(error).__name__})",
            where=str(error.filename or data_dir()),
            fix="free some space, or point SKILLWIRE_HOME to a folder you own",
        ) from error
