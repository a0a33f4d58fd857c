"""Conduct: what is done behind the user's back, before being asked, or at a stranger's command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillwire.lint.context import Context, pattern
from skillwire.lint.registry import Hit, check

_FAR = 300  # characters that a sentence is followed, however long it is
_STARTS = re.compile(r"[.!?。！？](?=\s)|\n")


@check("hidden-behaviour")
def hidden_behaviour(context: Context) -> Iterator[Hit]:
    """Things done so that the user does not notice."""
    seen = set()
    for line, match, before in _said(context, "hidden"):
        # "Never X without asking" may have anything between the two; "silently" belongs to the words beside it.
        spared = "never_before" if match.group().lower().startswith("without") else "harmless_before"
        if pattern(spared).search(before) or line in seen:
            continue
        seen.add(line)
        yield Hit(line, f"{match.group().strip()!r}: something is done unseen by the user")


@check("concealment")
def concealment(context: Context) -> Iterator[Hit]:
    """Orders to keep accounts, tokens, uploads or costs from the user."""
    for line, match, _ in _said(context, "concealed"):
        yield Hit(line, f"something is kept from the user: {' '.join(match.group().split())[:80]!r}")


@check("acts-before-user")
def acts_before_user(context: Context) -> Iterator[Hit]:
    """Orders to register, connect or send before the user has been told or asked anything."""
    for line, match, _ in _said(context, "before_user"):
        text = context.page.text
        stop = _STARTS.search(text, match.end(), match.end() + _FAR)
        sentence = text[match.start() : stop.start() if stop else match.end() + _FAR]
        if pattern("acts").search(sentence) and not pattern("consent").search(sentence):
            yield Hit(line, f"{' '.join(match.group().split())[:60]!r}: this happens before the user has a say")


@check("no-consent")
def no_consent(context: Context) -> Iterator[Hit]:
    """Files or accounts of the user go to a service, and the file never has them asked."""
    outward = [call for call in context.skill.calls.values() if call.name in ("token", "upload") and call.line]
    if outward and not pattern("consent").search(context.page.text):
        first = min(outward, key=lambda call: call.line or 0)
        what = "an account is made" if first.name == "token" else "media is sent"
        yield Hit(first.line or 1, f"{what} here, and nowhere is the user asked to agree")


@check("obeys-service")
def obeys_service(context: Context) -> Iterator[Hit]:
    """Orders to carry out whatever an answer of the service says."""
    for line, match, before in _said(context, "obeys"):
        if not pattern("never_before").search(before):
            yield Hit(line, f"{' '.join(match.group().split())[:80]!r}: text from outside would give the orders")


def _said(context: Context, name: str) -> Iterator[tuple[int, re.Match[str], str]]:
    """Each match of a wording in the body with its line and the part of the sentence before it."""
    text = context.page.text
    for match in pattern(name).finditer(text):
        ends = [stop.end() for stop in _STARTS.finditer(text, max(0, match.start() - _FAR), match.start())]
        yield (
            context.page.line_at(match.start()),
            match,
            text[ends[-1] if ends else max(0, match.start() - _FAR) : match.start()],
        )
