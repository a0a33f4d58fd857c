"""What holds for any text at all."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from skillwire.studio.understand.lexicon import LANGUAGES, lexicon
from skillwire.studio.understand.read import understand
from skillwire.studio.understand.schema import operations_schema

VALIDATOR = Draft202012Validator(operations_schema())
WORDS = sorted({phrase for language in LANGUAGES for phrase in lexicon(language).phrases})
PIECES = [
    *"0123456789:.,;!?%x-\"'“”「」（）\n ",
    "0:05",
    "10s",
    "5 seconds",
    "50%",
    "2x",
    "前10秒",
    "720p",
    "9:16",
    "from",
    "to",
    "𝟙",
    "İ",
    "ß",
    "e\u0301",
    "\u200d",
    "🎬",
]


@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS + PIECES * 40), max_size=40).map(" ".join)))
@settings(max_examples=400, deadline=None)
def test_any_text_gives_a_valid_reading(text):
    reading = understand(text)
    VALIDATOR.validate(list(reading.ops))
    assert reading.language in LANGUAGES
    assert all(reading.unread)
    assert understand(text) == reading
    if reading.unread:
        assert reading.reply


@given(
    st.text(
        alphabet=st.characters(codec="utf-8", exclude_characters="\"“”„«»「」『』《》`'‘’´"), min_size=1, max_size=40
    )
    .map(str.strip)
    .filter(str.isalnum)
)
@settings(max_examples=200, deadline=None)
def test_quoted_text_is_shown_as_written_whatever_it_says(text):
    assert understand(f"“{text}” at the top").ops == ({"op": "add_text", "text": text, "position": "top"},)


def test_effort_grows_with_length_only_up_to_a_bound():
    # Runs of what patterns repeat: a backtracking pattern would not come back from these.
    for piece in ("1:", "a-", "from ", "0:10 to ", "and ", "remove ", "五", "“", "the first ", "x", "1 "):
        reading = understand(piece * 20_000)
        VALIDATOR.validate(list(reading.ops))
        assert reading.unread, piece


def test_lone_surrogates_and_controls_are_survived():
    for text in ("\ud800", "mute\x00 it", "\udfff“\ud83d”", "\u202emute"):
        VALIDATOR.validate(list(understand(text).ops))
