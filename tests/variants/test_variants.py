"""A variant says exactly what was asked for and nothing else, whatever shape the original has."""

import difflib
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from skillwire.errors import BadInput, SkillNotRunnable
from skillwire.lint.finding import RANK
from skillwire.lint.linter import lint
from skillwire.spec.build import load
from skillwire.spec.compare import compare
from skillwire.spec.source import read
from skillwire.spec.variant import vary
from skillwire.spec.variant_changes import Changes

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
CASES = yaml.safe_load((HERE / "variants.yaml").read_text(encoding="utf-8"))
REFUSALS = yaml.safe_load((HERE / "refusals.yaml").read_text(encoding="utf-8"))
REMOVER = (ROOT / "skills" / "video-audio-remover" / "SKILL.md").read_bytes()


def original(name, shared):
    if name.startswith(("corpus/", "seeds/")):
        return shared / name
    folder = ROOT / name if "/" in name else ROOT / "skills" / name
    return folder / "SKILL.md"


def changes(values):
    return Changes(**{**values, "phrases": tuple(map(tuple, values.get("phrases", ())))})


ROWS = [pytest.param(row, id=row["title"]) for row in CASES]


@pytest.mark.parametrize("row", ROWS)
def test_only_what_is_asked_for_differs(row, request):
    outside = row["from"].startswith(("corpus/", "seeds/"))
    path = original(row["from"], request.getfixturevalue("shared") if outside else None)
    data = path.read_bytes()
    made = vary(data, changes(row["changes"]), source=str(path))
    before = load(data, source=str(path))
    after = load(made.text.encode(), source=str(path))
    assert sorted(d.subject for d in compare(before, after, prose=True)) == sorted(row["differs"])
    assert after.missing == ()
    assert after.name == row["changes"]["name"]
    for action, words in row["changes"].get("phrases", ()):
        assert [route.action for route in after.routes if words in route.phrases] == [action]
    assert after.base_url == row["changes"].get("base_url", before.base_url)


@pytest.mark.parametrize("row", ROWS)
def test_every_line_that_holds_no_changed_value_survives(row, request):
    outside = row["from"].startswith(("corpus/", "seeds/"))
    path = original(row["from"], request.getfixturevalue("shared") if outside else None)
    data = path.read_bytes()
    skill = load(data, source=str(path))
    made = vary(data, changes(row["changes"]), source=str(path))
    host = skill.base_url.partition("://")[2]
    front = ("name:", "version:", "displayName:", "description:", "metadata:", "  ", "---", "")
    rows = {route.line for route in skill.routes}
    lines = read(data, str(path)).lines
    body = read(data, str(path)).body
    matcher = difflib.SequenceMatcher(a=lines, b=made.text.split("\n"), autojunk=False)
    gone = [i for tag, start, stop, _, _ in matcher.get_opcodes() if tag != "equal" for i in range(start, stop)]
    unexplained = [
        lines[i]
        for i in gone
        if not (i < body and lines[i].startswith(front))
        and i + 1 not in rows
        and not any(value and value in lines[i] for value in (skill.name, skill.title, host, skill.version))
        and lines[i].strip()
    ]
    assert unexplained == []


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: str(row["changes"])[:60])
def test_a_change_that_cannot_be_made_is_refused(row):
    with pytest.raises(BadInput) as refused:
        vary(REMOVER, changes(row["changes"]), source="SKILL.md")
    for words in row["says"]:
        assert words in str(refused.value)


def test_a_skill_that_cannot_run_has_no_variants(shared):
    path = shared / "corpus" / "youtube-script-writer.md"
    with pytest.raises(SkillNotRunnable, match="could not run"):
        vary(path.read_bytes(), Changes("my-scripts"), source=str(path))


def test_a_variant_of_an_unversioned_page_asks_for_a_version(shared):
    path = shared / "seeds" / "002_27f0917932bf04da.txt"
    with pytest.raises(SkillNotRunnable, match="--set version="):
        vary(path.read_bytes(), Changes("hush-clips"), source=str(path))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (
            REMOVER.replace(b"`video-audio-remover`", b"`another-skill`"),
            "a header that never carried the name keeps its value",
        ),
        (REMOVER.replace(b"\n", b"\r\n"), "line ends of another system"),
        (b"\xef\xbb\xbf" + REMOVER, "a byte-order mark"),
        (REMOVER.replace(b'"download"', "“download”".encode()), "curly quotes"),
        (REMOVER.replace(b'"send me the video"', "「send me the video」".encode()), "corner brackets"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_odd_originals(data, why):
    made = vary(data, Changes("hush-clips", phrases=(("export", "wrap it"),)))
    found = compare(load(data), load(made.text.encode()), prose=True)
    subjects = {difference.subject for difference in found}
    header = set() if b"another-skill" in data else {"headers X-Skill-Source"}
    assert subjects == {"skill name", 'routes "wrap it"'} | header, why


def test_a_new_phrase_takes_the_quotes_and_the_separator_of_its_row():
    text = REMOVER.decode().replace('"export" / "导出" / "download" / "send me the video"', "「导出」、「下载」")
    made = vary(text.encode(), Changes("hush-clips", phrases=(("export", "成片"), ("export", "出片"))))
    assert "| 「导出」、「下载」、「成片」、「出片」 |" in made.text


def test_a_name_of_one_word_is_followed_only_where_it_is_the_name():
    text = REMOVER.decode().replace("video-audio-remover", "audio")
    made = vary(text.encode(), Changes("hush", settings={"version": "1.0.1"}))
    assert "AI audio removal" in made.text
    assert '"remove all audio from this video"' in made.text
    assert "- `X-Skill-Source`: `hush`" in made.text
    assert 'version: "1.0.1"' in made.text


def test_paths_and_hosts_that_hold_the_name_stay():
    text = REMOVER.decode().replace("/api/credits/", "/api/video-audio-remover/")
    made = vary(text.encode(), Changes("hush-clips"))
    assert "/api/video-audio-remover/balance/simple" in made.text


def test_a_row_without_phrases_takes_its_first_one():
    text = REMOVER.decode().replace('"upload" / "上传" / user sends file', "user sends file")
    made = vary(text.encode(), Changes("hush-clips", phrases=(("upload", "take this"),)))
    row = next(route for route in made.skill.routes if route.action == "upload")
    assert row.phrases == ("take this",)
    assert row.events == ("file",)


@pytest.mark.parametrize("row", ROWS)
def test_lint_finds_no_more_than_in_the_original(row, request):
    outside = row["from"].startswith(("corpus/", "seeds/"))
    path = original(row["from"], request.getfixturevalue("shared") if outside else None)
    data = path.read_bytes()
    made = vary(data, changes(row["changes"]), source=str(path))
    before = {finding.rule for finding in lint(data, str(path))} | set(row.get("findings", []))
    after = lint(made.text.encode(), f"{made.skill.name}/SKILL.md")
    assert [finding for finding in after if finding.rule not in before and RANK[finding.severity] >= 2] == []


def test_a_phrase_that_is_the_name_follows_it():
    text = REMOVER.decode().replace('"show tracks"', '"video-audio-remover status"')
    made = vary(text.encode(), Changes("hush-clips"))
    assert "hush-clips status" in next(row.phrases for row in made.skill.routes if row.action == "state")


def test_a_change_that_would_bring_another_is_refused():
    # What the service says is the service's own, so a sentence of it that happens to hold the name must not change.
    text = REMOVER.decode().replace('"preview in timeline"', '"ask video-audio-remover"')
    with pytest.raises(BadInput, match=r"SKILL.md:\d+: the change would also change translations"):
        vary(text.encode(), Changes("hush-clips"))


NAMES = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,4}", fullmatch=True).filter(lambda name: len(name) < 65)


@settings(max_examples=60, deadline=None)
@given(
    name=NAMES, title=st.text(max_size=60), description=st.text(max_size=200), words=st.text(min_size=1, max_size=40)
)
def test_any_words_are_written_exactly_or_refused(name, title, description, words):
    asked = Changes(name, title or None, description or None, (("state", words.strip()),))
    try:
        made = vary(REMOVER, asked)
    except BadInput:
        return
    again = load(made.text.encode())
    assert again.name == name
    assert again.title == (title.strip() or load(REMOVER).title)
    assert again.description == (" ".join(description.split()) or load(REMOVER).description)
    assert words.strip() in next(route.phrases for route in again.routes if route.action == "state")
    assert compare(made.skill, again, prose=True) == ()
