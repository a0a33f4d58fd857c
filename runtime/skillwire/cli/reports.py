"""What lint finds and what tests come out as, in the formats that people, editors and CI systems read.

``findings`` renders lint findings as text, json, sarif, github or junit; ``outcomes`` renders test results as text,
json, junit or tap. Both return the whole text, its last line ended.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from skillwire import __version__
from skillwire.engine.wording import plain
from skillwire.lint.finding import RANK, Finding
from skillwire.lint.registry import Rule
from skillwire.spec.model import Severity

FINDING_FORMATS = ("text", "json", "sarif", "github", "junit")
OUTCOME_FORMATS = ("text", "json", "junit", "tap")
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GITHUB_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test: the ``suite`` it belongs to, its ``name``, whether it passed, and what there is to say.

    ``line`` is 1-based, 0 where there is none.
    """

    suite: str
    name: str
    passed: bool
    message: str = ""
    path: str = ""
    line: int = 0


def findings(
    form: str, found: Sequence[Finding], paths: Sequence[str], rules: Mapping[str, Rule], fail_on: Severity
) -> str:
    """Findings in one of ``FINDING_FORMATS``.

    ``paths`` are all files that were looked at, ``rules`` the documented ones. Findings below ``fail_on`` are no
    failures where a format knows only passed and failed.
    """
    match form:
        case "json":
            return _json([finding.to_dict() for finding in found])
        case "sarif":
            return _json(_sarif(found, rules))
        case "github":
            return "".join(map(_github, found))
        case "junit":
            return _junit(_as_outcomes(found, paths, fail_on))
        case _:
            return _text(found, paths)


def outcomes(form: str, results: Sequence[Outcome]) -> str:
    """Test results in one of ``OUTCOME_FORMATS``."""
    match form:
        case "json":
            return _json([asdict(result) for result in results])
        case "junit":
            return _junit(results)
        case "tap":
            return _tap(results)
        case _:
            failed = [result for result in results if not result.passed]
            told = [f"{_place(result)}{result.name}: {result.message}" for result in failed]
            return "".join(
                plain(line) + "\n" for line in [*told, f"{len(results) - len(failed)} of {len(results)} passed"]
            )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _text(found: Sequence[Finding], paths: Sequence[str]) -> str:
    lines = []
    for finding in found:
        lines.append(f"{finding.path}:{finding.line}: {finding.severity}: {finding.message} [{finding.rule}]")
        if finding.fix:
            lines.append(f"    fix: {finding.fix}")
    lines.append(f"{_count(found)} in {_number(len(paths), 'file')}")
    return "".join(plain(line) + "\n" for line in lines)


def _count(found: Sequence[Finding]) -> str:
    counted = Counter(finding.severity for finding in found)
    names = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}
    return ", ".join(_number(counted[s], name) for s, name in names.items() if counted[s]) or "nothing found"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _sarif(found: Sequence[Finding], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """A SARIF 2.1.0 log with one run; the rules that were broken are described in it."""
    broken = sorted({finding.rule for finding in found})
    driver = {
        "name": "skillwire",
        "semanticVersion": __version__,
        "rules": [_sarif_rule(rule_id, rules.get(rule_id)) for rule_id in broken],
    }
    results = [_sarif_result(finding, broken.index(finding.rule)) for finding in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _sarif_rule(rule_id: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": rule_id}
    return {
        "id": rule_id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why} Fix: {rule.fix}."},
        "defaultConfiguration": {"level": _SARIF_LEVEL[rule.severity]},
        "properties": {"tags": [rule.category]},
    }


def _sarif_result(finding: Finding, index: int) -> dict[str, Any]:
    path = PurePath(finding.path)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    advice = f" Fix: {finding.fix}." if finding.fix else ""
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _SARIF_LEVEL[finding.severity],
        "message": {"text": f"{finding.message}.{advice}"},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": finding.line}}},
        ],
    }


def _github(finding: Finding) -> str:
    """A workflow command, which GitHub shows beside the line."""
    where = f"file={_property(finding.path)},line={finding.line},title={_property(finding.rule)}"
    advice = f" (fix: {finding.fix})" if finding.fix else ""
    return f"::{_GITHUB_COMMAND[finding.severity]} {where}::{_data(plain(finding.message + advice))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _as_outcomes(found: Sequence[Finding], paths: Sequence[str], fail_on: Severity) -> list[Outcome]:
    """Findings as tests, failed if grave enough; files without any as passed ones."""
    results = [
        Outcome(
            f.path,
            f.rule,
            passed=RANK[f.severity] < RANK[fail_on],
            message=f"{f.message}; {f.fix}" if f.fix else f.message,
            path=f.path,
            line=f.line,
        )
        for f in found
    ]
    hit = {finding.path for finding in found}
    return results + [Outcome(path, "lint", passed=True, path=path) for path in paths if path not in hit]


def _junit(results: Iterable[Outcome]) -> str:
    """JUnit XML as Jenkins and GitLab read it: a suite a file, a case a test."""
    suites: dict[str, list[Outcome]] = {}
    for result in results:
        suites.setdefault(result.suite, []).append(result)
    root = ET.Element("testsuites", _totals([r for of_suite in suites.values() for r in of_suite]))
    for name, of_suite in suites.items():
        suite = ET.SubElement(root, "testsuite", {"name": plain(name), **_totals(of_suite)})
        for result in of_suite:
            where = {"file": plain(result.path), "line": str(result.line)} if result.line else {}
            case = ET.SubElement(suite, "testcase", {"classname": plain(name), "name": plain(result.name), **where})
            if not result.passed:
                failure = ET.SubElement(case, "failure", {"message": _xml(result.message)})
                failure.text = _xml(f"{_place(result)}{result.message}")
            elif result.message:
                ET.SubElement(case, "system-out").text = _xml(f"{_place(result)}{result.message}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _totals(results: Sequence[Outcome]) -> dict[str, str]:
    return {"tests": str(len(results)), "failures": str(sum(not result.passed for result in results))}


def _xml(text: str) -> str:
    """``text`` without what XML 1.0 does not allow."""
    return "".join(char for char in plain(text) if char in "\t\n" or (char >= " " and char not in "\ufffe\uffff"))


def _tap(results: Sequence[Outcome]) -> str:
    """TAP 14: a line a test, a YAML block under the failed ones."""
    lines = ["TAP version 14", f"1..{len(results)}"]
    for number, result in enumerate(results, 1):
        name = plain(f"{result.suite}: {result.name}").replace("\\", "\\\\").replace("#", "\\#").replace("\n", " ")
        lines.append(f"{'ok' if result.passed else 'not ok'} {number} - {name}")
        if not result.passed:
            lines += ["  ---", f"  message: {json.dumps(plain(result.message), ensure_ascii=False)}"]
            lines += [f"  at: {json.dumps(_place(result).rstrip(': '), ensure_ascii=False)}"] if result.path else []
            lines += ["  ..."]
    return "\n".join(lines) + "\n"


def _place(result: Outcome) -> str:
    if not result.path:
        return ""
    return f"{result.path}:{result.line}: " if result.line else f"{result.path}: "
