"""Lint of anything ends with findings or our own error, within the lines of the file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillwire.errors import SkillUnreadable
from skillwire.lint.finding import RANK, Dialect
from skillwire.lint.linter import lint
from skillwire.lint.registry import rules

PIECES = st.sampled_from(
    [
        "---",
        "name: a-b",
        "version: 1.0",
        'metadata: {"openclaw": {"requires": {"env": ["A_B"]}}}',
        "| User says... | Action |",
        "|---|---|",
        '| "export" | → §3.5 Export |',
        "| Everything else | SSE |",
        "POST `/x/<sid>`",
        "https://u:p@h.example/a?token=$T",
        'curl -X POST "$API/y" -d \'{"t":"<msg>"}\'',
        "`X-Skill-Source`: `c`",
        "do it silently",
        "§9.9",
        "```",
        "http://[::1]:80/",
        "| 429 | Retry |",
        "- `40O` — what",
        "<",
        "{",
        "$",
        "\\",
        "导出",
    ]
)


def check(data, dialect):
    try:
        found = lint(data, "a/SKILL.md", dialect=dialect)
    except SkillUnreadable:
        return
    count = data.count(b"\n") + data.count(b"\r") + 1
    for finding in found:
        assert 1 <= finding.line <= count
        assert finding.rule in rules()
        assert finding.severity in RANK
    assert found == lint(data, "a/SKILL.md", dialect=dialect)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=40), st.sampled_from(["\n", " "]), st.sampled_from(Dialect))
def test_pieces_of_skills(pieces, between, dialect):
    check(between.join(pieces).encode(), dialect)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(data):
    check(data, Dialect.SPEC)


@pytest.mark.parametrize(
    "piece",
    [
        "[", "/a", "a.", "?token=", "curl -d '", "do not ", "keep retrying ", "§3.", "| a ", "without the user ", "poll ",
        "A1", "<x>", "- `a` — b\n", "POST /a ", "https://", "before responding ", "| a |\n",
    ],
)  # fmt: skip
def test_long_repetitions_end(piece):
    text = (piece * 200_000).encode()[:250_000].decode(errors="ignore")
    for lead in ("", "POST /", "http://", "Bearer "):
        check(f"---\nname: a\nversion: '1.0'\n---\n{lead}{text}\n".encode(), Dialect.OPENCLAW)


def test_the_published_skills_are_linted_whole(shared):
    files = sorted([*(shared / "corpus").iterdir(), *(shared / "seeds").iterdir()])
    assert len(files) >= 21
    found = {path.name: {f.rule for f in lint(path.read_bytes(), str(path))} for path in files}
    for name, rule in {
        "ai-video-trimmer.md": "hidden-behaviour",
        "video-trimmer.md": "duplicate-key",
        "video-screen-recorder.md": "token-in-url",
        "mortgage-broker-video.md": "no-fallback",
        "reels-maker-mojibake.md": "mojibake",
        "reels-maker.md": "unbounded-retry",
        "nemo-video-1.9.md": "user-text-in-shell",
        "youtube-script-writer.md": "frontmatter-fence",
        "002_27f0917932bf04da.txt": "delimiter-row",
    }.items():
        assert rule in found[name], name
    quiet = {"whisk-ai.md", "video-auto.md", "ffmpeg-merge-video.md", "free-video-cutter-online.md"}
    for name in quiet:
        weighty = [f for f in lint((shared / "corpus" / name).read_bytes(), name) if RANK[f.severity] > 1]
        assert weighty == [], name
