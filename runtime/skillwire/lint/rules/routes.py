"""The routing table: which words lead where, and whether every utterance finds a row."""

from __future__ import annotations

import re
from collections import Counter
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
    """References to sections that do not exist. The compiler checks those of the routing table that it cannot follow."""
    numbers = {heading.number for heading in context.page.headings if heading.number}
    rows = [row for _, rows in context.facts.routing for row in rows]
    usual = Counter(match[1].rpartition(".")[0] for row in rows for match in _REFERENCE.finditer(row.raw))
    if not numbers and not rows:
        return  # nothing here is numbered in any way, so the signs belong to another text
    # A file counts its requests under one number, that of their section or of where they once stood.
    parents = {usual.most_common(1)[0][0]} if usual else numbers
    places = _places(context)
    told = {problem.line for problem in context.skill.problems if problem.rule == "dangling-section"}
    for line, match in context.matches(_REFERENCE):
        number = match[1]
        parent, dot, last = number.rpartition(".")
        if line in told or number in numbers or any(other.startswith(f"{number}.") for other in numbers):
            continue
        if (dot and last in places and parent in parents) or not (dot or numbers):
            continue  # a place in the list of requests; or a file whose headings have lost their numbers
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
