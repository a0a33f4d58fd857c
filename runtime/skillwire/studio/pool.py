"""Worker processes, kept warm. Each takes one task at a time; one that crashes fails its task and is replaced."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import Any

# The longest line a worker sends: a task's result.
_LINE_BYTES = 4 * 1024 * 1024


class TaskFailed(Exception):
    """A task did not succeed. ``kind`` is the class name of the error in the worker, ``Crash`` when the worker died."""

    def __init__(self, message: str, kind: str) -> None:
        self.message = message
        self.kind = kind
        super().__init__(message)


class Pool:
    """At most ``size`` workers, started when first wanted; ``warm`` starts one ahead."""

    def __init__(self, size: int, *, verbose: bool = False) -> None:
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Process] = []
        self._all: set[Process] = set()
        self._stderr = None if verbose else DEVNULL

    async def warm(self) -> None:
        """Starts one worker, so that the first task need not wait for it."""
        if not self._all:
            self._idle.append(await self._start())

    async def run(self, task: dict[str, Any], on_progress: Callable[[float], None] | None = None) -> dict[str, Any]:
        """Has a worker carry out a task; waits for a free one. Cancelling kills that worker at once.

        Raises ``TaskFailed``.
        """
        async with self._slots:
            worker = await self._take()
            try:
                answer = await self._talk(worker, task, on_progress)
            except BaseException:
                await self._end(worker)
                raise
            self._idle.append(worker)
        if "failed" in answer:
            raise TaskFailed(answer["failed"], answer["kind"])
        done: dict[str, Any] = answer["done"]
        return done

    async def close(self) -> None:
        """Ends all workers at once."""
        for worker in list(self._all):
            await self._end(worker)

    async def _take(self) -> Process:
        while self._idle:
            worker = self._idle.pop()
            if worker.returncode is None:
                return worker
            self._all.discard(worker)
        starting = asyncio.ensure_future(self._start())
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Whoever is cancelled while its worker is being born would leave one that nobody knows of.
            await self._end(await starting)
            raise

    async def _start(self) -> Process:
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "skillwire.studio.worker"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=self._stderr,
            limit=_LINE_BYTES,
            env=worker_environment(),
        )
        self._all.add(worker)
        return worker

    async def _talk(
        self, worker: Process, task: dict[str, Any], on_progress: Callable[[float], None] | None
    ) -> dict[str, Any]:
        if worker.stdin is None or worker.stdout is None:
            raise TaskFailed("the worker has no pipes", "Crash")
        # A worker that is gone already shows below; uvloop tells of it with a bare RuntimeError.
        with suppress(ConnectionError, RuntimeError):
            worker.stdin.write(json.dumps(task).encode() + b"\n")
            await worker.stdin.drain()
        # A last line without its end is what a crash left.
        while (line := await worker.stdout.readline()).endswith(b"\n"):
            answer: dict[str, Any] = json.loads(line)
            if "progress" not in answer:
                return answer
            if on_progress:
                on_progress(answer["progress"])
        raise TaskFailed(f"the media engine {_how_it_ended(await worker.wait())} while working on this clip", "Crash")

    async def _end(self, worker: Process) -> None:
        self._all.discard(worker)
        with suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()


def worker_environment() -> dict[str, str]:
    """The environment a worker is started with.

    Pictures are made in several threads and freed in others. glibc would keep a heap for each thread, none of which ever shrinks:
    two, shared by all, take a fifth less memory, and no more time.
    """
    return {
        "MALLOC_ARENA_MAX": "2",
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with status {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
