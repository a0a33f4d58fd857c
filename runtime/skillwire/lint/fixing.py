"""Safe fixes: changes of form that leave what the file says as it is.

Encoding and mojibake, control characters, missing frontmatter fences, delimiter rows, unquoted versions. Each fix is
made from the lines as the compiler repaired them; line ends stay as they were, and applying them again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from skillwire.lint.context import Context
from skillwire.lint.rules.tables import delimiter_line
from skillwire.spec.build import compile_skill
from skillwire.spec.tables import Table, split_cells

_TEXT_RULES = frozenset({"encoding", "mojibake", "control-characters"})
_NEWLINE = re.compile(rb"\r\n|\n|\r(?!\n)")
_VERSION = re.compile(r"(\s*version\s*:\s*)(\d+\.\d+)(\s*(?:#.*)?)\Z")
# Each pass may bring up what the one before hid; three are enough for every chain of the fixes here.
_PASSES = 3
_Edits = dict[int, list[str]]


def fix(data: bytes, source: str, rules: frozenset[str]) -> bytes:
    """``data`` with everything mended that the given rules find and that can be mended safely.

    Returns ``data`` itself when there is nothing to do. Raises ``SkillUnreadable`` when the bytes are no text.
    """
    for _ in range(_PASSES):
        mended = _once(data, source, rules)
        if mended == data:
            break
        data = mended
    return data


def _once(data: bytes, source: str, rules: frozenset[str]) -> bytes:
    compiled = compile_skill(data, source=source)
    context = Context(compiled)
    found = {problem.rule for problem in compiled.document.problems}
    edits: _Edits = {}
    for rule, fixer in _FIXERS.items():
        if rule in rules:
            fixer(context, edits)
    if "invalid-bytes" in found:
        return data  # what is lost cannot be written back
    rewrite = bool(found & _TEXT_RULES & rules)
    if not edits and not rewrite:
        return data
    if found & _TEXT_RULES and not rewrite:
        return data  # the lines at hand are repaired ones, and that repair was not asked for
    lines = list(compiled.document.lines)
    ends = _line_ends(data, len(lines) - 1)
    text = []
    for number, line in enumerate(lines, 1):
        end = ends[number - 1] if number <= len(ends) else ""
        new = edits.get(number, [line])
        text.append((ends[0] if ends else "\n").join(new) + end)
    return "".join(text).encode()


def _line_ends(data: bytes, count: int) -> list[str]:
    """The line ends of the file, one by one; all alike when its encoding hides them."""
    ends = [end.decode() for end in _NEWLINE.findall(data)]
    if len(ends) == count:
        return ends
    return ["\r\n" if b"\r" in data and ends.count("\n") * 2 < count else "\n"] * count


def _delimiters(context: Context, edits: _Edits) -> None:
    for table in context.page.tables:
        line = delimiter_line(context.lines, table)
        if table.width and table.width != len(table.header) and line:
            written = context.lines[line - 1]
            lead = written[: len(written) - len(written.lstrip(" \t>"))]
            edits[line] = [lead + _delimiter(table, split_cells(written.lstrip(" \t>")))]


def _missing_delimiters(context: Context, edits: _Edits) -> None:
    for table in context.page.tables:
        if not table.width:
            written = context.lines[table.line - 1]
            lead = written[: len(written) - len(written.lstrip(" \t>"))]
            edits[table.line] = [written, lead + _delimiter(table, [])]


def _delimiter(table: Table, cells: list[str]) -> str:
    """A delimiter row as wide as the header; columns that had one keep it, with its alignment."""
    width = len(table.header)
    return "|" + "|".join([*cells, *["---"] * width][:width]) + "|"


def _version(context: Context, edits: _Edits) -> None:
    for i in context.compiled.document.front or ():
        match = _VERSION.match(context.lines[i])
        if match:
            edits[i + 1] = [f'{match[1]}"{match[2]}"{match[3]}']


def _fences(context: Context, edits: _Edits) -> None:
    document = context.compiled.document
    if document.front is None or not any(problem.rule == "frontmatter-fence" for problem in document.problems):
        return
    first, last = document.front.start, document.front.stop - 1
    opened = first > 0 and document.lines[first - 1].startswith("---")
    closed = last + 1 < len(document.lines) and document.lines[last + 1].startswith("---")
    for index, before, after in ((first, not opened, False), (last, False, not closed)):
        kept = edits.get(index + 1, [document.lines[index]])
        edits[index + 1] = [*["---"] * before, *kept, *["---"] * after]


_FIXERS: dict[str, Callable[[Context, _Edits], None]] = {
    "delimiter-row": _delimiters,
    "no-delimiter-row": _missing_delimiters,
    "unquoted-version": _version,
    "frontmatter-fence": _fences,
}
FIXABLE = frozenset(_FIXERS) | _TEXT_RULES
"""Ids of the rules whose findings can be mended; the catalogue marks the same ones ``fixable``."""
