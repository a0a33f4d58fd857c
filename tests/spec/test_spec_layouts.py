"""Layouts change, facts do not: the same file with other headings, another order, other line ends, or damaged."""

from __future__ import annotations

import random
import re
import textwrap

import pytest

from support.compiled import EXAMPLES, INVENTED, SHARED, SHIPPED, facts, label, split_front

FILES = [*SHIPPED, *EXAMPLES, *(path for path in SHARED if "mojibake" not in path.name)]
WHOLE = [
    path for path in FILES if (path.suffix == ".md" and " → §3" in path.read_text(encoding="utf-8")) or path in SHIPPED
]
MISLEADING = ["Fehlercodes", "Einleitung", "错误处理", "Export", "Session state", "クレジット", "Notes", "Error Codes"]
# Shell and JSON in fences, and headings inside them, do not survive what the tests below do to a file.
COMMANDS = ("nemo-video-1.9", "ai-video-trimmer", "reels-maker", "mortgage-broker-video", "subtitle-generator")
# What a file without frontmatter cannot say, and texts that a lost blank line lengthens.
LOST = frozenset(
    {"version", "title", "description", "missing", "runnable", "requires", "name", "frontmatter", "text", "value"}
)


def _misled(text):
    front, body = split_front(text)
    words = iter(MISLEADING * 100)
    numbered = re.compile(r"^(#{2,6}) (?!\d)(.*)$", re.MULTILINE)
    return front + numbered.sub(lambda match: f"{match[1]} {next(words)}", body)


def _shuffled(text, seed):
    front, body = split_front(text)
    head, *parts = re.split(r"(?m)^(?=#{1,6} )", body)
    random.Random(seed).shuffle(parts)
    return front + head + "\n".join(parts)


def _wrapped(text):
    front, body = split_front(text)
    lines, fenced = [], False
    for line in body.split("\n"):
        fenced ^= line.lstrip().startswith("```")
        if fenced or line.startswith(("|", "#")) or len(line) < 110 or re.search(r"\| .* \|", line):
            lines.append(line)
            continue
        marker = re.match(r"\s*(?:[-*•]|\d+\.)\s", line)
        indent = " " * len(marker[0]) if marker else ""
        lines += textwrap.wrap(line, 100, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return front + "\n".join(lines)


def _stripped(text):
    """As a page whose HTML was turned into text: no frontmatter, no marks, no blank lines, delimiter rows cut short."""
    lines = []
    for line in split_front(text)[1].split("\n"):
        if line.startswith("```") or not line.strip():
            continue
        bare = re.sub(r"^(?:#+|>) ", "", line).replace("**", "").replace("`", "")
        bare = "|---|" if re.match(r"\|[-|: ]+\|$", bare) else bare
        bare = re.sub(r"^\| ?(?=heartbeat|X-)", "", bare)
        lines.append(re.sub(r"^- (?=X-)", "", bare))
    return "\n".join(lines)


def _fused(text):
    """As ``_stripped``, and each code span of a bullet starts a line and runs into the word after it."""
    lines = []
    for line in split_front(text)[1].split("\n"):
        if line.startswith("```") or not line.strip():
            continue
        bare = re.sub(r"^(?:#+|>) ", "", line).replace("**", "")
        if bare.startswith("- POST") or re.match(r"- (?:Extract|Use|Take) `", bare):
            bare = re.sub(r" `([^`]*)` ?", r"\n\1", bare)
        lines.append(bare.replace("`", ""))
    return "\n".join(lines)


@pytest.mark.parametrize("path", [*FILES, *INVENTED], ids=label)
@pytest.mark.parametrize(
    "change",
    [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r")],
    ids=["crlf", "bom", "cr"],
)
def test_line_ends_and_marks_of_encoding_change_nothing(path, change):
    text = path.read_text(encoding="utf-8")
    assert facts(change(text)) == facts(text)


@pytest.mark.parametrize("path", FILES, ids=label)
def test_headings_are_not_believed(path):
    text = path.read_text(encoding="utf-8")
    if path.stem == "subtitle-generator":
        pytest.skip("its requests have no labels but their headings")
    assert facts(_misled(text)) == facts(text)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("path", [path for path in WHOLE if path.stem not in COMMANDS], ids=label)
def test_the_order_of_sections_makes_no_difference(path, seed):
    text = path.read_text(encoding="utf-8")
    assert facts(_shuffled(text, seed), leave={"description"}) == facts(text, leave={"description"})


@pytest.mark.parametrize("path", WHOLE, ids=label)
def test_wrapped_lines_make_no_difference(path):
    text = path.read_text(encoding="utf-8")
    assert facts(_wrapped(text)) == facts(text)


@pytest.mark.parametrize("damage", [_stripped, _fused])
@pytest.mark.parametrize("path", [path for path in WHOLE if path.stem not in COMMANDS], ids=label)
def test_a_damaged_copy_keeps_its_facts(path, damage):
    text = path.read_text(encoding="utf-8")
    wanted, got = (facts(version, leave=LOST) for version in (text, damage(text)))
    assert got == wanted


RENAMED = [
    ("mega-api-prod.nemovideo.ai", "api.plum.example"),
    ("/api/", "/v9/"),
    ("nemo_agent", "plum"),
    ("run_sse", "talk"),
    ("render/proxy/lambda", "jobs/cook"),
    ("NEMO_", "PLUM_"),
    ("X-Skill-", "X-Plum-"),
    ("X-Client-Id", "X-Device"),
    ("1001", "7101"),
    ("1002", "7102"),
    ("4001", "7401"),
]


def _renamed(text):
    for old, new in RENAMED:
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("path", [path for path in FILES if path not in EXAMPLES], ids=label)
def test_another_vendor_never_gets_the_documented_defaults(path):
    text = path.read_text(encoding="utf-8")
    ours, theirs = facts(text), facts(_renamed(text))
    assert theirs["defaulted"] == []
    assert not any(call.get("default") or call.get("defaulted") for call in theirs["calls"].values())
    stated = {name: call for name, call in ours["calls"].items() if not call.get("default")}
    assert {name: (call["verb"], _renamed(call["path"])) for name, call in stated.items()} == {
        name: (call["verb"], call["path"]) for name, call in theirs["calls"].items()
    }
    for key in ("routes", "translations", "examples", "wording"):
        assert theirs[key] == ours[key]
    if "errors" not in ours["defaulted"]:
        assert [rule["recovery"] for rule in theirs["errors"]] == [rule["recovery"] for rule in ours["errors"]]
