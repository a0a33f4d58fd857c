"""Baselines: findings that are known and tolerated, so that only new ones are reported.

A finding is known again by its file, its rule and the text of its line, so that it survives lines being added above it.
The file is JSON: ``{"version": 1, "findings": [{"path", "rule", "text", "count"}]}``, paths relative to its folder.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from skillwire.errors import BadInput
from skillwire.lint.finding import Finding

VERSION = 1
_Key = tuple[str, str, str]


def subtract(findings: Iterable[Finding], file: Path) -> list[Finding]:
    """The findings that the baseline ``file`` does not hold. Raises ``BadInput`` when it cannot be read."""
    known = _read(file)
    new = []
    for finding in findings:
        key = _key(finding, file.parent)
        if known[key] > 0:
            known[key] -= 1
        else:
            new.append(finding)
    return new


def dump(findings: Iterable[Finding], file: Path) -> str:
    """The text of a baseline that holds these findings and is to be stored as ``file``."""
    counted = Counter(_key(finding, file.parent) for finding in findings)
    entries = [
        {"path": path, "rule": rule, "text": text, "count": count}
        for (path, rule, text), count in sorted(counted.items())
    ]
    return json.dumps({"version": VERSION, "findings": entries}, ensure_ascii=False, indent=2) + "\n"


def _key(finding: Finding, folder: Path) -> _Key:
    path = os.path.relpath(os.path.abspath(finding.path), os.path.abspath(folder))  # noqa: PTH100 - symlinks stay as given
    return Path(path).as_posix(), finding.rule, " ".join(finding.text.split())


def _read(file: Path) -> Counter[_Key]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["version"] != VERSION:
            raise BadInput(f"baseline version {data['version']!r} is not known", where=str(file), fix="write it anew")
        return Counter({(e["path"], e["rule"], e["text"]): int(e["count"]) for e in data["findings"]})
    except FileNotFoundError as error:
        raise BadInput("there is no such baseline", where=str(file), fix="write one with --write-baseline") from error
    except OSError as error:
        raise BadInput(f"the baseline cannot be read ({error.strerror})", where=str(file)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput("this is no baseline", where=str(file), fix="write one with --write-baseline") from error
