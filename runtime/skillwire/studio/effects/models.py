"""Networks that lie beside the code as data: read whole, checked against their SHA-256, run on one thread each.

One thread, because stages of a render overlap anyway; two threads in each of them would only wait for each other.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import import_module
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from skillwire.errors import JobFailed

_FOLDER = "skillwire.studio.weights"
SELFIE = "selfie_segmenter.tflite"


def digests() -> dict[str, str]:
    """File name → SHA-256 in hex of each network, from ``SHA256SUMS``."""
    lines = files(_FOLDER).joinpath("SHA256SUMS").read_text("ascii").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line.strip())}


@cache
def weights(name: str) -> bytes:
    """The file of a network. Raises ``JobFailed`` when it is missing or not the one that was published."""
    fix = "install the package again"
    known = digests().get(name)
    if known is None:
        raise JobFailed("there is no such network in this package", where=name, fix=fix)
    try:
        content = files(_FOLDER).joinpath(name).read_bytes()
    except OSError:
        raise JobFailed("the file of a network is missing", where=name, fix=fix) from None
    if hashlib.sha256(content).hexdigest() != known:
        raise JobFailed("the file of a network is damaged or was replaced", where=name, fix=fix)
    return content


def checked_path(name: str) -> Path:
    """Where the checked file of a network lies. Raises as ``weights``."""
    weights(name)
    with as_file(files(_FOLDER).joinpath(name)) as path:
        return path


def interpreter(name: str) -> Any:
    """A ready interpreter of the network (``ai_edge_litert.interpreter.Interpreter``). Raises as ``weights``."""
    content = weights(name)
    # Loaded by name: slow, and it comes without types.
    network = import_module("ai_edge_litert.interpreter").Interpreter(model_content=content, num_threads=1)
    network.allocate_tensors()
    return network
