"""Looks at files before they are sent and after they came: there, readable, small enough, and what they say they are.

The real type is told from the first bytes (signatures as in the formats' own specifications), never from the name alone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from skillwire.errors import BadInput
from skillwire.spec.model import Skill

HEAD = 4096
"""Bytes of a file that are looked at."""

_FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"mp4", "mov", "m4a", "m4v", "3gp", "aac"}),
    frozenset({"webm", "mkv"}),
    frozenset({"jpg", "jpeg"}),
    frozenset({"mp3", "aac"}),
)
"""Formats whose first bytes can be the same, or that players take for one another."""


_FILMS = frozenset({"mp4", "mov", "m4v", "3gp", "webm", "mkv", "avi"})
_SIGNATURES: dict[bytes, str] = {
    b"\xff\xd8\xff": "jpg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
    b"ID3": "mp3",
    b"%PDF-": "pdf",
    b"PK\x03\x04": "zip",
    b"OggS": "ogg",
    b"fLaC": "flac",
    b"\x7fELF": "elf",
    b"MZ": "exe",
    b"ADIF": "aac",
}
_RIFF = {b"AVI ": "avi", b"WAVE": "wav", b"WEBP": "webp"}
_BINARY = frozenset({*_SIGNATURES.values(), *_RIFF.values(), *(name for family in _FAMILIES for name in family)})
_BRANDS = {b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4a"}
_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip")


def sniff(head: bytes) -> str | None:
    """The format that the first bytes of a file show, as a usual extension, or ``None`` when they show none known here."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "mp4")
    if head[4:8] in _ATOMS:
        return "mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "webm" if b"webm" in head[:64] else "mkv"
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    found = next((name for signature, name in _SIGNATURES.items() if head.startswith(signature)), None)
    return found or _sniff_mpeg_audio(head)


def _sniff_mpeg_audio(head: bytes) -> str | None:
    if len(head) < 2 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:  # ADTS: sync word, layer 0
        return "aac"
    # MPEG audio (ISO/IEC 11172-3, 2.4.1.3): sync word and no reserved version, layer, bit rate or sample rate. Two bytes alone
    # would be found in one of many files of noise.
    whole = len(head) > 2 and head[1] & 0xE0 == 0xE0 and head[1] & 0x18 != 0x08 and head[1] & 0x06
    return "mp3" if whole and head[2] >> 4 not in (0, 15) and head[2] & 0x0C != 0x0C else None


def sniff_file(path: Path) -> str | None:
    """``sniff`` for a file on disk. Raises ``OSError``."""
    with path.open("rb") as file:
        return sniff(file.read(HEAD))


def misnamed(suffix: str, shown: str | None) -> bool:
    """Whether a name with this suffix (``.mp4``) says something else than the bytes of its file, as ``sniff`` reads them, do."""
    named = suffix.lstrip(".").lower()
    return shown is not None and named in _BINARY and not passes_for(shown, named)


def is_text(head: bytes) -> bool:
    """Whether the bytes read as text: no NUL, and valid UTF-8 but for a character cut at the end."""
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3
    return bool(head)


def passes_for(shown: str, named: str) -> bool:
    """Whether a file whose first bytes show one format may bear the name of another."""
    return shown == named or any({shown, named} <= family for family in _FAMILIES)


def stands_in_for(shown: str, wanted: str) -> bool:
    """Whether one format is a result where another was wanted: a film may come as WebM, but never as a picture."""
    return passes_for(shown, wanted) or {shown, wanted} <= _FILMS


def is_binary(name: str) -> bool:
    """Whether a format of that name is known here, and none of text."""
    return name in _BINARY


def check(path: Path, skill: Skill) -> int:
    """Check that ``path`` can be handed to ``skill`` and return its size in bytes.

    Raises ``BadInput`` naming the file, what is wrong with it and what the skill takes.
    """
    try:
        info = path.stat()
    except OSError as error:
        raise BadInput(f"cannot open the file ({error.strerror})", where=str(path), fix="check the path") from error
    if not stat.S_ISREG(info.st_mode):
        kind = "a folder" if stat.S_ISDIR(info.st_mode) else "not a regular file"
        raise BadInput(f"this is {kind}", where=str(path), fix="name a file")
    if info.st_size == 0:
        raise BadInput("the file is empty", where=str(path), fix="choose another file")
    if skill.max_bytes is not None and info.st_size > skill.max_bytes:
        raise BadInput(
            f"the file has {megabytes(info.st_size)}, and {skill.name} takes at most {megabytes(skill.max_bytes)}",
            where=str(path),
            fix="compress or trim it",
        )
    if not os.access(path, os.R_OK):
        raise BadInput("the file cannot be read", where=str(path), fix="change its permissions")
    _check_format(path, skill.formats, skill.name)
    return info.st_size


def megabytes(size: int) -> str:
    """A size in bytes for people: ``512.0 MB`` (1 MB = 1,048,576 bytes)."""
    return f"{size / 1048576:.1f} MB"


def _check_format(path: Path, formats: Sequence[str], skill: str) -> None:
    if not formats:
        return
    known = {name.lower() for name in formats}
    named = path.suffix.lstrip(".").lower()
    fix = f"{skill} takes {', '.join(formats)}"
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise BadInput(f"cannot read the file ({error.strerror})", where=str(path), fix="check it") from error
    shown = sniff(head)
    if shown is None:
        if named not in known:
            raise BadInput(f"the format {named or 'of this file'} is not supported", where=str(path), fix=fix)
        if named in _BINARY and is_text(head):
            raise BadInput(f"the file is named .{named} but holds text", where=str(path), fix=fix)
        return
    if not any(passes_for(shown, name) for name in known):
        what = f"the format {shown} is not supported"
        raise BadInput(
            what if named == shown else f"the file is named .{named} but is {shown}", where=str(path), fix=fix
        )
