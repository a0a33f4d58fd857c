"""The compiled form of ``spec`` stands in for exactly its sources, gives the same results, and is never needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from skillwire import native

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "runtime/skillwire"
BUILT = Path(native.folder(str(PACKAGE / "spec")))
SKILLS = sorted(PROJECT.glob("skills/*/SKILL.md")) + sorted(PROJECT.glob("examples/**/SKILL.md"))
CORPUS = sorted((PROJECT.parent / "shared/corpus").glob("**/*.md")) + sorted(
    (PROJECT.parent / "shared/seeds").glob("**/*.md")
)
SHOW = """
import sys
from pathlib import Path
from skillwire.errors import SkillwireError
from skillwire.spec import build
from skillwire.spec.config import to_json
print("compiled" if build.__file__.endswith(".so") else "pure")
for path in sys.argv[1:]:
    try:
        print(to_json(build.load(Path(path).read_bytes(), source=path)))
    except SkillwireError as error:
        print(error)
"""


def run(root, *command, **environment):
    """What a Python says that takes the package from ``root``."""
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env={**os.environ, "SKILLWIRE_PURE": "", "PYTHONPATH": str(root), **environment},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, cwd=root,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def form(root, **environment):
    return run(root, "-c", SHOW, SKILLS[0], **environment).partition("\n")


@pytest.fixture
def installed(tmp_path):
    """A copy of the package with its compiled form, where there is one."""
    shutil.copytree(PACKAGE, tmp_path / "skillwire", symlinks=True, ignore=shutil.ignore_patterns("studio", "*.pyc"))
    if form(tmp_path)[0] != "compiled":
        pytest.skip("loading skills is not compiled here, or was compiled from other sources")
    return tmp_path


@pytest.fixture
def spec(installed):
    return installed / "skillwire/spec"


@pytest.fixture
def compiled(spec):
    return spec / BUILT.relative_to(PACKAGE / "spec")


def forge(path, content):
    """Replace what a file holds, its size and time as before."""
    before = path.stat()
    path.write_bytes(content(path.read_bytes()))
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def library(compiled):
    return next(compiled.glob(f"{native.LIBRARY.rpartition('.')[2]}.*"))


DIFFERENT = {
    "a source was edited": lambda spec, _: (spec / "naming.py").write_text((spec / "naming.py").read_text() + "\n"),
    "a source was edited, its size as before": lambda spec, _: os.utime(spec / "rules/calls.py"),
    "a source came": lambda spec, _: (spec / "rules/more.py").write_text(""),
    "a source went": lambda spec, _: (spec / "compare.py").unlink(),
    "the stamp went": lambda _, compiled: (compiled / native.STAMP).unlink(),
    "the stamp is damaged": lambda _, compiled: (compiled / native.STAMP).write_bytes(b"\xff\x00"),
    "another Python": lambda _, compiled: (compiled / native.STAMP).write_text(
        (compiled / native.STAMP).read_text().replace(sys.version, "2.7")
    ),
    "the library is cut": lambda _, compiled: library(compiled).write_bytes(library(compiled).read_bytes()[:100_000]),
    "the library is empty": lambda _, compiled: library(compiled).write_bytes(b""),
    "the library went": lambda _, compiled: library(compiled).unlink(),
    "a module went": lambda _, compiled: next(compiled.glob("naming.*")).unlink(),
    "no library at all": lambda _, compiled: forge(library(compiled), lambda found: bytes(len(found))),
    "all went": lambda _, compiled: shutil.rmtree(compiled),
}


@pytest.mark.parametrize("change", DIFFERENT.values(), ids=DIFFERENT)
def test_the_sources_run_where_anything_differs(change, installed, spec, compiled):
    expected = form(installed)[2]
    change(spec, compiled)
    assert form(installed) == ("pure", "\n", expected)


def test_the_sources_run_when_asked_for(installed):
    assert form(installed, SKILLWIRE_PURE="1")[0] == "pure"


@pytest.mark.parametrize("paths", [SKILLS, CORPUS], ids=["shipped", "corpus"])
def test_both_forms_give_the_same(installed, paths):
    if not paths:
        pytest.skip("../shared/corpus is not there")
    first, _, ours = run(installed, "-c", SHOW, *paths).partition("\n")
    assert first == "compiled"
    assert ours == run(installed, "-c", SHOW, *paths, SKILLWIRE_PURE="1").partition("\n")[2]


RECORDS = """
import copy, dataclasses, pickle, sys
from pathlib import Path
from skillwire.spec.build import load
skill = load(Path(sys.argv[1]).read_bytes())
route = skill.routes[0]
assert copy.copy(skill) == copy.deepcopy(skill) == pickle.loads(pickle.dumps(skill)) == dataclasses.replace(skill) == skill
assert hash(dataclasses.replace(route, line=1)) != hash(route) == hash(copy.copy(route))
for record in (skill, route, skill.auth, *skill.calls.values(), *skill.errors, *skill.translations):
    for field in dataclasses.fields(record):
        try:
            setattr(record, field.name, None)
        except dataclasses.FrozenInstanceError:
            continue
        raise AssertionError(f"{type(record)}.{field.name} can be assigned to")
print(repr(skill))
"""


def test_records_are_values_in_both_forms(installed):
    assert run(installed, "-c", RECORDS, SKILLS[0]) == run(installed, "-c", RECORDS, SKILLS[0], SKILLWIRE_PURE="1")


def test_what_is_up_to_date_is_not_built_again(installed, compiled):
    before = library(compiled).stat()
    assert run(installed, "-m", "skillwire.native.build") == "Loading skills is compiled to C (up to date).\n"
    assert library(compiled).stat() == before


WITHOUT = {
    "mypyc": ("import sys; sys.modules['mypyc'] = None", "mypyc is not installed"),
    "a compiler": ("import os; os.environ['PATH'] = '/nowhere'", "there is no C compiler ("),
    "headers": (
        "import sysconfig; sysconfig.get_path = lambda name: '/nowhere'",
        "Python's headers are not installed (",
    ),
}


@pytest.mark.parametrize(("lack", "said"), WITHOUT.values(), ids=WITHOUT)
def test_the_build_says_in_a_sentence_what_it_lacks(lack, said, tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "skillwire", ignore=shutil.ignore_patterns("studio", "__pycache__"))
    told = run(tmp_path, "-c", f"{lack}\nfrom skillwire.native.build import main\nmain()")
    assert told.startswith(f"Loading skills stays pure Python: {said}")
    assert told.count("\n") == 1
    assert form(tmp_path)[0] == "pure"
