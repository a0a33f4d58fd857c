"""Reads the word lists that stand beside this package's modules."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def load(name: str) -> Any:
    """The JSON file ``name`` of ``skillwire.language``, parsed once per process; do not change the result."""
    return json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
