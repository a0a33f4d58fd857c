"""Where a skill's route tests lie, and which skills a reference means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skillwire import catalog
from skillwire.engine.evaluate_cases import FILES, Case, read
from skillwire.errors import BadInput, SkillNotFound
from skillwire.spec.agentskills import skill_file

_MAX_BYTES = 16 * 1024 * 1024


def suite(folder: Path) -> list[Case]:
    """The cases of the evaluations in a skill's folder; none when it has no evaluations. Raises ``BadInput``."""
    found = (folder / "evals" / name for name in FILES)
    return [case for path in found if path.is_file() for case in cases(path)]


def cases(path: Path) -> list[Case]:
    """The cases of one file. Raises ``BadInput`` when it cannot be read or is no list of cases."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise BadInput(f"more than {_MAX_BYTES:,} bytes of cases", where=str(path), fix="split the file")
        return read(data.decode("utf-8-sig"), str(path))
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(path)) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadInput("not UTF-8 text", where=f"{path}:{line}", fix="save it as UTF-8") from error


def skill_files(refs: Sequence[str], folders: Sequence[Path]) -> list[Path]:
    """The skill files that names and paths mean; a folder of skill folders means all of them. Raises ``SkillNotFound``."""
    files: list[Path] = []
    for ref in refs:
        try:
            files.append(catalog.locate(ref, paths=folders))
        except SkillNotFound:
            inside = sorted(Path(ref).iterdir()) if Path(ref).is_dir() else []
            found = [file for place in inside if place.is_dir() and (file := skill_file(place))]
            if not found:
                raise
            files += found
    return list(dict.fromkeys(files))
