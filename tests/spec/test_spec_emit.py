"""A skill written back as Markdown compiles to the same skill."""

from __future__ import annotations

import random

import pytest

from skillwire.spec import build
from skillwire.spec.emit import emit
from skillwire.spec.vocabulary import first
from support.compiled import ALL, EXAMPLES, INVENTED, SHIPPED, facts, label

# GUI rows that refer to sections or labels are worded anew; what was a default may be stated in so many words.
OURS = [*SHIPPED, *EXAMPLES, *INVENTED]
LEFT = frozenset({"missing", "defaulted", "default"})


def _texts(config):
    for row in config["translations"]:
        said = row.get("text", "")
        if "§" in said or (first("gui", said) or "execute") != row["action"]:
            row["text"] = ""
    return config


def check(text):
    skill = build.load(text.encode(), source="skills/some/SKILL.md")
    written = emit(skill)
    wanted, got = _texts(facts(text, leave=LEFT)), facts(written, leave=LEFT)
    for row, other in zip(wanted["translations"], got["translations"], strict=True):
        other["text"] = other["text"] if row["text"] else ""
    assert got == wanted
    return written


@pytest.mark.parametrize("path", ALL, ids=label)
def test_load_of_emit_is_the_same_skill(path):
    written = check(path.read_text(encoding="utf-8"))
    assert emit(build.load(written.encode(), source="skills/some/SKILL.md")) == written


@pytest.mark.parametrize("path", SHIPPED, ids=label)
def test_a_shipped_skill_needs_no_pins_and_has_no_problems(path):
    written = emit(build.load(path.read_bytes(), source=str(path)))
    assert "skillwire." not in written
    again = build.load(written.encode(), source=str(path))
    assert (again.problems, again.missing) == ((), ())


@pytest.mark.parametrize("seed", range(80))
def test_mutilated_skills_are_written_back_too(seed):
    dice = random.Random(seed)
    lines = dice.choice(OURS).read_text(encoding="utf-8").split("\n")
    for _ in range(dice.randrange(1, 12)):
        at = dice.randrange(len(lines))
        lines[at : at + dice.randrange(1, 4)] = dice.choice([[], [lines[at], lines[at]], [dice.choice(lines)]])
    check("\n".join(lines))
