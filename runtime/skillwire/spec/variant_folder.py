"""Writes a variant as a skill folder: its file, what lies beside the original, and tests for what is new. All or nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from skillwire.errors import BadInput, OutputFailed
from skillwire.spec.agentskills import FILE_NAMES
from skillwire.spec.variant import Variant
from skillwire.spec.variant_changes import Changes

ROUTE_TESTS = Path("evals/routes.yaml")
"""Where a skill keeps its route tests, seen from its folder."""
FOLDERS = ("evals", "scripts", "references", "assets")
"""What goes with a skill file: the folders of the Agent Skills format, and its evaluations."""

# A skill is text and a few pictures; more is a mistake such as naming the root of a disk.
_MAX_FILES = 1000
_MAX_BYTES = 64 * 1024 * 1024
_ITEM = re.compile(r"^( *)- ", re.MULTILINE)


def files(variant: Variant, changes: Changes, original: Path) -> dict[Path, bytes]:
    """The files of the variant by path inside its folder. ``original`` is the file of the original skill.

    Texts are renamed and rehosted, route tests get one case for each new phrase. Raises ``BadInput``.
    """
    made = {Path(FILE_NAMES[0]): variant.text.encode()}
    if original.name in FILE_NAMES:
        size = 0
        for path in _beside(original.parent):
            content = _read(path)
            size += len(content)
            if len(made) > _MAX_FILES or size > _MAX_BYTES:
                raise BadInput("too much lies beside the skill file to copy it", where=str(original.parent))
            made[path.relative_to(original.parent)] = _adapted(content, variant)
    if changes.phrases:
        tests = made.get(ROUTE_TESTS, b"").decode("utf-8", "replace")
        made[ROUTE_TESTS] = _with_cases(tests, variant, changes).encode()
    return made


def write(folder: Path, contents: Mapping[Path, bytes]) -> None:
    """Make ``folder`` with these files, so that it is there whole or not at all.

    Raises ``BadInput`` when something of that name exists, ``OutputFailed`` when the disk refuses.
    """
    beside: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(folder):
            raise BadInput("this exists already", where=str(folder), fix="choose another name or folder")
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        for path, content in contents.items():
            target = beside / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        beside.chmod(0o777 & ~_umask())
        beside.rename(folder)
        beside = None
    except OSError as error:
        raise OutputFailed(f"cannot be written ({error.strerror})", where=str(folder)) from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _beside(folder: Path) -> Iterator[Path]:
    """Regular files of the folders that go with a skill; hidden ones and symbolic links stay behind."""
    for name in FOLDERS:
        for place, inner, found in os.walk(folder / name):
            inner[:] = sorted(entry for entry in inner if not entry.startswith((".", "__")))
            for entry in sorted(found):
                path = Path(place, entry)
                if not entry.startswith(".") and path.is_file() and not path.is_symlink():
                    yield path


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(path)) from error


def _adapted(content: bytes, variant: Variant) -> bytes:
    try:
        return variant.adapt(content.decode()).encode()
    except UnicodeDecodeError:
        return content


def _with_cases(tests: str, variant: Variant, changes: Changes) -> str:
    """Route tests with a case for each new phrase, in the style of the file; everything else stays as it is."""
    plans = {
        row.action: ", ".join((row.action, *row.then)) for row in reversed(variant.skill.routes) if not row.fallback
    }
    cases = [
        f"{{utterance: {json.dumps(words, ensure_ascii=False)}, plan: [{plans[action]}]}}"
        for action, words in changes.phrases
    ]
    written = tests.rstrip()
    if written.endswith("]") and not _ITEM.search(written):
        head = written[:-1].rstrip()
        return f"{head}{'' if head.endswith(('[', ',')) else ','} {', '.join(cases)}]\n"
    item = _ITEM.search(tests)
    return "\n".join(filter(None, (written, *(f"{item[1] if item else ''}- {case}" for case in cases)))) + "\n"
