"""Other ways from a request to operations: the seam, the registry, and the fall back to the rules.

A planner is named by ``SKILLWIRE_PLANNER``; the built-in ``chat`` is also chosen by setting ``SKILLWIRE_PLANNER_URL``.
Without either, the rules of ``read`` answer and nothing leaves the machine. Packages add planners through the entry-point
group ``skillwire.planners``: a callable that is given the environment and returns a ``Planner``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any, Final, Protocol

from skillwire.errors import RunError, SkillwireError
from skillwire.studio.understand.chat import chat_planner
from skillwire.studio.understand.read import Reading, understand
from skillwire.studio.understand.schema import fault

GROUP: Final = "skillwire.planners"


class Planner(Protocol):
    """Makes operations out of a request."""

    def plan(self, text: str) -> list[dict[str, Any]]:
        """The operations that ``text`` asks for, in order; an empty list when it asks for none it knows.

        Raises ``SkillwireError`` with the reason when it cannot answer.
        """
        ...


Factory = Callable[[Mapping[str, str]], Planner]


def factories() -> dict[str, Factory]:
    """All planners by name: the built-in one and those of installed packages, which may replace it."""
    found: dict[str, Factory] = {"chat": chat_planner}
    for point in entry_points(group=GROUP):
        found[point.name] = _loader(point)
    return found


def _loader(point: Any) -> Factory:
    def make(environ: Mapping[str, str]) -> Planner:
        factory: Factory = point.load()
        return factory(environ)

    return make


def chosen(environ: Mapping[str, str]) -> str:
    """The name of the planner that the environment asks for; empty for the rules."""
    named = environ.get("SKILLWIRE_PLANNER", "").strip()
    if named:
        return "" if named == "rules" else named
    return "chat" if environ.get("SKILLWIRE_PLANNER_URL", "").strip() else ""


def understand_with(text: str, environ: Mapping[str, str] | None = None) -> Reading:
    """Reads a request with the chosen planner; with the rules when none is chosen or when it fails.

    An answer counts only if it is valid against the operations' schema. On a failure the reading's ``note`` says why the
    rules answered.
    """
    environ = os.environ if environ is None else environ
    name = chosen(environ)
    reading = understand(text)
    if not name:
        return reading
    try:
        ops = _ask(name, text, environ)
    except SkillwireError as problem:
        return replace(reading, note=f"The planner “{name}” was not used: {problem}.")
    except Exception as problem:  # noqa: BLE001 - foreign code may fail in any way, the request is answered all the same
        return replace(reading, note=f"The planner “{name}” was not used: it failed with {type(problem).__name__}.")
    if not ops:
        return reading
    return Reading(tuple(ops), (), reading.language, "", planner=name)


def _ask(name: str, text: str, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    known = factories()
    if name not in known:
        raise RunError("there is no planner of that name", fix=f"known are {', '.join(sorted(known))} and rules")
    ops = known[name](environ).plan(text)
    wrong = fault(ops)
    if wrong:
        raise RunError(f"its answer is not valid: {wrong}")
    return ops
