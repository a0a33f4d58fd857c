"""Utterances lead to the right plan: on labelled sets, kind by kind, and under any text at all."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillwire.engine.router import Router, route, split_attachments
from skillwire.spec.model import Auth, Route, Skill

HERE = Path(__file__).resolve()
HELD_OUT = HERE.parent / "data" / "held_out.tsv"
DEVELOPMENT = HERE.parents[2] / ".." / "shared" / "routing" / "dev.tsv"
OVERALL, EACH_KIND = 0.97, 0.94  # of rows known to the authors; fresh rows do worse, see the figures in held_out.md

VIDEO = Skill(
    "video",
    "1.0.0",
    "Video",
    "",
    "SKILL.md",
    "unknown",
    "d1",
    Auth("TOKEN"),
    routes=(
        Route(("export", "导出", "download", "send me the video"), (), "export", 10),
        Route(("credits", "积分", "balance", "余额"), (), "credits", 11),
        Route(("status", "状态", "show tracks"), (), "state", 12),
        Route(("upload", "上传"), ("file",), "upload", 13),
        Route((), (), "message", 14, fallback=True),
    ),
)
ROUTER = Router(VIDEO)


def rows(path):
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t")[:4] for line in lines if line]


def plan(utterance):
    attachments, words = split_attachments(utterance)
    return "+".join(ROUTER.route(words, attachments).actions).replace("message", "sse")


@pytest.mark.parametrize("path", [HELD_OUT, DEVELOPMENT], ids=["held out", "development"])
def test_labelled_utterances(path):
    if not path.is_file():
        pytest.skip(f"{path.name} is not part of this checkout")
    right, total, wrong = Counter(), Counter(), []
    for language, label, kind, utterance in rows(path):
        got = plan(utterance)
        for group in ("all", kind, language):
            total[group] += 1
            right[group] += got == label
        if got != label:
            wrong.append(f"{language} {kind}: {utterance!r} is {label}, went to {got}")
    report = "\n".join(wrong)
    assert right["all"] >= OVERALL * total["all"], report
    for group, count in total.items():
        assert right[group] >= EACH_KIND * count, f"{group}\n{report}"


@pytest.mark.parametrize(
    ("utterance", "expected"),
    [
        ("put the second clip first", "sse"),
        ("bring the last clip to the front", "sse"),
        ("put my last video at the start please", "sse"),
        ("delete the second clip", "sse"),
        ("swap the clips", "sse"),
        ("把第二段放到最前面", "sse"),
        ("put another clip in", "upload"),
        ("bring me the last clip", "export"),
    ],
)
def test_clips_that_are_put_in_order_are_neither_handed_over_nor_asked_for(utterance, expected):
    assert plan(utterance) == expected


@pytest.mark.parametrize(
    ("line", "names", "words"),
    [
        ("<file:a.mp4>", ("a.mp4",), ""),
        ("<file:a.mp4> trim it", ("a.mp4",), "trim it"),
        ("<file:download (3).mp4><file:b.mov>  join ", ("download (3).mp4", "b.mov"), "join"),
        ("trim <file:a.mp4>", (), "trim <file:a.mp4>"),
        ("", (), ""),
    ],
)
def test_attachments_are_split_off(line, names, words):
    assert split_attachments(line) == (names, words)


def test_the_plan_says_why():
    routing = ROUTER.route("trim to 10s and export it")
    assert routing.actions == ("message", "export")
    assert "trim to 10s" in routing.why
    assert "export it" in routing.why
    assert [clause.kind for clause in routing.clauses] == ["edit", "action"]
    assert 0 < routing.confidence <= 1
    assert routing.language == "en"


def test_the_row_that_decided_comes_along():
    assert ROUTER.route("余额").row.line == 11
    assert ROUTER.route("make it pop").row.fallback


def test_what_is_called_off_is_said_to_be():
    routing = ROUTER.route("don't export yet")
    assert routing.actions == ("message",)
    assert "called off" in routing.why


def test_the_module_level_function_keeps_its_router():
    assert route(VIDEO, "export it").actions == route(VIDEO, "导出").actions == ("export",)


def test_a_table_without_fallback_says_that_nothing_fits():
    bare = Skill("x", "1", "x", "", "x.md", "unknown", "0", Auth(None), routes=(Route(("export",), (), "export", 3),))
    routing = Router(bare).route("tell me a story")
    assert routing.actions == ()
    assert routing.row is None


def declaring(paraphrases):
    return replace(VIDEO, digest="declared", frontmatter={"paraphrases": paraphrases})


def test_frontmatter_adds_paraphrases_to_its_own_skill_only():
    skill = declaring({"en": {"export": ["gimme the goodies"], "classes": {"CREDIT": "gems"}}})
    assert Router(skill).route("gimme the goodies now").actions == ("export",)
    assert Router(skill).route("how many gems are left").actions == ("credits",)
    assert Router(skill).route("gems?").actions == ("credits",)
    assert Router(VIDEO).route("gimme the goodies now").actions == ("message",)
    assert Router(VIDEO).route("gems?").actions == ("message",)


@pytest.mark.parametrize(
    "odd", [None, 3, [], {"en": 3}, {"en": {"export": "x"}}, {"en": {"classes": [1], "export": [None, "@x", "^ ?*|~"]}}]
)
def test_odd_frontmatter_is_passed_over(odd):
    assert Router(declaring(odd)).route("export it").actions == ("export",)


def test_a_user_adds_paraphrases(tmp_path, monkeypatch):
    assert Router(VIDEO).route("moolah?").actions == ("message",)
    (tmp_path / "en.json").write_text('{"classes": {"CREDIT": "moolah"}}', encoding="utf-8")
    monkeypatch.setenv("SKILLWIRE_PARAPHRASES", str(tmp_path))
    assert Router(VIDEO).route("moolah?").actions == ("credits",)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_leads_somewhere(text):
    routing = ROUTER.route(text)
    assert routing.actions
    assert set(routing.actions) <= {"export", "credits", "state", "upload", "message"}


@given(
    st.lists(
        st.sampled_from(["don't", "export", "the", "“", '"', "写", "导出", "and", "，", "?", "<", "12:30", "🙂", "it"])
    )
)
@settings(max_examples=300, deadline=None)
def test_any_order_of_telling_words_leads_somewhere(words):
    assert ROUTER.route(" ".join(words)).actions
    assert ROUTER.route("".join(words)).actions


@given(st.text(alphabet="bcdfghjklmnpqrstvwz", min_size=5, max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_phrase_added_to_a_row_routes(word):
    routes = (Route((word,), (), "export", 3), Route((), (), "message", 4, fallback=True))
    skill = Skill("x", "1", "x", "", "x.md", "unknown", "2", Auth(None), routes=routes)
    assert Router(skill).route(word).actions == ("export",)
    assert Router(skill).route(f"please {word} it now").actions == ("export",)


@pytest.mark.parametrize(
    "text", ["export " * 3000, "'" * 5000, "“" * 5000, "导出" * 4000, "and " * 4000, "a" * 20000, "(" * 9000]
)
def test_long_texts_are_bounded(text):
    assert ROUTER.route(text).actions
