"""Agent Skills: the strict reading of a skill folder, as its specification and reference library have it.

This is the narrow view other tools take of a skill: a folder, the file ``SKILL.md`` in it, six frontmatter fields, all
values text. ``source`` reads leniently and repairs; here a fence that is missing is an error. Checking one skill is
what editors and hooks do on every save, so the module imports nothing that takes time; the YAML reader is loaded when
there is YAML, and ``source`` when the text needs repair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from skillwire.errors import SkillUnreadable

# Lengths in characters and the six fields: the specification of the format, section "Frontmatter".
MAX_NAME = 64
MAX_DESCRIPTION = 1024
MAX_COMPATIBILITY = 500
FIELDS = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools"})
OPENCLAW_FIELDS = FIELDS | {
    "version", "displayName", "homepage", "repository", "author", "tags", "apiDomain",
    "user-invocable", "disable-model-invocation", "command-dispatch", "command-tool", "command-arg-mode",
}  # fmt: skip
"""What OpenClaw and its registry read besides: presentation, origin and how a command is invoked."""
MAX_PLAIN = 1024 * 1024
"""Bytes of a file that is read without asking ``source``, which alone refuses what is too large."""
MAX_READ = 16 * 1024 * 1024
"""Bytes of a file that are looked at; far above what ``source`` then lets through."""
FILE_NAMES = ("SKILL.md", "skill.md")
# UTF-8 bytes of what ``source`` may repair: control characters (C2 80 to C2 9F), and text misread as Latin-1 or cp1252,
# where a letter U+00C2 to U+00F4 stands before a sign that is neither a letter nor ASCII.
_DOUBTFUL = re.compile(rb"\xc2[\x80-\x9f]|\xc3[\x82-\xb4][\xc2\xc5\xc6\xcb\xe2]")


class _Everything:
    """Says of any path that its value stays text: in this format ``version: 1.10`` is no number."""

    __slots__ = ()

    def __contains__(self, _path: object) -> bool:
        return True


class Violation(NamedTuple):
    """A breach of the specification. ``line`` is 1-based; ``rule`` is a stable id."""

    rule: str
    message: str
    line: int = 1


class Frontmatter(NamedTuple):
    """The fields as text, lists and mappings, the line of each top-level field, and the Markdown after the fence."""

    fields: dict[str, Any]
    lines: dict[str, int]
    body: str


class Properties(NamedTuple):
    """The fields the specification knows. ``None`` and an empty mapping stand for fields that are not stated."""

    name: str
    description: str
    license: str | None = None
    compatibility: str | None = None
    allowed_tools: str | None = None
    metadata: Mapping[str, str] = {}

    def to_dict(self) -> dict[str, Any]:
        """The stated fields under their names in the file."""
        return {key.replace("_", "-"): value for key, value in self._asdict().items() if value}


def skill_file(folder: Path) -> Path | None:
    """Path of the skill file in ``folder``, ``None`` when there is none; the upper-case name is preferred."""
    return next((path for name in FILE_NAMES if (path := folder / name).is_file()), None)


def folder_of(path: Path) -> Path:
    """The skill folder that ``path`` means: itself, or the folder of the skill file it names."""
    return path.parent if path.name in FILE_NAMES and path.is_file() else path


def validate(folder: Path, fields: frozenset[str] = FIELDS) -> list[Violation]:
    """Everything in which the skill in ``folder`` breaks the specification; empty when it is valid.

    ``fields`` are the top-level fields that may occur.
    """
    try:
        if not folder.exists():
            return [Violation("path", f"Path {folder} does not exist")]
        if not folder.is_dir():
            return [Violation("folder", f"Not a directory, so not a skill: {folder}")]
        path = skill_file(folder)
    except OSError as error:
        return [Violation("path", f"Path {folder} cannot be read ({error.strerror})")]
    if path is None:
        return [Violation("file", f"Missing required file: {FILE_NAMES[0]}")]
    try:
        front = frontmatter(_read(path), str(path))
    except SkillUnreadable as error:
        return [Violation("frontmatter", error.what, _line(error))]
    name = folder.name if folder.name not in {"", ".."} else folder.resolve().name
    return list(violations(front, name, fields))


def violations(front: Frontmatter, folder_name: str | None, fields: frozenset[str] = FIELDS) -> Iterable[Violation]:
    """Breaches of the specification in frontmatter that has been read, in the order of the checks.

    ``folder_name`` is compared with the name unless it is ``None``.
    """
    stated, lines = front.fields, front.lines
    extra = sorted(stated.keys() - fields)
    if extra:
        message = f"Unexpected fields in frontmatter: {', '.join(extra)} (known: {', '.join(sorted(fields))})"
        yield Violation("fields", message, min(lines[key] for key in extra))
    checks = {"name": lambda name: _name(name, folder_name), "description": _description}
    for field, check in checks.items():
        lacking = _lacking(front, field)
        if lacking is not None:
            yield lacking
        else:
            yield from (Violation(field, message, lines[field]) for message in check(stated[field].strip()))
    if "compatibility" in stated:
        yield from (Violation("compatibility", m, lines["compatibility"]) for m in _compatibility(stated))
    for field in ("license", "allowed-tools"):
        if not isinstance(stated.get(field, ""), str):
            yield Violation(field, f"Field '{field}' must be one string", lines[field])
    if not isinstance(stated.get("metadata", {}), dict):
        yield Violation("metadata", "Field 'metadata' must be a mapping", lines["metadata"])


def _line(error: SkillUnreadable) -> int:
    line = error.where.rpartition(":")[2]
    return int(line) if line.isdecimal() else 1


def _lacking(front: Frontmatter, field: str) -> Violation | None:
    if field not in front.fields:
        return Violation(field, f"Missing required field in frontmatter: {field}")
    value = front.fields[field]
    if not isinstance(value, str) or not value.strip():
        return Violation(field, f"Field '{field}' must be a non-empty string", front.lines[field])
    return None


def _name(name: str, folder_name: str | None) -> Iterable[str]:
    name = unicodedata.normalize("NFKC", name)
    if len(name) > MAX_NAME:
        yield f"Skill name '{name}' has {len(name)} characters, which exceeds the {MAX_NAME} character limit"
    if name != name.lower():
        yield f"Skill name '{name}' must be lowercase"
    if name.startswith("-") or name.endswith("-"):
        yield f"Skill name '{name}' cannot start or end with a hyphen"
    if "--" in name:
        yield f"Skill name '{name}' cannot have consecutive hyphens"
    if not all(letter.isalnum() or letter == "-" for letter in name):
        yield f"Skill name '{name}' has invalid characters: letters, digits and hyphens are allowed"
    if folder_name is not None and unicodedata.normalize("NFKC", folder_name) != name:
        yield f"Directory name '{folder_name}' must match skill name '{name}'"


def _description(description: str) -> Iterable[str]:
    if len(description) > MAX_DESCRIPTION:
        yield f"Description of {len(description)} characters exceeds the {MAX_DESCRIPTION} character limit"


def _compatibility(stated: Mapping[str, Any]) -> Iterable[str]:
    text = stated["compatibility"]
    if not isinstance(text, str) or not text.strip():
        yield "Field 'compatibility' must be a non-empty string"
    elif len(text) > MAX_COMPATIBILITY:
        yield f"Compatibility of {len(text)} characters exceeds the {MAX_COMPATIBILITY} character limit"


def read_properties(folder: Path) -> Properties:
    """The properties of the skill in ``folder``, not validated beyond what is needed to give them.

    Raises ``SkillUnreadable`` when there is no skill file, no valid frontmatter, or no name or description.
    """
    path = skill_file(folder)
    if path is None:
        raise SkillUnreadable(f"{FILE_NAMES[0]} not found in {folder}")
    return properties(frontmatter(_read(path), str(path)), str(path))


def properties(front: Frontmatter, where: str) -> Properties:
    """The properties that frontmatter states. Raises ``SkillUnreadable`` without a name or a description."""
    for field in ("name", "description"):
        lacking = _lacking(front, field)
        if lacking is not None:
            raise SkillUnreadable(lacking.message, where=f"{where}:{lacking.line}")
    stated = front.fields
    text = {key: _as_text(stated[key]) for key in ("license", "compatibility", "allowed-tools") if key in stated}
    metadata = stated.get("metadata")
    return Properties(
        name=stated["name"].strip(),
        description=stated["description"].strip(),
        license=text.get("license"),
        compatibility=text.get("compatibility"),
        allowed_tools=text.get("allowed-tools"),
        metadata={key: _as_text(value) for key, value in metadata.items()} if isinstance(metadata, dict) else {},
    )


def _as_text(value: Any) -> str:
    """Text as it is; what is nested as JSON, so that another program can read it back."""
    if isinstance(value, str):
        return value
    import json  # noqa: PLC0415 - nested values are rare, and validating never comes here

    return json.dumps(value, ensure_ascii=False)


def to_prompt(folders: Iterable[Path]) -> str:
    """The ``<available_skills>`` block that tells a model which skills there are and where to read them.

    Raises ``SkillUnreadable`` as ``read_properties`` does.
    """
    from html import escape  # noqa: PLC0415 - validating never comes here

    lines = ["<available_skills>"]
    for folder in folders:
        real = folder.resolve()
        stated = read_properties(real)
        shown = {"name": stated.name, "description": stated.description, "location": str(skill_file(real))}
        lines.append("<skill>")
        for tag, text in shown.items():
            lines += [f"<{tag}>", escape(text), f"</{tag}>"]
        lines.append("</skill>")
    return "\n".join([*lines, "</available_skills>"])


def frontmatter(data: bytes, where: str) -> Frontmatter:
    """Split off and read the frontmatter of a skill file. A byte order mark and any line ends are taken.

    Raises ``SkillUnreadable`` when it is missing, not closed, not valid YAML, or no mapping; ``where`` names the file.
    """
    lines = _lines(data, where)
    if lines[0].rstrip() != "---":
        raise SkillUnreadable(f"{FILE_NAMES[0]} must start with YAML frontmatter (---)", where=f"{where}:1")
    end = next((i for i in range(1, len(lines)) if lines[i].rstrip() == "---"), None)
    if end is None:
        raise SkillUnreadable("frontmatter is not properly closed with ---", where=f"{where}:1")
    fields, at = _yaml("\n".join(lines[1:end]), where)
    return Frontmatter(fields, at, "\n".join(lines[end + 1 :]).strip())


def _lines(data: bytes, where: str) -> list[str]:
    if len(data) < MAX_PLAIN and not _DOUBTFUL.search(data):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = ""
        if text:
            return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    from skillwire.spec import source  # noqa: PLC0415 - only text in doubt needs the repairs

    return list(source.read(data, where).lines)


def _yaml(text: str, where: str) -> tuple[dict[str, Any], dict[str, int]]:
    from skillwire.spec import yaml_lines  # noqa: PLC0415 - not needed when there is no frontmatter

    try:
        mapping = yaml_lines.load(text, as_text=_Everything())
    except yaml_lines.BadYaml as error:
        what = f"Invalid YAML in frontmatter, which must be a YAML mapping: {error}"
        raise SkillUnreadable(what, where=f"{where}:{error.line + 1}") from error
    if mapping.twice:
        path, line = mapping.twice[0]
        raise SkillUnreadable(f"Invalid YAML in frontmatter: the key {path} stands twice", where=f"{where}:{line + 1}")
    return mapping.values, {path: line + 1 for path, line in mapping.lines.items()}


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_READ)
    except OSError as error:
        raise SkillUnreadable(f"cannot be read ({error.strerror})", where=f"{path}:1") from error
