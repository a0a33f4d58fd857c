"""Constructors written out for mypyc take what the dataclass takes, on a line that was blank."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from skillwire import spec
from skillwire.native.constructors import write_out

SOURCES = sorted(Path(spec.__file__).parent.glob("**/*.py"))
HEAD = "from __future__ import annotations\nfrom dataclasses import dataclass, field\n"
POINT = """
@dataclass(slots=True)
class Point:
    x: int
    y: int = 2
    names: dict[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    \"\"\"What is missing.\"\"\"

    @property
    def sum(self) -> int:
        return self.x + self.y
"""
LEFT_ALONE = {
    "no dataclass": "class Point:\n    x: int = 1\n\n",
    "bare": "@dataclass\nclass Point:\n    x: int = 1\n\n",
    "own constructor": "@dataclass(slots=True)\nclass Point:\n    x: int\n\n    def __init__(self):\n        self.x = 3\n",
    "more to do": "@dataclass(slots=True)\nclass Point:\n    x: int\n\n    def __post_init__(self):\n        self.x += 1\n",
    "no blank line": "@dataclass(slots=True)\nclass Point:\n    x: int\n    def name(self):\n        return 'x'\n",
    "no fields": "@dataclass(slots=True)\nclass Point:\n    pass\n\n",
}


def point(source):
    names = {"__name__": __name__}
    exec(source, names)
    return names["Point"]


def test_it_takes_what_the_dataclass_takes():
    plain, explicit = point(HEAD + POINT), point(write_out(HEAD + POINT))
    ours, theirs = inspect.signature(explicit).parameters, inspect.signature(plain).parameters
    assert [*ours] == [*theirs]
    assert [p.default is p.empty for p in ours.values()] == [p.default is p.empty for p in theirs.values()]
    for given in ({"x": 1}, {"x": 1, "y": 5, "names": {"a": 1}, "missing": ("b",)}):
        assert repr(explicit(**given)) == repr(plain(**given))
        assert explicit(**given) == explicit(**given) != explicit(x=9)
    assert explicit(1).names is not explicit(1).names
    assert explicit(1).sum == 3


@pytest.mark.parametrize("source", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_it_does_not_understand_stays(source):
    assert write_out(HEAD + source) == HEAD + source


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_lines_keep_their_numbers(path):
    source = path.read_text(encoding="utf-8")
    written = write_out(source)
    ast.parse(written)
    changed = [(old, new) for old, new in zip(source.split("\n"), written.split("\n"), strict=True) if old != new]
    assert all(not old or old.startswith("@dataclass(") for old, _ in changed)
    assert len(changed) % 2 == 0
