"""Which form of ``spec`` runs: its sources, or the same modules compiled to C by ``skillwire.native.build``.

The compiled form lies beside the sources in ``__pycache__``, as bytecode does, in a folder of its own for each Python.
Like bytecode it counts only while it belongs to exactly these sources: a stamp in the folder holds the Python it was
made by, and the size and time of every source file and of every compiled one. Where anything differs, is missing or
cannot be loaded, the sources run. ``SKILLWIRE_PURE=1`` asks for them outright.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

LIBRARY = "skillwire.spec._native__mypyc"
"""The module that holds all compiled code; the compiled modules are links to its file."""
STAMP = "stamp"


def attach(path: list[str]) -> None:
    """Let the modules of the package with this ``__path__`` come from the compiled form, if that may stand in for them."""
    if os.environ.get("SKILLWIRE_PURE"):
        return
    sources = path[0]
    compiled = folder(sources)
    try:
        with open(os.path.join(compiled, STAMP), encoding="utf-8") as file:  # noqa: PTH118, PTH123 - at every start
            if file.read() != stamp(sources, compiled):
                return
    except (OSError, ValueError):
        return
    path.insert(0, compiled)
    try:
        import_module(LIBRARY)
    except ImportError:  # another machine's, or damaged: said now, before any module relies on it
        path.remove(compiled)


def folder(sources: str) -> str:
    """Where the compiled form of the package in the folder ``sources`` lies for this Python."""
    return os.path.join(sources, "__pycache__", f"native-{sys.implementation.cache_tag}")  # noqa: PTH118 - as above


def stamp(sources: str, compiled: str) -> str:
    """What ties a compiled form to its sources; differs once any file of either differs. Raises ``OSError``."""
    lines = [sys.version]
    for base, ending in (sources, ".py"), (compiled, ".so"):
        for place in (base, f"{base}/rules"):
            with os.scandir(place) as entries:
                for entry in sorted(entries, key=_name):
                    if entry.name.endswith(ending):
                        found = entry.stat()
                        lines.append(f"{entry.name} {found.st_size} {found.st_mtime_ns}")
    return "\n".join(lines)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
