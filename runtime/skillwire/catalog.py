"""Skills on disk: where they are looked for, which one a name means, and how each came to be there.

A skill is a folder with a ``SKILL.md``; ``catalog_roots`` has the order of search, and the first skill of a name wins.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from skillwire.catalog_index import Facts, Index, generation_of
from skillwire.catalog_roots import Root, expanded, roots
from skillwire.eligibility import Host
from skillwire.errors import SkillNotFound, SkillUnreadable
from skillwire.spec.agentskills import FILE_NAMES
from skillwire.spec.model import Install, Problem, Requires, Severity, Skill

_ORIGIN = ".clawhub/origin.json"
_ORIGIN_BYTES = 64 * 1024
_READERS = Path(__file__).parent / "spec"
_FRONT = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n.*?^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A skill as listed. ``path`` is its file, ``version`` the installer's record or else the frontmatter's.

    ``shadowed_by`` is the file of the skill that takes the name; ``hidden`` says why a skill cannot be used at all;
    ``reasons`` say what this machine lacks for it; ``notes`` are worth knowing and stop nothing.
    """

    name: str
    path: Path
    root: Path
    kind: str
    platform: str
    version: str | None = None
    title: str = ""
    description: str = ""
    shadowed_by: Path | None = None
    hidden: str = ""
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def eligible(self) -> bool:
        """Whether this machine has what the skill asks for."""
        return not self.reasons and not self.hidden

    @property
    def wins(self) -> bool:
        """Whether its name means this skill."""
        return self.shadowed_by is None and not self.hidden

    def to_dict(self) -> dict[str, Any]:
        """The entry as JSON."""
        values = {name: getattr(self, name) for name in (*self.__slots__, "eligible")}
        return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


def entries(paths: Sequence[Path] = (), cwd: Path | None = None) -> list[Entry]:
    """All skills of all roots by name, the winner of a name before those it shadows.

    Only frontmatter is read, and that only of files that changed since the last listing.
    """
    winners: dict[str, Path] = {}
    listed = []
    host = Host()
    for root in roots(paths, cwd):
        for entry in _scan(root, host):
            if entry.hidden:
                listed.append(entry)
                continue
            winner = winners.setdefault(entry.name, entry.path)
            listed.append(entry if winner is entry.path else replace(entry, shadowed_by=winner))
    return sorted(listed, key=lambda entry: entry.name)  # stable: the order of the roots stays within a name


def locate(ref: str, *, paths: Sequence[Path] = (), cwd: Path | None = None) -> Path:
    """The skill file that ``ref`` means: a name, a folder, or a file (``SKILL.md`` or any text).

    A bare word is a name first, then the name of a skill's folder, then a path.
    Raises ``SkillNotFound``, with the names that come close, and ``SkillUnreadable``.
    """
    is_path = os.sep in ref or ref.lower().endswith((".md", ".txt"))
    listed = [] if is_path else entries(paths, cwd)
    usable = [entry for entry in listed if entry.wins]
    by_name = {entry.path.parent.name: entry.path for entry in usable} | {entry.name: entry.path for entry in usable}
    file = by_name.get(ref) or (_file_at((cwd or Path()) / expanded(ref)) if ref else None)
    if file is not None:
        return file
    if is_path:
        fix = "check the path, or give a name from skillwire list"
        raise SkillNotFound("there is no such file", where=ref, fix=fix)
    hidden = next((entry for entry in listed if entry.name == ref and entry.hidden), None)
    if hidden is not None:
        raise SkillNotFound(f"the skill {ref!r} is not used: {hidden.hidden}", where=str(hidden.path))
    raise SkillNotFound(f"there is no skill named {ref!r}", fix=_suggestion(ref, [entry.name for entry in listed]))


def find(
    ref: str,
    *,
    paths: Sequence[Path] = (),
    cwd: Path | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Skill:
    """Compile the skill that ``ref`` means. ``overrides`` replace values of the file (``{"version": "1.0.0"}``).

    Raises ``SkillNotFound`` and ``SkillUnreadable``.
    """
    return compile_file(locate(ref, paths=paths, cwd=cwd), overrides)


def compile_file(path: Path, overrides: Mapping[str, str] | None = None) -> Skill:
    """Compile one skill file, with what its installer recorded. A record that cannot be read becomes a problem.

    Raises ``SkillUnreadable``.
    """
    from skillwire.spec.build import load  # noqa: PLC0415 - a listing of unchanged files does without the compiler

    path = path.absolute()
    install, note = install_of(path.parent)
    skill = load(read_file(path), source=str(path), install=install, overrides=overrides or {})
    if not note:
        return skill
    problem = Problem("bad-origin", Severity.WARNING, note, 1, "install the skill again, or delete the record")
    return replace(skill, problems=(*skill.problems, problem))


def read_file(path: Path) -> bytes:
    """The bytes of a skill file. Raises ``SkillUnreadable`` for anything but a regular file of a sensible size."""
    from skillwire.spec.source import MAX_BYTES  # noqa: PLC0415 - loaded with the compiler

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SkillUnreadable("not a regular file", where=str(path), fix="give a skill's folder or file")
        if status.st_size > MAX_BYTES:
            what = f"{status.st_size:,} bytes are too many for a skill, which has at most {MAX_BYTES:,}"
            raise SkillUnreadable(what, where=str(path), fix="give a SKILL.md")
        return path.read_bytes()
    except OSError as error:
        raise SkillUnreadable(f"cannot be read ({error.strerror})", where=str(path)) from error


def install_of(folder: Path | str) -> tuple[Install, str]:
    """What the installer of the skill in ``folder`` recorded, and what is wrong with the record (empty: nothing)."""
    try:
        with open(f"{folder}/{_ORIGIN}", "rb") as file:  # noqa: PTH123 - asked ten thousand times in a listing
            record = json.loads(file.read(_ORIGIN_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return Install(), ""
    except (OSError, ValueError, RecursionError):
        return Install(installer="clawhub"), f"{_ORIGIN} is not readable JSON"
    version = record.get("installedVersion") if isinstance(record, dict) else None
    if not isinstance(version, str) or not version.strip():
        return Install(installer="clawhub"), f"{_ORIGIN} states no installedVersion"
    return Install(installer="clawhub", version=version.strip()), ""


def _file_at(path: Path) -> Path | None:
    """``path``, or the skill file in it where it is a folder; ``None`` when nothing is there."""
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            return path
        file = next((inside for name in FILE_NAMES if (inside := path / name).exists()), None)
    except PermissionError as error:
        raise SkillUnreadable("cannot be read (no permission)", where=str(path)) from error
    except (OSError, ValueError):  # also a name that is too long, or no name at all
        return None
    if file is None:
        raise SkillNotFound(f"this folder has no {FILE_NAMES[0]}", where=str(path), fix="give a skill's folder or file")
    return file


def _suggestion(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a typo needs it

    close = get_close_matches(name, known, n=3) or [other for other in known if name.lower() in other.lower()][:3]
    return f"did you mean {' or '.join(dict.fromkeys(close))}?" if close else "see skillwire list"


def _scan(root: Root, host: Host) -> Iterator[Entry]:
    real = os.path.realpath(root.path)
    index = Index(Path(real), generation_of(_READERS))
    try:
        with os.scandir(root.path) as found:
            folders = sorted((item.name, item.is_symlink()) for item in found if not item.name.startswith("."))
    except OSError:
        folders = []  # no permission, or gone meanwhile
    for name, linked in [("", False), *folders]:
        entry = _skill_in(root, real, name, index, host, linked=linked)
        if entry is not None:
            yield entry
    index.save()


def _skill_in(root: Root, real: str, name: str, index: Index, host: Host, *, linked: bool) -> Entry | None:
    """The skill in the folder ``name`` of ``root`` (empty: the root itself), ``None`` when there is none."""
    for file_name in FILE_NAMES:
        inside = f"{name}/{file_name}" if name else file_name
        path = f"{root.path}/{inside}"
        try:
            status = os.lstat(path)
            if linked or stat.S_ISLNK(status.st_mode):
                status = os.stat(path)  # noqa: PTH116 - plain strings: this is done ten thousand times in a listing
                linked = True
        except OSError:
            continue
        entry = Entry(name or root.path.name, Path(path), root.path, root.kind, root.platform)
        if linked and not os.path.realpath(path).startswith(real + os.sep):
            return replace(entry, hidden=f"its symlink leads out of {root.path}")
        if not stat.S_ISREG(status.st_mode):
            return replace(entry, hidden="not a regular file")
        try:
            return _described(entry, index.facts(inside, path, status, _facts), host)
        except OSError as error:
            return replace(entry, hidden=f"cannot be read ({error.strerror})")
    return None


def _described(entry: Entry, facts: Facts, host: Host) -> Entry:
    install, note = install_of(entry.path.parent)
    return replace(
        entry,
        name=facts["name"] or entry.name,
        platform=install.installer or entry.platform,
        version=install.version or facts["version"],
        title=facts["title"],
        description=facts["description"],
        hidden=facts["hidden"],
        reasons=host.unmet(_requires(facts["requires"])),
        notes=(note,) if note else (),
    )


def _requires(kept: Mapping[str, Any]) -> Requires:
    """The record from what the index keeps of it: JSON has lists, not tuples."""
    record: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
    return Requires(**record)


def _facts(data: bytes) -> Facts:
    """What the index keeps of a skill file: its frontmatter, or for a file without one, what it compiles to."""
    from skillwire.spec import assemble, blocks, identity, source  # noqa: PLC0415 - only files that changed are read
    from skillwire.spec.build import load  # noqa: PLC0415 - likewise
    from skillwire.spec.facts import Facts as Raw  # noqa: PLC0415 - likewise
    from skillwire.spec.rules import frontmatter  # noqa: PLC0415 - likewise

    facts: Facts = {"name": "", "version": None, "title": "", "description": "", "requires": {}, "hidden": ""}
    try:
        document = source.read(_head(data), "")
        if document.front is None:
            skill = load(data, source="")
            return {**facts, "name": skill.name, "version": skill.version, "title": skill.title}
    except SkillUnreadable as error:
        return {**facts, "hidden": error.what}
    raw = Raw(blocks.parse(document), "")
    frontmatter.read(raw)
    name = identity.name(raw, {})
    return {
        **facts,
        "name": name,
        "version": identity.version(raw, Install(), None),
        "title": identity.title(raw, name)[0],
        "description": identity.description(raw, None),
        "requires": asdict(assemble.requires(raw)),
    }


def _head(data: bytes) -> bytes:
    """The frontmatter and its fences alone, where they can be told from the body at a glance."""
    match = _FRONT.match(data)
    return match[0] if match else data
