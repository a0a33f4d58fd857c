"""Safe fixes: what is mended, that nothing else changes, and that a second time changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillwire.errors import SkillUnreadable
from skillwire.lint.fixing import FIXABLE, fix
from skillwire.lint.linter import lint

FRONT = '---\nname: a-skill\nversion: "1.0.0"\ndescription: Does a thing.\n---\n'
HEAD = "| Code | Meaning | Action |"
ROW = "| 0 | Fine | Continue |"
CASES = {
    "short delimiter": (f"{FRONT}\n{HEAD}\n|---|\n{ROW}\n", f"{FRONT}\n{HEAD}\n|---|---|---|\n{ROW}\n"),
    "alignment stays": (f"{FRONT}\n{HEAD}\n|:-:|--:|\n{ROW}\n", f"{FRONT}\n{HEAD}\n|:-:|--:|---|\n{ROW}\n"),
    "long delimiter": (f"{FRONT}\n{HEAD}\n|---|---|---|---|\n{ROW}\n", f"{FRONT}\n{HEAD}\n|---|---|---|\n{ROW}\n"),
    "no delimiter": (f"{FRONT}\n{HEAD}\n{ROW}\n", f"{FRONT}\n{HEAD}\n|---|---|---|\n{ROW}\n"),
    "in a list": (f"{FRONT}\n- codes\n  {HEAD}\n  |---|\n  {ROW}\n", f"{FRONT}\n- codes\n  {HEAD}\n  |---|---|---|\n  {ROW}\n"),
    "line ends stay": (
        f"{FRONT}\n{HEAD}\n|---|\n{ROW}".replace("\n", "\r\n"),
        f"{FRONT}\n{HEAD}\n|---|---|---|\n{ROW}".replace("\n", "\r\n"),
    ),
    "mixed line ends stay": (f"{FRONT}\r\n{HEAD}\n|---|\r\n{ROW}", f"{FRONT}\r\n{HEAD}\n|---|---|---|\r\n{ROW}"),
    "version": (FRONT.replace('"1.0.0"', "1.10  # new"), FRONT.replace('"1.0.0"', '"1.10"  # new')),
    "no fences": ("name: a-skill\nversion: 1.0.0\n\n# A skill\n", "---\nname: a-skill\nversion: 1.0.0\n---\n\n# A skill\n"),
    "not closed": ("---\nname: a-skill\nversion: 1.10\n\n# A skill\n", '---\nname: a-skill\nversion: "1.10"\n---\n\n# A skill\n'),
    "mojibake": (f"{FRONT}\n| 'å¯¼å\x87º' |\n", f"{FRONT}\n| '导出' |\n"),
    "control characters": (f"{FRONT}\nex\x00port\x1b[2J\n", f"{FRONT}\nexport[2J\n"),
    "several at once": (f"name: a-skill\nversion: 1.10\n\n{HEAD}\n|---|\n{ROW}\x01\n", f'---\nname: a-skill\nversion: "1.10"\n---\n\n{HEAD}\n|---|---|---|\n{ROW}\n'),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_what_is_mended(before, after):
    mended = fix(before.encode(), "SKILL.md", FIXABLE)
    assert mended.decode() == after
    assert fix(mended, "SKILL.md", FIXABLE) == mended
    assert not {finding.rule for finding in lint(mended, "SKILL.md")} & FIXABLE


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252"])
def test_other_encodings_become_utf_8(encoding):
    text = FRONT + "\nA café.\n"
    mended = fix(text.encode(encoding), "SKILL.md", FIXABLE)
    assert mended.decode("utf-8") == text
    assert [f.rule for f in lint(text.encode(encoding), "SKILL.md") if f.rule == "encoding"] == ["encoding"]


@pytest.mark.parametrize(
    "text",
    [FRONT, FRONT + "\n| A | B |\n|---|:-:|\n| 1 |\n", FRONT.replace("\n", "\r\n"), "\ufeff" + FRONT, FRONT + "no end"],
    ids=["plain", "missing cell", "crlf", "bom", "no last line end"],
)
def test_a_file_without_fixable_findings_stays_byte_for_byte(text):
    data = text.encode()
    assert fix(data, "SKILL.md", FIXABLE) == data


def test_only_the_chosen_rules_are_mended():
    data = f"name: a-skill\nversion: 1.10\n\n{HEAD}\n|---|\n{ROW}\n".encode()
    assert fix(data, "SKILL.md", frozenset({"delimiter-row"})) == data.replace(b"|---|", b"|---|---|---|")
    assert fix(data, "SKILL.md", frozenset({"token-in-url"})) == data
    damaged = data + "å¯¼å\x87º\n".encode()
    assert fix(damaged, "SKILL.md", frozenset({"delimiter-row"})) == damaged, "a repair that was not asked for"


def test_lost_bytes_are_left_to_a_person():
    data = f"{FRONT}\n{HEAD}\n|---|\n| caf\udcff\udcfe中 |\n".encode("utf-8", "surrogateescape")
    assert fix(data, "SKILL.md", FIXABLE) == data


PARTS = st.sampled_from(
    [
        "---",
        "name: a",
        "version: 1.2",
        "|",
        "| a | b |",
        "|---|",
        "|:-:|-|",
        "- x",
        "> ",
        "\x00",
        "å¯¼å\x87º",
        "```",
        "",
        "text",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, max_size=14), st.sampled_from(["\n", "\r\n", "\r"]))
def test_fixing_settles(parts, end):
    data = end.join(parts).encode()
    try:
        once = fix(data, "SKILL.md", FIXABLE)
    except SkillUnreadable:
        return
    assert fix(once, "SKILL.md", FIXABLE) == once
