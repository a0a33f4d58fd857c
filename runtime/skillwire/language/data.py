"""Reads the word lists that stand beside this package's modules."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> Any:
    """The JSON file ``name`` of ``skillwire.language``, parsed once per process; do not change the result."""
    return json.loads((files("skillwire.language") / name).read_text(encoding="utf-8"))
