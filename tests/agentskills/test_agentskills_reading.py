"""What this reading of Agent Skills takes that the reference library refuses, and what it refuses that hurts."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.errors import SkillUnreadable
from skillwire.spec.agentskills import (
    FIELDS,
    OPENCLAW_FIELDS,
    frontmatter,
    read_properties,
    skill_file,
    to_prompt,
    validate,
)

HEAD = "name: my-skill\ndescription: A test skill\n"


def skill(folder, text, name="my-skill", file="SKILL.md"):
    place = folder / name
    place.mkdir(exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode()
    (place / file).write_bytes(data)
    return place


TAKEN = {
    "plain": f"---\n{HEAD}---\nBody",
    "byte order mark": f"\ufeff---\n{HEAD}---\nBody",
    "CRLF": f"---\n{HEAD}---\nBody\n".replace("\n", "\r\n"),
    "CR": f"---\n{HEAD}---\nBody\n".replace("\n", "\r"),
    "closing fence is the end of the file": f"---\n{HEAD}---",
    "blanks after the fences": f"--- \n{HEAD}---\t\nBody",
    "dashes inside a value": "---\nname: my-skill\ndescription: A test --- skill\n---\nBody",
    "quotes": '---\n"name": \'my-skill\'\ndescription: "A test skill"\n---\n',
    "JSON metadata": f'---\n{HEAD}metadata: {{"openclaw": {{"requires": {{"bins": ["x"]}}}}}}\n---\n',
    "nested metadata": f"---\n{HEAD}metadata:\n  openclaw:\n    always: true\n---\n",
    "UTF-16": f"---\n{HEAD}---\nBody".encode("utf-16"),
    "a control character in the body": f"---\n{HEAD}---\nBody \x85\x00",
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_valid(tmp_path, text):
    folder = skill(tmp_path, text)
    assert validate(folder) == []
    assert read_properties(folder).name == "my-skill"


# Case → file, the rule it breaks, a word of the message, the line.
REFUSED = {
    "no fence": ("# Title", "frontmatter", "must start with", 1),
    "fence after text": ("\n\nIntro\n---\nname: a\n---\n", "frontmatter", "must start with", 1),
    "not closed": (f"---\n{HEAD}Body", "frontmatter", "not properly closed", 1),
    "a list": ("---\n- name\n---\n", "frontmatter", "mapping", 2),
    "tabs": (f"---\n{HEAD}license:\n\tx: y\n---\n", "frontmatter", "Invalid YAML", 5),
    "key twice": (f"---\n{HEAD}name: other\n---\n", "frontmatter", "twice", 4),
    "empty": ("---\n---\n", "name", "Missing required", 1),
    "name is a list": ("---\nname: [my-skill]\ndescription: x\n---\n", "name", "non-empty string", 2),
    "name is blank": ("---\nname: ' '\ndescription: x\n---\n", "name", "non-empty string", 2),
    "other folder": ("---\nlicense: MIT\nname: other\ndescription: x\n---\n", "name", "must match", 3),
    "long description": (f"---\nname: my-skill\ndescription: {'x' * 1025}\n---\n", "description", "1024", 3),
    "blank compatibility": (f"---\n{HEAD}compatibility: ''\n---\n", "compatibility", "non-empty", 4),
    "tools as a list": (f"---\n{HEAD}allowed-tools: [Read]\n---\n", "allowed-tools", "one string", 4),
    "metadata as text": (f"---\n{HEAD}metadata: x\n---\n", "metadata", "mapping", 4),
    "unknown field": (f"---\n{HEAD}license: MIT\nversion: '1'\n---\n", "fields", "version", 5),
    "nested a hundred thousand deep": (f"---\nname: {'[' * 100_000}\n---\n", "frontmatter", "Invalid YAML", 2),
    "aliases that multiply": (
        "---\na: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        + "---\n",
        "frontmatter",
        "Invalid YAML",
        None,
    ),
    "over the size of any skill": (f"---\n{HEAD}---\n{'x' * 1_100_000}", "frontmatter", "bytes", None),
    "no text": (bytes(range(256)) * 40, "frontmatter", "", None),
}


@pytest.mark.parametrize(("text", "rule", "word", "line"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path, text, rule, word, line):
    found = [violation for violation in validate(skill(tmp_path, text)) if violation.rule == rule]
    assert found
    assert word in found[0].message
    assert line in (None, found[0].line)


def test_openclaws_fields_are_an_option(tmp_path):
    folder = skill(tmp_path, f"---\n{HEAD}version: 1.10\ndisplayName: Mine\n---\n")
    assert [violation.rule for violation in validate(folder, FIELDS)] == ["fields"]
    assert validate(folder, OPENCLAW_FIELDS) == []


def test_values_stay_as_written(tmp_path):
    properties = read_properties(skill(tmp_path, f"---\n{HEAD}license: 1.10\nmetadata:\n  on: yes\n  v: 1.0\n---\n"))
    assert properties.license == "1.10"
    assert properties.metadata == {"on": "yes", "v": "1.0"}


def test_nested_metadata_reads_back_as_json(tmp_path):
    stated = {"requires": {"env": ["TOKEN"]}, "emoji": "🔇"}
    text = f"---\n{HEAD}metadata: {json.dumps({'openclaw': stated}, ensure_ascii=False)}\n---\n"
    assert json.loads(read_properties(skill(tmp_path, text)).metadata["openclaw"]) == stated


def test_text_misread_as_latin_1_is_put_right(tmp_path):
    text = "---\nname: my-skill\ndescription: Videos — 视频\n---\nBody".encode().decode("latin-1")
    assert read_properties(skill(tmp_path, text)).description == "Videos — 视频"


def test_to_dict_names_what_is_stated(tmp_path):
    text = f"---\n{HEAD}allowed-tools: Read Bash(git:*)\n---\n"
    assert read_properties(skill(tmp_path, text)).to_dict() == {
        "name": "my-skill",
        "description": "A test skill",
        "allowed-tools": "Read Bash(git:*)",
    }


def test_prompt_escapes_the_folder_too(tmp_path):
    inner = tmp_path / "a & b"
    inner.mkdir()
    text = to_prompt([skill(inner, f"---\n{HEAD}---\n")])
    assert "a &amp; b/my-skill/SKILL.md" in text


def test_the_working_folder_has_a_name(tmp_path, monkeypatch):
    folder = skill(tmp_path, f"---\n{HEAD}---\n")
    monkeypatch.chdir(folder)
    assert validate(type(folder)(".")) == []


def test_a_pipe_is_no_skill_file(tmp_path):
    os.mkfifo(tmp_path / "SKILL.md")
    assert skill_file(tmp_path) is None
    assert [violation.rule for violation in validate(tmp_path)] == ["file"]


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: f"---\n{text}\n---\n".encode()))
def test_any_bytes_read_or_are_refused(data):
    try:
        front = frontmatter(data, "SKILL.md")
    except SkillUnreadable:
        return
    assert all(isinstance(key, str) for key in front.fields)
    assert json.dumps(front.fields)
    assert front.lines.keys() >= front.fields.keys()
