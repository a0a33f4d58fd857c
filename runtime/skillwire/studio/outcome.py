"""What comes of an editing operation: an edit, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skillwire.studio.draft import Draft


@dataclass(frozen=True, slots=True)
class Edit:
    """An operation's outcome: the draft after it, and the key and values of the sentence about it."""

    draft: Draft
    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Unsupported(Exception):
    """An operation, or a form of it, that the timeline cannot carry out. ``what`` describes it in short.

    ``sentence`` is the key of the sentence that tells why; ``details`` go with it as data.
    """

    def __init__(
        self, what: str, sentence: str = "cannot_yet", details: Mapping[str, Any] | None = None, **values: Any
    ) -> None:
        self.what = what
        self.sentence = sentence
        self.details = details or {}
        self.values = {"what": what, **values}
        super().__init__(what)


def describe(operation: Mapping[str, Any]) -> str:
    """An operation in short for people: ``trim (start 0, end 10)``."""
    details = ", ".join(f"{key} {value}" for key, value in operation.items() if key != "op" and value is not None)
    name = str(operation.get("op")).replace("_", " ")
    return f"{name} ({details})" if details else name


def clock(milliseconds: int) -> str:
    """``75500`` → ``1:15.5``; under a minute ``15.5``."""
    seconds = f"{milliseconds % 60_000 / 1000:g}"
    if milliseconds < 60_000:
        return seconds
    whole, point, part = seconds.partition(".")
    return f"{milliseconds // 60_000}:{whole.zfill(2)}{point}{part}"
