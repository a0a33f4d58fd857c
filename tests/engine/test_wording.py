"""Own sentences, the service's talk of buttons, and what must never reach a terminal."""

from __future__ import annotations

import json
from importlib.resources import files
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.engine.guitalk import Translator
from skillwire.engine.wording import plain, say
from skillwire.spec.model import Auth, GuiAction, Skill, Translation

SENTENCES = json.loads(files("skillwire.engine").joinpath("wording.json").read_text(encoding="utf-8"))
TABLE = (
    Translation(("click [button]", "点击"), GuiAction.EXECUTE, 1),
    Translation(("open [panel]", "打开"), GuiAction.STATE, 2),
    Translation(("drag/drop", "拖拽"), GuiAction.MESSAGE, 3),
    Translation(("preview in timeline",), GuiAction.SUMMARY, 4),
    Translation(("Export button", "导出"), GuiAction.EXPORT, 5),
)
SKILL = Skill("a", "1", "A", "", "SKILL.md", "unknown", "0", Auth(None), translations=TABLE)


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_every_sentence_exists_in_all_languages_with_the_same_slots(key):
    by_language = SENTENCES[key]
    assert set(by_language) == {"en", "zh", "es", "de", "fr", "ja", "pt"}
    slots = {lang: {name for _, name, _, _ in Formatter().parse(text) if name} for lang, text in by_language.items()}
    assert all(names == slots["en"] for names in slots.values())


def test_an_unknown_language_falls_back_to_english():
    assert say("unchanged", "tlh") == say("unchanged", "en")


@pytest.mark.parametrize(
    ("text", "kept", "actions"),
    [
        ("Done. Click the Save button to go on.", "Done.", [GuiAction.EXECUTE]),
        ("Click the Export button now.", "", [GuiAction.EXPORT]),
        ("请点击右上角的按钮。声音已去掉。", "声音已去掉。", [GuiAction.EXECUTE]),
        ("Drag and drop the clip. Then open the media panel.", "", [GuiAction.MESSAGE, GuiAction.STATE]),
        ("The clip lasts 3.5 s. It is a clickable demo.", "The clip lasts 3.5 s. It is a clickable demo.", []),
        ("You can preview in timeline. Two tracks are left.", "Two tracks are left.", [GuiAction.SUMMARY]),
        ("The music is gone, click Save to keep it.", "The music is gone.", [GuiAction.EXECUTE]),
        ("The music is gone and you can now click Save.", "The music is gone.", [GuiAction.EXECUTE]),
        ("The music is gone — open the media panel to see!", "The music is gone!", [GuiAction.STATE]),
        ("To keep it, click Save.", "", [GuiAction.EXECUTE]),
        ("Two tracks are left; click Save; one is silent.", "Two tracks are left; one is silent.", [GuiAction.EXECUTE]),
        ("I removed the click from the sound.", "I removed the click from the sound.", []),
        ("The door is open in the second shot.", "The door is open in the second shot.", []),
        ("声音已去掉，点击导出即可下载。", "声音已去掉。", [GuiAction.EXPORT]),
        ("您可以打开右侧面板查看，声音已去掉。", "声音已去掉。", [GuiAction.STATE]),
        ("Two tracks are left. Save it by clicking Save.", "Two tracks are left.", [GuiAction.EXECUTE]),
        ("Just drag your clip here.", "", [GuiAction.MESSAGE]),
        ("You can now click Save!", "", [GuiAction.EXECUTE]),
        ("视频已导出。", "视频已导出。", []),
    ],
)
def test_instructions_disappear_and_content_stays(text, kept, actions):
    translated = Translator(SKILL)(text)
    assert translated.text == kept
    assert list(translated.actions) == actions


@given(st.text())
def test_nothing_that_drives_a_terminal_is_left(text):
    cleaned = plain(text)
    assert not any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in cleaned)


def test_control_sequences_go_whole():
    assert plain("a\x1b[31mred\x1b[0m\x1b]0;title\x07b\u202ec") == "aredbc"


@given(st.text(alphabet="ab .!?。\n3"))
def test_a_text_without_instructions_keeps_every_word(text):
    assert Translator(SKILL)(text).text.split() == text.split()
