"""Agents by name. Third parties add theirs through the entry-point group ``skillwire.agents``."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

from skillwire.agents.base import Agent
from skillwire.errors import UsageError
from skillwire.spec.model import Skill

GROUP = "skillwire.agents"

Factory = Callable[[str, Skill], Agent]
"""Takes what follows the name (``replay:FILE`` → ``FILE``, else an empty string) and the skill; returns an opened agent."""


def _local(argument: str, skill: Skill) -> Agent:  # noqa: ARG001 - the factory's signature
    from skillwire.agents.local import Local  # noqa: PLC0415 - starts a process; loaded when chosen

    return Local()


def _cloud(argument: str, skill: Skill) -> Agent:  # noqa: ARG001 - the factory's signature
    from skillwire.agents.cloud import open_cloud  # noqa: PLC0415 - loaded when chosen

    return open_cloud(skill, dict(os.environ))


def _dry(argument: str, skill: Skill) -> Agent:  # noqa: ARG001 - the factory's signature
    from skillwire.agents.dry import Dry  # noqa: PLC0415 - loaded when chosen

    return Dry(skill)


def _replay(argument: str, skill: Skill) -> Agent:  # noqa: ARG001 - the factory's signature
    from skillwire.agents.replay import Replay  # noqa: PLC0415 - loaded when chosen

    if not argument:
        raise UsageError("replay needs a cassette", fix="write replay:FILE")
    return Replay(Path(argument))


def _adk(argument: str, skill: Skill) -> Agent:
    from skillwire.agents.adk import open_adk  # noqa: PLC0415 - loads httpx; loaded when chosen

    return open_adk(argument, skill, dict(os.environ))


BUILT_IN: dict[str, Factory] = {"local": _local, "cloud": _cloud, "dry": _dry, "replay": _replay, "adk": _adk}


def names() -> tuple[str, ...]:
    """Names of all agents that can be opened, our own first."""
    return (*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - BUILT_IN.keys()))


def open_agent(reference: str, skill: Skill) -> Agent:
    """Open an agent by name (``local``), name and argument (``replay:FILE``) or address (``https://host``).

    Raises ``UsageError`` for an unknown one.
    """
    if reference.startswith(("http://", "https://")):
        from skillwire.agents.cloud import Cloud  # noqa: PLC0415 - loaded when chosen

        return Cloud(reference, reference)
    name, _, argument = reference.partition(":")
    factory = BUILT_IN.get(name)
    if factory is None:
        point = next((point for point in entry_points(group=GROUP) if point.name == name), None)
        if point is None:
            raise UsageError(f"there is no agent {reference!r}", fix=f"choose {', '.join(names())} or an https address")
        factory = point.load()
    return factory(argument, skill)
