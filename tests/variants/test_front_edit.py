"""Single keys of frontmatter change; comments, order and style of the rest stay."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skillwire.spec.front_edit import set_key, set_metadata

ROWS = yaml.safe_load(Path(__file__).with_name("front_edits.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=[row["title"] for row in ROWS])
def test_edit(row):
    lines = row["before"].rstrip("\n").split("\n")
    for key, value in row.get("set", {}).items():
        set_key(lines, key, value)
    if "metadata" in row:
        set_metadata(lines, row["metadata"])
    assert "\n".join(lines) + "\n" == row["after"]


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=300).map(
    lambda s: " ".join(s.split())
)


@given(value=TEXTS.filter(bool), quoted=st.booleans())
def test_any_line_of_text_reads_back(value, quoted):
    lines = ["name: a", 'displayName: "old"' if quoted else "displayName: old", "license: MIT"]
    set_key(lines, "displayName", value)
    assert yaml.safe_load("\n".join(lines)) == {"name": "a", "displayName": value, "license": "MIT"}
