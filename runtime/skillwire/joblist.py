"""A list of jobs as a CSV file: a job a row, or many where a row names a folder or a pattern.

    skill,files,words,output
    video-audio-remover,talks/*.mp4,remove all audio,silent/
    ,intro.mov | outro.mov,join them and add music,film.mp4

``files`` and ``words`` are needed. ``files``: a path, a pattern, a folder (its clips, not those of folders in it) or an address,
several with ``|`` between them for one job. A pattern or folder makes a job of each file it finds. ``output``: a file, or a
folder, which ends with a slash or exists. ``skill``: a name or path; empty, as in the row above. Paths count from the list's folder.
"""

from __future__ import annotations

import csv
import glob
import io
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from skillwire.errors import BadInput

COLUMNS = ("skill", "files", "words", "output")
_NEEDED = ("files", "words")
_DELIMITERS = ",;\t"
MAX_JOBS = 10_000
_MAX_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Job:
    """One run: which skill does what with which files. ``line`` is the row's in the list, ``output`` ``None`` for beside the input."""

    line: int
    skill: str
    files: tuple[str, ...]
    words: str
    output: Path | None = None


def read(path: Path, *, skill: str = "", formats: Callable[[str], Sequence[str]] = lambda _: ()) -> list[Job]:
    """The jobs of the list at ``path``, in order.

    ``skill`` is for rows that name none. ``formats``: which suffixes (without dots) a skill takes, for folders; all where empty.
    Raises ``BadInput`` that tells all that is wrong at once, or what ``formats`` raises.
    """
    text = _text(path)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    names: list[str] = []
    jobs: list[Job] = []
    wrong: list[str] = []
    taken: set[Path] = set()
    try:
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = _columns(path, cells)
                continue
            row = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
            skill = row.get("skill") or skill
            try:
                jobs += _jobs(path.parent, rows.line_num, skill, row, taken, formats)
            except ValueError as error:
                wrong.append(f"line {rows.line_num}: {error}")
    except csv.Error as error:
        wrong.append(f"line {rows.line_num}: {error}")
    if len(jobs) > MAX_JOBS:
        wrong.append(f"there are {len(jobs)} jobs, and at most {MAX_JOBS} are taken")
    if not jobs and not wrong:
        wrong.append("there is no job in it")
    if wrong:
        shown = "; ".join(wrong[:20]) + ("; …" if len(wrong) > 20 else "")
        raise BadInput(shown, where=str(path), fix="mend the list; nothing was started")
    return jobs


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot open the list ({error.strerror})", where=str(path), fix="check the path") from error
    if len(data) > _MAX_BYTES or b"\0" in data:
        raise BadInput("this is not a list of jobs", where=str(path), fix="name a CSV file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput("the list is not UTF-8", where=f"{path}:{line}", fix="save it as UTF-8") from error


def _delimiter(text: str) -> str:
    """What stands between cells: of comma, semicolon and tab the one that is most frequent in the first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=first.count)


def _columns(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    strange = [name for name in names if name not in COLUMNS]
    missing = [name for name in _NEEDED if name not in names]
    if strange or missing or len(set(names)) < len(names):
        raise BadInput(
            f"the first row is {', '.join(names)!r}", where=str(path), fix=f"name the columns {', '.join(COLUMNS)}"
        )
    return names


def _jobs(
    folder: Path,
    line: int,
    skill: str,
    row: dict[str, str],
    taken: set[Path],
    formats: Callable[[str], Sequence[str]],
) -> list[Job]:
    """A row's jobs. Raises ``ValueError`` with what is wrong with it."""
    words = row.get("words", "")
    if not skill:
        raise ValueError("no skill is named")
    if not words:
        raise ValueError("the words are missing")
    stated = [part.strip() for part in row.get("files", "").split("|") if part.strip()]
    if not stated:
        raise ValueError("the files are missing")
    known = formats(skill)
    groups = [tuple(_one(folder, part) for part in stated)]
    if len(stated) == 1:
        groups = [(found,) for found in _each(folder, stated[0], known)]
    jobs = []
    for files in groups:
        output = _output(folder, row.get("output", ""), files[0], taken, alone=len(groups) == 1)
        jobs.append(Job(line, skill, files, words, output))
    return jobs


def _each(folder: Path, stated: str, known: Sequence[str]) -> Iterable[str]:
    """What one name stands for: itself, or all that a folder or pattern holds, in order of names."""
    here = _one(folder, stated)
    is_folder = not _is_address(stated) and Path(here).is_dir()
    if _is_address(stated) or (os.path.lexists(here) and not is_folder):
        return [here]
    if is_folder:
        inside = sorted(Path(here).iterdir())
        fits = {suffix.lower() for suffix in known}
        found = [one for one in inside if not fits or one.suffix.lower().lstrip(".") in fits]
    elif glob.has_magic(stated):
        found = sorted(Path(one) for one in glob.glob(here, recursive=True))  # noqa: PTH207 - a pattern may be absolute
    else:
        # Told when its turn comes: the other jobs need not wait for it.
        return [here]
    files = [str(one) for one in found if one.is_file() and not one.name.startswith(".")]
    if not files:
        raise ValueError(f"no clip is found at {stated}")
    return files


def _one(folder: Path, stated: str) -> str:
    return stated if _is_address(stated) else str((folder / Path(stated).expanduser()).absolute())


def _is_address(stated: str) -> bool:
    return stated.startswith(("http://", "https://"))


def _output(folder: Path, stated: str, first: str, taken: set[Path], *, alone: bool) -> Path | None:
    if not stated:
        return None
    place = (folder / Path(stated).expanduser()).absolute()
    if stated.endswith(("/", os.sep)) or place.is_dir():
        stem = PurePosixPath(urlsplit(first).path if _is_address(first) else first).stem or "clip"
        number = 1
        while (target := place / (f"{stem}.mp4" if number == 1 else f"{stem}-{number}.mp4")) in taken:
            number += 1
    elif alone:
        target = place
        if target in taken:
            raise ValueError(f"the output {stated} is already that of an earlier job")
    else:
        raise ValueError(f"the output {stated} is one file for several jobs; name a folder, with a slash at its end")
    taken.add(target)
    return target
