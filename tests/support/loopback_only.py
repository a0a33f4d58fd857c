"""Makes this process unable to speak to another machine: an audit hook that fails whatever tries.

As ``sitecustomize`` in a folder on PYTHONPATH it does the same to the processes that a test starts.
"""

from __future__ import annotations

import ipaddress
import sys


def is_strange(host: object) -> bool:
    """Whether a host name or address is none of this machine."""
    if host in (None, "", "localhost", b"localhost"):
        return False
    try:
        return not ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return True


def guard(event: str, arguments: tuple) -> None:
    """Raise when an audited event tells of another machine."""
    host = None
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    if is_strange(host):
        raise AssertionError(f"{event} {arguments[1:]}: something is about to leave the machine")


def install() -> None:
    """From here on, for good."""
    sys.addaudithook(guard)
