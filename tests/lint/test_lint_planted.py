"""Defects planted into clean skills of ten layouts: each is found on its own line, and nothing else is.

A case in ``cases/*.yaml`` names a base (or several), what to replace in it, and where the finding must stand. A case
without ``rule`` is a variant that must stay clean.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from skillwire.lint.finding import Dialect
from skillwire.lint.linter import lint
from skillwire.lint.registry import rules
from skillwire.spec.model import Install, Severity

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BASES = {
    "bold": ROOT / "skills/objectremover-video/SKILL.md",
    "numbered": ROOT / "skills/video-ai-no/SKILL.md",
    "table": ROOT / "skills/video-audio-remover/SKILL.md",
    "prose": ROOT / "skills/video-editing-ai-background/SKILL.md",
    "vendor": ROOT / "examples/music-box-maker/SKILL.md",
    "shell": HERE / "bases/postcard-maker.md",
}
# Files of other vendors, in other languages and shapes; clean but for remarks.
SIBLINGS = {
    "http": ROOT / "tests/spec/data/invented/weatherframe.md",
    "german": ROOT / "tests/spec/data/invented/tonwerk.md",
    "chinese": ROOT / "tests/spec/data/invented/yunjian.md",
    "sentences": ROOT / "tests/spec/data/invented/lanternlab.md",
    "curls": ROOT / "tests/spec/data/invented/windmill.md",
}
PLACES = BASES | SIBLINGS
CASES = [
    (path.stem, number, base, case)
    for path in sorted((HERE / "cases").glob("*.yaml"))
    for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), 1)
    for base in ([case["base"]] if isinstance(case["base"], str) else case["base"])
]


def findings(text, base, case):
    return lint(
        text.encode(case.get("encoding", "utf-8")),
        str(PLACES[base]),
        dialect=Dialect(case.get("dialect", "openclaw")),
        install=Install("clawhub", case["installed"]) if "installed" in case else None,
    )


def edited(text, case):
    for old, new in case["edit"]:
        assert text.count(old) >= 1, f"{old!r} does not stand in the base"
        text = text.replace(old, new, 1)
    return text


def line_of(text, words):
    lines = [number for number, line in enumerate(text.split("\n"), 1) if words in line]
    assert len(lines) == 1, f"{words!r} stands on lines {lines}"
    return lines[0]


def key(finding):
    return finding.rule, " ".join(finding.text.split())


@pytest.mark.parametrize("base", BASES)
def test_the_bases_are_clean(base):
    found = lint(BASES[base].read_bytes(), str(BASES[base]))
    assert found == []


@pytest.mark.parametrize("base", SIBLINGS)
def test_the_siblings_are_clean_but_for_remarks(base):
    found = lint(SIBLINGS[base].read_bytes(), str(SIBLINGS[base]), without=frozenset({"user-text-in-shell"}))
    assert [finding for finding in found if finding.severity is not Severity.INFO] == []


@pytest.mark.parametrize(("base", "case"), [c[2:] for c in CASES], ids=[f"{g}-{n}-{b}" for g, n, b, _ in CASES])
def test_a_planted_defect_is_found_where_it_stands(base, case):
    text = PLACES[base].read_text(encoding="utf-8")
    before = Counter(map(key, findings(text, base, {"dialect": case.get("dialect", "openclaw")})))
    changed = edited(text, case)
    new = []
    for finding in findings(changed, base, case):
        if before[key(finding)] > 0:
            before[key(finding)] -= 1
        else:
            new.append(finding)
    told = [(finding.rule, finding.line, finding.message) for finding in new]
    if "rule" not in case:
        assert [finding for finding in new if finding.severity is not Severity.INFO] == [], told
        return
    expected = sorted([case["rule"]] * case.get("count", 1) + case.get("also", []))
    assert sorted(finding.rule for finding in new) == expected, told
    hit = next(finding for finding in new if finding.rule == case["rule"])
    assert hit.line == line_of(changed, case["at"]), told
    assert hit.severity is Severity(case.get("severity", rules()[case["rule"]].severity)), told
    assert hit.message
    assert hit.fix
