"""The index of a root: never stale, never in the way, whatever happens to files and to the index itself."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from skillwire import catalog
from skillwire.catalog_index import Index, generation_of


@pytest.fixture(autouse=True)
def _same_reader(monkeypatch):
    """A checkout may be edited while its tests run; only one test is about that."""
    monkeypatch.setattr(catalog, "generation_of", lambda _package: "one")


@pytest.fixture
def root(tmp_path):
    place = tmp_path / "skills"
    for name in ("one", "two", "three"):
        write(place / name, name, "1.0.0")
    settle(place)
    return place


def write(folder, name, version):
    folder.mkdir(parents=True, exist_ok=True)
    text = f'---\nname: {name}\nversion: "{version}"\ndescription: x\n---\n# Title\n'
    (folder / "SKILL.md").write_text(text, encoding="utf-8")


def settle(place):
    """Let the clock pass the tick in which these files were written, as it has for any skill but one just saved."""
    newest = max(path.stat().st_ctime_ns for path in place.rglob("SKILL.md"))
    while time.time_ns() - newest < 60_000_000:
        os.sched_yield()


def listed(place):
    return {entry.name: entry.version for entry in catalog.entries([place]) if entry.kind == "flag"}


@pytest.fixture
def reads(monkeypatch):
    """The number of skill files that were read, as a list that grows."""
    seen = []
    real = catalog._facts
    monkeypatch.setattr(catalog, "_facts", lambda data: seen.append(data) or real(data))
    return seen


def test_unchanged_files_are_read_once(root, reads):
    first = listed(root)
    before = len(reads)
    assert listed(root) == first == {"one": "1.0.0", "two": "1.0.0", "three": "1.0.0"}
    assert before >= 3
    assert not [data for data in reads[before:] if b"# Title" in data]


def same_size(root):
    write(root / "one", "one", "2.0.0")
    return {"one": "2.0.0"}


def same_size_and_time(root):
    path = root / "one/SKILL.md"
    status = path.stat()
    write(root / "one", "one", "2.0.0")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return {"one": "2.0.0"}


def replaced(root):
    path = root / "one/SKILL.md"
    status = path.stat()
    write(root / "new", "one", "2.0.0")
    os.utime(root / "new/SKILL.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    (root / "new/SKILL.md").replace(path)
    (root / "new").rmdir()
    return {"one": "2.0.0"}


def swapped(root):
    (root / "one").rename(root / "other")
    (root / "two").rename(root / "one")
    (root / "other").rename(root / "two")
    write(root / "two", "two", "5.0.0")
    return {"one": None, "two": "5.0.0"}


def deleted(root):
    (root / "one/SKILL.md").unlink()
    return {"one": None}


def renamed(root):
    (root / "one").rename(root / "uno")
    return {}


def added(root):
    write(root / "four", "four", "4.0.0")
    return {"four": "4.0.0"}


def installed(root):
    (root / "one/.clawhub").mkdir()
    (root / "one/.clawhub/origin.json").write_text('{"installedVersion": "7.0.0"}', encoding="utf-8")
    return {"one": "7.0.0"}


CHANGES = [same_size, same_size_and_time, replaced, swapped, deleted, renamed, added, installed]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_shows_at_once(root, change):
    before = listed(root)
    expected = before | change(root)
    for name in [name for name, version in expected.items() if version is None]:
        del expected[name]
    if change is swapped:
        expected["two"] = "5.0.0"
    assert listed(root) == expected
    assert listed(root) == expected


def test_a_file_just_written_is_not_trusted(root):
    """Writes within one tick of the file system's clock cannot be told apart by any stamp."""
    for number in range(200):
        write(root / "one", "one", f"{number:03}")
        assert listed(root)["one"] == f"{number:03}"


DAMAGE = {
    "emptied": lambda _data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "head alone": lambda data: data.partition(b"\n")[0],
    "no JSON": lambda _data: b"\x00\xff" * 50,
    "a digit changed": lambda data: data.replace(b'"1.0.0"', b'"9.9.9"'),
    "of another layout": lambda _data: b'{"format": 0}\n{}',
    "a list": lambda _data: b"[]\n[]",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_is_made_anew(root, damage):
    first = listed(root)
    for path in Path(os.environ["SKILLWIRE_HOME"]).glob("cache/skills/*.json"):
        path.write_bytes(damage(path.read_bytes()))
    assert listed(root) == first
    assert listed(root) == first


def test_a_new_reader_reads_anew(root, reads, monkeypatch):
    listed(root)
    before = len(reads)
    monkeypatch.setattr(catalog, "generation_of", lambda _package: "two")
    listed(root)
    assert len(reads) - before >= 3


def test_the_generation_changes_with_a_source_file(tmp_path):
    (tmp_path / "reader.py").write_text("", encoding="utf-8")
    first = generation_of(tmp_path)
    assert generation_of(tmp_path) == first
    os.utime(tmp_path / "reader.py", ns=(1, 1))
    assert generation_of(tmp_path) != first


def test_an_index_that_cannot_be_written_is_done_without(root, monkeypatch, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, no folder", encoding="utf-8")
    monkeypatch.setenv("SKILLWIRE_HOME", str(blocked))
    assert len(listed(root)) == 3


def test_writers_at_once_leave_a_whole_index(root):
    """Threads stand for processes: each has its own index object and its own file beside."""
    results, errors = [], []

    def work():
        try:
            for _ in range(10):
                results.append(len(listed(root)))
                for path in Path(os.environ["SKILLWIRE_HOME"]).glob("cache/skills/*.json"):
                    path.unlink(missing_ok=True)
        except Exception as error:  # noqa: BLE001 - any failure in a thread must reach the test
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert set(results) == {3}
    assert not list(Path(os.environ["SKILLWIRE_HOME"]).glob("cache/skills/*.new"))


def test_what_is_gone_leaves_the_index(root):
    listed(root)
    (root / "one/SKILL.md").unlink()
    listed(root)
    index = Index(root.resolve(), "one")
    assert index._old.keys() == {"two/SKILL.md", "three/SKILL.md"}


@pytest.mark.slow
def test_ten_thousand_skills_are_read_once(tmp_path, reads):
    names = [f"skill-{number:05}" for number in range(10_000)]
    for name in names:
        write(tmp_path / "many" / name, name, "1.0.0")
    settle(tmp_path / "many")
    assert len(listed(tmp_path / "many")) == 10_000
    before = len(reads)
    write(tmp_path / "many" / names[77], names[77], "2.0.0")
    found = listed(tmp_path / "many")
    assert len(found) == 10_000
    assert found[names[77]] == "2.0.0"
    assert len([data for data in reads[before:] if b"# Title" in data]) == 1
