"""Single statements, each in the wordings that files use."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from support.compiled import compiled, differences

ROWS = yaml.safe_load((Path(__file__).parent / "data" / "wording.yaml").read_text(encoding="utf-8"))


def found(body):
    return compiled(f"---\nname: a\nversion: '1'\n---\n\n# A\n\n{body}\n")


def _table(header, *rows):
    return "\n".join([header, "|" + "---|" * (header.count("|") - 1), *(f"| {' | '.join(row)} |" for row in rows)])


@pytest.mark.parametrize("row", ROWS["recoveries"], ids=lambda row: f"{row[0]} {row[2]}"[:40])
@pytest.mark.parametrize("shape", ["table", "bullets"])
def test_recoveries(row, shape):
    code, meaning, action, recovery, after, times = (*row, None, None)[:6]
    if shape == "table":
        body = _table("| Code | Meaning | Action |", [str(code), meaning, action], ["999", "Other", "Tell the user"])
    else:
        body = f"- `{code}` — {meaning}; {action}\n- `999` — other; tell the user"
    rule = found(body)["errors"][0]
    assert (rule["code"], rule["meaning"], rule["text"]) == (code, meaning, action)
    assert (rule["recovery"], rule.get("after"), rule.get("times")) == (recovery, after, times)


@pytest.mark.parametrize("row", ROWS["gui"], ids=lambda row: row[1][:40])
@pytest.mark.parametrize("shape", ["table", "bullets"])
def test_gui_wording(row, shape):
    said, done, action = row
    if shape == "table":
        body = _table("| Backend says | You do |", [f'"{said}"', done], ['"press the button"', "Execute via API"])
    else:
        body = f'- "{said}" → {done}\n- "press the button" → execute it'
    translation = found(body)["translations"][0]
    assert (translation["match"], translation["action"], translation["text"]) == ([said], action, done)


@pytest.mark.parametrize(("body", "types"), ROWS["formats"])
def test_formats(body, types):
    assert found(body)["formats"] == types


@pytest.mark.parametrize(("body", "size"), ROWS["sizes"])
def test_sizes(body, size):
    assert found(body)["max_bytes"] == size


@pytest.mark.parametrize(("body", "fields"), ROWS["streams"])
def test_streams(body, fields):
    assert not differences(fields, found(body)["stream"])


@pytest.mark.parametrize(("body", "keys", "types"), ROWS["drafts"])
def test_drafts(body, keys, types):
    draft = found(body)["draft"]
    assert (draft["keys"], draft["track_types"]) == (keys, types)


@pytest.mark.parametrize(("body", "fields"), ROWS["polls"])
def test_polls(body, fields):
    config = found(f"API base: https://h.example\n\n**Export**: POST `/j` — body `{{}}`. {body}")
    assert not differences(fields, config["poll"])
    assert config["calls"]["export_status"]["path"] == "/j/<id>"
    assert config["calls"]["export"]["verb"] == "job"
