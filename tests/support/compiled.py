"""Compiled skills as plain facts, for tests that compare them."""

from __future__ import annotations

import re
from pathlib import Path

from skillwire.spec import build, config

ROOT = Path(__file__).resolve().parents[2]
# What says where something stands, not what it is.
PLACES = frozenset({"line", "lines", "raw", "digest", "problems", "source"})
SHIPPED = sorted((ROOT / "skills").glob("*/SKILL.md"))
EXAMPLES = sorted((ROOT / "examples").glob("*/SKILL.md"))
INVENTED = sorted((ROOT / "tests" / "spec" / "data" / "invented").glob("*.md"))
SHARED = [
    *sorted((ROOT.parent / "shared" / "seeds").glob("*.txt")),
    *sorted((ROOT.parent / "shared" / "corpus").glob("*.md")),
]
ALL = [*SHIPPED, *EXAMPLES, *INVENTED, *SHARED]


def label(path):
    """A short test id for a skill file."""
    return path.parent.name if path.name == "SKILL.md" else path.stem[:24]


def compiled(text, source="skills/some/SKILL.md", **options):
    """The compiled config of Markdown."""
    return config.to_config(build.load(text.encode(), source=source, **options))


def facts(text, source="skills/some/SKILL.md", leave=frozenset()):
    """The compiled config without what says where it was read."""
    return _without(compiled(text, source), PLACES | leave)


def differences(wanted, got, path=""):
    """Where ``got`` lacks or contradicts ``wanted``: a subset for mappings, item by item for lists."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        found = []
        for key, value in wanted.items():
            if key in got:
                found += differences(value, got[key], f"{path}.{key}")
            elif value not in (None, False):
                found.append(f"{path}.{key} is missing, {value!r} expected")
        return found
    if isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            return [f"{path} has {len(got)} items, {len(wanted)} expected: {got}"]
        return [
            line for i, (a, b) in enumerate(zip(wanted, got, strict=True)) for line in differences(a, b, f"{path}[{i}]")
        ]
    return [] if wanted == got else [f"{path} is {got!r}, {wanted!r} expected"]


def split_front(text):
    """Frontmatter with its fences, and the body."""
    match = re.match(r"---\n.*?\n---\n", text, re.DOTALL)
    return (match[0], text[match.end() :]) if match else ("", text)


def _without(value, keys):
    if isinstance(value, dict):
        return {key: _without(inner, keys) for key, inner in value.items() if key not in keys}
    if isinstance(value, list):
        return [_without(inner, keys) for inner in value]
    return value
