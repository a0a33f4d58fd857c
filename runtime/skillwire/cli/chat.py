"""``skillwire chat NAME``: a conversation in the terminal, one session with the service from first word to last."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from skillwire.cli.choices import saved
from skillwire.cli.console import Console
from skillwire.cli.jobs import state_of
from skillwire.cli.lines import is_there, read_lines, split_line
from skillwire.cli.options import set_option
from skillwire.cli.run import asker
from skillwire.engine.events import Event
from skillwire.engine.wording import plain
from skillwire.errors import SkillwireError, UsageError
from skillwire.folders import data_dir, kept, private
from skillwire.journal import FAILED, Journal, Run
from skillwire.session import Session, is_url, open_session
from skillwire.spec.model import Verb

HELP = """\
Say what you want; name files first, or drag them into the window.
  /undo            take the last edit back
  /timeline        show the draft
  /export [FILE]   make the finished file
  /help            this text
  /quit            leave (also Ctrl-D); go on later with --resume"""


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
        session.conversation, session.keep_memory = store.key, store.save
        if sys.stdin.isatty():
            click.echo(plain(f"{session.skill.title}. /help tells what can be typed."), err=True)
        chat = Chat(session, console)
        if not chat.go_on(store.key) and resume:
            session.remember(store.load())
        for line in read_lines(data_dir() / "chat-history"):
            if line in ("/quit", "/exit"):
                break
            chat.answer(line)


class Chat:
    """One conversation. An error ends a turn, never the conversation."""

    def __init__(self, session: Session, console: Console) -> None:
        self._session = session
        self._console = console
        self._files: list[Path] = []

    def answer(self, line: str) -> None:
        """Carry out one line of input."""
        with self._telling():
            self._carry_out(line)

    def go_on(self, conversation: str) -> bool:
        """Go on with the turn that the last process at this conversation was stopped in, if there is one.

        On a terminal the user may leave it instead. Returns whether the conversation goes on with it.
        """
        run = interrupted(conversation)
        if run is None:
            return False
        what = run.words or ", ".join(run.options["actions"] or ()) or "handing over files"
        question = plain(f"The last turn was interrupted: {what!r}. Go on with it?")
        if sys.stdin.isatty() and not click.confirm(question, default=True, err=True):
            leave(run, "left by the user")
            return False
        click.echo(plain(f"Going on with what was interrupted: {what!r}"), err=True)
        self._remember_files(run.files)
        with self._telling():
            try:
                self._show(self._session.resume(run))
            except UsageError as error:
                leave(run, str(error))
                raise
        return True

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except SkillwireError as error:
            self._console.close()
            click.echo(plain(f"skillwire: {error}"), err=True)

    def _carry_out(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "/help":
                click.echo(HELP)
            case "/undo":
                self._show(self._session.run("undo", wants_file=False, actions=[self._call(Verb.STREAM)]))
            case "/timeline":
                self._show(self._session.run("", wants_file=False, actions=["state"]))
            case "/export":
                self._export(rest.strip())
            case _ if word.startswith("/") and not is_there(word) and not split_line(line)[0]:
                click.echo(plain(f"there is no {word}; /help lists what there is"), err=True)
            case _:
                self._say(line)

    def _say(self, line: str) -> None:
        files, words = split_line(line)
        self._remember_files(files)
        self._show(self._session.run(words, files, output=self._beside(), wants_file=False))

    def _remember_files(self, files: Iterable[str]) -> None:
        self._files += [Path(file) for file in files if not is_url(file)]

    def _export(self, target: str) -> None:
        files, rest = split_line(target, must_exist=False) if target else ([], "")
        output = Path(files[0] if files and not rest else target) if target else self._beside()
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
        near = self._files[0].with_suffix("") if self._files else Path("clip")
        for event in saved(events, near):
            self._console.show(event)
        self._console.close()


class Store:
    """The memory of the last conversation with one skill through one agent."""

    def __init__(self, session: Session) -> None:
        key = hashlib.sha256(f"{session.skill.source}\n{session.agent.name}".encode()).hexdigest()[:16]
        self.key = f"chat {key}"
        with kept("conversations"):
            self._path = private(data_dir() / "chats") / f"{key}.json"
        self._session = session

    def load(self) -> dict[str, object]:
        """The last memory; an empty one when there is none or it is damaged."""
        try:
            memory = json.loads(self._path.read_text(encoding="utf-8"))
            kept = [
                {"call": str(item["call"]), "files": list(map(str, item["files"]))} for item in memory["handed_over"]
            ]
            return {"values": dict(memory["values"]), "asked": list(memory["asked"]), "handed_over": kept}
        except (OSError, ValueError, KeyError, TypeError):
            return {"values": {}, "asked": [], "handed_over": []}

    def save(self) -> None:
        """Write the memory down, whole."""
        handle, scratch = tempfile.mkstemp(dir=self._path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(self._session.memory, out)
        Path(scratch).replace(self._path)


def interrupted(conversation: str) -> Run | None:
    """The last run of a conversation, if it was stopped before its end."""
    with contextlib.closing(Journal()) as journal:
        last = next((run for run in journal.runs() if run.options.get("conversation") == conversation), None)
        return last if last is not None and state_of(journal, last) == "stopped" else None


def leave(run: Run, why: str) -> None:
    """Write down that nobody goes on with a run."""
    with contextlib.closing(Journal()) as journal:
        journal.finish(run, FAILED, why)
