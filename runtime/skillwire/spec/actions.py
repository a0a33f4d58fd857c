"""Action cells → calls: by label first, the section number as a check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from skillwire.spec.facts import Facts, RawRoute
from skillwire.spec.model import Call, GuiAction, Route, Severity, Translation
from skillwire.spec.naming import Named, by_vocabulary, shape, slug
from skillwire.spec.vocabulary import first

_REQUEST = re.compile(r"(GET|POST|PUT|PATCH|DELETE)\s+(/\S*)\Z")
_REFERENCE = re.compile(r"§\s*(\d+(?:\.\d+)*)")
_THEN = re.compile(r"[,;]?\s*(?:\band\s+)?\bthen\b|[,;]?\s*\bfollowed by\b|\s\+\s|[，；]?\s*(?:然后|随后|接着)|，再")
_JOINTS = ("then", "followed by", " + ", "然后", "随后", "接着", "，再")
_GUI_ACTIONS = frozenset(action.value for action in GuiAction)
# At least half of a table's rows must name calls of the file, or it is no routing table.
_SHARE = 0.5


class Target:
    """What an action cell names: a call by label, a call by number, or neither; the label wins."""

    __slots__ = ("call", "label", "number", "reference", "text")

    def __init__(self, label: str | None, number: str | None, text: str, reference: str = "") -> None:
        self.label = label
        self.number = number
        self.call = label or number
        self.text = text
        self.reference = reference


class Resolver:
    """Finds the call that an action cell means."""

    def __init__(self, facts: Facts, named: Mapping[str, Named], calls: Mapping[str, Call]) -> None:
        self.calls = calls
        self.labels = {
            slug(label): name
            for name, call in reversed(list(named.items()))
            for request in call.all
            for label in request.labels[:1]
            if name in calls
        }
        self.requests = {(call.main.method, shape(call.path)): name for name, call in named.items()}
        listed = [call for call in named.values() if call.name != "token" and not call.status_of]
        self.listed = [call.name for call in listed]
        self.numbers = {call.main.number: call.name for call in listed if call.main.number is not None}
        self.sections: dict[str, str] = {}
        for call in named.values():
            if not call.status_of:
                self.sections.setdefault(call.main.section, call.name)
        self.learnt: dict[str, str] = {}
        self.headings = {heading.number: heading for heading in facts.page.headings if heading.number}

    def target(self, text: str) -> Target:
        """Resolve one step of an action cell."""
        text = text.strip()
        if "/" in text and (request := _REQUEST.match(text)):
            return Target(self.requests.get((request[1], shape(request[2]))), None, text)
        reference = _REFERENCE.search(text) if "§" in text else None
        if reference is None:
            words = text.strip(" ()→.")
            return Target(self._by_label(words), None, words or text)
        words = _REFERENCE.sub(" ", text).strip(" ()→.")
        number = self.learnt.get(reference[1]) or self._by_number(reference[1])
        return Target(self._by_label(words), number, words or text, reference[1])

    def steps(self, text: str) -> list[Target]:
        """What a step of an action cell names; several when words chain calls (``Upload, then SSE``)."""
        for word in _JOINTS:
            if word in text:
                break
        else:
            return [self.target(text)]
        parts = [part for part in _THEN.split(text) if part.strip()]
        targets = [self.target(part) for part in parts] if len(parts) > 1 else []
        return targets if targets and all(target.call for target in targets) else [self.target(text)]

    def places(self, name: str) -> set[str]:
        """Section numbers under which a call may rightly be referred to."""
        places = {number for number, call in self.sections.items() if call == name}
        if name in self.listed:
            places.add(str(self.listed.index(name)))
        places.update(str(number) for number, call in self.numbers.items() if call == name)
        return places

    def named_in(self, text: str) -> str | None:
        """The call of whose label every word stands in a text; that of the longest label, if several are."""
        words = set(slug(text, limit=len(text)).split("_"))
        found = [label for label in self.labels if words.issuperset(label.split("_"))]
        return self.labels[max(found, key=len)] if found else None

    def _by_label(self, words: str) -> str | None:
        if not words:
            return None
        key = slug(words)
        if words in self.calls:
            return words
        if key in self.calls:
            return key
        if key in self.labels:
            return self.labels[key]
        usual = by_vocabulary(words)
        if usual in self.calls:
            return usual
        parts = set(key.split("_"))
        return next((name for label, name in self.labels.items() if parts and parts <= set(label.split("_"))), None)

    def _by_number(self, number: str) -> str | None:
        if number in self.headings:
            return self.sections.get(number)
        head, dot, last = number.rpartition(".")
        place = int(last)
        if not dot and place in self.numbers:
            return self.numbers[place]
        return self.listed[place] if head and place < len(self.listed) else None


def translations(facts: Facts, resolver: Resolver) -> tuple[Translation, ...]:
    """GUI rows; those that refer to a request, by its place (``Execute §3.5``) or its own label, follow it."""
    result = []
    for row in facts.translations:
        if row.action is GuiAction.EXECUTE:
            reference = _REFERENCE.search(row.text) if "§" in row.text else None
            known = reference is not None or first("gui", row.text) is not None
            call = resolver.target(reference[0]).call if reference else None if known else resolver.named_in(row.text)
            if call in _GUI_ACTIONS:
                row = replace(row, action=GuiAction(call))  # noqa: PLW2901 - the same row, followed
            elif not known:
                message = f"nothing says what {row.match[0]!r} stands for; it is taken as an action to carry out"
                fix = "name a call, the state or a summary"
                facts.report("unknown-gui-action", Severity.WARNING, message, row.line, fix)
        result.append(row)
    return tuple(result)


def routes(facts: Facts, resolver: Resolver) -> tuple[Route, ...]:
    """Rows of the routing table; tables whose actions name no calls are put back and reported."""
    result: list[Route] = []
    for table, rows in facts.routing:
        resolved = [(row, [target for step in row.actions for target in resolver.steps(step)]) for row in rows]
        good = [row for row, targets in resolved if targets and all(target.call for target in targets)]
        if not rows or len(good) < len(rows) * _SHARE:
            facts.consumed.difference_update(range(table.line, table.end + 1))
            message = "a table pairs words with actions, but its actions name no requests of this file"
            facts.report(
                "unresolved-actions", Severity.WARNING, message, table.line, "declare a request for each action"
            )
            continue
        for row, targets in resolved:
            route = _route(facts, resolver, row, targets)
            if route:
                result.append(route)
    return tuple(result)


def _route(facts: Facts, resolver: Resolver, row: RawRoute, targets: list[Target]) -> Route | None:
    if not targets:
        facts.report("incomplete-row", Severity.WARNING, "the row has no action", row.line, "name the call it leads to")
        return None
    for target in targets:
        _check(facts, resolver, row, target)
    actions = [target.call or slug(target.text) or "unknown" for target in targets]
    return Route(
        phrases=row.phrases,
        events=row.events,
        action=actions[0],
        line=row.line,
        then=tuple(actions[1:]),
        conditions=row.conditions,
        skip_sse=row.skip,
        fallback=row.fallback,
        raw=row.raw,
    )


def _check(facts: Facts, resolver: Resolver, row: RawRoute, target: Target) -> None:
    if target.call is None:
        message = f"the action {target.text!r} names no request of this file"
        facts.report("unknown-action", Severity.ERROR, message, row.line, "declare the request or correct the action")
        return
    if not target.reference:
        return
    if target.label:
        resolver.learnt.setdefault(target.reference, target.label)
    elif any(map(str.isalpha, target.text)) and target.text != f"§{target.reference}":
        message = f"{target.text!r} names no request of this file; §{target.reference}, which is {target.call}, counts"
        facts.report("unknown-action", Severity.WARNING, message, row.line, "call it as the list of requests does")
    last = target.reference.rpartition(".")[2]
    heading = resolver.headings.get(target.reference)
    if target.number is None and heading is None:
        message = f"§{target.reference} points at no section and no place in the list of requests"
        facts.report("dangling-section", Severity.WARNING, message, row.line, "correct the number or name the call")
    elif (
        target.label and target.number != target.label and not {target.reference, last} & resolver.places(target.label)
    ):
        message = f"§{target.reference} is {target.number or 'another section'}, but the row says {target.text!r}, which counts"
        facts.report("section-mismatch", Severity.WARNING, message, row.line, "correct the number")
