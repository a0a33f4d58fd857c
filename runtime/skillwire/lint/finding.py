"""What lint reports: a finding, and the dialects a skill may be judged by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skillwire.spec.model import Severity

RANK = {Severity.ERROR: 3, Severity.WARNING: 2, Severity.INFO: 1}
"""Severities in order, the gravest highest."""


class Dialect(StrEnum):
    """How strict lint is about form: the Agent Skills specification, what OpenClaw takes, or only what misleads a run."""

    SPEC = "spec"
    OPENCLAW = "openclaw"
    LENIENT = "lenient"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or doubtful. ``path`` is as the user gave it, ``line`` 1-based, ``text`` that line."""

    path: str
    rule: str
    severity: Severity
    line: int
    message: str
    fix: str
    text: str = ""

    def to_dict(self) -> dict[str, str | int]:
        """The finding as the JSON that ``lint --format json`` lists."""
        return {
            "path": self.path,
            "rule": self.rule,
            "severity": self.severity.value,
            "line": self.line,
            "message": self.message,
            "fix": self.fix,
        }
