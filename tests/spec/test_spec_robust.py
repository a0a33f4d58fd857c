"""Whatever the bytes: a skill or an error of our own, and never more work than the input is worth."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from skillwire.errors import SkillUnreadable
from skillwire.spec import build, config
from skillwire.spec.source import MAX_BYTES
from support.compiled import ALL

VALIDATOR = Draft202012Validator(config.schema())
FULL = MAX_BYTES - 1000


def fill(piece, head=b"", tail=b""):
    piece = piece if isinstance(piece, bytes) else piece.encode()
    return head + piece * ((FULL - len(head) - len(tail)) // len(piece)) + tail


HOSTILE = {
    "rows": fill("| 1 | 2 |\n", b"| a | b |\n|---|---|\n"),
    "error rows": fill("| 1001 | retry |\n", b"| code | b |\n|---|---|\n"),
    "routing rows": fill('| "a" / "b" | Export |\n', b"| User says | Action |\n|---|---|\n"),
    "a wide row": fill("x|", b"|a|b|\n|---|---|\n|"),
    "a wide header": fill("x|", b"|", b"\n|---|"),
    "tables": fill("|a|b|\n|---|---|\n"),
    "glued rows": fill("| 1 | 2 | ", b"| a | b | |---|---| "),
    "pipes": fill("|"),
    "pipe lines": fill("|\n"),
    "quotations": fill(">"),
    "nested lists": fill("- ", b"", b"x"),
    "indented lists": b"\n".join(b" " * i + b"- a" for i in range(700)),
    "flow": fill("[", b"---\na: ", b"\n---\n"),
    "keys": b"---\n" + b"".join(b"k%d: v\n" % i for i in range(20_000)) + b"---\n",
    "zeros in text": fill("a\x00| b\n"),
    "open fences": fill("```a\n"),
    "fences": fill("```\n"),
    "growing fences": b"\n".join(b"`" * (3 + i) for i in range(700)),
    "braces": fill("{"),
    "objects": fill('{"a":'),
    "requests": fill('**L**: POST /a/b {"a":"<b>"} returns x_id\n\n'),
    "requests in a line": fill('POST /a {"a":"b"} '),
    "polls": fill("Poll GET /a/<id> every 30s until status = done. "),
    "commands": fill('curl -s "$API/x" -H "X-A: b" '),
    "continued command": fill("\\\n", b"curl "),
    "headers": fill("X-A-B: c "),
    "one header": fill("-A", b"X-A"),
    "headings": fill("# a\n"),
    "underlines": fill("a\n===\n"),
    "one paragraph": fill("word "),
    "one word": fill("a"),
    "dots": fill("a."),
    "variables": fill("$A_B=c "),
    "urls": fill("https://a.b/c "),
    "bases": fill("base https://a.b \n"),
    "sizes": fill("max 5MB "),
    "digits": fill("1"),
    "types": fill("mp4, ", b"formats: "),
    "heartbeats": fill("every 2 min heartbeat "),
    "comments": fill("<!--"),
    "quotes": fill('"'),
    "notices": fill('"a..." '),
    "code bullets": fill("- 1001 - a; b\n"),
    "examples": fill('- "a"\n'),
    "arrows": fill('- "a" -> b\n'),
    "placeholders": fill("<a>", b"POST /"),
    "misread": fill("â\x80\x94"),
    "blank lines": fill("\n", b"", b"x"),
    "blanks": fill(" ", b"", b"x"),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_ends_soon_and_stays_small(data):
    tracemalloc.start()
    try:
        skill = build.load(data, source="a/SKILL.md")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 400 * MAX_BYTES
    assert len(skill.problems) <= 501
    VALIDATOR.validate(config.to_config(skill))


def test_ten_megabytes_are_refused_unread():
    with pytest.raises(SkillUnreadable, match="10,000,000"):
        build.load(b"| a |\n|---|\n" + b"| 1 | 2 |\n" * 999_998 + b"12345678")


@given(st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
def test_any_bytes_load_or_are_refused(data):
    try:
        skill = build.load(data, source="a/SKILL.md")
    except SkillUnreadable:
        return
    VALIDATOR.validate(config.to_config(skill))


@given(st.text(alphabet='ab|-`# \n>1."*:<{§é中→/XPOSTGE', max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_loads(text):
    if text.strip():
        VALIDATOR.validate(config.to_config(build.load(text.encode(), source="a/SKILL.md")))


@pytest.mark.parametrize("seed", range(120))
def test_damaged_skills_load(seed):
    dice = random.Random(seed)
    files = [path.read_bytes() for path in ALL]
    data = bytearray(dice.choice(files))
    for _ in range(dice.randrange(1, 30)):
        at = dice.randrange(len(data) + 1)
        other = dice.choice(files)
        start = dice.randrange(len(other))
        piece = dice.choice(
            [b"", dice.randbytes(4), other[start : start + dice.randrange(300)], b"\n", b"|", b"`", b'"']
        )
        data[at : at + dice.choice([0, 1, 40, 200])] = piece
    try:
        skill = build.load(bytes(data), source="a/SKILL.md")
    except SkillUnreadable:
        return
    found = config.to_config(skill)
    VALIDATOR.validate(found)
    last = len(bytes(data).splitlines()) + 1
    assert all(1 <= problem["line"] <= last for problem in found["problems"])
