"""Anonymous accounts: tokens of seven days, one for each client in that time, and their credits."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass

from skillwire.studio.answers import ApiError, Code
from skillwire.studio.store import transaction

LIFETIME_SECONDS = 7 * 24 * 3600.0
START_CREDITS = 100


@dataclass(frozen=True, slots=True)
class Account:
    """Who a bearer token belongs to."""

    id: int
    credits: int


class Accounts:
    """Issues and checks tokens. Only a token's SHA-256 is stored. ``metered``: whether edits cost credits."""

    def __init__(self, store: sqlite3.Connection, *, metered: bool = False) -> None:
        self._store = store
        self.metered = metered

    def issue(self, client_id: str, now: float) -> tuple[str, int]:
        """A new token for a client and its credits. ``now`` in seconds since the epoch.

        Raises ``ApiError`` 429 while a token given to that client within the last seven days is alive.
        """
        client = _digest(client_id)
        token = f"nmv_usr_{secrets.token_urlsafe(32)}"
        with transaction(self._store):
            alive = self._store.execute(
                "SELECT expires FROM accounts WHERE client = ? AND expires > ?", (client, now)
            ).fetchone()
            if alive:
                raise ApiError(Code.TOO_MANY, "This client already holds a token; one is given per client in 7 days.")
            self._store.execute(
                "INSERT INTO accounts (client, token, issued, expires, credits) VALUES (?, ?, ?, ?, ?)",
                (client, _digest(token), now, now + LIFETIME_SECONDS, START_CREDITS),
            )
        return token, START_CREDITS

    def authenticate(self, authorization: str | None, now: float) -> Account:
        """The account behind an ``Authorization`` header. Raises ``ApiError`` 1001 when there is none alive."""
        scheme, _, token = (authorization or "").partition(" ")
        row = None
        if scheme.lower() == "bearer" and token:
            row = self._store.execute(
                "SELECT id, credits FROM accounts WHERE token = ? AND expires > ?", (_digest(token.strip()), now)
            ).fetchone()
        if row is None:
            raise ApiError(Code.BAD_TOKEN, "The token is missing, unknown or expired; ask for a new anonymous token.")
        return Account(row["id"], row["credits"])

    def require(self, account: Account, amount: int, *, bind: str) -> None:
        """Raises ``ApiError`` 2001 when metering is on and fewer credits than that are left.

        ``bind`` is the id for the registration link.
        """
        if self.metered and account.credits < amount:
            raise _no_credits(bind)

    def charge(self, account: Account, amount: int, *, bind: str) -> None:
        """Takes credits for an edit when metering is on. Raises ``ApiError`` 2001, and takes nothing, when too few are left."""
        if not self.metered:
            return
        taken = self._store.execute(
            "UPDATE accounts SET credits = credits - ? WHERE id = ? AND credits >= ?", (amount, account.id, amount)
        )
        if taken.rowcount == 0:
            raise _no_credits(bind)

    def purge(self, now: float) -> list[str]:
        """Forgets accounts that expired, with all they own. Returns the ids of their sessions, whose files may go."""
        with transaction(self._store):
            gone = self._store.execute(
                "SELECT s.id FROM sessions s JOIN accounts a ON a.id = s.account WHERE a.expires <= ?", (now,)
            ).fetchall()
            self._store.execute("DELETE FROM accounts WHERE expires <= ?", (now,))
        return [row["id"] for row in gone]


def _no_credits(bind: str) -> ApiError:
    return ApiError(Code.NO_CREDITS, "No credits are left for this edit.", {"anonymous": True, "bind": bind})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
