"""Route tests from text: ``routes.yaml``, Agent Skills' ``evals.json`` and ``eval_queries.json``, tab-separated tables.

What a file of each kind claims about the table:

- ``routes.yaml``: a list of ``{utterance, plan}``, the plan being all actions in order, or ``{utterance, must_include,
  must_not_include}``; ``kind`` and ``language`` may be given for the statistics.
- tab-separated: columns ``lang label kind utterance``; a label is a plan (``upload+export``), ``sse`` in it the fallback's action.
- ``evals.json``: each ``prompt`` with its ``files`` leads to a plan that the skill can carry out; ``plan`` and the other keys
  of ``routes.yaml`` may stand beside it. What the answer should be like is for a judge of answers, not for a router.
- ``eval_queries.json``: whether a host picks the skill at all is decided by its description, before the table is asked. For the
  table it follows that a query that should trigger has a plan, and that one that should not is claimed by no row but the
  fallback, so that a skill picked by mistake starts nothing by itself.

``<file:NAME>`` in front of an utterance stands for an attached file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from skillwire.errors import BadInput

FALLBACK_LABEL = "sse"
"""Stands for the action of the fallback row in tab-separated tables."""
FILES = ("routes.yaml", "evals.json", "eval_queries.json")
"""Names of the files with route tests in a skill's folder ``evals``."""

_COLUMNS = ("lang", "label", "kind", "utterance")
_KEYS = frozenset({"utterance", "plan", "must_include", "must_not_include", "kind", "language"})
_BLANKS = re.compile(r"[\s,]*")
_EVALS = re.compile(r'"evals"\s*:\s*(?=\[)')


@dataclass(frozen=True, slots=True)
class Case:
    """What one utterance should lead to. ``source`` and ``line`` say where the case stands.

    ``plan`` is the whole plan, ``None`` when only parts of it count. ``claimed`` is ``False`` when no row but the fallback
    may take the utterance.
    """

    utterance: str
    source: str
    line: int
    plan: tuple[str, ...] | None = None
    must_include: tuple[str, ...] = ()
    must_not_include: tuple[str, ...] = ()
    claimed: bool | None = None
    kind: str = ""
    language: str = ""

    @property
    def where(self) -> str:
        """The place of the case: ``file:line``."""
        return f"{self.source}:{self.line}"


def read(text: str, source: str) -> list[Case]:
    """The cases of a file, its kind told by its name. Raises ``BadInput`` with the line that is wrong."""
    name = PurePath(source).name.lower()
    if name.endswith((".yaml", ".yml")):
        return [_from_mapping(values, source, line) for line, values in _yaml_items(text, source)]
    if name.endswith(".json"):
        evals = _EVALS.search(text)
        items = _json_items(text, evals.end() if evals else 0, source)
        return [_from_eval(values, source, line) for line, values in items]
    return list(_from_table(text, source))


def _from_mapping(values: Mapping[str, Any], source: str, line: int) -> Case:
    where = f"{source}:{line}"
    unknown = values.keys() - _KEYS
    if unknown:
        raise BadInput(f"unknown key {min(unknown)!r}", where=where, fix=f"known are {', '.join(sorted(_KEYS))}")
    utterance = values.get("utterance")
    if not isinstance(utterance, str):
        raise BadInput("this case has no utterance", where=where, fix="add utterance: with the words in quotes")
    if not values.keys() & {"plan", "must_include", "must_not_include"}:
        raise BadInput("this case expects nothing", where=where, fix="add plan:, must_include: or must_not_include:")
    return _case(utterance, values, source, line)


def _from_eval(values: Mapping[str, Any], source: str, line: int) -> Case:
    where = f"{source}:{line}"
    if "should_trigger" in values:
        query = values.get("query")
        if not isinstance(query, str) or not isinstance(values["should_trigger"], bool):
            raise BadInput("a query needs its text and should_trigger: true or false", where=where)
        return Case(query, source, line, claimed=None if values["should_trigger"] else False)
    prompt, files = values.get("prompt"), values.get("files", [])
    if not isinstance(prompt, str):
        raise BadInput("this evaluation has no prompt", where=where, fix="add one, or should_trigger for a query")
    attached = "".join(f"<file:{PurePath(name).name}> " for name in _names(files, "files", where))
    return _case(f"{attached}{prompt}", values, source, line)


def _case(utterance: str, values: Mapping[str, Any], source: str, line: int) -> Case:
    where = f"{source}:{line}"
    parts = {key: _names(values.get(key, []), key, where) for key in ("plan", "must_include", "must_not_include")}
    return Case(
        utterance,
        source,
        line,
        parts["plan"] if "plan" in values else None,
        parts["must_include"],
        parts["must_not_include"],
        kind=str(values.get("kind", "")),
        language=str(values.get("language", "")),
    )


def _names(value: Any, key: str, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadInput(f"{key} is not a list of names", where=where, fix=f"write {key}: [one, two]")
    return tuple(value)


def _from_table(text: str, source: str) -> Iterator[Case]:
    columns: Sequence[str] = _COLUMNS
    for line, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        row = written.rstrip("\r").split("\t")
        if line == 1 and {"label", "utterance"} <= set(row):
            columns = row
            continue
        if len(row) != len(columns):
            what = f"{len(row)} columns, where {len(columns)} are expected"
            raise BadInput(what, where=f"{source}:{line}", fix=f"separate {', '.join(columns)} by one tab each")
        cells = dict(zip(columns, row, strict=True))
        plan = tuple(part.strip() for part in cells["label"].split("+") if part.strip())
        yield Case(cells["utterance"], source, line, plan, kind=cells.get("kind", ""), language=cells.get("lang", ""))


def _json_items(text: str, start: int, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects of the JSON array at ``start``, each with its line."""
    decoder = json.JSONDecoder()
    at = _skip(text, start)
    if not text.startswith("[", at):
        raise BadInput("not a list of evaluations", where=source, fix='write [...] or {"evals": [...]}')
    line, counted = 1, 0
    at = _skip(text, at + 1)
    while not text.startswith("]", at):
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"not readable as JSON ({error})", where=f"{source}:{line}") from error
        if not isinstance(value, dict):
            raise BadInput("not an object", where=f"{source}:{line}", fix="each case is written in braces")
        yield line, value
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _yaml_items(text: str, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Mappings of a YAML list, each with its line. Read event by event, so that no nesting and no alias costs anything."""
    import yaml  # noqa: PLC0415 - a table of cases needs none

    reader = _YamlCases(source)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                reader.open({} if isinstance(event, yaml.MappingStartEvent) else [], line)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                yield from reader.close()
            elif isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
                reader.scalar(getattr(event, "value", None), line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{source}:{mark.line + 1}" if mark else source
        raise BadInput(f"not readable as YAML ({error.problem})", where=where) from error
    except yaml.YAMLError as error:
        raise BadInput("not readable as YAML (it holds characters that YAML does not allow)", where=source) from error


class _YamlCases:
    """Puts events together to a list of mappings of texts and lists of texts; anything else is refused where it starts."""

    _SHAPE = (list, dict, list)

    def __init__(self, source: str) -> None:
        self._source = source
        self._open: list[Any] = []
        self._key: str | None = None
        self._line = 0

    def open(self, collection: dict[str, Any] | list[Any], line: int) -> None:
        depth = len(self._open)
        if (
            depth >= len(self._SHAPE)
            or not isinstance(collection, self._SHAPE[depth])
            or (depth == 2 and not self._key)
        ):
            raise self._wrong(line)
        self._line = line if depth == 1 else self._line
        self._open.append(collection)

    def close(self) -> Iterator[tuple[int, dict[str, Any]]]:
        done = self._open.pop()
        if len(self._open) == 1:
            yield self._line, done
        elif self._open:
            self._put(done)

    def scalar(self, value: str | None, line: int) -> None:
        if value is None or len(self._open) < 2:
            raise self._wrong(line)
        if len(self._open) == 3:
            self._open[2].append(value)
        elif self._key is None:
            self._key = value
        else:
            self._put(value)

    def _put(self, value: Any) -> None:
        self._open[1][self._key] = value
        self._key = None

    def _wrong(self, line: int) -> BadInput:
        fix = "write each case as - {utterance: words, plan: [action]}"
        return BadInput("not a list of cases", where=f"{self._source}:{line}", fix=fix)
