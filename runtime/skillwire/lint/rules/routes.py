"""The routing table: which words lead where, and whether every utterance finds a row."""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillwire.language.normalise import fold, tidy
from skillwire.lint.context import Context
from skillwire.lint.registry import Hit, check
from skillwire.spec.model import Route
from skillwire.spec.tables import Table

_REFERENCE = re.compile(r"§\s*(\d+(?:\.\d+)*)")
_EDGES = " .,;:!?…\"'()[]。，；：！？"


@check("phrase-in-two-routes")
def phrase_in_two_routes(context: Context) -> Iterator[Hit]:
    """The same words, but for case and marks, in two rows: the second one can never be reached by them."""
    seen: dict[str, int] = {}
    for route in context.skill.routes:
        for phrase in route.phrases:
            key = " ".join(fold(tidy(phrase)).split()).strip(_EDGES)
            first = seen.setdefault(key, route.line)
            if first != route.line:
                yield Hit(route.line, f"the phrase {phrase!r} also stands in the row of line {first}, which wins")


@check("row-after-fallback")
def row_after_fallback(context: Context) -> Iterator[Hit]:
    """Rows below the one that takes everything else."""
    for _, routes in _tables(context):
        fallback = next((route for route in routes if route.fallback), None)
        for route in routes[routes.index(fallback) + 1 :] if fallback else ():
            what = "a second row takes everything else" if route.fallback else "this row stands after the fallback"
            yield Hit(route.line, f"{what}; the fallback on line {fallback.line} comes first" if fallback else what)


@check("no-fallback")
def no_fallback(context: Context) -> Iterator[Hit]:
    """No row takes what the others leave."""
    tables = list(_tables(context))
    if tables and context.skill.fallback is None:
        table, _ = tables[0]
        yield Hit(table.line, "no row takes what matches none of the others")


@check("row-without-words")
def row_without_words(context: Context) -> Iterator[Hit]:
    """A row that nothing can lead to."""
    for route in context.skill.routes:
        if not (route.phrases or route.events or route.conditions or route.fallback):
            yield Hit(route.line, f"nothing is said that would lead to {route.action!r}")


@check("dangling-section")
def dangling_section(context: Context) -> Iterator[Hit]:
    """References to sections that do not exist; those in routing tables are checked by the compiler."""
    numbers = {heading.number for heading in context.page.headings if heading.number}
    rows = [row for _, rows in context.facts.routing for row in rows]
    if not numbers and not rows:
        return  # nothing here is numbered in any way, so the signs belong to another text
    in_routes = {row.line for row in rows}
    usual = {match[1].rpartition(".")[0] for row in rows for match in _REFERENCE.finditer(row.raw)}
    parents = numbers | usual - {""}
    places = _places(context)
    for line, match in context.matches(_REFERENCE):
        number = match[1]
        if line in in_routes or number in numbers or any(other.startswith(f"{number}.") for other in numbers):
            continue
        parent, dot, last = number.rpartition(".")
        if dot and last in places and (parent in parents or not parents):
            continue  # the place in the list of requests
        if not numbers and not dot:
            continue  # a file whose headings have no numbers: a bare number proves nothing
        yield Hit(line, f"§{number} points at no section of this file and no place in the list of requests")


def _places(context: Context) -> set[str]:
    """Places in the list of requests: counted from zero without the token's and the polls', and as the list says."""
    listed = [name for name in context.skill.calls if name != "token" and not name.endswith("_status")]
    stated = {request.number for request in context.facts.requests if request.number is not None}
    return {str(place) for place in {*range(len(listed)), *stated}}


def _tables(context: Context) -> Iterator[tuple[Table, list[Route]]]:
    """Each routing table whose rows were taken, with its compiled rows."""
    for table, rows in context.facts.routing:
        lines = {row.line for row in rows}
        routes = [route for route in context.skill.routes if route.line in lines]
        if routes:
            yield table, routes
