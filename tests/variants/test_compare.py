"""Two skills differ where a run would differ, and nowhere else."""

import json
from pathlib import Path

import pytest
import yaml

from skillwire.engine.binding import canonical
from skillwire.spec.build import load
from skillwire.spec.compare import compare
from support.in_process import command

ROOT = Path(__file__).resolve().parents[2]
ROWS = yaml.safe_load(Path(__file__).with_name("comparisons.yaml").read_text(encoding="utf-8"))
IDS = [row["title"] for row in ROWS]
PATH = ROOT / "skills" / "video-audio-remover" / "SKILL.md"


def edited(row):
    text = PATH.read_text(encoding="utf-8")
    for old, new in row["edits"]:
        assert old in text, old
        text = text.replace(old, new)
    return text


def subjects(left, right, **options):
    return sorted(difference.subject for difference in compare(left, right, canonical=canonical, **options))


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_differences(row):
    left, right = load(PATH.read_bytes(), source=str(PATH)), load(edited(row).encode(), source=str(PATH))
    assert subjects(left, right) == sorted(row["differs"])
    assert set(row.get("in_prose", [])) <= set(subjects(left, right, prose=True))
    mirrored = compare(right, left, canonical=canonical)
    forward = compare(left, right, canonical=canonical)
    swapped = {(d.part, d.item, d.field, repr(d.right), repr(d.left)) for d in mirrored}
    assert {(d.part, d.item, d.field, repr(d.left), repr(d.right)) for d in forward} == swapped


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_each_difference_names_the_lines_that_make_it(row):
    left, right = PATH.read_text(encoding="utf-8").split("\n"), edited(row).split("\n")
    found = compare(load("\n".join(left).encode()), load("\n".join(right).encode()), canonical=canonical)
    for difference in found:
        for side, lines in ((difference.left, left), (difference.right, right)):
            if side is not None and side.line is not None:
                assert 1 <= side.line <= len(lines)
                assert lines[side.line - 1].strip()


def test_a_skill_equals_itself_whatever_its_shape(shared):
    for path in [*sorted((shared / "corpus").iterdir()), *sorted((shared / "seeds").iterdir())]:
        skill = load(path.read_bytes(), source=str(path))
        assert compare(skill, skill, prose=True, canonical=canonical) == ()


def test_a_shipped_skill_says_the_same_as_the_page_it_goes_back_to(shared):
    page = next(
        path for path in (shared / "seeds").iterdir() if "video-audio-remover" in path.read_text(encoding="utf-8")
    )
    found = subjects(load(PATH.read_bytes(), source=str(PATH)), load(page.read_bytes(), source=str(page)))
    # The page has lost its frontmatter, and its title is another sentence.
    lost = {"skill version", "skill title", "headers X-Skill-Version", "requires env", "requires primary_env"}
    assert set(found) <= lost


def test_the_command_shows_both_lines_and_says_so_by_its_exit_code(tmp_path, capsys):
    changed = tmp_path / "SKILL.md"
    changed.write_text(edited({"edits": [["Retry once, after 30s", "Retry once, after 45s"]]}), encoding="utf-8")
    done = command(capsys, "diff", PATH, changed)
    assert done.returncode == 1
    line = next(n for n, text in enumerate(changed.read_text(encoding="utf-8").split("\n"), 1) if "after 45s" in text)
    assert f"errors 429 after\n  - 30.0  [line {line}]\n  + 45.0  [line {line}]\n" in done.stdout
    assert done.stdout.startswith("--- video-audio-remover")
    done = command(capsys, "diff", PATH, changed, "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["right"]["path"] == str(changed)
    assert report["differences"] == [
        {
            "part": "errors",
            "item": "429",
            "field": "after",
            "left": {"value": 30.0, "line": line},
            "right": {"value": 45.0, "line": line},
        }
    ]


def test_the_command_on_skills_with_the_same_facts(tmp_path, capsys):
    reworded = tmp_path / "SKILL.md"
    reworded.write_text(
        edited({"edits": [["Suggest to compress or trim it", "Tell them to trim it"]]}), encoding="utf-8"
    )
    done = command(capsys, "diff", PATH, reworded)
    assert (done.returncode, done.stdout) == (0, "no difference\n")
    done = command(capsys, "diff", PATH, reworded, "--prose")
    assert done.returncode == 1
    assert "errors 4002 text" in done.stdout
    done = command(capsys, "diff", PATH, tmp_path / "nowhere.md")
    assert done.returncode == 2
    assert "nowhere.md" in done.stderr
