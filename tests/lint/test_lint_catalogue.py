"""The documentation of the rules: complete, consistent, and true of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from skillwire.engine.binding import ALIASES
from skillwire.errors import UsageError
from skillwire.lint.context import pattern, words
from skillwire.lint.finding import Dialect
from skillwire.lint.fixing import FIXABLE
from skillwire.lint.registry import checks, choose, find, rules

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "runtime/skillwire/spec"
CASES = [
    case
    for path in (Path(__file__).parent / "cases").glob("*.yaml")
    for case in yaml.safe_load(path.read_text("utf-8"))
]
# Met only where a file is broken or installed in ways that a change of its text does not bring about; other tests do.
WITHOUT_CASE = {
    "encoding",
    "invalid-bytes",
    "no-frontmatter",
    "frontmatter-fence",
    "bad-origin",
    "fused-words",
    "too-many-problems",
}


def reported_by_the_compiler():
    source = "\n".join(path.read_text("utf-8") for path in SPEC.rglob("*.py"))
    found = set(re.findall(r"\b(?:report|_note|_report)\(\s*\"([a-z]+(?:-[a-z]+)*)\"", source))
    return found | set(re.findall(r"\bProblem\(\s*\"([a-z]+(?:-[a-z]+)*)\"", source))


def test_every_problem_of_the_compiler_is_documented():
    assert len(reported_by_the_compiler()) > 15
    assert reported_by_the_compiler() - rules().keys() == set()


def test_every_check_is_documented_and_every_rule_is_found_by_somebody():
    assert checks().keys() - rules().keys() == set()
    from_outside = {"bad-origin"}  # the catalogue of installed skills reports it
    assert rules().keys() - checks().keys() - reported_by_the_compiler() - from_outside == set()


@pytest.mark.parametrize("rule", rules().values(), ids=rules())
def test_a_rule_is_told_whole(rule):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id)
    assert rule.summary.endswith(".")
    assert rule.why.endswith(".") or rule.why.endswith(")")
    assert not rule.fix.endswith(".")
    assert rule.bad != rule.good
    assert rule.dialects
    assert {*rule.replaces, *rule.explains} <= rules().keys()
    assert rule.id not in rule.replaces


def test_fixable_rules_are_those_that_the_fixer_mends():
    assert {rule.id for rule in rules().values() if rule.fixable} == FIXABLE


def test_every_rule_has_a_planted_case():
    planted = {case.get("rule") for case in CASES} | {rule for case in CASES for rule in case.get("also", [])}
    silenced = {other for rule in rules().values() for other in (*rule.replaces, *rule.explains)}
    assert rules().keys() - planted - WITHOUT_CASE - silenced == set()


def test_what_a_run_fills_in_needs_no_explanation():
    for alias, name in ALIASES.items():
        assert pattern("given").search(alias), alias
        assert pattern("given").search(name), name


def test_the_wording_compiles():
    for name, entry in words().items():
        if isinstance(entry, str) or (isinstance(entry, list) and any("\\" in part for part in entry)):
            assert pattern(name).pattern


def test_no_vendor_is_named_in_code_or_wording():
    vendor = re.compile(
        r"nemo|mega-api|run_sse|anonymous-token|with-session|X-Skill-(?:Source|Version|Platform)", re.IGNORECASE
    )
    folder = ROOT / "runtime/skillwire/lint"
    for path in [*folder.rglob("*.py"), folder / "words.yaml"]:
        assert not vendor.search(path.read_text("utf-8")), path


def test_rules_are_chosen_by_id_and_category():
    assert choose(["token-in-url"]) == {"token-in-url"}
    assert "token-in-url" in choose(["security"])
    assert "no-fallback" not in choose(["security"])
    with pytest.raises(UsageError, match="token-in-url"):
        choose(["token-in-ulr"])
    with pytest.raises(UsageError, match="explain all"):
        find("zzz")


def test_dialects_nest():
    by_dialect = {d: {rule.id for rule in rules().values() if d in rule.dialects} for d in Dialect}
    assert by_dialect[Dialect.LENIENT] < by_dialect[Dialect.OPENCLAW]
    assert "spec-fields" in by_dialect[Dialect.SPEC] - by_dialect[Dialect.OPENCLAW]
