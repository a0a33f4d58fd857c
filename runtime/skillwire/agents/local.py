"""The embedded studio: started on a loopback port for one run, in a process of its own, and gone with it.

A process, not a thread: a decoder that crashes, or a render that fills the memory, must not take the user's command along.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.engine.wording import plain
from skillwire.errors import RunError, UsageError
from skillwire.folders import data_dir, kept, private

if TYPE_CHECKING:
    import httpx

START_TIMEOUT = 60.0
"""Seconds for the studio to say it is ready; a cold disk is slow, a hung process must still end."""
POLL_EVERY = 0.1
"""Seconds between polls: asking over loopback costs nothing, and the user waits."""
_EXTRA = ("av", "starlette", "uvicorn", "multipart")


class Local:
    """The studio, running. It reads input files itself, from a folder that only this user can open."""

    name = "local"
    service = "studio"
    loopback = True
    user_token = False
    dry = False
    outlives_us = False
    poll_every: float | None = POLL_EVERY

    def __init__(self) -> None:
        """Start the studio and wait until it answers. Raises ``UsageError`` without its extra, else ``RunError``."""
        self.require_extra()
        with kept("the studio's files"):
            home = private(data_dir() / "studio")
            # Below the studio's home, so that a hard link to it never crosses into a world-readable folder.
            shelves = private(home / "hand-over")
            _sweep(shelves)
            self._shelf = Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=shelves))
            self._log = (self._shelf / "studio.log").open("w+b")
        command = [sys.executable, "-m", "skillwire.studio", "--port", "0", "--home", str(home)]
        command += ["--hand-over", str(self._shelf), "--until-stdin-closes"]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=_clean_environment()
        )
        try:
            self.base_url: str | None = self._await_ready()
        except BaseException:
            self.close()
            raise

    def transport(self) -> httpx.BaseTransport:
        import httpx  # noqa: PLC0415 - slow to load

        return httpx.HTTPTransport(retries=0)

    def hand_over(self, path: Path) -> str | None:
        """Put a file where the studio may read it: a hard link where the disk allows one, else a copy."""
        folder = Path(tempfile.mkdtemp(dir=self._shelf))
        target = folder / path.name
        try:
            target.hardlink_to(path.resolve())
        except OSError:
            try:
                shutil.copyfile(path, target)
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise RunError(
                    f"cannot hand over the file ({error.strerror})", where=str(path), fix="free some disk space"
                ) from error
        return target.as_uri()

    def close(self) -> None:
        process = self._process
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self._log.close()
        shutil.rmtree(self._shelf, ignore_errors=True)

    def _await_ready(self) -> str:
        import selectors  # noqa: PLC0415 - only the start needs it

        stdout = self._process.stdout
        if stdout is None:
            raise RunError("the studio has no output to read its address from")
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            line = stdout.readline() if selector.select(START_TIMEOUT) else b""
        try:
            return str(json.loads(line)["url"])
        except (ValueError, KeyError, TypeError):
            raise RunError(
                "the embedded studio did not start", where=self._last_words(), fix="see `skillwire doctor`"
            ) from None

    def _last_words(self) -> str:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return plain(lines[-1])[:300] if lines else "studio"

    @staticmethod
    def require_extra() -> None:
        """Raise ``UsageError`` when a package of the studio is not installed."""
        from importlib.util import find_spec  # noqa: PLC0415 - only the start needs it

        lacking = [name for name in _EXTRA if find_spec(name) is None and find_spec(f"python_{name}") is None]
        if lacking:
            raise UsageError(
                f"the embedded studio needs {', '.join(lacking)}",
                fix="install it with: pip install 'skillwire[studio]'",
            )


def _sweep(shelves: Path) -> None:
    """Remove the folders of runs that were killed; the process id in the name tells whose they were."""
    for shelf in shelves.glob("run-*"):
        owner = shelf.name.split("-")[1]
        if not (owner.isdigit() and _alive(int(owner))):
            shutil.rmtree(shelf, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _clean_environment() -> dict[str, str]:
    """The environment without anything that looks like a secret: the studio needs none of the user's tokens."""
    secret = ("TOKEN", "SECRET", "PASSWORD", "API_KEY", "CREDENTIAL")
    return {name: value for name, value in os.environ.items() if not any(word in name.upper() for word in secret)}


def serve(port: int, home: Path | None, options: Sequence[str] = ()) -> int:
    """Run the studio in the foreground for other clients; returns its exit code.

    ``options``: further ones of ``python -m skillwire.studio``. It ends with this process, however that ends.
    """
    Local.require_extra()
    with kept("the studio's files"):
        folder = private(home or data_dir() / "studio")
    command = [sys.executable, "-m", "skillwire.studio", "--port", str(port), "--home", str(folder), *options]
    with subprocess.Popen(  # noqa: S603 - our own module, no shell
        [*command, "--until-stdin-closes"], stdin=subprocess.PIPE, env=_clean_environment()
    ) as process:
        try:
            return process.wait()
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()


def read_edits(text: str) -> dict[str, Any]:
    """The studio's reading of a request: ``ops``, and ``unread`` and ``reply`` where something was not understood."""
    from skillwire.studio.understand.planners import understand_with  # noqa: PLC0415 - loaded when asked for

    reading = understand_with(text)
    told: dict[str, Any] = {"ops": list(reading.ops)}
    if reading.unread:
        told["unread"] = list(reading.unread)
    if reading.reply:
        told["reply"] = reading.reply
    if reading.note:
        told["note"] = reading.note
    return told
