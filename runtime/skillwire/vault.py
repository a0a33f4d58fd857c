"""Tokens, client ids and consents, in files that only this user can read.

A token is kept per service and used for that service alone. A consent is given once to one content of a skill file (its
SHA-256) at one host; a changed file or another host asks again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from skillwire.errors import RunError
from skillwire.folders import data_dir, private

TOKEN_LIFE = 7 * 24 * 3600
"""Seconds an anonymous token lives, as the API's documentation has it."""
LONGEST_TURN = 120.0
"""Seconds for which a process waits while another one gets a token; as long as such a call may take with a retry."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is known of one service. ``token`` is ``None`` when there is none or it has expired."""

    token: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """A yes of the user: to this skill content, at this host, at this time (seconds since 1970)."""

    skill: str
    digest: str
    host: str
    given: float


class Vault:
    """The store of one user. Safe to share between processes: every change is made under a lock and appears whole."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder`` defaults to the user's data folder. Raises ``RunError`` when it cannot be made private."""
        try:
            self._folder = private(folder or data_dir() / "vault")
        except OSError as error:
            raise RunError(
                f"cannot keep secrets there ({error.strerror})",
                where=str(error.filename),
                fix="point SKILLWIRE_HOME to a folder you own",
            ) from error

    def credentials(self, service: str) -> Credentials:
        """Token and client id kept for ``service``."""
        entry = self._read("credentials").get(service, {})
        token, client_id, expires = (entry.get(name) for name in ("token", "client_id", "expires"))
        alive = isinstance(expires, (int, float)) and expires > time.time()
        return Credentials(
            token if alive and isinstance(token, str) else None, client_id if isinstance(client_id, str) else None
        )

    @contextmanager
    def alone(self, service: str, *, wait: float = LONGEST_TURN) -> Iterator[None]:
        """Let one process at a time get a token of ``service``; the others wait, at most ``wait`` seconds."""
        name = hashlib.sha256(service.encode()).hexdigest()[:16]
        with (self._folder / f".{name}.lock").open("w") as lock:
            ends = time.monotonic() + wait
            while time.monotonic() < ends:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.05)
            yield

    def keep(self, service: str, name: str, value: str, *, was: str = "") -> None:
        """Store ``token`` or ``client_id`` for ``service``; an empty value forgets it, unless it is not ``was`` any more.

        Of a service without a name nothing is stored.
        """
        if not service:
            return
        with self._change("credentials") as entries:
            entry = entries.setdefault(service, {})
            if value:
                entry[name] = value
                if name == "token":
                    entry["expires"] = time.time() + TOKEN_LIFE
            elif not was or entry.get(name) == was:
                entry.pop(name, None)

    def consents(self) -> list[Consent]:
        """All consents, the latest last."""
        return sorted((Consent(**entry) for entry in self._consents().values()), key=lambda c: c.given)

    def has_consent(self, digest: str, host: str) -> bool:
        """Whether the user agreed to this skill content at this host."""
        return f"{digest} {host}" in self._consents()

    def give_consent(self, skill: str, digest: str, host: str) -> None:
        """Remember the user's yes."""
        with self._change("consents") as entries:
            entries[f"{digest} {host}"] = asdict(Consent(skill, digest, host, time.time()))

    def revoke(self, skill: str, host: str | None = None) -> int:
        """Forget the consents of a skill (at one host, or everywhere). Returns how many there were."""
        with self._change("consents") as entries:
            gone = [
                key
                for key, entry in entries.items()
                if entry.get("skill") == skill and host in (None, entry.get("host"))
            ]
            for key in gone:
                del entries[key]
        return len(gone)

    def _consents(self) -> dict[str, Any]:
        """The consents that are whole; a damaged one counts as none."""
        kinds: dict[str, type | tuple[type, ...]] = {"skill": str, "digest": str, "host": str, "given": (int, float)}
        return {
            key: entry
            for key, entry in self._read("consents").items()
            if entry.keys() == kinds.keys() and all(isinstance(entry[name], kind) for name, kind in kinds.items())
        }

    def _read(self, name: str) -> dict[str, Any]:
        try:
            loaded = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            # A damaged store is worth no more than an empty one: tokens can be had anew, consent is asked again.
            return {}
        entries = loaded.items() if isinstance(loaded, dict) else ()
        return {key: entry for key, entry in entries if isinstance(entry, dict)}

    @contextmanager
    def _change(self, name: str) -> Iterator[dict[str, Any]]:
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries = self._read(name)
            yield entries
            handle, scratch = tempfile.mkstemp(dir=self._folder)  # mkstemp makes it 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as out:
                    json.dump(entries, out, indent=1, sort_keys=True)
                    out.flush()
                    os.fsync(out.fileno())
                Path(scratch).replace(self._folder / f"{name}.json")
            except BaseException:
                Path(scratch).unlink(missing_ok=True)
                raise
