"""Bytes of a skill file → ``Document``: decoded, repaired where that is certain, frontmatter told from body.

Nothing is guessed silently: every repair is a ``Problem``. Line numbers are those of the file as stored.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass

from skillwire.errors import SkillUnreadable
from skillwire.spec.model import Problem, Severity

# An agent reads a skill whole, so it is a few pages of text: the largest published ones have some 20 KB. The bound keeps
# hostile input cheap.
MAX_BYTES = 256 * 1024
# No line that lost its code spans is longer; patterns with an open end stay off such lines.
_MAX_FUSED_LINE = 2000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark starts with the UTF-16 one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What bytes 0x80–0xFF become when read as cp1252; the five bytes it leaves undefined become C1 controls, as in Latin-1.
_CP1252_BYTE = {
    bytes([b]).decode("cp1252", "replace"): b
    for b in range(0x80, 0x100)
    if bytes([b]).decode("cp1252", "replace") != "\N{REPLACEMENT CHARACTER}"
} | {chr(b): b for b in range(0x80, 0x100)}
_RUN = re.compile("[" + re.escape("".join(_CP1252_BYTE)) + "]+")
_SIGNS = re.compile("[\u2010-\u2bff\u3000-\u303f\ufe00-\uffef\U0001f000-\U0001faff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# The bytes of those in ASCII.
_CONTROL_BYTES = bytes(sorted({*range(0x20), 0x7F} - set(b"\t\n\r\x1b")))
# C1 controls in UTF-8.
_C1_CODE = re.compile(rb"\xc2[\x80-\x84\x86-\x9f]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_C1 = re.compile(r"[\x80-\x9f]")
# Words that lost the space between them when a page's code spans were stripped: "…/tokenwithX-Client-Idheader".
_FUSED = (
    (re.compile(r"(?<=[a-z0-9])(with(?: the| header)?|via|using|and|in|to)(?= ?X-[A-Z])"), r" \1 "),
    (re.compile(r"(?<=with the)(?=X-[A-Z])"), " "),
    (re.compile(r"^(https?://\S*?[a-z0-9])(with|via|using)(?= the\b| that\b| header\b|[ \t]*$)"), r"\1 \2"),
    (re.compile(r"\b(X-[A-Z][\w-]*?[a-z])(headers?|was|is|missing|set)\b"), r"\1 \2"),
    (
        re.compile(
            r"\b([a-z]+(?:\.[a-z_]+)+?|[a-z]+_id)(from|for|becomes|is|in|of|to)(?= (?:the|all|your|every|this|an?)\b)"
        ),
        r"\1 \2",
    ),
    (re.compile(r"\b(else|otherwise)(?=unknown\b)"), r"\1 "),
)
_FUSED_HINTS = ("X-", "http", " the", " all", "unknown")
_KEY = re.compile(r"""["']?([A-Za-z_][\w.-]*)["']?[ \t]*:(?:[ \t]|\Z)""")
# Keys that only frontmatter starts with; a first line "Note: …" is prose.
_TELLING_KEYS = frozenset({"name", "description", "version", "displayName", "metadata"})


@dataclass(frozen=True, slots=True)
class Document:
    """A skill file as text. ``lines`` are all its lines, so ``lines[n - 1]`` is line ``n``.

    ``front`` is the half-open range of indices of the YAML lines (fences left out), ``None`` without frontmatter.
    ``body`` is the index of the first line after it, ``raw`` the UTF-8 of the lines from there on.
    ``digest`` is the SHA-256 (hex) of the bytes.
    """

    source: str
    digest: str
    lines: tuple[str, ...]
    front: range | None
    body: int
    raw: bytes
    problems: tuple[Problem, ...] = ()


def read(data: bytes, source: str) -> Document:
    """Decode ``data`` and split off the frontmatter.

    Raises ``SkillUnreadable`` when it is empty, over ``MAX_BYTES`` or no text at all.
    """
    if len(data) > MAX_BYTES:
        raise SkillUnreadable(
            f"the file is {len(data):,} bytes long, and a skill may have at most {MAX_BYTES:,}",
            where=source,
            fix="move reference material to files beside SKILL.md",
        )
    problems: list[Problem] = []
    text, certain = _decode(data, problems)
    raw = text.encode() if problems else data.removeprefix(codecs.BOM_UTF8)  # UTF-8 was decoded without a problem
    suspect = _has_controls(raw, text)
    if not certain and (suspect or _REPLACEMENT in text) and _is_binary(text, raw):
        raise SkillUnreadable("the file is not text", where=source, fix="choose a Markdown file")
    if b"\r" in raw:
        text = text.replace("\r\n", "\n") if b"\n" in raw else text.replace("\r", "\n")
        raw = text.encode()
    lines = stored = text.split("\n")
    if b"\xc3" in raw:  # every misread sequence starts with one of U+00C2-U+00F4
        lines = _repair_mojibake(lines, problems)
    if suspect:
        lines = _without_controls(lines, problems)
    if b"`" not in raw:
        lines = _unfuse(lines, problems)
    if lines is not stored:
        raw = "\n".join(lines).encode()
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise SkillUnreadable("the file is empty", where=source, fix="write a skill into it or choose another file")
    front, body = _split(lines, first, problems)
    rest = b"".join(raw.split(b"\n", body)[body:])
    return Document(source, hashlib.sha256(data).hexdigest(), tuple(lines), front, body, rest, tuple(problems))


def _decode(data: bytes, problems: list[Problem]) -> tuple[str, bool]:
    """The text, and whether its encoding is certain: by its mark, or by the NULs of UTF-16."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            if encoding != "utf-8":
                problems.append(_note("encoding", f"the file is {encoding.upper()}, not UTF-8", 1, "save it as UTF-8"))
            return _decode_as(data[len(mark) :], encoding, problems), True
    head = data[:4096] if 0 in data else b""
    if head.count(0) * 5 > len(head) * 2:  # Latin text in UTF-16 is nearly half NULs
        encoding = "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            text = ""
        if text and "\x00" not in text:
            problems.append(_note("encoding", f"the file is {encoding.upper()}, not UTF-8", 1, "save it as UTF-8"))
            return text, True
    return _decode_as(data, "utf-8", problems), False


def _decode_as(data: bytes, encoding: str, problems: list[Problem]) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if encoding == "utf-8" and _is_cp1252(data):
            problems.append(_note("encoding", "the file is Windows-1252, not UTF-8", line, "save it as UTF-8"))
            return data.decode("cp1252")
        message = "some bytes are not valid text and were replaced"
        problems.append(Problem("invalid-bytes", Severity.WARNING, message, line, "save the file as UTF-8"))
        return data.decode(encoding, "replace")


def _is_cp1252(data: bytes) -> bool:
    """Whether every high byte stands alone among ASCII, as in Western text, and is defined in cp1252."""
    return not re.search(rb"[\x80-\xff]{2}|[\x00-\x08\x81\x8d\x8f\x90\x9d]", data)


def _has_controls(raw: bytes, text: str) -> bool:
    """Whether there are characters that no text holds: controls, noncharacters. Asked of what is quicker to look through."""
    for code in _CONTROL_BYTES:
        if code in raw:
            return True
    if b"\xc2" in raw and _C1_CODE.search(raw):
        return True
    return "\ufffe" in text or "\uffff" in text


def _is_binary(text: str, raw: bytes) -> bool:
    """Whether more is damaged than a few bytes of a text."""
    damaged = len(raw) - len(raw.translate(None, _CONTROL_BYTES)) + text.count(_REPLACEMENT)
    return damaged * 10 > len(text) * 3


def _without_controls(lines: list[str], problems: list[Problem]) -> list[str]:
    first = next((i for i, line in enumerate(lines) if _CONTROL.search(line)), None)
    if first is None:
        return lines
    message = "control characters (such as NUL) were dropped"
    problems.append(Problem("control-characters", Severity.WARNING, message, first + 1, "delete them"))
    return [_CONTROL.sub("", line) for line in lines]


def _repair_mojibake(lines: list[str], problems: list[Problem]) -> list[str]:
    """Undo UTF-8 read as Latin-1 or cp1252, run by run.

    A run is repaired when it is valid UTF-8 throughout and certain to be misread, or such a run stands elsewhere in the file.
    """
    repaired: list[int] = []
    certain = any(_certain(run.group()) for line in lines for run in _RUN.finditer(line))
    if not certain:
        return lines
    result = []
    for number, line in enumerate(lines, 1):
        fixed = line
        for _ in range(3):  # text may have been damaged more than once
            again = _RUN.sub(lambda run: _undo(run.group()), fixed)
            if again == fixed:
                break
            fixed = again
        if fixed != line:
            repaired.append(number)
        result.append(fixed)
    message = f"UTF-8 text was stored as Latin-1 on {len(repaired)} lines; it was read as meant"
    problems.append(Problem("mojibake", Severity.WARNING, message, repaired[0], "store the text as plain UTF-8"))
    return result


def _undo(run: str) -> str:
    try:
        return bytes(map(_CP1252_BYTE.__getitem__, run)).decode()
    except UnicodeDecodeError:
        return run


def _certain(run: str) -> bool:
    """Whether a run can be nothing but misread UTF-8.

    C1 controls stand in no text. Otherwise a byte of 0x80–0x9F must be there, shown as a typographic sign, and the result
    must be punctuation, an arrow, a symbol or an emoji, or two ideographs: ``é”…`` at the end of a quotation is neither.
    """
    text = _undo(run)
    if text == run:
        return False
    if _C1.search(run):
        return True
    special = any(_CP1252_BYTE[char] < 0xA0 for char in run)
    return special and (len(text) > 1 or bool(_SIGNS.match(text)))


def _unfuse(lines: list[str], problems: list[Problem]) -> list[str]:
    """Set words apart that run together, in a file whose code spans were all stripped."""
    result = []
    for number, line in enumerate(lines, 1):
        fixed = line
        if len(line) < _MAX_FUSED_LINE and any(hint in line for hint in _FUSED_HINTS):
            for regex, spaced in _FUSED:
                fixed = regex.sub(spaced, fixed)
        if fixed != line:
            fix = "put code in backticks with spaces around it"
            problems.append(_note("fused-words", "words run together; they were read apart", number, fix))
        result.append(fixed)
    return result


def _split(lines: list[str], first: int, problems: list[Problem]) -> tuple[range | None, int]:
    """The YAML lines and where the body starts; ``first`` is the index of the first line that is not blank."""
    if _is_fence(lines[first]):
        for i in range(first + 1, len(lines)):
            if _is_fence(lines[i]) or lines[i].rstrip() == "...":
                block = range(first + 1, i)
                return (block, i + 1) if _is_mapping(lines, block) else (None, first)
        end = _run_of_keys(lines, first + 1)
        if end > first + 1:
            problems.append(_note("frontmatter-fence", "the frontmatter is not closed", first + 1, "add a line ---"))
            return range(first + 1, end), end
        return None, first
    key = _KEY.match(lines[first])
    if key and key[1] in _TELLING_KEYS:
        end = _run_of_keys(lines, first)
        message = "the frontmatter has no opening fence"
        problems.append(_note("frontmatter-fence", message, first + 1, "add a line --- before and after it"))
        return range(first, end), end + 1 if end < len(lines) and _is_fence(lines[end]) else end
    return None, first


def _is_fence(line: str) -> bool:
    """Whether a line is three dashes or more."""
    return line.startswith("---") and not line.rstrip(" \t").strip("-")


def _is_mapping(lines: list[str], block: range) -> bool:
    """Whether a block holds a key, or nothing but comments."""
    empty = True
    for i in block:
        line = lines[i]
        if line.startswith("{") or _KEY.match(line):
            return True
        empty = empty and line.lstrip()[:1] in ("", "#")
    return empty


def _run_of_keys(lines: list[str], start: int) -> int:
    """Index after the last line that reads as YAML: keys, what is indented under them, blank lines between."""
    end = start
    for i in range(start, len(lines)):
        line = lines[i]
        if _KEY.match(line) or (line[:1] in " \t" and line.strip() and i == end) or line.startswith("- "):
            end = i + 1
        elif line.strip():
            break
    return end


def _note(rule: str, message: str, line: int, fix: str) -> Problem:
    return Problem(rule, Severity.INFO, message, line, fix)
