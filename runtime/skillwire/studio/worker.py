"""The process that touches media. A file that crashes a decoder crashes this process, never the service.

Speaks JSON lines: tasks on stdin, on stdout any number of ``{"progress": fraction}`` and then ``{"done": …}`` or
``{"failed": sentence, "kind": error class}`` for each. It ends when stdin does, also in the middle of a task, so none outlives its service.
"""

from __future__ import annotations

import json
import os
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.errors import SkillwireError

if TYPE_CHECKING:
    from skillwire.studio.render import MediaFile

# Progress lines come at most this often, in seconds.
_REPORT_EVERY = 0.2


def main() -> None:
    """Serves tasks until stdin closes."""
    # Writing the memory of a crashed decoder to disk would take longer than the render.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the service's to handle
    tasks: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read_tasks, args=(tasks,), daemon=True).start()
    import av  # noqa: PLC0415 - loaded ahead of the first task, after the reader has started

    av.logging.set_level(None)
    while True:
        answer = run(json.loads(tasks.get()), lambda fraction: _write({"progress": fraction}))
        _write(answer)


def run(task: dict[str, Any], on_progress: Callable[[float], None]) -> dict[str, Any]:
    """Carries out one task and returns its last line."""
    try:
        return {"done": _TASKS[task["task"]](task, on_progress)}
    except SkillwireError as error:
        return {"failed": str(error), "kind": type(error).__name__}
    except MemoryError:
        return {"failed": "the machine has too little memory for this clip", "kind": "JobFailed"}
    except Exception as error:  # noqa: BLE001 - a fault here must fail one job, with its traceback in the log
        traceback.print_exc()
        if not isinstance(error, OSError):
            return {"failed": f"the media engine met an error of its own ({type(error).__name__})", "kind": "JobFailed"}
        return {"failed": f"{error.strerror or type(error).__name__} while working on the clip", "kind": "JobFailed"}


def _take_in(task: dict[str, Any], _on_progress: Callable[[float], None]) -> dict[str, Any]:
    """Looks into a file; a picture is made a clip. Returns what is in it and where the file to play lies."""
    from skillwire.studio.media import stills  # noqa: PLC0415 - loads with the first task
    from skillwire.studio.media.probe import probe  # noqa: PLC0415 - loads with the first task

    path = Path(task["path"])
    if path.suffix.lower() not in stills.SUFFIXES:
        info = probe(path)
        if info.kind != "image":
            return {"info": info.to_json(), "path": str(path)}
    clip = path.with_name(f"{path.stem}.clip.mp4")
    animated = stills.developed(path, clip)
    path.unlink(missing_ok=True)
    return {"info": {**probe(clip).to_json(), "kind": "video" if animated else "image"}, "path": str(clip)}


def _compose(task: dict[str, Any], _on_progress: Callable[[float], None]) -> dict[str, Any]:
    from skillwire.studio.media.music import compose  # noqa: PLC0415 - loads with the first task

    return {"duration": compose(task["mood"], Path(task["path"]))}


def _render(task: dict[str, Any], on_progress: Callable[[float], None]) -> dict[str, Any]:
    from skillwire.studio.draft import from_json  # noqa: PLC0415 - loads with the first task
    from skillwire.studio.render import render  # noqa: PLC0415 - loads with the first task

    reported = time.monotonic()

    def report(fraction: float) -> None:
        nonlocal reported
        now = time.monotonic()
        if now - reported >= _REPORT_EVERY:
            reported = now
            on_progress(round(fraction, 4))

    notes = render(from_json(task["draft"]), _media(task), Path(task["target"]), task["quality"], report)
    return {"notes": notes}


def _proxy(task: dict[str, Any], on_progress: Callable[[float], None]) -> dict[str, Any]:
    return _render(task | {"quality": "draft"}, on_progress)


def _poster(task: dict[str, Any], _on_progress: Callable[[float], None]) -> dict[str, Any]:
    from skillwire.studio.draft import from_json  # noqa: PLC0415 - loads with the first task
    from skillwire.studio.render import poster  # noqa: PLC0415 - loads with the first task

    poster(from_json(task["draft"]), _media(task), Path(task["target"]), task["at"])
    return {}


def _media(task: dict[str, Any]) -> dict[str, MediaFile]:
    from skillwire.studio.render import MediaFile  # noqa: PLC0415 - loads with the first task

    return {name: MediaFile(**{**fields, "path": Path(fields["path"])}) for name, fields in task["media"].items()}


def _find_people(task: dict[str, Any], _on_progress: Callable[[float], None]) -> dict[str, Any]:
    from skillwire.studio.effects.backdrop.presence import has_people  # noqa: PLC0415 - loads networks

    return {"found": has_people(Path(task["path"]), task["name"])}


def _find_things(task: dict[str, Any], _on_progress: Callable[[float], None]) -> dict[str, Any]:
    from skillwire.studio.effects import vanish  # noqa: PLC0415 - loads networks
    from skillwire.studio.effects.finding import targets  # noqa: PLC0415 - loads networks

    path, name = Path(task["path"]), task["name"]
    if "removed" in task:
        return vanish.known(path, name, targets.from_json(task["removed"]))
    first, last = task["span"]
    return vanish.search(path, name, task["words"], (first, last))


def _read_mask(task: dict[str, Any], _on_progress: Callable[[float], None]) -> dict[str, Any]:
    from skillwire.studio.effects.following.painted import mark_of  # noqa: PLC0415 - loads OpenCV

    return mark_of(task["picture"])


_TASKS: dict[str, Callable[[dict[str, Any], Callable[[float], None]], dict[str, Any]]] = {
    "take_in": _take_in,
    "read_mask": _read_mask,
    "compose": _compose,
    "find_people": _find_people,
    "find_things": _find_things,
    "render": _render,
    "proxy": _proxy,
    "poster": _poster,
}


def _read_tasks(tasks: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        tasks.put(line)
    os._exit(0)  # the service is gone; a render under way is worth nothing


def _write(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
