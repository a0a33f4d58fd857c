"""``skillwire chat NAME``: a conversation in the terminal, one session with the service from first word to last."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from skillwire.cli.console import Console
from skillwire.cli.options import set_option
from skillwire.cli.run import asker
from skillwire.engine.events import Event
from skillwire.engine.wording import plain
from skillwire.errors import SkillwireError
from skillwire.folders import data_dir, private
from skillwire.session import Session, is_url, open_session
from skillwire.spec.model import Verb

HELP = """\
Say what you want; name files first, or drag them into the window.
  /undo            take the last edit back
  /timeline        show the draft
  /export [FILE]   make the finished file
  /help            this text
  /quit            leave (also Ctrl-D); go on later with --resume"""
_WORD = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)"|((?:\\.|[^\s\\'"])+))""")


@click.command(name="chat", short_help="Talk with a skill in the terminal.")
@click.argument("name")
@click.option("--agent", default="local", show_default=True, help="local, cloud, or an address.")
@click.option("--yes", is_flag=True, help="Agree to sending words and files to the skill's host.")
@click.option("--resume", is_flag=True, help="Go on with the last conversation.")
@set_option
def command(name: str, agent: str, yes: bool, resume: bool, overrides: dict[str, str]) -> None:
    """Talk with the skill NAME: files in, edits step by step, finished file out. /help lists what can be typed."""
    console = Console(as_json=False)
    with open_session(name, agent=agent, overrides=overrides, ask=asker(yes=yes)) as session:
        store = Store(session)
        if resume:
            session.remember(store.load())
        if sys.stdin.isatty():
            click.echo(plain(f"{session.skill.title}. /help tells what can be typed."), err=True)
        chat = Chat(session, console)
        for line in read_lines(data_dir() / "chat-history"):
            if line in ("/quit", "/exit"):
                break
            chat.answer(line)
            store.save()


class Chat:
    """One conversation. An error ends a turn, never the conversation."""

    def __init__(self, session: Session, console: Console) -> None:
        self._session = session
        self._console = console
        self._files: list[Path] = []

    def answer(self, line: str) -> None:
        """Carry out one line of input."""
        word, _, rest = line.partition(" ")
        try:
            match word:
                case "/help":
                    click.echo(HELP)
                case "/undo":
                    self._show(self._session.run("undo", wants_file=False, actions=[self._call(Verb.STREAM)]))
                case "/timeline":
                    self._show(self._session.run("", wants_file=False, actions=["state"]))
                case "/export":
                    self._export(rest.strip())
                case _ if word.startswith("/") and not os.path.lexists(word):
                    click.echo(f"there is no {word}; /help lists what there is", err=True)
                case _:
                    self._say(line)
        except SkillwireError as error:
            self._console.close()
            click.echo(plain(f"skillwire: {error}"), err=True)

    def _say(self, line: str) -> None:
        files, words = split_line(line)
        self._files += [Path(file) for file in files if not is_url(file)]
        self._show(self._session.run(words, files, output=self._beside(), wants_file=False))

    def _export(self, target: str) -> None:
        output = Path(target).expanduser() if target else self._beside()
        self._show(self._session.run("", output=output, actions=[self._call(Verb.JOB)]))

    def _beside(self) -> Path | None:
        """A free name beside the first clip of the conversation: the clip came turns ago, so the run cannot know it."""
        if not self._files:
            return None
        first = self._files[0]
        number = 1
        while True:
            target = first.with_name(f"{first.stem}.edited{'' if number == 1 else f'-{number}'}.mp4")
            if not target.exists():
                return target
            number += 1

    def _call(self, verb: Verb) -> str:
        return next((name for name, call in self._session.skill.calls.items() if call.verb is verb), verb.value)

    def _show(self, events: Iterator[Event]) -> None:
        for event in events:
            self._console.show(event)
        self._console.close()


class Store:
    """The memory of the last conversation with one skill through one agent."""

    def __init__(self, session: Session) -> None:
        key = hashlib.sha256(f"{session.skill.source}\n{session.agent.name}".encode()).hexdigest()[:16]
        self._path = private(data_dir() / "chats") / f"{key}.json"
        self._session = session

    def load(self) -> dict[str, object]:
        """The last memory; an empty one when there is none or it is damaged."""
        try:
            memory = json.loads(self._path.read_text(encoding="utf-8"))
            return {"values": dict(memory["values"]), "asked": list(memory["asked"])}
        except (OSError, ValueError, KeyError, TypeError):
            return {"values": {}, "asked": []}

    def save(self) -> None:
        """Write the memory down, whole."""
        handle, scratch = tempfile.mkstemp(dir=self._path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(self._session.memory, out, ensure_ascii=False)
        Path(scratch).replace(self._path)


def split_line(line: str) -> tuple[list[str], str]:
    """Files and URLs at the start of a line, and the words after them.

    A terminal writes a dragged file's path quoted or with its spaces escaped; ``file://`` addresses count as paths too.
    """
    files: list[str] = []
    place = 0
    while match := _WORD.match(line, place):
        single, double, bare = match.groups()
        word = next(part for part in (single, double, re.sub(r"\\(.)", r"\1", bare or "")) if part is not None)
        if word.startswith("file://"):
            from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - rarely needed

            word = unquote(urlsplit(word).path)
        if not is_url(word) and not Path(word).expanduser().is_file():
            break
        files.append(word if is_url(word) else str(Path(word).expanduser()))
        place = match.end()
    return files, line[place:].strip()


def read_lines(history: Path) -> Iterator[str]:
    """Lines typed by the user, with editing and a history on a terminal; ends with the input."""
    interactive = sys.stdin.isatty()
    if interactive:
        with contextlib.suppress(ImportError, OSError):
            import readline  # noqa: PLC0415 - changes how input() reads; not there on every system

            private(history.parent)
            if history.exists():
                readline.read_history_file(history)
            readline.set_history_length(1000)
    while True:
        try:
            line = input("> " if interactive else "").strip()
        except EOFError:
            return
        if interactive:
            with contextlib.suppress(ImportError, OSError):
                import readline  # noqa: PLC0415 - see above

                readline.append_history_file(1, history)
                history.chmod(0o600)
        if line:
            yield line
