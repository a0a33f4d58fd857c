"""What the user is asked to choose from, its pictures written to files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from skillwire.engine.events import Choices, Event

# A service that offers more at once offers nonsense; a picture larger than this is no small one.
MOST_CHOICES, _MOST_BYTES = 99, 2_000_000
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


def saved(events: Iterator[Event], near: Path) -> Iterator[Event]:
    """The events; pictures of choices are written to files named after ``near``, and told by their paths."""
    for event in events:
        if isinstance(event, Choices):
            yield replace(event, candidates=tuple(_saved(one, near) for one in event.candidates[:MOST_CHOICES]))
        else:
            yield event


def _saved(candidate: dict[str, Any], near: Path) -> dict[str, Any]:
    """A candidate with its picture as a file; without, when there is none or it cannot be written."""
    kept = {name: value for name, value in candidate.items() if name != "picture"}
    header, comma, coded = str(candidate.get("picture", "")).partition(",")
    kind, _, coding = header.removeprefix("data:").partition(";")
    suffix = _SUFFIXES.get(kind)
    if not comma or coding != "base64" or suffix is None or len(coded) > _MOST_BYTES:
        return kept
    path = near.with_name(f"{near.name}.choice-{candidate['number']}{suffix}")
    try:
        path.write_bytes(base64.b64decode(coded, validate=True))
    except (OSError, binascii.Error):
        return kept
    return kept | {"picture": str(path)}
