"""The table scanner against markdown-it-py, and on tables that no CommonMark parser finds."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import assume, example, given
from hypothesis import settings as hypothesis_settings
from markdown_it import MarkdownIt

from skillwire.spec import blocks, source
from skillwire.spec.tables import delimiter_width, scan, split_cells

ORACLE = MarkdownIt("commonmark").enable("table")


def ours(text):
    page = blocks.parse(source.read(text.encode(), "x"))
    return {(table.line, table.header): [row.cells for row in table.rows] for table in page.tables}


def theirs(text):
    """Tables that markdown-it-py finds: (line of the header, header cells) → rows, each with its line and cells."""
    found, stack = {}, []
    for token in ORACLE.parse(text):
        if token.type == "table_open":
            stack = [[]]
        elif token.type == "tr_open":
            stack.append([token.map[0]])
        elif token.type == "inline" and stack and isinstance(stack[-1], list) and stack[-1]:
            stack[-1].append(token.content)
        elif token.type == "table_close":
            head, *rows = stack[1:]
            found[(head[0] + 1, tuple(head[1:]))] = [(row[0], tuple(row[1:])) for row in rows]
            stack = []
    return found


CELL = st.text(alphabet='ab §→✅`"\\-:1<é中', max_size=6)
ROW = st.lists(CELL, min_size=1, max_size=4).map(lambda cells: "|" + "|".join(cells) + "|")
OPEN_ROW = st.lists(CELL, min_size=2, max_size=4).map("|".join)
DELIMITER = st.lists(st.sampled_from(["---", ":-:", "-", " --- ", ":--"]), min_size=1, max_size=4).map(
    lambda cells: "|" + "|".join(cells) + "|"
)
LINE = st.one_of(
    ROW, OPEN_ROW, DELIMITER, st.sampled_from(["", "text", "- item", "1. a", "# h", "    code", "---", "| - |"])
)


@given(st.lists(LINE, min_size=2, max_size=12).map("\n".join))
@example("||||1|\n|---|---|---|---|\n\n|||||\n|||1|\n|---|---|---|")
@example('-|<"|→é"\n|---|-|\n中|中|\n| --- |-|\n| - |')
@hypothesis_settings(max_examples=600, deadline=None)
def test_where_a_commonmark_parser_finds_a_table_so_do_we(text):
    assume(text.strip())
    document = source.read(text.encode(), "x")
    assume(document.front is None and document.body == 0)
    found = ours(text)
    tables = theirs(text)
    # A header of nothing or of a delimiter row, and dashes without a pipe below it, make a table to CommonMark alone.
    assume(all(any(header) and not delimiter_width("|".join(header)) for _, header in tables))
    assume(all("|" in text.split("\n")[line] for line, _ in tables))
    for (line, header), rows in tables.items():
        assert (line, header) in found
        got = found[(line, header)]
        for number, (at, cells) in enumerate(rows):
            written = split_cells(text.split("\n")[at].lstrip("> "))
            if "|" not in text.split("\n")[at]:
                break  # to CommonMark a line of prose below a table is a row; to people it is not
            if len(written) > len(header) or number >= len(got):
                break  # CommonMark cuts long rows; we keep them to be reported, or read them as two glued ones
            padded = (*got[number], *[""] * (len(header) - len(got[number])))
            assert padded == cells


@given(st.lists(CELL, min_size=1, max_size=5))
def test_cells_survive_being_written(cells):
    assume(all("\\" not in cell for cell in cells))
    assert split_cells("| " + " | ".join(cells) + " |") == [cell.strip() for cell in cells]


DAMAGED = {
    "delimiter of one column": ("| a | b | c |\n|---|\n| 1 | 2 | 3 |", ("a", "b", "c"), [("1", "2", "3")], 1),
    "delimiter too long": ("| a | b |\n|---|---|---|---|\n| 1 | 2 |", ("a", "b"), [("1", "2")], 4),
    "no leading pipe": ("| a | b |\n|---|---|\nx | y |", ("a", "b"), [("x", "y")], 2),
    "swallowed by a list": ("- item\n| a | b |\n|---|---|\n| 1 | 2 |", ("a", "b"), [("1", "2")], 2),
    "glued rows": ("| a | b |\n|---|---|\n| 1 | 2 || 3 | 4 |", ("a", "b"), [("1", "2"), ("3", "4")], 2),
    "glued rows with a blank": ("| a | b |\n|---|---|\n| 1 | 2 | | 3 | 4 |", ("a", "b"), [("1", "2"), ("3", "4")], 2),
    "all on one line": ("| a | b | |---|---| | 1 | 2 | | 3 | 4 |", ("a", "b"), [("1", "2"), ("3", "4")], 2),
    "header glued to delimiter": ("| a | b | |---|---|\n| 1 | 2 |", ("a", "b"), [("1", "2")], 2),
    "blank lines between": (
        "| a | b |\n\n|---|---|\n\n| 1 | 2 |\n\n| 3 | 4 |",
        ("a", "b"),
        [("1", "2"), ("3", "4")],
        2,
    ),
    "one blank line within": ("| a | b |\n|---|---|\n| 1 | 2 |\n\n| 3 | 4 |", ("a", "b"), [("1", "2"), ("3", "4")], 2),
    "no delimiter": ("| a | b |\n| 1 | 2 |\n| 3 | 4 |", ("a", "b"), [("1", "2"), ("3", "4")], 0),
    "quoted": ("> | a | b |\n> |---|---|\n> | 1 | 2 |", ("a", "b"), [("1", "2")], 2),
    "prose right below": ("| a | b |\n|---|---|\n| 1 | 2 |\nNext Heading", ("a", "b"), [("1", "2")], 2),
    "escaped pipe": ("| a | b |\n|---|---|\n| x\\|y | 2 |", ("a", "b"), [("x|y", "2")], 2),
    "short row": ("| a | b |\n|---|---|\n| 1 |", ("a", "b"), [("1",)], 2),
}


@pytest.mark.parametrize(("text", "header", "rows", "width"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_table_is_found(text, header, rows, width):
    page = blocks.parse(source.read(text.encode(), "x"))
    assert [(table.header, [row.cells for row in table.rows], table.width) for table in page.tables] == [
        (header, rows, width)
    ]


NO_TABLES = {
    "one pipe in prose": "either a | or b\nand more",
    "setext heading": "a | b\n---",
    "thematic break": "| a |\n\n---",
    "in a fence": "```\n| a | b |\n|---|---|\n```",
    "two pipes in prose": "use | or | here\nthen | stop",
}


@pytest.mark.parametrize("text", NO_TABLES.values(), ids=NO_TABLES)
def test_what_is_no_table_is_left_alone(text):
    assert blocks.parse(source.read(text.encode(), "x")).tables == ()


def test_two_tables_with_a_blank_line_between_stay_two():
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n\n| c | d |\n|---|---|\n| 3 | 4 |"
    assert [table.header for table in blocks.parse(source.read(text.encode(), "x")).tables] == [("a", "b"), ("c", "d")]


def test_rows_know_their_lines():
    table = scan(["| a | b |", "|---|---|", "| 1 | 2 |", "| 3 | 4 |"], 0)
    assert (table.line, table.end, [row.line for row in table.rows]) == (1, 4, [3, 4])
