"""Name, version, title, platform, headers and base address: who says, and who wins."""

from __future__ import annotations

import pytest

from skillwire.spec.model import Install
from support.compiled import compiled

HEADERS = """
- `X-Skill-Source`: `the-literal`
- `X-Skill-Version`: from frontmatter `version`
- `X-Skill-Platform`: detect from install path (`~/.clawhub/` → `clawhub`, `~/.cursor/skills/` → `cursor`, else `unknown`)
"""


def front(**values):
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in values.items()) + "---\n"


NAMES = {
    "frontmatter": (front(name="said") + HEADERS, "/s/folder/SKILL.md", "said"),
    "header": (HEADERS, "/s/folder/SKILL.md", "the-literal"),
    "folder": ("# Some Thing\n", "/s/folder/SKILL.md", "folder"),
    "file": ("# Some Thing\n", "/s/some-file.md", "some-file"),
    "empty frontmatter name": (front(name="''") + HEADERS, "x", "the-literal"),
}


@pytest.mark.parametrize(("text", "source", "name"), NAMES.values(), ids=NAMES)
def test_names(text, source, name):
    assert compiled(text, source=source)["name"] == name


VERSIONS = {
    "file": ('"1.0.0"', None, {}, "1.0.0", []),
    "installer wins": ('"1.0.0"', "1.2.0", {}, "1.2.0", ["version-disagrees"]),
    "installer agrees": ('"1.2.0"', "1.2.0", {}, "1.2.0", []),
    "override wins over all": ('"1.0.0"', "1.2.0", {"version": "9"}, "9", ["version-disagrees"]),
    "nobody": (None, None, {}, None, ["missing-version"]),
    "override alone": (None, None, {"version": "3.1"}, "3.1", []),
    "installer alone": (None, "0.9", {}, "0.9", []),
}


@pytest.mark.parametrize(("written", "installed", "overrides", "version", "rules"), VERSIONS.values(), ids=VERSIONS)
def test_versions(written, installed, overrides, version, rules):
    text = (front(name="a", version=written) if written else front(name="a")) + HEADERS
    found = compiled(text, install=Install(version=installed), overrides=overrides)
    assert found["version"] == version
    assert [problem["rule"] for problem in found["problems"] if "version" in problem["rule"]] == rules
    header = next(header for header in found["headers"] if header["origin"] == "version")
    assert header["value"] == version
    assert any("version" in reason for reason in found["missing"]) == (version is None)


def test_a_version_that_no_header_carries_is_not_needed():
    found = compiled("# A\n")
    assert found["version"] is None
    assert not any("version" in reason for reason in found["missing"])


RULE = HEADERS
LISTED = "- `X-Skill-Platform`: auto-detect: `clawhub` / `cursor` / `nowhere` from install path\n"
PLATFORMS = {
    "clawhub": (RULE, "/home/u/.clawhub/skills/a/SKILL.md", None, "clawhub"),
    "cursor": (RULE, "/home/u/.cursor/skills/a/SKILL.md", None, "cursor"),
    "another folder of cursor": (RULE, "/home/u/.cursor/other/a/SKILL.md", None, "unknown"),
    "elsewhere": (RULE, "/srv/a/SKILL.md", None, "unknown"),
    "windows": (RULE, r"C:\Users\u\.clawhub\a\SKILL.md", None, "clawhub"),
    "installer": (RULE, "/srv/a/SKILL.md", "clawhub", "clawhub"),
    "installer before path": (RULE, "/home/u/.cursor/skills/a/SKILL.md", "clawhub", "clawhub"),
    "listed": (LISTED, "/home/u/.cursor/a/SKILL.md", None, "cursor"),
    "listed, elsewhere": (LISTED, "/srv/a/SKILL.md", None, "nowhere"),
    "no rule": ("# A\n", "/home/u/.cursor/skills/a/SKILL.md", None, "unknown"),
    "lookalike": (RULE, "/home/u/x.clawhub/a/SKILL.md", None, "unknown"),
}


@pytest.mark.parametrize(("text", "source", "installer", "platform"), PLATFORMS.values(), ids=PLATFORMS)
def test_platforms(text, source, installer, platform):
    assert compiled(text, source=source, install=Install(installer=installer))["platform"] == platform


ATTRIBUTION = {
    "bullets": "- `X-A`: `lit`\n- `X-B`: from frontmatter `version`\n- `X-C`: frontmatter `name`",
    "table": "| Header | Value |\n|---|---|\n| `X-A` | `lit` |\n| `X-B` | frontmatter `version` |\n| `X-C` | frontmatter `name` |",
    "prose": "`X-A` is `lit`, `X-B` comes from the `version` field, and `X-C` is the frontmatter `name`.",
    "fence": "All requests carry:\n```\nX-A: lit\nX-B: $SKILL_VERSION\nX-C: $SKILL_NAME\n```",
    "inline": "**Required headers**: `X-A: lit`, `X-B: $SKILL_VERSION`, `X-C: $SKILL_NAME`",
    "bare lines": "X-A: lit\nX-B: from frontmatter version\nX-C: frontmatter name",
    "other names": "| Header | Value |\n|---|---|\n| `X-A` | `lit` |\n| `X-B` | frontmatter `version` |\n| `X-C` | this file's YAML `name` |",
}


@pytest.mark.parametrize("body", ATTRIBUTION.values(), ids=ATTRIBUTION)
def test_attribution_in_every_form(body):
    found = compiled(front(name="me", version="1.2") + "\n# T\n\n" + body)
    assert [(header["name"], header["value"], header["origin"]) for header in found["headers"]] == [
        ("X-A", "lit", "literal"),
        ("X-B", "1.2", "version"),
        ("X-C", "me", "name"),
    ]


def test_a_header_that_is_named_but_never_valued_is_reported():
    found = compiled("# A\n\nInclude `X-Lost`, `X-Found` always.\n\n- `X-Found`: `here`\n")
    assert [header["name"] for header in found["headers"]] == ["X-Found"]
    assert [(p["rule"], p["line"]) for p in found["problems"] if "header" in p["rule"]] == [("header-without-value", 3)]


def test_a_value_that_cannot_be_sent_is_no_value():
    found = compiled("# A\n\n- `X-A`: `naïve`\n")
    assert found["headers"][0]["value"] is None
    assert [p["rule"] for p in found["problems"] if p["severity"] == "error"] == ["bad-header-value"]


BASES = {
    "label": ("**API base**: `https://a.example`\n\n**X**: GET `/x`", "https://a.example", None),
    "sentence": ("All calls go to `https://a.example/v2`.\n\n**X**: GET `/x`", "https://a.example/v2", None),
    "shell": ("`$API` = `${A_URL:-https://a.example}`\n\n**X**: GET `$API/x`", "https://a.example", "A_URL"),
    "variable table": (
        "| Variable | Default |\n|---|---|\n| `A_API_URL` | `https://a.example` |\n\n**X**: GET `/x`",
        "https://a.example",
        "A_API_URL",
    ),
    "requests alone": ("**X**: GET `https://a.example/x`", "https://a.example", None),
    "frontmatter": ("**X**: GET `/x`", "https://dev.example", None),
}


@pytest.mark.parametrize(("body", "base", "env"), BASES.values(), ids=BASES)
def test_base_addresses(body, base, env):
    found = compiled(front(name="a", apiDomain="dev.example") + "\n# A\n\n" + body)
    assert (found["base_url"], found["base_url_env"]) == (base, env)
    assert found["calls"]["x"]["path"] == "/x"


def test_a_request_to_another_host_keeps_its_address_and_is_reported():
    found = compiled(
        "API base: https://a.example\n\n**X**: GET `https://b.example/x`\n\n**Y**: GET `https://a.example/y`"
    )
    assert (found["calls"]["x"]["path"], found["calls"]["y"]["path"]) == ("https://b.example/x", "/y")
    assert "call-on-other-host" in {problem["rule"] for problem in found["problems"]}
