"""Frozen records that are made as quickly as Python allows."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any


def quicken(record: type) -> None:
    """Give a frozen dataclass with slots a constructor that writes to the slots themselves.

    The one that ``dataclasses`` writes goes through ``object.__setattr__``, which looks every field up by its name, and
    takes twice as long. Signature, defaults and all else stay.
    """
    known: dict[str, Any] = {
        "_unset": MISSING
    }  # what the constructor refers to; names of fields start with no underscore
    takes, lines = [], []
    for field in fields(record):
        name = field.name
        default = ""
        if field.default is not MISSING:
            known[f"_default_{name}"] = field.default
            default = f"=_default_{name}"
        elif field.default_factory is not MISSING:
            known[f"_make_{name}"] = field.default_factory
            default = "=_unset"
            lines.append(f"if {name} is _unset: {name} = _make_{name}()")
        takes.append(name + default)
        known[f"_set_{name}"] = getattr(record, name).__set__
        lines.append(f"_set_{name}(self, {name})")
    body = "".join(f"    {line}\n" for line in lines)
    exec(f"def __init__(self, {', '.join(takes)}):\n{body}", known)  # noqa: S102 - names of fields, nothing else
    made = known["__init__"]
    made.__qualname__, made.__module__ = f"{record.__qualname__}.__init__", record.__module__
    made.__annotations__ = getattr(record, "__init__").__annotations__  # noqa: B009 - mypy rejects the plain access
    setattr(record, "__init__", made)  # noqa: B010 - likewise
