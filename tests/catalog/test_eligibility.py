"""Gating by what a skill asks of the machine: one case a row."""

from __future__ import annotations

import sys

import pytest

from skillwire import catalog
from skillwire.eligibility import Host
from skillwire.spec.model import Requires

OTHER = "win32" if sys.platform == "linux" else "linux"

# Requirements → words of the reasons in order; none: eligible. The machine has the program `tool`, the variable SET and
# a configuration with browser.enabled true and browser.off false.
CASES = {
    "nothing": (Requires(), []),
    "program there": (Requires(bins=("tool",)), []),
    "program missing": (Requires(bins=("tool", "absent")), ["absent not found"]),
    "one of two programs": (Requires(any_bins=("absent", "tool")), []),
    "none of two programs": (Requires(any_bins=("absent", "away")), ["absent, away"]),
    "variable set": (Requires(env=("SET",)), []),
    "variable missing": (Requires(env=("SET", "UNSET")), ["UNSET not set"]),
    "variable empty": (Requires(env=("EMPTY",)), ["EMPTY not set"]),
    "the skill's own credential": (Requires(env=("TOKEN",), primary_env="TOKEN"), []),
    "configured": (Requires(config=("browser.enabled",)), []),
    "configured off": (Requires(config=("browser.off",)), ["browser.off not set"]),
    "not configured": (Requires(config=("browser.enabled.more", "mail")), ["enabled.more", "mail"]),
    "this system": (Requires(os=(sys.platform,)), []),
    "another system": (Requires(os=(OTHER,)), [f"needs {OTHER}"]),
    "one of two systems": (Requires(os=(OTHER, sys.platform)), []),
    "always, whatever is missing": (Requires(bins=("absent",), env=("UNSET",), always=True), []),
    "always, but another system": (Requires(os=(OTHER,), always=True), [f"needs {OTHER}"]),
    "all that is missing": (Requires(bins=("absent",), env=("UNSET",), config=("mail",)), ["absent", "UNSET", "mail"]),
}

CONFIGS = {
    "JSON": '{"browser": {"enabled": true, "off": false}}',
    "JSON5": "{\n\t// a comment\n\tbrowser: {enabled: true, /* b */ off: false, url: 'http://x//y',},\n}",
}


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS)
def host(request, tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n", encoding="utf-8")
    tool.chmod(0o755)
    config = tmp_path / "openclaw.json"
    config.write_text(request.param, encoding="utf-8")
    return Host({"PATH": str(tmp_path), "SET": "1", "EMPTY": "", "OPENCLAW_CONFIG_PATH": str(config)})


@pytest.mark.parametrize(("requires", "words"), CASES.values(), ids=CASES)
def test_what_is_unmet(host, requires, words):
    reasons = host.unmet(requires)
    assert len(reasons) == len(words), reasons
    assert all(word in reason for word, reason in zip(words, reasons, strict=True))


@pytest.mark.parametrize("text", [None, "", "{", "[1]", "[" * 50_000, "\x00"], ids=lambda text: str(text)[:4])
def test_a_configuration_that_cannot_be_read_sets_nothing(tmp_path, text):
    path = tmp_path / "openclaw.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    host = Host({"OPENCLAW_CONFIG_PATH": str(path)})
    assert len(host.unmet(Requires(config=("browser",)))) == 1


# The forms in which frontmatter asks for the same program.
FORMS = {
    "inline JSON": 'metadata: {"openclaw": {"requires": {"bins": ["absent-program"]}}}',
    "block": "metadata:\n  openclaw:\n    requires:\n      bins:\n        - absent-program",
    "block without the wrapper": "metadata:\n  requires:\n    bins: [absent-program]",
    "former name of the host": 'metadata: {"clawdbot": {"requires": {"bins": ["absent-program"]}}}',
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_listed_skill_says_what_is_missing(tmp_path, form):
    (tmp_path / "demo").mkdir()
    text = f"---\nname: demo\ndescription: x\n{form}\n---\n# Demo\n"
    (tmp_path / "demo/SKILL.md").write_text(text, encoding="utf-8")
    entry = next(entry for entry in catalog.entries([tmp_path]) if entry.name == "demo")
    assert not entry.eligible
    assert entry.reasons == ("program absent-program not found",)
    assert entry.wins
