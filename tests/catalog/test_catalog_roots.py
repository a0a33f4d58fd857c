"""Which folder's skill a name means, and what else a reference can be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillwire import catalog
from skillwire.catalog_roots import candidates
from skillwire.errors import BadInput, SkillNotFound, SkillUnreadable

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home folder and a working folder of the test's own."""
    place = tmp_path / "home"
    place.mkdir()
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.delenv("SKILLWIRE_SKILLS", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return place


def put(root, name, *, version="1.0.0", folder=None, extra="", file="SKILL.md"):
    place = Path(root) / (folder or name)
    place.mkdir(parents=True, exist_ok=True)
    text = f'---\nname: {name}\nversion: "{version}"\ndescription: Made for a test\n{extra}---\n# {name}\n'
    (place / file).write_text(text, encoding="utf-8")
    return place / file


def one(name, **options):
    return next(entry for entry in catalog.entries(**options) if entry.name == name and entry.wins)


# Each root wins over all after it; the order is that of the design.
ORDER = [
    "flag",
    "variable",
    "work/skills",
    "work/.agents/skills",
    "home/.agents/skills",
    "home/.openclaw/skills",
    "work/.claude/skills",
    "home/.claude/skills",
    "home/.cursor/skills",
    "home/.codex/skills",
    "home/.gemini/skills",
    "home/.copilot/skills",
]


@pytest.mark.parametrize("first", range(len(ORDER) - 1))
def test_an_earlier_root_shadows_all_later_ones(tmp_path, monkeypatch, first):
    (tmp_path / "flag").mkdir()
    monkeypatch.setenv("SKILLWIRE_SKILLS", str(tmp_path / "variable"))
    for place in ORDER[first:]:
        put(tmp_path / place, "demo")
    found = [entry for entry in catalog.entries([tmp_path / "flag"]) if entry.name == "demo"]
    assert [str(entry.root.relative_to(tmp_path)) for entry in found] == ORDER[first:]
    assert [entry.shadowed_by for entry in found] == [None] + [found[0].path] * (len(found) - 1)


def test_the_skills_of_this_project_come_last(tmp_path):
    put(tmp_path / "home/.openclaw/skills", "video-ai-no", version="9.0.0")
    found = [entry for entry in catalog.entries() if entry.name == "video-ai-no"]
    assert [entry.kind for entry in found] == ["home", "bundled"]
    assert found[1].path == PROJECT / "skills/video-ai-no/SKILL.md"
    assert catalog.find("video-ai-no").version == "9.0.0"


def test_the_project_a_folder_lies_in_is_searched_too(tmp_path):
    (tmp_path / "work/.git").mkdir()
    inner = tmp_path / "work/a/b"
    inner.mkdir(parents=True)
    path = put(tmp_path / "work/.agents/skills", "demo")
    assert catalog.locate("demo", cwd=inner) == path


def test_a_folder_reached_twice_is_searched_once(tmp_path, home):
    put(tmp_path / "work/skills", "demo")
    (home / ".claude").mkdir()
    (home / ".claude/skills").symlink_to(tmp_path / "work/skills")
    assert [entry.kind for entry in catalog.entries() if entry.name == "demo"] == ["workspace"]


def test_every_root_is_listed_even_when_absent():
    kinds = [root.kind for root in candidates([Path("given")])]
    assert kinds[0] == "flag"
    assert kinds[-2:] == ["bundled", "bundled"]


REFERENCES = {
    "name": "demo",
    "folder's name": "folder",
    "folder": "skills/folder",
    "folder with a slash": "skills/folder/",
    "file": "skills/folder/SKILL.md",
    "lower-case file": "skills/lower",
    "any Markdown": "notes.md",
    "any text": "notes.txt",
    "dot folder": "./plain",
    "bare word that is a folder": "plain",
}


@pytest.mark.parametrize("ref", REFERENCES.values(), ids=REFERENCES)
def test_what_a_reference_can_be(ref):
    put("skills", "demo", folder="folder")
    put("skills", "lower", file="skill.md")
    put(".", "plain")
    for name in ("notes.md", "notes.txt"):
        Path(name).write_text("---\nname: notes\nversion: 1.0.0\ndescription: x\n---\n# Notes\n", encoding="utf-8")
    skill = catalog.find(ref)
    assert skill.version == "1.0.0"
    assert Path(skill.source).is_absolute()
    assert Path(skill.source).is_file()


def test_a_name_goes_before_a_folder_of_that_name():
    put("skills", "demo", version="1.0.0")
    put(".", "demo", version="2.0.0")
    assert catalog.find("demo").version == "1.0.0"
    assert catalog.find("./demo").version == "2.0.0"


def test_a_name_goes_before_the_name_of_a_folder():
    put("skills", "other", folder="demo", version="1.0.0")
    put("skills", "demo", folder="elsewhere", version="2.0.0")
    assert catalog.find("demo").version == "2.0.0"
    assert catalog.find("elsewhere").version == "2.0.0"


MISSES = {
    "typo": ("video-audio-removr", "did you mean video-audio-remover"),
    "part of a name": ("background", "did you mean video-editing-ai-background"),
    "nothing like it": ("qqqqqqqq", "skillwire list"),
    "path": ("nowhere/SKILL.md", "no such file"),
    "folder without a skill": ("empty", "no SKILL.md"),
    "empty": ("", "no skill named"),
    "too long a name": ("x" * 5000, "no skill named"),
    "too long a path": ("x/" * 3000, "no such file"),
    "unknown user": ("~nobody-of-that-name/skill", "no such file"),
    "below a file": ("/dev/null/SKILL.md", "no such file"),
}


@pytest.mark.parametrize(("ref", "words"), MISSES.values(), ids=MISSES)
def test_what_is_not_found_is_told(ref, words):
    Path("empty").mkdir()
    with pytest.raises(SkillNotFound) as caught:
        catalog.find(ref)
    assert words in str(caught.value)


def test_a_missing_flag_folder_is_told(tmp_path):
    with pytest.raises(BadInput, match="no such folder"):
        catalog.entries([tmp_path / "nowhere"])


def test_folders_that_cannot_be_looked_at_are_passed_over(monkeypatch, tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    monkeypatch.setenv("SKILLWIRE_SKILLS", f"{'x' * 5000}:{loop}:/dev/null:~nobody-of-that-name:skills")
    put("skills", "demo")
    assert one("demo").path == tmp_path / "work/skills/demo/SKILL.md"


def test_what_is_no_readable_file_is_refused(tmp_path):
    large = tmp_path / "large.md"
    large.write_bytes(b"x" * (2 << 20))
    with pytest.raises(SkillUnreadable, match="too many"):
        catalog.find(str(large))
    with pytest.raises(SkillUnreadable, match="regular"):
        catalog.find("/dev/zero")


# origin.json → platform, version, whether something is reported.
ORIGINS = {
    "none": (None, "unknown", "1.0.0", False),
    "recorded": ('{"version": 1, "slug": "demo", "installedVersion": "1.4.2"}', "clawhub", "1.4.2", False),
    "cut short": ('{"version": 1, "inst', "clawhub", "1.0.0", True),
    "no version": ('{"version": 1}', "clawhub", "1.0.0", True),
    "a number": ('{"installedVersion": 2}', "clawhub", "1.0.0", True),
    "a list": ("[1]", "clawhub", "1.0.0", True),
    "not UTF-8": (b'{"installedVersion": "\xff"}', "clawhub", "1.0.0", True),
    "deep": ("[" * 100_000, "clawhub", "1.0.0", True),
}


@pytest.mark.parametrize(("record", "platform", "version", "told"), ORIGINS.values(), ids=ORIGINS)
def test_the_installers_record(record, platform, version, told):
    path = put("skills", "demo")
    if record is not None:
        (path.parent / ".clawhub").mkdir()
        (path.parent / ".clawhub/origin.json").write_bytes(record if isinstance(record, bytes) else record.encode())
    entry, skill = one("demo"), catalog.find("demo")
    assert (entry.platform, entry.version, bool(entry.notes)) == (platform, version, told)
    assert (skill.platform, skill.version) == (platform, version)
    assert any(problem.rule == "bad-origin" for problem in skill.problems) is told


def test_the_client_a_folder_belongs_to_is_its_platform(home):
    put(home / ".cursor/skills", "demo")
    assert one("demo").platform == "cursor"


def test_overrides_reach_the_compiler():
    put("skills", "demo")
    assert catalog.find("demo", overrides={"version": "3.0.0"}).version == "3.0.0"


LINKS = {
    "folder inside": ("skills/kept/demo", "skills/demo", ""),
    "folder outside": ("outside/demo", "skills/demo", "leads out"),
    "file outside": ("outside/demo/SKILL.md", "skills/demo/SKILL.md", "leads out"),
    "root itself": ("outside", "skills", ""),
    "chain outside": ("chain", "skills/demo", "leads out"),
}


@pytest.mark.parametrize(("target", "link", "hidden"), LINKS.values(), ids=LINKS)
def test_symlinks_stay_inside_their_root(target, link, hidden):
    for place in ("outside", "skills/kept"):
        if target.startswith(place):
            put(place, "demo")
    if target == "chain":
        put("outside", "demo")
        Path("chain").symlink_to("outside/demo")
    Path(link).parent.mkdir(parents=True, exist_ok=True)
    Path(link).symlink_to(Path(target).absolute())
    found = [entry for entry in catalog.entries() if entry.path.parent.name == "demo"]
    assert [hidden in entry.hidden and bool(entry.hidden) is bool(hidden) for entry in found] == [True]
    if hidden:
        with pytest.raises(SkillNotFound, match="leads out"):
            catalog.find("demo")


def test_a_damaged_skill_does_not_hide_the_others():
    put("skills", "demo")
    for name, data in {"binary": bytes(range(256)) * 30, "empty": b"", "large": b"x" * (3 << 20)}.items():
        path = put("skills", name)
        path.write_bytes(data)
    put("skills", "badyaml", extra="metadata: [\n")
    found = {entry.path.parent.name: entry for entry in catalog.entries() if entry.kind == "workspace"}
    assert found.keys() == {"demo", "binary", "empty", "large", "badyaml"}
    assert {name for name, entry in found.items() if entry.hidden} == {"binary", "empty", "large"}
    assert found["badyaml"].name == "badyaml"
    assert json.dumps([entry.to_dict() for entry in found.values()])
