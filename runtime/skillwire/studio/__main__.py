"""``python -m skillwire.studio``: runs the service on a loopback port until it is told to stop."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import sqlite3
import sys
import threading
from pathlib import Path

# Seconds that requests under way get to end when the service is told to stop.
_GRACE_SECONDS = 1


def main(arguments: list[str] | None = None) -> int:
    """Runs the service; returns the exit code."""
    options = _parse(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.DEBUG if options.verbose else logging.CRITICAL, format="%(name)s: %(message)s"
    )
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", options.port))
    except OSError as error:
        sys.stderr.write(f"port {options.port} cannot be used ({error.strerror}); choose another with --port\n")
        return 3
    # After the cheap things that can go wrong: these take most of the start.
    import uvicorn  # noqa: PLC0415 - slow import

    from skillwire.studio.app import Studio, create_app  # noqa: PLC0415 - slow import
    from skillwire.studio.manner import LikeCloud  # noqa: PLC0415 - with the app

    try:
        studio = Studio(
            options.home,
            hand_over=options.hand_over,
            metered=options.metered,
            private_urls=options.private_urls,
            manner=LikeCloud(options.seed, options.cloud_delay) if options.like_cloud else None,
            verbose=options.verbose,
        )
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        sys.stderr.write(f"{options.home}: the studio cannot keep its files there ({reason}); choose another folder\n")
        return 3

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if not self.should_exit:
                address = listener.getsockname()
                sys.stdout.write(json.dumps({"url": f"http://{address[0]}:{address[1]}", "pid": os.getpid()}) + "\n")
                sys.stdout.flush()

    server = Server(
        uvicorn.Config(
            create_app(studio),
            log_config=None,
            access_log=options.verbose,
            lifespan="on",
            ws="none",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    # The server raises a caught signal again once it has shut down; by then that must not end the process as killed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    if options.until_stdin_closes:
        threading.Thread(target=_stop_with_stdin, args=(server,), daemon=True).start()
    server.run(sockets=[listener])
    return 0 if server.started else 3


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m skillwire.studio", description="The embedded video service.")
    parser.add_argument("--port", type=_port, default=0, help="loopback port; 0 takes a free one")
    parser.add_argument("--home", type=Path, required=True, metavar="DIR", help="folder for all state")
    parser.add_argument(
        "--hand-over",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="private folder (mode 0700) from which files are taken by file:// reference",
    )
    parser.add_argument("--metered", action="store_true", help="let edits cost credits")
    parser.add_argument(
        "--private-urls", action="store_true", help="fetch from this machine and its network, for tests"
    )
    parser.add_argument("--like-cloud", action="store_true", help="answer late, about buttons, and at times not at all")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what --like-cloud's chances follow from")
    parser.add_argument(
        "--cloud-delay", type=float, default=8.0, metavar="SECONDS", help="the longest that --like-cloud waits"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input ends")
    parser.add_argument("--verbose", action="store_true", help="log to standard error")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _stop_with_stdin(server: object) -> None:
    # Not through sys.stdin: its lock, held by this thread while it waits, would abort the interpreter at exit.
    while os.read(sys.stdin.fileno(), 65536):
        pass
    server.should_exit = True  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
