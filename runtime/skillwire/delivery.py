"""Puts a finished file in its place: written beside under a scratch name, then renamed, so it appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from skillwire.errors import BadInput, OutputFailed
from skillwire.intake import HEAD, is_binary, is_text, misnamed, sniff, stands_in_for

_PAGES = ("text/", "application/json", "application/xml")
_MARKUP = (b"<!doctype", b"<html", b"{", b"<?xml")


class Delivery:
    """One expected file. ``output`` is where the user wants it; else it goes beside the first input, named after it.

    ``expects`` is the format that was asked for (``mp4``), if known: what plainly is something else is refused.

    Raises ``BadInput`` when ``output`` is an input or a folder, ``OutputFailed`` when nothing can be written there.
    """

    def __init__(self, output: Path | None, inputs: Iterable[Path], expects: str = "") -> None:
        # Who names a file notes.txt, or leaves the ending open, takes what comes.
        named = expects if output is None else output.suffix.lstrip(".")
        self._expects = expects.lower() if is_binary(named.lower()) else ""
        self._inputs = list(inputs)
        self._output = output
        if output is not None:
            if output.is_dir():
                raise BadInput("the output is a folder", where=str(output), fix="name a file in it")
            if output.resolve() in {path.resolve() for path in self._inputs}:
                raise BadInput("the output would replace an input", where=str(output), fix="choose another name")
        self._folder = output.parent if output else (self._inputs[0].parent if self._inputs else Path())
        # Made now, so that a folder that takes no files is known before any work is done.
        try:
            handle, scratch = tempfile.mkstemp(prefix=".skillwire-", suffix=".part", dir=self._folder)
        except OSError as error:
            raise OutputFailed(
                f"no file can be written there ({error.strerror})",
                where=str(self._folder),
                fix="create the folder or choose another with -o",
            ) from error
        os.close(handle)
        self.scratch = Path(scratch)

    def finish(self, label: str, declared: str = "") -> Path:
        """Check the scratch file, ``declared`` to be of a media type, and move it to its place; returns the place.

        An explicit output replaces what was there; a name of ours never does. An output whose suffix is wrong for what came (a
        transparent film cannot be an MP4) gets the right one. Raises ``OutputFailed``.
        """
        try:
            with self.scratch.open("rb") as file:
                head = file.read(HEAD)
            wrong = self._not_expected(head, declared)
            if wrong:
                raise OutputFailed(f"the service sent {wrong} instead of the result", fix="export again")
            # mkstemp makes files for this user alone; a result should be as readable as any other new file.
            umask = os.umask(0)
            os.umask(umask)
            self.scratch.chmod(0o666 & ~umask)
            with self.scratch.open("rb") as file:
                os.fsync(file.fileno())
            shown = sniff(head)
            if self._output is not None and misnamed(self._output.suffix, shown):
                return self._name_it(self._output.stem, str(shown))
            if self._output is not None:
                self.scratch.replace(self._output)
                return self._output
            stem = self._inputs[0].stem if self._inputs else "skillwire"
            return self._name_it(f"{stem}.{label}", shown or "mp4")
        except OSError as error:
            raise OutputFailed(
                f"the result cannot be put in place ({error.strerror})", where=str(self._folder), fix="choose -o"
            ) from error

    def _not_expected(self, head: bytes, declared: str) -> str:
        """What a file is that is not the result, or an empty string."""
        if not head:
            return "an empty file"
        binary = is_binary(self._expects)
        page = head.lstrip().lower().startswith(_MARKUP) or (binary and declared.startswith(_PAGES))
        if page and is_text(head):
            return "a page of text"
        shown = sniff(head)
        return f"a {shown} file" if shown and binary and not stands_in_for(shown, self._expects) else ""

    def take_over(self, earlier: str) -> None:
        """Remove the scratch file of an earlier process at the same run."""
        path = Path(earlier)
        if earlier and path != self.scratch and path.name.startswith(".skillwire-") and path.suffix == ".part":
            path.unlink(missing_ok=True)

    def mark(self) -> str:
        """What the scratch file is known by, whatever name it takes: ``device:inode``."""
        info = self.scratch.stat()
        return f"{info.st_dev}:{info.st_ino}"

    def find(self, mark: str) -> Path | None:
        """The file in the output's folder that ``mark`` was made of, if it has taken its name."""
        for path in sorted(self._folder.iterdir()):
            if path.suffix == ".part" or path.is_symlink():
                continue
            info = path.stat()
            if f"{info.st_dev}:{info.st_ino}" == mark:
                return path
        return None

    def discard(self) -> None:
        """Remove the scratch file, if it is still there."""
        self.scratch.unlink(missing_ok=True)

    def _name_it(self, stem: str, extension: str) -> Path:
        number = 1
        while True:
            tail = "" if number == 1 else f"-{number}"
            target = self._folder / f"{stem}{tail}.{extension}"
            try:
                # A link fails where the name is taken; a rename would replace what is there.
                target.hardlink_to(self.scratch)
            except FileExistsError:
                number += 1
                continue
            except OSError:
                if target.exists():
                    number += 1
                    continue
                self.scratch.replace(target)
                return target
            self.scratch.unlink()
            return target
