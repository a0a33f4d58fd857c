"""The form of tables: delimiter rows and cells, which decide whether Markdown readers see a table at all."""

from __future__ import annotations

from collections.abc import Iterator

from skillwire.lint.context import Context
from skillwire.lint.registry import Hit, check
from skillwire.spec.tables import Table, delimiter_width


def delimiter_line(lines: tuple[str, ...], table: Table) -> int | None:
    """Line (1-based) of a table's delimiter row, ``None`` when it has none or stands all on one line."""
    return next(
        (n for n in range(table.line + 1, min(table.end, table.line + 2) + 1) if delimiter_width(lines[n - 1])), None
    )


@check("delimiter-row")
def delimiter_row(context: Context) -> Iterator[Hit]:
    """Delimiter rows with more or fewer columns than the header."""
    for table in context.page.tables:
        if table.width and table.width != len(table.header):
            size = "short" if table.width < len(table.header) else "long"
            message = f"the delimiter row is too {size}: {table.width} columns under a header of {len(table.header)}"
            yield Hit(delimiter_line(context.lines, table) or table.line, message)


@check("no-delimiter-row")
def no_delimiter_row(context: Context) -> Iterator[Hit]:
    """Tables that Markdown readers show as a paragraph of pipes."""
    for table in context.page.tables:
        if not table.width:
            yield Hit(table.line, "this table has no delimiter row, so Markdown readers see no table")


@check("missing-cells")
def missing_cells(context: Context) -> Iterator[Hit]:
    """Rows shorter than the header, and empty cells where a rule is read from the row."""
    read = {row.line for _, rows in context.facts.routing for row in rows}
    read |= {error.line for error in context.facts.errors} | {row.line for row in context.facts.translations}
    for table in context.page.tables:
        for row in table.rows:
            lacking = len(table.header) - len(row.cells)
            if lacking > 0:
                yield Hit(row.line, f"the row has {len(row.cells)} cells under a header of {len(table.header)}")
            elif row.line in read and lacking == 0 and not all(row.cells):
                title = table.header[row.cells.index("")]
                yield Hit(row.line, f"the cell under {title!r} is empty")


@check("extra-cells")
def extra_cells(context: Context) -> Iterator[Hit]:
    """Rows longer than the header, as an unescaped pipe makes them."""
    for table in context.page.tables:
        for row in table.rows:
            if len(row.cells) > len(table.header):
                yield Hit(row.line, f"the row has {len(row.cells)} cells under a header of {len(table.header)}")
