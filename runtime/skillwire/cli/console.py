"""Shows a run's events: a progress bar on a terminal, plain lines in a pipe, JSON lines on request.

stdout carries results (texts, timelines, fields, files), stderr what is going on.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from skillwire.engine.events import Artifact, Choices, Event, Fields, Planned, Problem, Progress, Status, Text, Timeline
from skillwire.engine.wording import plain

BAR_WIDTH = 28


class Console:
    """Draws events. ``as_json``: every event is one JSON line on stdout, and nothing goes to stderr."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._bar = sys.stderr.isatty() and not as_json
        self._drawn = False
        self._last: tuple[str, int] = ("", -1)

    def show(self, event: Event) -> None:
        """Show one event."""
        if self._as_json:
            click.echo(json.dumps(event.to_dict(), ensure_ascii=False))
            return
        if isinstance(event, Progress):
            self._progress(event)
            return
        self._clear()
        match event:
            case Status(text=text):
                self._err(text)
            case Text(text=text):
                click.echo(plain(text))
            case Timeline(text=text, changes=changes):
                for change in changes:
                    click.echo(plain(change))
                click.echo(plain(text))
            case Fields(values=values):
                for name, value in values.items():
                    shown = value if isinstance(value, (str, int, float)) else json.dumps(value, ensure_ascii=False)
                    click.echo(plain(f"{name}: {shown}"))
            case Artifact(path=path, bytes=size):
                click.echo(plain(f"{path} ({size / 1_000_000:.1f} MB)"))
            case _:
                self._rarer(event)

    def _rarer(self, event: Event) -> None:
        match event:
            case Choices(candidates=candidates):
                for one in candidates:
                    click.echo(plain(_choice(one)))
            case Planned():
                self._planned(event)

    def fail(self, problem: Problem) -> None:
        """Show how it failed where events are JSON; as text the command's last line says it."""
        if self._as_json:
            self.show(problem)

    def close(self) -> None:
        """Take the progress bar away."""
        self._clear()

    def _planned(self, event: Planned) -> None:
        click.echo(plain(f"{event.method} {event.url}"))
        for name, value in event.headers.items():
            click.echo(plain(f"  {name}: {value}"))
        for path in event.files:
            click.echo(plain(f"  file: {path}"))
        if event.body is not None:
            click.echo(plain(f"  {json.dumps(event.body, ensure_ascii=False)}"))

    def _progress(self, event: Progress) -> None:
        percent = -1 if event.fraction is None else int(event.fraction * 100)
        if not self._bar:
            # A pipe gets a line for every quarter of a step, not one for every poll.
            mark = (event.step, percent // 25 if percent >= 0 else -1)
            if mark != self._last and percent >= 0:
                self._err(f"{event.step} {percent}%{_moved(event)}")
            self._last = mark
            return
        filled = BAR_WIDTH * max(percent, 0) // 100
        left = f" {event.seconds_left:.0f} s left" if event.seconds_left is not None else ""
        shown = f"{percent:3d}%" if percent >= 0 else " ..."
        bar = f"[{'#' * filled}{' ' * (BAR_WIDTH - filled)}]"
        click.echo(f"\r{event.step} {bar} {shown}{_moved(event)}{left}\x1b[K", err=True, nl=False)
        self._drawn = True

    def _clear(self) -> None:
        if self._drawn:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._drawn = False

    def _err(self, text: str) -> None:
        click.echo(plain(text), err=True)


def _choice(candidate: dict[str, Any]) -> str:
    """A candidate in a line: ``2. person, 0:03.5, clip.choice-2.jpg``."""
    at = candidate.get("at")
    time = f"{int(at // 60)}:{at % 60:04.1f}" if isinstance(at, (int, float)) and at >= 0 else ""
    told = [str(candidate.get("label") or ""), time, str(candidate.get("picture") or "")]
    return f"{candidate['number']}. {', '.join(part for part in told if part and not part.startswith('data:'))}"


def _moved(event: Progress) -> str:
    """How much of a transfer is done, in MB; nothing for other steps."""
    if event.bytes is None:
        return ""
    done = f"{event.bytes / 1_000_000:.1f}"
    return f" {done} MB" if event.total is None else f" {done} of {event.total / 1_000_000:.1f} MB"
