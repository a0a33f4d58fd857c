"""What is said when a request, or a part of it, was not understood."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _wording() -> dict[str, Any]:
    wording: dict[str, Any] = json.loads(files(__package__).joinpath("replies.json").read_text(encoding="utf-8"))
    return wording


def reply(language: str, unread: tuple[str, ...], asks: list[str]) -> str:
    """A question for each thing left open, or what was not understood and what can be done.

    ``asks``: keys of the questions in ``replies.json``.
    """
    wording = _wording()[language]
    if asks:
        return " ".join(wording["ask"][key] for key in asks)
    if unread:
        parts = wording["join"].join(
            wording["quote"].format(part if len(part) <= 80 else part[:79] + "…") for part in unread[:3]
        )
        return f"{wording['unread'].format(parts)} {wording['can']}"
    return str(wording["can"])
