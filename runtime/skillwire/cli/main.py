"""The command ``skillwire``: a group that loads a command's module only when it is called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from typing import Any

import click

from skillwire import __version__
from skillwire.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_RUNTIME, EXIT_USAGE, SkillwireError

COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("skillwire.cli.list", "List the skills that are found."),
    "show": ("skillwire.cli.show", "Show what a skill compiles to."),
    "route": ("skillwire.cli.route", "Show which calls an utterance leads to."),
    "why": ("skillwire.cli.why", "Explain where words lead, and why."),
    "understand": ("skillwire.cli.understand", "Show which edits the studio reads in a request."),
    "run": ("skillwire.cli.run", "Run a skill on files: words in, finished file out."),
    "batch": ("skillwire.cli.batch", "Run many jobs from a list; call it again to go on."),
    "chat": ("skillwire.cli.chat", "Talk with a skill in the terminal."),
    "jobs": ("skillwire.cli.jobs", "List runs; stopped ones can be resumed."),
    "resume": ("skillwire.cli.resume", "Go on with a stopped run."),
    "consent": ("skillwire.cli.consent", "See and take back what may be sent where."),
    "test": ("skillwire.cli.test", "Run a skill's route tests."),
    "lint": ("skillwire.cli.lint", "Find what is wrong or doubtful in skill files."),
    "new": ("skillwire.cli.new", "Make a skill from another one."),
    "diff": ("skillwire.cli.diff", "Show what truly differs between two skills."),
    "validate": ("skillwire.cli.validate", "Check a skill against the Agent Skills specification."),
    "read-properties": ("skillwire.cli.read_properties", "Print a skill's frontmatter as JSON."),
    "to-prompt": ("skillwire.cli.to_prompt", "Print skills as a prompt block."),
    "studio": ("skillwire.cli.studio", "Serve the studio's API on loopback for other clients."),
    "doctor": ("skillwire.cli.doctor", "Explain what is found, hidden or missing."),
}
"""Name → (module with a ``command``, one line of help shown without loading the module)."""


class LazyGroup(click.Group):
    """A click group over ``COMMANDS``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - only a typo needs it

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "see skillwire --help"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="skillwire")
def group() -> None:
    """Run a SKILL.md as a program: parse, route, dispatch; no model needed.

    Add --debug to any command for a traceback when it fails.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the code that ``errors`` documents."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    debug = "--debug" in options
    if debug:
        arguments.remove("--debug")
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(_run(arguments, debug=debug))


def _run(arguments: list[str], *, debug: bool) -> int:
    try:
        result = group.main(arguments, prog_name="skillwire", standalone_mode=False)
        sys.stdout.flush()
    except SkillwireError as error:
        return _tell(str(error), error.exit_code, debug=debug)
    except click.ClickException as error:
        return _tell(error.format_message(), EXIT_USAGE, debug=debug)
    except (KeyboardInterrupt, click.Abort):
        return _tell("Interrupted; nothing half-written is left", EXIT_INTERRUPTED, debug=debug)
    except BrokenPipeError:
        # The reader went away (head, less): no failure of ours. stdout must not be flushed again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except Exception as error:  # noqa: BLE001 - the last net: a sentence instead of a traceback
        what = f"unexpected {type(error).__name__}: {error}; run again with --debug and report it"
        return _tell(what, EXIT_RUNTIME, debug=debug)
    return result if isinstance(result, int) else EXIT_OK


def _tell(message: str, code: int, *, debug: bool) -> int:
    from skillwire.engine.wording import plain  # noqa: PLC0415 - only a failure needs it

    if debug:
        traceback.print_exc()
    click.echo(f"skillwire: {plain(message)}", err=True)
    return code


def _interrupt(_signal: int, _frame: Any) -> None:
    raise KeyboardInterrupt
