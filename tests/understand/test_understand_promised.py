"""What the shipped skills name as examples is understood to the letter: it is the first thing anybody types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillwire.studio.understand.read import understand

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "data" / "promised.tsv").read_text(encoding="utf-8").splitlines()[1:]
]


@pytest.mark.parametrize(("language", "expected", "text"), ROWS, ids=[row[2] for row in ROWS])
def test_promised(language, expected, text):
    reading = understand(text)
    assert list(reading.ops) == json.loads(expected)
    assert reading.unread == ()
    assert reading.language == language
