"""The skill of another trade runs end to end against its own server: nothing in the package knows of either."""

import importlib
import socket
import threading
import wave
from pathlib import Path

import pytest
import uvicorn

from skillwire.engine import events
from skillwire.errors import ServiceRefused
from skillwire.session import open_session
from skillwire.spec.build import load

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "music-box-maker"
MELODY = (FOLDER / "fuer-elise.txt").read_text(encoding="utf-8")


@pytest.fixture
def workshop(monkeypatch):
    """The example's server on a free loopback port; yields its address."""
    monkeypatch.syspath_prepend(str(FOLDER))
    app = importlib.import_module("server").app
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def melody(tmp_path):
    path = tmp_path / "tune.txt"
    path.write_text(MELODY, encoding="utf-8")
    return path


def run(workshop, words, files=(), **options):
    with open_session(str(FOLDER), agent=workshop) as session:
        return list(session.run(words, files, **options))


def length(path):
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


@pytest.mark.parametrize(
    ("words", "ratio"), [("an octave higher", 1), ("play it twice", 2), ("make it faster", 0.8), ("rückwärts", 1)]
)
def test_a_melody_becomes_a_recording(workshop, melody, tmp_path, words, ratio):
    out = tmp_path / "box.wav"
    told = run(workshop, words, [melody], output=out)
    assert [Path(event.path) for event in told if isinstance(event, events.Artifact)] == [out]
    beats = sum(int(note.partition(":")[2] or 1) for note in MELODY.split())
    # 0.35 s a beat, and the last tine rings for 1.2 s
    assert length(out) == pytest.approx(beats * 0.35 * ratio + 1.2, abs=0.01)


def test_a_change_without_words_is_told_from_the_drum(workshop, melody, tmp_path):
    told = run(workshop, "play it backwards", [melody], output=tmp_path / "box.wav")
    assert not [event for event in told if isinstance(event, events.Text)]
    changes = [event.changes for event in told if isinstance(event, events.Timeline) and event.changes]
    assert len(changes) == 1
    assert "A4 B4 C5 E4" in changes[0][0]


def test_talk_of_the_crank_is_left_out(workshop, melody, tmp_path):
    texts = [
        event.text
        for event in run(workshop, "play it twice", [melody], output=tmp_path / "box.wav")
        if isinstance(event, events.Text)
    ]
    assert texts == ["The drum takes 70 pins now."]


@pytest.mark.parametrize(
    ("words", "action", "fields"),
    [
        ("how many coins are there?", "credits", {"coins": 60, "currency": "brass"}),
        ("Preis", "quote", {"pins": 0, "price": 0}),
    ],
)
def test_a_question_makes_one_call(workshop, words, action, fields):
    told = [event for event in run(workshop, words) if isinstance(event, events.Fields)]
    assert [(event.call, dict(event.values)) for event in told] == [(action, fields)]


def test_what_is_no_melody_is_refused_with_its_code(workshop, tmp_path):
    path = tmp_path / "poem.txt"
    path.write_text("Not a note in it\n", encoding="utf-8")
    with pytest.raises(ServiceRefused) as refused:
        run(workshop, "faster", [path], output=tmp_path / "box.wav")
    assert refused.value.code == 51
    assert sorted(tmp_path.iterdir()) == [path]


def test_it_compiles_without_complaint():
    skill = load((FOLDER / "SKILL.md").read_bytes(), source=str(FOLDER / "SKILL.md"))
    assert [problem for problem in skill.problems if problem.severity != "info"] == []
    assert skill.missing == ()
    assert {name: str(call.verb) for name, call in skill.calls.items()} == {
        "token": "acquire",
        "session": "acquire",
        "message": "stream",
        "upload": "upload",
        "credits": "call",
        "state": "call",
        "quote": "call",
        "export": "job",
        "export_status": "call",
    }
    assert not any(call.default or call.defaulted for call in skill.calls.values())
