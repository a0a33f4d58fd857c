"""What an agent is: whoever answers a skill's calls.

The whole seam is one ``httpx`` transport; the other attributes tell the engine what it may assume about this agent.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import httpx


class Agent(Protocol):
    """An opened agent.

    ``name``: as the user wrote it. ``base_url``: replaces the skill's own host; ``None`` keeps that. ``service``: key
    under which the vault keeps this agent's token and client id; empty: neither is kept. ``loopback``: nothing leaves the machine, so no consent is
    asked. ``user_token``: whether a token that the user set in the environment is meant for this agent. ``poll_every``:
    seconds between polls where that may be quicker than the skill says; ``None`` keeps the skill's interval. ``dry``:
    requests are shown, not sent. ``outlives_us``: whether its work goes on when this process dies.
    """

    name: str
    base_url: str | None
    service: str
    loopback: bool
    user_token: bool
    poll_every: float | None
    dry: bool
    outlives_us: bool

    def transport(self) -> httpx.BaseTransport:
        """The transport that carries requests to this agent."""
        ...

    def hand_over(self, path: Path) -> str | None:
        """A URL by which the agent can read a local file itself, or ``None`` when it must be sent."""
        ...

    def close(self) -> None:
        """Free what was started; safe to call twice."""
        ...


@runtime_checkable
class SignedIn(Protocol):
    """An agent that a run has a ``token`` for from the start, so that none is asked for."""

    token: str
