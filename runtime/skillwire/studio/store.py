"""The studio's SQLite file: schema, opening it, and the key that signs download links.

Write-ahead logging keeps readers and one writer apart and survives a kill at any moment. Several studios may share a home:
every job row names the process that runs it.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_RESERVE = "reserve"
# Some sixty pages: how each job under way ended, told even on a full disk.
_RESERVE_BYTES = 256 * 1024
# Raised with every change of the tables below.
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
    id INTEGER PRIMARY KEY, client TEXT NOT NULL, token TEXT NOT NULL UNIQUE, issued REAL NOT NULL, expires REAL NOT NULL,
    credits INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS accounts_client ON accounts (client, expires);
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, task TEXT NOT NULL, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name TEXT NOT NULL, language TEXT NOT NULL, created REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS media (
    id TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, name TEXT NOT NULL, path TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, info TEXT NOT NULL, created REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS media_session ON media (session, created);
CREATE TABLE IF NOT EXISTS revisions (
    session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, number INTEGER NOT NULL, draft TEXT NOT NULL,
    cause TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (session, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE, name TEXT NOT NULL,
    session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, draft TEXT NOT NULL, output TEXT NOT NULL,
    status TEXT NOT NULL, content TEXT, progress REAL NOT NULL DEFAULT 0, seconds_left REAL, error TEXT, notes TEXT NOT NULL DEFAULT '[]',
    attempts INTEGER NOT NULL DEFAULT 0, owner TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    UNIQUE (account, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jobs_content ON jobs (content);
CREATE TABLE IF NOT EXISTS claims (
    token TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, expires REAL NOT NULL) WITHOUT ROWID;
"""


def open_store(home: Path) -> sqlite3.Connection:
    """Opens (or creates) the studio's state below ``home``; the folder is made private to the user.

    Raises ``OSError`` when the folder cannot be made, ``sqlite3.Error`` when the file is none of ours.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.chmod(0o700)
    connection = _connect(home)
    if _layout(connection) not in (None, _VERSION):
        # Tables of another release: projects live for a week, so the file is set aside rather than converted.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        (home / "studio.db").replace(home / "studio.db.other-release")
        for leftover in ("studio.db-wal", "studio.db-shm"):
            (home / leftover).unlink(missing_ok=True)
        connection = _connect(home)
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version={_VERSION}")
    keep_reserve(home)
    return connection


def keep_reserve(home: Path) -> None:
    """Lays by some room on the disk, if there is any, for ``spend_reserve``."""
    reserve = home / _RESERVE
    with suppress(OSError):
        if not reserve.exists():
            reserve.write_bytes(bytes(_RESERVE_BYTES))


def spend_reserve(home: Path) -> bool:
    """Gives the room back that ``keep_reserve`` laid by, so that one last thing can be written; whether there was any."""
    with suppress(OSError):
        (home / _RESERVE).unlink()
        return True
    return False


def _connect(home: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(home / "studio.db", timeout=10, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def _layout(connection: sqlite3.Connection) -> int | None:
    """The version of the tables in the file, ``None`` when it has none yet."""
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        return None
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements inside, or none. Takes the write lock at once, so what was read inside still holds at the end."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def signing_key(connection: sqlite3.Connection) -> bytes:
    """The home's own 32-byte key, made on first use."""
    connection.execute("INSERT OR IGNORE INTO settings VALUES ('signing_key', ?)", (secrets.token_bytes(32),))
    row = connection.execute("SELECT value FROM settings WHERE name = 'signing_key'").fetchone()
    return bytes(row["value"])
