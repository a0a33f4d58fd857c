"""The skill's own service, or the same API at another address."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from skillwire.errors import SkillNotRunnable, UsageError
from skillwire.spec.model import Skill

if TYPE_CHECKING:
    import httpx

LOOPBACK_POLL = 0.25
"""Seconds between polls of a service on this machine, which a quick poll does not burden."""


class Cloud:
    """An agent over the network (or over loopback, when the address says so)."""

    dry = False
    outlives_us = True
    user_token = True

    def __init__(self, name: str, base_url: str) -> None:
        """``base_url`` with scheme and host. Raises ``UsageError`` when it is not a usable address."""
        try:
            parts = urlsplit(base_url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise UsageError(f"{base_url!r} is not an address ({error})", fix="write it as https://host") from error
        if parts.scheme not in ("http", "https") or not host:
            raise UsageError(f"{base_url!r} is not an address", fix="write it as https://host")
        if parts.username or parts.password:
            raise UsageError("an address must not carry a password", where=host, fix="keep it in the environment")
        self.loopback = is_loopback(host)
        if parts.scheme == "http" and not self.loopback:
            raise UsageError("plain http would show the token to the network", where=base_url, fix="use https")
        self.name = name
        self.base_url: str | None = base_url.rstrip("/")
        self.service = parts.netloc
        self.poll_every = LOOPBACK_POLL if self.loopback else None

    def transport(self) -> httpx.BaseTransport:
        import httpx  # noqa: PLC0415 - slow to load, and only needed once something is sent

        return httpx.HTTPTransport(retries=0)

    def hand_over(self, path: Path) -> str | None:  # noqa: ARG002 - the protocol's signature
        return None

    def close(self) -> None:
        return


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine. Names other than ``localhost`` are never trusted to."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def open_cloud(skill: Skill, environ: dict[str, str]) -> Cloud:
    """The skill's own service; the variable that the skill names for its address wins over the file."""
    override = environ.get(skill.base_url_env, "") if skill.base_url_env else ""
    base_url = override or skill.base_url
    if not base_url:
        raise SkillNotRunnable(
            "the skill names no host", where=skill.source, fix="state its base URL, or choose another agent"
        )
    return Cloud("cloud", base_url)
