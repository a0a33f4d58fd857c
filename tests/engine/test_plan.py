"""From actions to a plan: what comes first, and when a finished file is expected."""

from __future__ import annotations

import pytest

from skillwire.catalog import find
from skillwire.engine.plan import Attachment, Task, make
from skillwire.errors import SkillNotRunnable

CLIP = (Attachment("clip.mp4"),)


@pytest.fixture(scope="module")
def skill():
    return find("video-ai-no")


@pytest.mark.parametrize(
    ("actions", "attachments", "wants_file", "steps"),
    [
        (["upload", "message"], CLIP, True, ["upload", "message", "export"]),
        (["message"], CLIP, True, ["upload", "message", "export"]),
        (["message", "export"], CLIP, True, ["upload", "message", "export"]),
        (["message"], CLIP, False, ["upload", "message"]),
        (["upload"], CLIP, True, ["upload", "export"]),
        (["upload", "credits"], CLIP, True, ["upload", "credits"]),
        (["credits"], (), True, ["credits"]),
        (["message"], (), True, ["message"]),
        (["export"], (), True, ["export"]),
        (["upload"], (), True, ["upload"]),
    ],
)
def test_steps(skill, actions, attachments, wants_file, steps):
    plan = make(skill, actions, Task("words", attachments, wants_file=wants_file))
    assert [step.action for step in plan.steps] == steps


def test_a_balance_needs_a_token_and_no_session(skill):
    plan = make(skill, ["credits"], Task("how many credits?"))
    assert plan.needs_token
    assert not plan.needs_session
    assert make(skill, ["state"], Task("status")).needs_session


def test_an_action_without_a_call_names_its_row(skill):
    with pytest.raises(SkillNotRunnable, match="'dance' has no call"):
        make(skill, ["dance"], Task("dance"))
