"""Secrets and other people's words: where they must not be written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillwire.lint.context import Context, pattern
from skillwire.lint.registry import Hit, check

_QUOTED_DATA = re.compile(
    r"\s(?:-d|--data(?:-raw|-binary|-ascii|-urlencode)?|--json|-F|--form)[ =]?\s*"
    r"(?:'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\")",
    re.DOTALL,
)
_PLACEHOLDER = re.compile(r"<([^<>\n]{1,40})>|\$?\{([A-Za-z][\w.-]*)\}|\$([A-Za-z]\w*)")
_VALUE_NAME = re.compile(r"[<{$\s]*([\w .-]*)")
_PATH_SECRET = re.compile(
    r"https?://[^\s\"'`<>$]{1,300}/(?:<([A-Z][A-Z0-9_]*(?:TOKEN|KEY|SECRET))>|\$\{?([A-Z][A-Z0-9_]*(?:TOKEN|KEY|SECRET)|TOKEN)\}?)"
)


@check("token-in-url")
def token_in_url(context: Context) -> Iterator[Hit]:
    """Secrets in the query, the path or the user part of an address, which logs and histories keep."""
    env = context.skill.auth.env
    for number, line in enumerate(context.lines, 1):
        found = next((match for match in pattern("secret_parameter").finditer(line) if not _passable(match)), None)
        if found:
            yield Hit(number, f"a secret stands in an address: {found.group()[1:40]}")
        elif pattern("userinfo").search(line):
            yield Hit(number, "a user name and a password stand in an address")
        elif _PATH_SECRET.search(line):
            yield Hit(number, "a secret stands in the path of an address")
        elif env and re.search(rf"[?&][\w-]+=[<{{$]+{re.escape(env)}\b", line):
            yield Hit(number, f"the value of {env} stands in an address")


def _passable(match: re.Match[str]) -> bool:
    """Whether the value is one made to be handed on, by its own name."""
    name = _VALUE_NAME.match(match[1])
    return bool(name and pattern("passable").search(name[1]))


@check("hardcoded-secret")
def hardcoded_secret(context: Context) -> Iterator[Hit]:
    """Secrets written out, in a file that is published."""
    for number, line in enumerate(context.lines, 1):
        for match in pattern("literal_secret").finditer(line):
            value = next(filter(None, match.groups()))
            mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
            if mixed and not pattern("placeholder_secret").search(value):
                yield Hit(number, f"a secret is written out: {value[:6]}…")
                break


@check("user-text-in-shell")
def user_text_in_shell(context: Context) -> Iterator[Hit]:
    """The user's words inside a quoted shell argument, where an apostrophe ends the quotes and starts a command."""
    text = "\n".join(context.lines)  # the text as written: taking marks away would take quotes apart
    for data in _QUOTED_DATA.finditer(text):
        for placeholder in _PLACEHOLDER.finditer(text, *data.span(data.lastgroup or 0)):
            name = next(filter(None, placeholder.groups()))
            if pattern("user_text").match(name.strip()):
                line = text.count("\n", 0, placeholder.start()) + 1
                yield Hit(line, f"{placeholder.group()} is pasted into a quoted shell argument")
