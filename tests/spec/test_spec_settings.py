"""Author overrides: which keys there are, that they win, and that a bad one is named on its line."""

from __future__ import annotations

import pytest

from skillwire.errors import UsageError
from skillwire.spec import build
from support.compiled import compiled, differences
from support.compiled import facts as _facts

BODY = """
# A

API base: https://old.example

**Export**: POST `/old` — body `{"id":"<ts>"}`. Poll GET `/old/<id>` every 30s until `status` is `completed`.

| Header | Value |
|---|---|
| `X-Team` | `day` |
"""

KEYS = {
    "version": ("2.0", ["version"], "2.0"),
    "title": ("New", ["title"], "New"),
    "platform": ("cursor", ["platform"], "cursor"),
    "base_url": ("https://new.example/v2/", ["base_url"], "https://new.example/v2"),
    "base_url_env": ("NEW_URL", ["base_url_env"], "NEW_URL"),
    "formats": ("MP4, .mov", ["formats"], ["mp4", "mov"]),
    "max_bytes": ("500MB", ["max_bytes"], 524288000),
    "auth.env": ("NEW_TOKEN", ["auth", "env"], "NEW_TOKEN"),
    "auth.scheme": ("Token", ["auth", "scheme"], "Token"),
    "auth.client_id_header": ("X-Device", ["auth", "client_id_header"], "X-Device"),
    "poll.every": ("2.5", ["poll", "every"], 2.5),
    "poll.times": ("7", ["poll", "times"], 7),
    "poll.until": ("done", ["poll", "until"], "done"),
    "poll.failed": ("bad, worse", ["poll", "failed"], ["bad", "worse"]),
    "poll.url_field": ("file.url", ["poll", "url_field"], "file.url"),
    "poll.fallback_path": ("/f/<id>", ["poll", "fallback_path"], "/f/<id>"),
    "stream.notice_every": ("60", ["stream", "notice_every"], 60),
    "stream.silent_edit": ("true", ["stream", "silent_edit"], True),
    "stream.timeout": ("90", ["stream", "timeout"], 90),
    "wording.ready": ("Go!", ["wording", "ready"], "Go!"),
    "calls.export.path": ("/new", ["calls", "export", "path"], "/new"),
    "calls.export.method": ("PUT", ["calls", "export", "method"], "PUT"),
    "calls.export.body": ('{"a":<json>}', ["calls", "export", "body"], {"a": "<json>"}),
    "calls.export.timeout": ("30", ["calls", "export", "timeout"], 30),
    "calls.export.headers.X-One": ("1", ["calls", "export", "headers"], {"X-One": "1"}),
    "calls.extra.path": ("/extra", ["calls", "extra"], {"verb": "call", "method": "GET", "path": "/extra"}),
    "headers.X-Team": ("night", ["headers", 0, "value"], "night"),
    "headers.X-New": ("yes", ["headers", 1, "value"], "yes"),
}


def at(config, path):
    for step in path:
        config = config[step]
    return {key: value for key, value in config.items() if key != "line"} if isinstance(config, dict) else config


@pytest.mark.parametrize("key", KEYS)
def test_an_override_of_the_command_line_wins(key):
    value, path, wanted = KEYS[key]
    front = "---\nname: a\nversion: '1'\nmetadata:\n  skillwire.formats: png\n---\n"
    assert at(compiled(front + BODY, overrides={key: value}), path) == wanted


@pytest.mark.parametrize("key", KEYS)
def test_an_override_of_the_file_wins_over_its_prose_and_has_its_line(key):
    value, path, wanted = KEYS[key]
    found = compiled(f"---\nname: a\nmetadata:\n  other: x\n  skillwire.{key}: '{value}'\n---\n" + BODY)
    assert at(found, path) == wanted
    assert found["lines"][key] == 5


def test_a_block_and_lists_are_read_as_well():
    found = compiled(
        "---\nname: a\nmetadata:\n  skillwire:\n    formats: [mp4, mov]\n    poll:\n      every: 4\n---\n" + BODY
    )
    assert (found["formats"], found["poll"]["every"]) == (["mp4", "mov"], 4)
    assert (found["lines"]["formats"], found["lines"]["poll.every"]) == (5, 7)


BAD = {
    "poll.evry": "3",
    "base_url": "ftp://x",
    "max_bytes": "lots",
    "poll.every": "soon",
    "calls.export.method": "FETCH",
    "calls.export.path": "no-slash",
    "calls.export.body": "words",
    "calls.export": "x",
    "stream.silent_edit": "perhaps",
    "headers.Bad Name": "x",
    "unknown": "x",
    "formats": "",
}


@pytest.mark.parametrize("key", BAD)
def test_a_bad_override_is_a_problem_on_its_line_and_changes_nothing(key):
    front = "---\nname: a\nmetadata:\n  other: x\n"
    found = compiled(f"{front}  skillwire.{key}: '{BAD[key]}'\n---\n" + BODY)
    bad = [(problem["line"], problem["severity"]) for problem in found["problems"] if problem["rule"] == "bad-override"]
    assert bad == [(5, "error")]
    assert not differences(
        _facts(f"{front}---\n" + BODY), _facts(f"{front}  skillwire.{key}: '{BAD[key]}'\n---\n" + BODY)
    )


@pytest.mark.parametrize("key", BAD)
def test_a_bad_override_of_the_command_line_is_a_usage_error(key):
    with pytest.raises(UsageError) as caught:
        build.load(BODY.encode(), overrides={key: BAD[key]})
    assert str(caught.value).startswith(f"{key}={BAD[key]}: ")
