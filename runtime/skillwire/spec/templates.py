"""JSON templates in running text: bodies with placeholders (``"draft":<json>``) that are not valid JSON as they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_CHARS = 20_000  # a longer object in a skill file is data, not a template
MAX_DEPTH = 60

_OPEN = re.compile(r"\{\s*[\"'}]")
_BRACKET = re.compile(r'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|")*+([{}\[\]])')
_PLACEHOLDER = re.compile(
    r'("[^"\\]*+(?:\\.[^"\\]*+)*+")'  # a string: left alone
    r"|(<[^<>{}\[\]\n]{1,60}>|\$\{[^{}\n]{1,60}\}|\$[A-Za-z_]\w*|\{[A-Za-z_][\w.-]*\})"  # a bare placeholder: quoted
    r"|(\.\.\.|…)"  # and so on: dropped
    r"|\b((?!true\b|false\b|null\b)[A-Za-z_]\w*)\b"  # a bare word, as in samples (XXX): quoted
)
_TRAILING = re.compile(r",(?=\s*[}\],])")
_LEADING = re.compile(r"([{\[]\s*),")


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def parse(text: str) -> Any:
    """The JSON value of a template, bare placeholders as strings; ``None`` when it is not one."""
    if len(text) > MAX_CHARS:
        return None
    value = _parsed(text)
    if value is None and "\\" in text:
        value = _parsed(text.replace('\\"', '"'))
    return _parsed(text.replace("'", '"')) if value is None and "'" in text else value


def _parsed(text: str) -> Any:
    quoted = _LEADING.sub(r"\1", _TRAILING.sub("", _PLACEHOLDER.sub(_quote, text)))
    try:
        return json.loads(quoted)
    except (ValueError, RecursionError):
        return None


def objects(text: str) -> list[tuple[int, int, Any]]:
    """Each JSON object in ``text`` that parses as a template: its start, its end, its value."""
    found = []
    at = 0
    while (brace := text.find("{", at)) >= 0:
        start = text.rfind("[", at, brace)
        if start < 0 or text[start + 1 : brace].strip():
            start = brace
            if not _OPEN.match(text, brace):
                at = brace + 1
                continue
        value, end = _whole(text, start)
        if value is None:
            end = _closing(text, start)
            value = parse(text[start:end]) if end else None
        if value is None:
            at = start + 1
        else:
            found.append((start, end, value))
            at = end
    return found


def _whole(text: str, start: int) -> tuple[Any, int]:
    """A template that is JSON as it stands, as most are, and its end; ``None`` for any other."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, 0
    too_large = end - start > MAX_CHARS or text.count("{", start, end) + text.count("[", start, end) > MAX_DEPTH
    return (None, 0) if too_large else (value, end)


def leaves(value: Any, prefix: str = "") -> Iterator[str]:
    """Dotted names of the scalar fields of a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{prefix}{key}.")
    elif prefix:
        yield prefix[:-1]


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def from_fields(fields: tuple[str, ...]) -> Any:
    """A body made of the fields that prose names: ``parts[0].text`` becomes ``{"parts": [{"text": "<text>"}]}``."""
    root: dict[str, Any] = {}
    for name in fields:
        steps = re.findall(r"\w+|\[\d*\]", name)
        here: Any = root
        for step, following in zip(steps, [*steps[1:], ""], strict=True):
            empty: Any = [] if following.startswith("[") else {} if following else f"<{steps[-1]}>"
            if step.startswith("["):
                if not here:
                    here.append(empty)
                here = here[0]
            else:
                here = here.setdefault(step, empty)
            if not isinstance(here, (dict, list)):
                break
    return root


def _quote(match: re.Match[str]) -> str:
    string, placeholder, ellipsis, word = match.groups()
    if string is not None:
        return string
    return "" if ellipsis else json.dumps(placeholder or word)


def _closing(text: str, start: int) -> int:
    """Where the bracket at ``start`` is closed, those in strings left out; 0 if it never is."""
    depth = 0
    bracket = _BRACKET.match(text, start, start + MAX_CHARS)
    while bracket:
        depth += 1 if bracket[1] in "{[" else -1
        if depth > MAX_DEPTH:
            return 0
        if depth == 0:
            return bracket.end()
        bracket = _BRACKET.match(text, bracket.end(), start + MAX_CHARS)
    return 0
