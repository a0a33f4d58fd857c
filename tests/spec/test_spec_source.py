"""Bytes → document: encodings, repairs, frontmatter fences, line numbers."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from skillwire.errors import SkillUnreadable
from skillwire.spec import source

TEXT = '---\nname: a-b\n---\n\n| "导出" | → §3.5 | ✅ |\nRésumé — “quoted” 🎬\n'


def read(data):
    return source.read(data, "SKILL.md")


def rules(document):
    return {problem.rule: problem.line for problem in document.problems}


ENCODINGS = {
    "utf-8": (TEXT.encode(), {}),
    "utf-8 with a mark": (b"\xef\xbb\xbf" + TEXT.encode(), {}),
    "utf-16 little, mark": (b"\xff\xfe" + TEXT.encode("utf-16-le"), {"encoding": 1}),
    "utf-16 big, mark": (b"\xfe\xff" + TEXT.encode("utf-16-be"), {"encoding": 1}),
    "utf-16 little": (TEXT.encode("utf-16-le"), {"encoding": 1}),
    "utf-16 big": (TEXT.encode("utf-16-be"), {"encoding": 1}),
    "utf-32": (TEXT.encode("utf-32"), {"encoding": 1}),
    "read as latin-1": (TEXT.encode().decode("latin-1").encode(), {"mojibake": 5}),
    "read as latin-1 twice": (TEXT.encode().decode("latin-1").encode().decode("latin-1").encode(), {"mojibake": 5}),
    "one run read as latin-1": (TEXT.replace("→", "→".encode().decode("latin-1")).encode(), {"mojibake": 5}),
    "windows line ends": (TEXT.replace("\n", "\r\n").encode(), {}),
    "old mac line ends": (TEXT.replace("\n", "\r").encode(), {}),
}


@pytest.mark.parametrize(("data", "problems"), ENCODINGS.values(), ids=ENCODINGS)
def test_every_encoding_gives_the_same_lines(data, problems):
    document = read(data)
    assert document.lines == tuple(TEXT.split("\n"))
    assert rules(document) == problems


REPAIRED = {
    "cp1252 quotes": ("itâ€™s", "it’s"),
    "emoji": ("ðŸŽ¬ go", "🎬 go"),
    "emoji through latin-1": ("\xf0\x9f\x8e\xac", "🎬"),
    "two-byte runs beside a certain one": ("Ã© â\x80\x94 Â§3", "é — §3"),
    "chinese": ("å¯¼åº".encode("latin-1", "replace").decode("latin-1") + "\x87\xba", None),
}


@pytest.mark.parametrize(("damaged", "meant"), REPAIRED.values(), ids=REPAIRED)
def test_misread_utf8_is_read_as_meant(damaged, meant):
    document = read(damaged.encode())
    if meant is not None:
        assert document.lines[0] == meant
        assert "mojibake" in rules(document)


@pytest.mark.parametrize(
    "text",
    [
        "Ça va, José — déjà vu",
        "100 Â",
        "naïve café",
        "«É»",
        "São Paulo §3",
        "Ã§ alone",
        "ÄÖÜß",
        "“Olé”…",
        "é§§",
        "«été»«oui»",
    ],
)
def test_what_may_be_meant_is_left_alone(text):
    document = read(text.encode())
    assert (document.lines[0], rules(document)) == (text, {})


def test_western_bytes_are_read_as_windows_1252():
    document = read("name: café – ok".encode("cp1252"))
    assert (document.lines[0], rules(document)) == ("name: café – ok", {"encoding": 1, "frontmatter-fence": 1})


def test_invalid_bytes_are_replaced_and_reported_on_their_line():
    document = read(b"# ok\n\xe5\xaf \xff\xfe\xfa broken\n")
    assert "\N{REPLACEMENT CHARACTER}" in document.lines[1]
    assert rules(document) == {"invalid-bytes": 2}


def test_control_characters_are_dropped():
    document = read(b"# ti\x00tle\nx\x07y\n")
    assert (document.lines[:2], rules(document)) == (("# title", "xy"), {"control-characters": 1})


UNREADABLE = {
    "empty": b"",
    "blank": b" \n\t\n",
    "nothing but zeros": bytes(1000),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "too large": b"# x\n" * source.MAX_BYTES,
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_skill_file_is_refused_in_one_sentence(data):
    with pytest.raises(SkillUnreadable) as caught:
        source.read(data, "a/SKILL.md")
    assert str(caught.value).startswith("a/SKILL.md: ")
    assert caught.value.fix


FRONT = {
    "usual": ("---\nname: a\n---\nbody", ["name: a"], "body", {}),
    "closing fence ends the file": ("---\nname: a\n---", ["name: a"], None, {}),
    "blank lines first": ("\n\n---\nname: a\n---\nbody", ["name: a"], "body", {}),
    "trailing blanks": ("---  \nname: a\n---\t\nbody", ["name: a"], "body", {}),
    "dots close": ("---\nname: a\n...\nbody", ["name: a"], "body", {}),
    "longer fences": ("-----\nname: a\n-----\nbody", ["name: a"], "body", {}),
    "no opening fence": ("name: a\nversion: 1\n\n# T", ["name: a", "version: 1"], "", {"frontmatter-fence": 1}),
    "no opening fence, closed": (
        "name: a\nversion: 1\n---\n# T",
        ["name: a", "version: 1"],
        "# T",
        {"frontmatter-fence": 1},
    ),
    "never closed": (
        "---\nname: a\ndescription: >\n  b\n\n# T",
        ["name: a", "description: >", "  b"],
        "",
        {"frontmatter-fence": 1},
    ),
    "none": ("# T\nbody", None, "# T", {}),
    "a rule, not a fence": ("---\n\nprose here\n\n---\nmore", None, "---", {}),
    "prose that looks like a key": ("Note: this is prose\n\nmore", None, "Note: this is prose", {}),
}


@pytest.mark.parametrize(("text", "front", "body", "problems"), FRONT.values(), ids=FRONT)
def test_frontmatter_is_split_off(text, front, body, problems):
    document = read(text.encode())
    assert (None if document.front is None else [document.lines[i] for i in document.front]) == front
    assert (document.lines[document.body] if document.body < len(document.lines) else None) == body
    assert rules(document) == problems


FUSED = {
    "URL and word and header": (
        "POST\nhttps://h.example/tokenwithX-Client-Idheader - Extract",
        "https://h.example/token with X-Client-Id header - Extract",
    ),
    "field and word": ("x\ndata.tokenfrom the response", "data.token from the response"),
    "id and word": ("x\nKeep session_idfor all calls", "Keep session_id for all calls"),
    "word and header": ("x\nwith theX-Deviceheader", "with the X-Device header"),
}


@pytest.mark.parametrize(("text", "second"), FUSED.values(), ids=FUSED)
def test_words_that_ran_together_are_read_apart_where_no_code_is_left(text, second):
    document = read(text.encode())
    assert document.lines[1] == second
    assert rules(document) == {"fused-words": 2}
    assert read(f"{text}\n`code`".encode()).lines[1] == text.split("\n")[1]


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    try:
        document = read(data)
    except SkillUnreadable:
        return
    assert all("\n" not in line and "\x00" not in line for line in document.lines)
    assert 0 <= document.body <= len(document.lines)
