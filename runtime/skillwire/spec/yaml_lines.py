"""YAML mappings with the line of every key: safe, bounded, and forgiving of what skill authors do.

Built from the parser's events, so nesting cannot exhaust the stack and aliases cannot multiply.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_VALUES = 10_000
MAX_DEPTH = 100
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = yaml.resolver.Resolver()
_PREFIX = "tag:yaml.org,2002:"
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


@dataclass(slots=True)
class _Open:
    """A collection being filled: ``path`` of itself, ``key`` waiting for its value."""

    value: Any
    path: str
    key: str | None = None
    anchor: str | None = None
    weight: int = 1


def load(text: str, *, as_text: frozenset[str] = frozenset()) -> Mapping:
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
    def __init__(self, as_text: frozenset[str]) -> None:
        self.as_text = as_text
        self.result = Mapping()
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.weight = 0
        self.root: Any = None

    def build(self, text: str) -> Mapping:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if len(self.stack) >= MAX_DEPTH:
                    raise BadYaml(f"it nests deeper than {MAX_DEPTH} levels", line)
                value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                path = self._path()
                self.stack.append(_Open(value, path, anchor=event.anchor))
                self._count(1, line)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                done = self.stack.pop()
                if done.anchor:
                    self.anchors[done.anchor] = (done.value, done.weight)
                self._add(done.value, line, done.weight)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self.anchors:
                    raise BadYaml(f"the alias *{event.anchor} names nothing", line)
                value, weight = self.anchors[event.anchor]
                self._count(weight, line)
                self._add(value, line, weight)
            elif isinstance(event, yaml.DocumentEndEvent):
                break
        if self.root is None:
            return self.result
        if not isinstance(self.root, dict):
            raise BadYaml("it is not a list of keys and values", 1)
        self.result.values = self.root
        return self.result

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        self._count(1, line)
        is_key = bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None
        written = is_key or bool(event.style) or self._path() in self.as_text  # a style: quoted, folded or literal
        value: Any = event.value if written else _resolve(event.value)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._add(value, line, 1)

    def _add(self, value: Any, line: int, weight: int) -> None:
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        top.weight += weight
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is None:
            top.key = value if isinstance(value, str) else str(value)
            path = self._path()
            if top.key in top.value:
                self.result.twice.append((path, line))
            self.result.lines[path] = line
        else:
            top.value[top.key] = value
            top.key = None

    def _path(self) -> str:
        if not self.stack:
            return ""
        top = self.stack[-1]
        if isinstance(top.value, list):
            return f"{top.path}[]"
        key = top.key if top.key is not None else ""
        return f"{top.path}.{key}" if top.path else key

    def _count(self, weight: int, line: int) -> None:
        self.weight += weight
        if self.weight > MAX_VALUES:
            raise BadYaml(f"it expands to more than {MAX_VALUES:,} values", line)


def _character(pair: re.Match[str]) -> str:
    high, low = int(pair[2], 16), int(pair[3], 16)
    return pair[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _resolve(text: str) -> Any:
    """A plain scalar as PyYAML's safe loader reads it, dates and odd numbers left as text."""
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    tag = tag.removeprefix(_PREFIX)
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
