"""Every failure a user can meet, as one tree, and the exit codes of the command.

    SkillwireError
    ├── UsageError              2   the command or its input is wrong; nothing was started
    │   ├── SkillNotFound           no skill of that name, or no file at that path
    │   ├── SkillUnreadable         the skill file cannot be read at all
    │   ├── SkillNotRunnable        it reads, but lacks something a run needs (a version, a call, a host)
    │   └── BadInput                an input or output file: missing, too large, wrong type, the same file
    ├── RunError                3   something failed while running
    │   ├── ConsentRefused          nothing was sent: the user has not agreed to that skill at that host
    │   ├── TransportFailed         no usable answer: refused, reset, timed out, not what the API promises
    │   ├── ServiceRefused          the service answered with an error code that the skill says to tell
    │   ├── JobFailed               the service gave up on a render
    │   └── OutputFailed            the result could not be written: disk full, folder gone, no permission
    └── Interrupted           130   the user pressed Ctrl-C

A message is one sentence: what happened, where (``file:line`` or a URL path), what to do.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_RUNTIME = 3
EXIT_INTERRUPTED = 130


class SkillwireError(Exception):
    """Base of all errors that are told to the user.

    ``what``: the failure, without a closing full stop. ``where``: ``file:line``, a path or a URL path; may be empty.
    ``fix``: what to do about it; may be empty.
    """

    exit_code = EXIT_RUNTIME

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(what)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}; {self.fix}" if self.fix else head


class UsageError(SkillwireError):
    """The command or its input is wrong; nothing was started."""

    exit_code = EXIT_USAGE


class SkillNotFound(UsageError):
    """No skill of that name, or no file at that path."""


class SkillUnreadable(UsageError):
    """The skill file cannot be read at all: not text, too large, no permission."""


class SkillNotRunnable(UsageError):
    """The skill reads, but lacks something a run needs."""


class BadInput(UsageError):
    """An input or output file is missing, too large, of a wrong type, or both at once."""


class RunError(SkillwireError):
    """Something failed while running."""


class ConsentRefused(RunError):
    """The user has not agreed to this skill at this host; nothing was sent."""


class TransportFailed(RunError):
    """No usable answer came: refused, reset, timed out, or not what the API promises.

    ``lost``: the connection broke after the request went out, so nobody here knows what became of it. ``answered``: an answer
    came, if none of use. ``past``: an earlier process sent it, so what has not arrived by now never will.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        fix: str = "",
        lost: bool = False,
        answered: bool = False,
        past: bool = False,
    ) -> None:
        self.lost = lost
        self.past = past
        self.answered = answered
        super().__init__(what, where=where, fix=fix)


class ServiceRefused(RunError):
    """The service answered with an error code that the skill's table says to tell the user.

    ``code``: the number from the answer, as the skill's table lists it.
    """

    def __init__(self, what: str, *, code: int, where: str = "", fix: str = "") -> None:
        self.code = code
        super().__init__(what, where=where, fix=fix)


class JobFailed(RunError):
    """The service gave up on a render."""


class OutputFailed(RunError):
    """The result could not be written: disk full, folder gone, no permission."""


class Interrupted(SkillwireError):
    """The user pressed Ctrl-C."""

    exit_code = EXIT_INTERRUPTED
