"""The folders in which skills are looked for, in the order in which they win.

The order is OpenClaw's between its own folders, then other clients', then the skills that come with this package; folders
that the user names, by flag or environment, come before all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from skillwire.errors import BadInput

ENVIRONMENT = "SKILLWIRE_SKILLS"
"""Variable with further folders of skills, separated as in ``PATH``."""

# Folders below a project and below the home folder; those that several clients share tell no platform.
_WORKSPACE = ("skills", ".agents/skills")
_HOME = ((".agents/skills", "unknown"), (".openclaw/skills", "openclaw"))
_CLIENTS = tuple(
    (f".{client}/skills", client) for client in ("claude", "cursor", "codex", "gemini", "copilot", "clawhub")
)


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of skill folders. ``kind`` is flag, environment, workspace, home, client or bundled.

    ``platform`` is the client the folder belongs to. A skill may have a rule of its own for its platform header.
    """

    path: Path
    kind: str
    platform: str = "unknown"


def candidates(paths: Sequence[Path] = (), cwd: Path | None = None) -> Iterator[Root]:
    """Every folder that is searched, in order, whether it exists or not; ``paths`` come first."""
    yield from (Root(path.absolute(), "flag") for path in paths)
    stated = os.environ.get(ENVIRONMENT, "")
    yield from (Root(expanded(part).absolute(), "environment") for part in stated.split(os.pathsep) if part)
    places = _workspaces(cwd)
    yield from (Root(place / name, "workspace") for place in places for name in _WORKSPACE)
    home = Path.home()
    yield from (Root(home / name, "home", platform) for name, platform in _HOME)
    yield from (Root(place / name, "client", platform) for place in (*places, home) for name, platform in _CLIENTS)
    package = Path(__file__).parent
    # The wheel carries the skills inside the package; a checkout has them beside the source root.
    yield from (Root(path, "bundled") for path in (package / "_skills", package.parents[1] / "skills"))


def roots(paths: Sequence[Path] = (), cwd: Path | None = None) -> list[Root]:
    """The folders of ``candidates`` that exist, each once.

    Raises ``BadInput`` for a folder in ``paths`` that does not exist.
    """
    for path in paths:
        if not is_folder(path):
            raise BadInput("there is no such folder of skills", where=str(path), fix="check --skills")
    found: dict[str, Root] = {}
    for root in candidates(paths, cwd):
        if is_folder(root.path):
            found.setdefault(os.path.realpath(root.path), root)
    return list(found.values())


def expanded(text: str) -> Path:
    """``text`` as a path, a leading ``~`` as the home folder where there is one of that user."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_folder(path: Path) -> bool:
    """Whether ``path`` is a folder that can be looked at; a name too long or a forbidden parent says no."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _workspaces(cwd: Path | None) -> list[Path]:
    """The working folder and, inside a repository, the folder it starts at."""
    try:
        here = (cwd or Path.cwd()).absolute()
    except FileNotFoundError:  # the working folder was deleted
        return []
    above = next((place for place in (here, *here.parents) if _exists(place / ".git")), here)
    return list(dict.fromkeys((here, above)))
