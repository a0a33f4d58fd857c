"""Questions of the service: told with pictures as files, answered by number."""

import base64
import json

import click
import pytest

from skillwire.cli.choices import saved
from skillwire.cli.console import Console
from skillwire.cli.run import numbers
from skillwire.engine.effects import Frame
from skillwire.engine.events import Choices, Text
from skillwire.engine.stream import read_frame

PICTURE = "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8picture").decode()


def frame(response):
    part = {"functionResponse": {"id": "1", "name": "remove_object", "response": response}}
    return Frame(json.dumps({"content": {"role": "user", "parts": [part]}}), 0.0)


def test_candidates_are_read_from_a_tool_result():
    part = read_frame(frame({"candidates": [{"number": 1, "label": "person"}, {"number": "2"}, 3]}))
    assert part.candidates == ({"number": 1, "label": "person"},)
    assert read_frame(frame({"candidates": "many"})).candidates == ()
    assert read_frame(frame([])).candidates == ()


def test_pictures_become_files(tmp_path):
    offered = Choices(
        (
            {"number": 1, "picture": PICTURE},
            {"number": 2, "picture": "data:text/html;base64,AAAA"},
            {"number": 3, "picture": "data:image/png;base64,?"},
        )
    )
    text, choices = saved(iter([Text("which?"), offered]), tmp_path / "clip")
    assert text == Text("which?")
    assert [one.get("picture") for one in choices.candidates] == [str(tmp_path / "clip.choice-1.jpg"), None, None]
    assert (tmp_path / "clip.choice-1.jpg").read_bytes() == b"\xff\xd8picture"


def test_a_candidate_is_a_line(capsys):
    Console(as_json=False).show(
        Choices(({"number": 2, "label": "person", "at": 63.25, "picture": "clip.choice-2.jpg"},))
    )
    assert capsys.readouterr().out == "2. person, 1:03.2, clip.choice-2.jpg\n"


def test_numbers_are_read_or_refused():
    context = click.Context(click.Command("run"))
    option = click.Option(["--pick"])
    assert numbers(context, option, "2") == (2,)
    assert numbers(context, option, "3, 1,3") == (3, 1)
    assert numbers(context, option, "") == ()
    for wrong in ("0", "two", "1,", "-1", "²", "100"):
        with pytest.raises(click.BadParameter):
            numbers(context, option, wrong)
