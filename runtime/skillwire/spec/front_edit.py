"""Changes single keys of a frontmatter block as text, so that comments, order and style of all other lines survive."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import yaml

from skillwire.spec import yaml_lines

# Where a key that is not there yet goes: right after the first of these that is.
_AFTER = {
    "name": (),
    "version": ("name",),
    "displayName": ("version", "name"),
    "description": ("displayName", "version", "name"),
}
_FOLDED_WIDTH = 100


def set_key(lines: list[str], key: str, value: str) -> None:
    """Give a top-level key a text value. Of a key that is given twice the last one counts, so that one is changed."""
    span = _span(lines, key)
    if span is not None:
        quoted = lines[span.start].partition(":")[2].strip().startswith(('"', "'"))
        lines[span.start : span.stop] = [f"{key}: {_quoted(value)}"] if quoted else _dump(key, value)
        return
    written = _dump(key, value)
    at = 0 if key in _AFTER else len(lines)
    for neighbour in _AFTER.get(key, ()):
        found = _span(lines, neighbour)
        if found is not None:
            at = found.stop
            break
    lines[at:at] = written


def set_metadata(lines: list[str], values: Mapping[str, str]) -> None:
    """Add flat text keys to ``metadata``, in whichever of its forms the file has it: a block, inline JSON, or not yet."""
    span = _span(lines, "metadata")
    if span is None:
        lines.append("metadata:")
        span = range(len(lines) - 1, len(lines))
    written = lines[span.start : span.stop]
    if written[0].partition(":")[2].strip() or any(line.lstrip().startswith("{") for line in written[1:2]):
        held = yaml_lines.load("\n".join(written)).values.get("metadata")
        merged = {**(held if isinstance(held, dict) else {}), **values}
        lines[span.start : span.stop] = [f"metadata: {json.dumps(merged, ensure_ascii=False)}"]
        return
    indent = next((line[: len(line) - len(line.lstrip())] for line in written[1:] if line.strip()), "  ")
    for key, value in values.items():
        line = f"{indent}{_scalar(key)}: {_quoted(value)}"
        same = re.compile(rf"""{indent}["']?{re.escape(key)}["']?\s*:""")
        at = next((i for i in range(1, len(written)) if same.match(written[i])), None)
        if at is None:
            written.append(line)
        else:
            written[at] = line
    lines[span.start : span.stop] = written


def _span(lines: list[str], key: str) -> range | None:
    """The lines of a top-level key: its own and those that continue its value, without blank lines at the end."""
    head = re.compile(rf"""["']?{re.escape(key)}["']?\s*:(?:\s|\Z)""")
    at = next((i for i in reversed(range(len(lines))) if head.match(lines[i])), None)
    if at is None:
        return None
    end = at + 1
    for i in range(at + 1, len(lines)):
        if (lines[i][:1] in (" ", "\t") and lines[i].strip()) or lines[i].startswith("- "):
            end = i + 1
        elif lines[i].strip():
            break
    return range(at, end)


def _quoted(value: str) -> str:
    """A double-quoted scalar; what JSON escapes, YAML reads the same way."""
    return json.dumps(value, ensure_ascii=False)


def _dump(key: str, value: str) -> list[str]:
    text: str = yaml.safe_dump({key: value}, allow_unicode=True, width=_FOLDED_WIDTH, default_flow_style=False)
    lines = text.rstrip("\n").split("\n")
    if len(lines) == 1 and "\n" not in value:
        return lines
    # What does not fit one plain line reads best folded, as authors write it.
    if "\n" not in value and value == " ".join(value.split()):
        return [f"{key}: >-", *(f"  {line}" for line in _wrapped(value))]
    return lines


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _FOLDED_WIDTH:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _scalar(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_][\w.-]*", key) else _quoted(key)
