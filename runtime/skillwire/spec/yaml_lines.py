"""YAML mappings with the line of every key: safe, bounded, and forgiving of what skill authors do.

Built from the parser's events, so nesting cannot exhaust the stack and aliases cannot multiply.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MAX_VALUES = 10_000
MAX_DEPTH = 100
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
# By its first character, what a plain scalar may be: (tag, expression), first match wins.
_IMPLICIT: dict[str, list[tuple[str, re.Pattern[str]]]] = yaml.resolver.Resolver.yaml_implicit_resolvers
# JSON's way to write a character beyond U+FFFF (after no or an even number of backslashes), which YAML does not allow.
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_BOOL = {"yes": True, "no": False, "true": True, "false": False, "on": True, "off": False}


class BadYaml(ValueError):
    """The text is no YAML mapping, or one that is too large. ``line`` counts from 1 within the text."""

    def __init__(self, message: str, line: int) -> None:
        self.line = line
        super().__init__(message)


@dataclass(slots=True)
class Mapping:
    """``lines`` maps dotted paths to lines (1-based); ``twice`` lists (path, line) of keys given again."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    twice: list[tuple[str, int]] = field(default_factory=list)


class _Open:
    """A collection being filled.

    ``path`` is its own, ``inner`` that of the value that comes next. A mapping has a ``key`` that waits for its value, or
    none while the key itself is to come.
    """

    __slots__ = ("anchor", "inner", "key", "path", "value", "weight")

    def __init__(self, value: Any, path: str, anchor: str | None) -> None:
        self.value = value
        self.path = path
        self.inner = f"{path}[]" if isinstance(value, list) else path
        self.key: str | None = None
        self.anchor = anchor
        self.weight = 1


def load(text: str, *, as_text: Container[str] = ()) -> Mapping:
    """Read one YAML mapping. Values at the paths ``as_text`` keep their written form (``1.10`` stays ``"1.10"``).

    Dates stay text everywhere, so that every value is JSON. Raises ``BadYaml``.
    """
    if "\\u" in text:
        text = _SURROGATES.sub(_character, text)
    try:
        return _Builder(as_text).build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadYaml(error.problem or "it is not valid YAML", mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise BadYaml("it holds characters that YAML does not allow", 1) from error


class _Builder:
    __slots__ = ("anchors", "as_text", "result", "root", "stack", "weight")

    def __init__(self, as_text: Container[str]) -> None:
        self.as_text = as_text
        self.result = Mapping()
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.weight = 0
        self.root: Any = None

    def build(self, text: str) -> Mapping:
        parser = _Loader(text)
        event = parser.get_event()
        while event is not None:
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent:
                self._open({}, event)
            elif kind is SequenceStartEvent:
                self._open([], event)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                done = self.stack.pop()
                if done.anchor:
                    self.anchors[done.anchor] = (done.value, done.weight)
                self._add(done.value, event, done.weight)
            elif kind is AliasEvent:
                if event.anchor not in self.anchors:
                    raise BadYaml(f"the alias *{event.anchor} names nothing", _line(event))
                value, weight = self.anchors[event.anchor]
                self._count(weight, event)
                self._add(value, event, weight)
            elif kind is DocumentEndEvent:
                break
            event = parser.get_event()
        if self.root is None:
            return self.result
        if not isinstance(self.root, dict):
            raise BadYaml("it is not a list of keys and values", 1)
        self.result.values = self.root
        return self.result

    def _open(self, value: Any, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise BadYaml(f"it nests deeper than {MAX_DEPTH} levels", _line(event))
        self._count(1, event)
        path = ""
        if self.stack:
            top = self.stack[-1]
            is_key = top.key is None and isinstance(top.value, dict)
            path = f"{top.path}?" if is_key else top.inner
        self.stack.append(_Open(value, path, event.anchor))

    def _scalar(self, event: Any) -> None:
        self._count(1, event)
        value: Any = event.value
        if not event.style:  # neither quoted nor folded nor literal
            top = self.stack[-1] if self.stack else None
            is_key = top is not None and top.key is None and isinstance(top.value, dict)
            if not is_key and (top is None or top.inner not in self.as_text):
                value = _resolve(value)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._add(value, event, 1)

    def _add(self, value: Any, event: Any, weight: int) -> None:
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        top.weight += weight
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is None:
            key = value if isinstance(value, str) else str(value)
            top.key = key
            top.inner = path = f"{top.path}.{key}" if top.path else key
            line = _line(event)
            if key in top.value:
                self.result.twice.append((path, line))
            self.result.lines[path] = line
        else:
            top.value[top.key] = value
            top.key = None

    def _count(self, weight: int, event: Any) -> None:
        self.weight += weight
        if self.weight > MAX_VALUES:
            raise BadYaml(f"it expands to more than {MAX_VALUES:,} values", _line(event))


def _line(event: Any) -> int:
    """The line (1-based) on which an event of the parser starts."""
    return int(event.start_mark.line) + 1


def _character(pair: re.Match[str]) -> str:
    high, low = int(pair[2], 16), int(pair[3], 16)
    return pair[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _resolve(text: str) -> Any:
    """A plain scalar as PyYAML's safe loader reads it, dates and odd numbers left as text."""
    for tag, expression in _IMPLICIT.get(text[:1], ()):
        if expression.match(text):
            return _typed(text, tag.removeprefix(_PREFIX))
    return text


def _typed(text: str, tag: str) -> Any:
    if tag == "null":
        return None
    if tag == "bool":
        return _BOOL[text.lower()]
    if tag in ("int", "float"):
        try:
            return int(text) if tag == "int" else float(text)
        except ValueError:
            return text
    return text
