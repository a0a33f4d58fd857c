"""What is typed into a conversation: lines off a terminal or a pipe, and the files at their start."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from skillwire.folders import private
from skillwire.session import is_url

MOST_SPACES = 40
"""Words up to which a pasted path is looked for."""
_WORD = re.compile(r"""\s*((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s\\'"])+)(?=\s|\Z)""")
_PIECE = re.compile(r"""'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([^\\'"]+)""")


def is_there(path: str) -> bool:
    """Whether something of that name is on disk; a text that cannot be a path is not."""
    try:
        return os.path.lexists(Path(path).expanduser())
    except (ValueError, RuntimeError):
        return False


def split_line(line: str, *, must_exist: bool = True) -> tuple[list[str], str]:
    """Files and URLs at the start of a line, and the words after them. ``must_exist``: what is no file is a word.

    A terminal writes a dragged file's path quoted or with its spaces escaped; ``file://`` addresses count as paths too.
    """
    files: list[str] = []
    place = 0
    while match := _WORD.match(line, place):
        word = _unquoted(match[1])
        if word.startswith("file://"):
            from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - rarely needed

            word = unquote(urlsplit(word).path)
        if not is_url(word):
            path = _home(word)
            if must_exist and not _is_file(path):
                whole = _with_spaces(line, match.start(1))
                if whole is None:
                    break
                files.append(str(whole[0]))
                place = whole[1]
                continue
            word = str(path)
        files.append(word)
        place = match.end()
    return files, line[place:].strip()


def _unquoted(word: str) -> str:
    """A word as a shell reads it: quotes off, escapes resolved."""
    return "".join(
        re.sub(r'\\(["\\$`])', r"\1", double) if double else single or escaped or bare
        for single, double, escaped, bare in _PIECE.findall(word)
    )


def _with_spaces(line: str, start: int) -> tuple[Path, int] | None:
    """The longest file whose path, pasted as it is, stands at ``start``, and where it ends."""
    ends = [match.start() for match in re.finditer(r"\s|\Z", line[start:])]
    for end in reversed(ends[:MOST_SPACES]):
        path = _home(line[start : start + end])
        if end and _is_file(path):
            return path, start + end
    return None


def _home(word: str) -> Path:
    try:
        return Path(word).expanduser()
    except RuntimeError:  # "~nobody"
        return Path(word)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # words of a sentence that make no path, such as one too long
        return False


def read_lines(history: Path) -> Iterator[str]:
    """Lines typed by the user, with editing and a history on a terminal; ends with the input."""
    interactive = sys.stdin.isatty()
    if interactive:
        with contextlib.suppress(ImportError, OSError):
            import readline  # noqa: PLC0415 - changes how input() reads; not there on every system

            private(history.parent)
            if history.exists():
                readline.read_history_file(history)
            readline.set_history_length(1000)
    while True:
        try:
            line = input("> " if interactive else "").strip()
        except EOFError:
            return
        if interactive:
            with contextlib.suppress(ImportError, OSError):
                import readline  # noqa: PLC0415 - see above

                readline.append_history_file(1, history)
                history.chmod(0o600)
        if line:
            yield line
