"""The option that names folders of skills, and how listed skills are told apart in text."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from skillwire.catalog import Entry

skills_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--skills",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder of skills to search before all others; may be given again.",
)


def short(path: Path) -> str:
    """``path`` with the home folder as ``~``."""
    text, home = str(path), str(Path.home())
    return "~" + text[len(home) :] if text.startswith(home + os.sep) else text


def standing(entry: Entry) -> str:
    """Why an entry is not simply usable, as one phrase; empty when it is."""
    if entry.hidden:
        return f"hidden: {entry.hidden}"
    if entry.shadowed_by is not None:
        return f"shadowed by {short(entry.shadowed_by)}"
    return f"not eligible: {'; '.join(entry.reasons)}" if entry.reasons else ""
