"""What the records of ``model`` have in common, in both forms of the code: made quickly, frozen, copied and pickled."""

from __future__ import annotations

from dataclasses import MISSING, fields
from types import FunctionType
from typing import Any


def finish(record: type) -> None:
    """Complete a frozen dataclass with slots.

    Copying and pickling it makes it anew from its fields, as a compiled class cannot be filled from outside. Its
    constructor writes to the slots themselves: the one that ``dataclasses`` writes goes through ``object.__setattr__``,
    which looks every field up by its name, and takes twice as long. A constructor that is compiled is left as it is.
    """
    setattr(record, "__reduce__", _reduced)  # noqa: B010 - mypy rejects the plain assignment
    if isinstance(vars(record)["__init__"], FunctionType):
        setattr(record, "__init__", _constructor(record))  # noqa: B010 - likewise


def _reduced(record: Any) -> tuple[type, tuple[Any, ...]]:
    return type(record), tuple(getattr(record, field.name) for field in fields(record))


def _constructor(record: type) -> FunctionType:
    """A constructor with the signature of the present one."""
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
    made: FunctionType = known["__init__"]
    made.__qualname__, made.__module__ = f"{record.__qualname__}.__init__", record.__module__
    made.__annotations__ = vars(record)["__init__"].__annotations__
    return made
