"""``python -m skillwire.native.build``: compiles what loading a skill runs through to C, with mypyc.

An option of the set-up: it takes mypyc, a C compiler and Python's headers. Where one of them is missing, one sentence
says so and everything runs from the sources, with the same results. See ``skillwire.native`` for when the compiled form
is used.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from skillwire import native
from skillwire.native.constructors import write_out

SOURCES = Path(__file__).parents[1] / "spec"
MODULES = (
    "actions", "assemble", "blocks", "build", "defaults", "facts", "fences", "identity", "marks", "model", "naming",
    "polls", "runnable", "source", "statements", "tables", "templates", "vocabulary", "wording", "yaml_lines",
    *(f"rules/{path.stem}" for path in sorted((SOURCES / "rules").glob("*.py"))),
)  # fmt: skip
"""Modules of ``spec`` that ``load`` spends its time in. The whole of ``rules``, which is a package of its own."""
# The code is calls into Python's own functions for the most part: a higher level takes three times as long to compile
# and runs no faster.
_FLAGS = ("-O1", "-g0", "-w")
_MINUTES = 15  # that a call of the compiler may take


class Unavailable(Exception):
    """Compiling is not possible here; the message is the reason."""


class Part(NamedTuple):
    """An extension module in C: its dotted name, its source files, and the folders of the headers they ask for."""

    name: str
    sources: list[str]
    headers: list[str]


def main() -> None:
    """Compile ``spec`` unless that has been done, and say in one sentence how it went. Never fails."""
    try:
        print(f"Loading skills is compiled to C ({build()}).")  # noqa: T201 - a command
    except Unavailable as reason:
        print(f"Loading skills stays pure Python: {reason}.")  # noqa: T201 - a command


def build() -> str:
    """Compile; returns "up to date" when the sources have not changed, else "built". Raises ``Unavailable``."""
    sources, compiled = str(SOURCES), native.folder(str(SOURCES))
    if _is_current(sources, compiled):
        return "up to date"
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch, "made")
        before = _stamp(sources, sources)
        _compile(Path(scratch), made)
        if _stamp(sources, sources) != before:
            raise Unavailable("the sources changed meanwhile")
        _install(made, Path(compiled))
    done = subprocess.run(
        [sys.executable, "-c", "import skillwire.spec.build as it; print(it.__file__)"],
        check=False, capture_output=True, text=True, env={**os.environ, "SKILLWIRE_PURE": ""},
    )  # fmt: skip
    if compiled not in done.stdout:
        shutil.rmtree(compiled, ignore_errors=True)
        raise Unavailable(f"what was compiled does not load{_last_line(done.stderr)}")
    return "built"


def _is_current(sources: str, compiled: str) -> bool:
    try:
        return Path(compiled, native.STAMP).read_text(encoding="utf-8") == native.stamp(sources, compiled)
    except (OSError, ValueError):
        return False


def _stamp(sources: str, compiled: str) -> str:
    try:
        return native.stamp(sources, compiled)
    except OSError as error:
        raise Unavailable(f"{error.filename}: {error.strerror}") from error


def _compile(scratch: Path, made: Path) -> None:
    """Write the library into the folder ``made``, and a link to it for each module."""
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    headers = sysconfig.get_path("include")
    if not shutil.which(compiler[0]):
        raise Unavailable(f"there is no C compiler ({compiler[0]})")
    if not Path(headers, "Python.h").is_file():
        raise Unavailable(f"Python's headers are not installed (Python.h in {headers})")
    library, *starters = _to_c(scratch)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    file = made / f"{library.name.rpartition('.')[2]}{suffix}"
    (made / "rules").mkdir(parents=True)
    _link(compiler, headers, library, _joined(scratch / "starters.c", starters), file)
    for starter in starters:  # one library starts them all, so that they are one file under many names
        name = made.joinpath(*starter.name.split(".")[2:])
        name.with_name(name.name + suffix).symlink_to(os.path.relpath(file, name.parent))


def _to_c(scratch: Path) -> list[Part]:
    """Translate the modules: the library, then what starts each module. What mypyc says is told only when it fails."""
    try:
        import_module("setuptools")  # before mypyc, which else takes the distutils that newer Pythons no longer have
        from mypyc.build import mypycify  # noqa: PLC0415 - an option of the set-up
    except ImportError as error:
        raise Unavailable(f"{(error.name or 'mypyc').partition('.')[0]} is not installed") from error
    sources = _copied(scratch)
    options = ["--config-file=", "--ignore-missing-imports", *(str(sources / f"{name}.py") for name in MODULES)]
    name = native.LIBRARY.removesuffix("__mypyc")
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            made = mypycify(options, group_name=name, target_dir=str(scratch / "c"), multi_file=True)
    except (SystemExit, Exception) as error:
        raise Unavailable(f"mypyc failed{_last_line(said.getvalue() or repr(error))}") from error
    parts = [Part(part.name, part.sources, part.include_dirs) for part in made]
    for file in map(Path, parts[0].sources):  # the calls that make tracebacks name the true sources
        text = file.read_text(encoding="utf-8").replace(f'("{sources}/', f'("{SOURCES}/')
        file.write_text(text, encoding="utf-8")
    return parts


def _copied(scratch: Path) -> Path:
    """A copy of the sources as mypyc takes them; returns the folder of ``spec`` in it."""
    package = SOURCES.parent
    for source in package.glob("**/*.py"):
        place = scratch / package.name / source.relative_to(package)
        place.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        place.write_text(write_out(text) if SOURCES in source.parents else text, encoding="utf-8")
    return scratch / package.name / SOURCES.name


def _joined(joined: Path, starters: Sequence[Part]) -> Path:
    """One source of the functions that start a module each; all define a second one that only Windows asks for."""
    unused = "PyInit___init__"
    lines = [
        f'#define {unused} {unused}{number}\n#include "{starter.sources[0]}"\n#undef {unused}\n'
        for number, starter in enumerate(starters)
    ]
    joined.write_text("".join(lines), encoding="utf-8")
    return joined


def _link(compiler: Sequence[str], headers: str, library: Part, starters: Path, file: Path) -> None:
    """Compile the sources of the library, as many at a time as there are cores, and link them."""
    flags = [word for name in ("CFLAGS", "CCSHARED") for word in shlex.split(sysconfig.get_config_var(name) or "")]
    sources = [*map(Path, library.sources), starters]
    places = dict.fromkeys([*library.headers, headers, *(str(source.parent) for source in sources)])
    command = [*compiler, *flags, *_FLAGS, *(f"-I{place}" for place in places)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda source: _object(command, source), sources))
    link = shlex.split(sysconfig.get_config_var("LDSHARED") or "") or [*compiler, "-shared"]
    _run([*link, "-o", str(file), *objects])


def _object(command: Sequence[str], source: Path) -> str:
    made = str(source.with_suffix(".o"))
    _run([*command, "-c", str(source), "-o", made])
    return made


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_MINUTES * 60)  # noqa: S603 - the compiler that Python names
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"the C compiler failed{_last_line(str(getattr(error, 'stderr', '') or error))}") from error


def _install(made: Path, compiled: Path) -> None:
    """Put the folder where ``native`` looks for it. A process that reads meanwhile finds none, or a whole one."""
    try:
        compiled.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=compiled.parent) as beside:
            fresh = Path(shutil.copytree(made, Path(beside, "fresh"), symlinks=True))
            (fresh / native.STAMP).write_text(native.stamp(str(SOURCES), str(fresh)), encoding="utf-8")
            if compiled.exists():
                compiled.rename(Path(beside, "old"))
            fresh.rename(compiled)
    except OSError as error:
        raise Unavailable(f"{compiled.parent} cannot be written ({error.strerror})") from error


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return f": {lines[-1].strip()}" if lines else ""


if __name__ == "__main__":
    main()
