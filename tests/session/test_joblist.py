"""Lists of jobs: what a row stands for, and everything that is wrong told at once."""

from __future__ import annotations

import pytest

from skillwire import joblist
from skillwire.errors import BadInput


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "talks" / "deeper").mkdir(parents=True)
    for name in (
        "talks/b.mp4",
        "talks/a.MOV",
        "talks/notes.txt",
        "talks/.hidden.mp4",
        "talks/deeper/c.mp4",
        "odd [1].mp4",
    ):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def _read(folder, text, **options):
    path = folder / "jobs.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return joblist.read(path, **options)


def _names(folder, jobs):
    return [[str(file).removeprefix(f"{folder}/") for file in job.files] for job in jobs]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ("talks/b.mp4", [["talks/b.mp4"]]),
        ("talks/b.mp4 | odd [1].mp4", [["talks/b.mp4", "odd [1].mp4"]]),
        ("talks", [["talks/a.MOV"], ["talks/b.mp4"]]),
        ("talks/", [["talks/a.MOV"], ["talks/b.mp4"]]),
        ("talks/*.mp4", [["talks/b.mp4"]]),
        ("**/*.mp4", [["odd [1].mp4"], ["talks/b.mp4"], ["talks/deeper/c.mp4"]]),
        ("odd [1].mp4", [["odd [1].mp4"]]),
        ("https://example.org/a*.mp4", [["https://example.org/a*.mp4"]]),
        ("not/there.mp4", [["not/there.mp4"]]),
    ],
)
def test_what_files_stand_for(folder, files, expected):
    jobs = _read(folder, f'files,words\n"{files}",mute it\n', skill="s", formats=lambda _: ("mp4", "mov"))
    assert _names(folder, jobs) == expected
    assert {(job.skill, job.words, job.output) for job in jobs} == {("s", "mute it", None)}


@pytest.mark.parametrize(
    "text",
    [
        'files,words,output\ntalks/b.mp4,"mute it, now",x.mp4\n',
        "\ufefffiles;words;output\r\ntalks/b.mp4;mute it, now;x.mp4\r\n",
        "Files\tWords\tOutput\n\n talks/b.mp4 \tmute it, now\tx.mp4\n\n",
        'words,output,files\n"mute it, now",x.mp4,talks/b.mp4',
    ],
    ids=["commas", "semicolons and a mark", "tabs", "another order"],
)
def test_forms_of_lists(folder, text):
    (job,) = _read(folder, text, skill="s")
    assert (job.words, job.output) == ("mute it, now", folder / "x.mp4")
    assert _names(folder, [job]) == [["talks/b.mp4"]]


def test_a_row_without_a_skill_takes_that_of_the_row_above(folder):
    jobs = _read(folder, "skill,files,words\none,talks/b.mp4,a\n,talks/b.mp4,b\ntwo,talks/b.mp4,c\n,talks/b.mp4,d\n")
    assert [(job.line, job.skill) for job in jobs] == [(2, "one"), (3, "one"), (4, "two"), (5, "two")]


def test_outputs_in_a_folder_never_share_a_name(folder):
    jobs = _read(
        folder,
        "skill,files,words,output\ns,**/*.mp4,mute,out/\n,talks/b.mp4,turn it,out/\n,https://example.org/v/b.mp4?x=1,mute,out/\n",
    )
    assert [job.output.name for job in jobs] == ["odd [1].mp4", "b.mp4", "c.mp4", "b-2.mp4", "b-3.mp4"]
    assert {job.output.parent for job in jobs} == {folder / "out"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["no job"]),
        ("files,words\n", ["no job"]),
        ("file,words\na,b\n", ["first row", "skill, files, words, output"]),
        ("files,words,files\na,b,c\n", ["first row"]),
        ("files\na.mp4\n", ["first row"]),
        ("files,words\na.mp4,\n,mute\nb.mp4,mute\n", ["line 2: the words", "line 3: the files"]),
        ("files,words\nempty/*.mp4,mute\n", ["line 2: no clip is found at empty/*.mp4"]),
        ("files,words,output\ntalks/*,mute,one.mp4\n", ["line 2: the output one.mp4 is one file for several"]),
        ("files,words,output\na.mp4,mute,o.mp4\nb.mp4,mute,o.mp4\n", ["line 3: the output o.mp4 is already"]),
        ('files,words\n"a.mp4,mute\n', ["line 2:"]),
        (b"files,words\na.mp4,stumm f\xfcr immer\n", ["jobs.csv:2", "UTF-8"]),
        (b"\0\1\2", ["not a list of jobs"]),
    ],
)
def test_all_that_is_wrong_is_told(folder, text, told):
    with pytest.raises(BadInput) as failure:
        _read(folder, text, skill="s")
    for words in told:
        assert words in str(failure.value)
    assert "jobs.csv" in str(failure.value)


def test_a_row_needs_a_skill(folder):
    with pytest.raises(BadInput, match="line 2: no skill"):
        _read(folder, "files,words\na.mp4,mute\n")
