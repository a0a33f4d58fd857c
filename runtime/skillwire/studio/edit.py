"""Editing operations: a draft and what was asked → the next draft and what to tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from skillwire.studio.draft import Draft


@dataclass(frozen=True, slots=True)
class Edit:
    """An operation's outcome: the draft after it, and the key and values of the sentence about it."""

    draft: Draft
    sentence: str
    values: Mapping[str, Any]


class Unsupported(Exception):
    """An operation, or a form of it, that the timeline cannot carry out. ``what`` describes it in short."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


def apply(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    """Carries out one operation (as the reading gives it: ``{"op": name, …}``).

    Raises ``Unsupported`` when it cannot be done; the draft is a value, so nothing has changed then.
    """
    name = str(operation.get("op"))
    edit = _EDITS.get(name)
    if edit is None:
        raise Unsupported(describe(operation))
    return edit(draft, operation)


def describe(operation: Mapping[str, Any]) -> str:
    """An operation in short for people: ``trim (start 0, end 10)``."""
    details = ", ".join(f"{key} {value}" for key, value in operation.items() if key != "op" and value is not None)
    name = str(operation.get("op")).replace("_", " ")
    return f"{name} ({details})" if details else name


def _remove_audio(draft: Draft, operation: Mapping[str, Any]) -> Edit:
    if operation.get("start") is not None or operation.get("end") is not None:
        raise Unsupported(describe(operation))
    if not draft.audio:
        return Edit(draft, "already_silent", {})
    return Edit(replace(draft, audio=()), "sound_removed", {})


_EDITS: dict[str, Callable[[Draft, Mapping[str, Any]], Edit]] = {
    "remove_audio": _remove_audio,
}
