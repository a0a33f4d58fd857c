"""The published JSON Schema of operations, and what in a list of operations offends it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def operations_schema() -> dict[str, Any]:
    """``operations.schema.json``, parsed once; do not change the result."""
    schema: dict[str, Any] = json.loads(
        files(__package__).joinpath("operations.schema.json").read_text(encoding="utf-8")
    )
    return schema


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - slow to import; only other planners' answers need it

    return Draft202012Validator(operations_schema())


def fault(ops: Any) -> str:
    """The first thing wrong with a list of operations, or an empty string. Values of the list are not repeated."""
    error = next(iter(_validator().iter_errors(ops)), None)
    if error is None:
        return ""
    place = "".join(f"[{step}]" for step in error.absolute_path)
    return f"operations{place} do not match the schema ({error.validator})"
