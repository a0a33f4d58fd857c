"""The pool of workers: whoever is cancelled leaves no process behind, however early."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from skillwire.studio.pool import Pool


def _workers():
    """Process ids of the workers that still run; one that is being killed has lost its command line already."""
    found = set()
    for pid in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"skillwire.studio.worker" in command or command == [b""]:
            found.add(int(pid))
    return found


async def _cancelled_after(turns):
    pool = Pool(1)
    task = asyncio.ensure_future(pool.run({"task": "none such"}))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    left = _workers()
    await pool.close()
    return task.cancelled(), left


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 10])
def test_a_task_cancelled_while_its_worker_is_born_leaves_none(loop, turns):
    factory = pytest.importorskip("uvloop").new_event_loop if loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        cancelled, left = runner.run(_cancelled_after(turns))
    assert cancelled
    assert left == set()


@pytest.mark.parametrize("turns", [1, 20, 200])
def test_a_loop_that_tells_of_a_worker_late_leaves_none_either(turns, monkeypatch):
    """Between the birth of a process and the news of it a loop may turn a few times."""
    born = asyncio.create_subprocess_exec

    async def told_late(*arguments, **options):
        process = await born(*arguments, **options)
        for _ in range(100):
            await asyncio.sleep(0)
        return process

    monkeypatch.setattr("skillwire.studio.pool.asyncio.create_subprocess_exec", told_late)
    cancelled, left = asyncio.run(_cancelled_after(turns))
    assert cancelled
    assert left == set()
