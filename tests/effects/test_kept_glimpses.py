"""What was found out about a clip is kept by its content: looked for once, bounded, private, whole or not at all."""

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.studio.draft import Canvas, Draft, appended
from skillwire.studio.edit import Behind, apply
from skillwire.studio.effects.backdrop import glimpses, people, segmenter
from skillwire.studio.effects.backdrop.choices import Background
from skillwire.studio.effects.backdrop.glimpses import STEPS, pixels, place_of
from skillwire.studio.effects.backdrop.presence import has_people
from skillwire.studio.effects.room import Room, content_of
from skillwire.studio.render import poster, render

RED, BEACH = Background("colour", "#ff0000"), Background("scene", "beach")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLWIRE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def looks(monkeypatch):
    """Which networks ran, in order."""
    ran = []
    network, detector = segmenter.Segmenter.__call__, people.Detector.whole

    def segmented(self, thumb):
        ran.append("segmenter")
        return network(self, thumb)

    def detected(self, picture, least):
        ran.append("detector")
        return detector(self, picture, least)

    monkeypatch.setattr(segmenter.Segmenter, "__call__", segmented)
    monkeypatch.setattr(people.Detector, "whole", detected)
    return ran


def _draft(background, *edits, name="man.mp4", **canvas):
    draft = appended(Draft(), "m", name, 1000, sound=False)
    draft = apply(draft, {"op": "replace_background"}, behind=Behind(background, "", frozenset({"m"}))).draft
    for edit in edits:
        draft = apply(draft, edit).draft
    return replace(draft, canvas=Canvas(**canvas))


def _rendered(draft, file, target):
    render(draft, {"m": file}, target, "standard", lambda _: None)
    with av.open(str(target)) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])


def _kept(home):
    return sorted((home / "cache" / "mattes").iterdir())


def test_another_background_needs_no_second_look(man, media_file, home, looks, tmp_path):
    file = media_file(man)
    _rendered(_draft(RED), file, tmp_path / "red.mp4")
    assert {"segmenter", "detector"} == set(looks)
    looks.clear()
    film = _rendered(_draft(BEACH), file, tmp_path / "beach.mp4")
    assert looks == []
    shutil.rmtree(home)
    assert np.array_equal(film, _rendered(_draft(BEACH), file, tmp_path / "again.mp4"))
    assert looks


def test_the_same_content_elsewhere_is_known_and_other_content_in_its_place_is_not(
    man, media_file, looks, tmp_path, footage
):
    _rendered(_draft(RED), media_file(man), tmp_path / "red.mp4")
    copy = shutil.copyfile(man, tmp_path / "copy.mp4")
    looks.clear()
    _rendered(_draft(RED), media_file(copy), tmp_path / "out.mp4")
    assert looks == []
    times = copy.stat()
    shutil.copyfile(footage / "carphone_distorted.mp4", copy)
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
    _rendered(_draft(RED), media_file(copy), tmp_path / "out.mp4")
    assert "segmenter" in looks


@pytest.mark.parametrize("clip", ["man", "bunny"])
def test_whether_anybody_is_seen_is_asked_once(clip, man, footage, home, looks, tmp_path):
    path = man if clip == "man" else footage / "bigbuckbunny.mp4"
    assert has_people(path, path.name) is (clip == "man")
    looks.clear()
    assert has_people(shutil.copyfile(path, tmp_path / "copy.mp4"), "copy.mp4") is (clip == "man")
    assert looks == []
    (kept,) = (home / "cache" / "people").iterdir()
    kept.write_bytes(b"?")
    assert has_people(path, path.name) is (clip == "man")
    assert "detector" in looks


@pytest.mark.parametrize(
    ("edits", "canvas", "known"),
    [
        ([{"op": "trim", "start": 0.3, "end": 0.8}], {}, True),
        ([{"op": "speed", "factor": 2}], {}, True),
        ([{"op": "speed", "factor": 0.5}], {}, True),
        ([], {"ratio": (9, 16)}, False),
        ([], {"turn": 180}, False),
        ([], {"height": 360}, False),
        ([], {"height": 72}, True),
    ],
)
def test_a_look_serves_each_part_and_speed_but_no_other_shape_nor_a_larger_size(
    edits, canvas, known, man, media_file, looks, tmp_path
):
    file = media_file(man)
    whole = _rendered(_draft(RED), file, tmp_path / "whole.mp4")
    looks.clear()
    film = _rendered(_draft(RED, *edits, **canvas), file, tmp_path / "part.mp4")
    assert (looks == []) is known
    if edits and edits[0]["op"] == "trim":
        # Frame by frame the matte of its own picture: every other frame differs more.
        start = round(0.3 * 25)
        for n in (1, 5, 9):
            apart = [np.abs(film[n].astype(int) - other).mean() for other in whole]
            assert abs(int(np.argmin(apart)) - (start + n)) <= 1


def test_a_poster_uses_what_is_known_and_keeps_nothing(man, media_file, home, looks, tmp_path):
    file = media_file(man)
    poster(_draft(RED), {"m": file}, tmp_path / "one.jpg", 400)
    assert not (home / "cache" / "mattes").exists()
    _rendered(_draft(RED), file, tmp_path / "red.mp4")
    looks.clear()
    poster(_draft(BEACH), {"m": file}, tmp_path / "two.jpg", 400)
    assert looks == []


def test_only_what_was_seen_to_the_end_is_kept_and_only_for_this_user(man, media_file, home, monkeypatch, tmp_path):
    network, thumbs = segmenter.Segmenter.__call__, []

    def stopped(self, thumb):
        thumbs.append(thumb)
        if len(thumbs) == 4:
            raise KeyboardInterrupt
        return network(self, thumb)

    with monkeypatch.context() as patched:
        patched.setattr(segmenter.Segmenter, "__call__", stopped)
        with pytest.raises(KeyboardInterrupt):
            _rendered(_draft(RED), media_file(man), tmp_path / "out.mp4")
    assert not (home / "cache" / "mattes").exists() or _kept(home) == []
    _rendered(_draft(RED), media_file(man), tmp_path / "out.mp4")
    (file,) = _kept(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"", b"seen", "cut", "flipped", "folder"])
def test_what_is_damaged_is_looked_for_again(damage, man, media_file, home, looks, tmp_path):
    file = media_file(man)
    film = _rendered(_draft(RED), file, tmp_path / "red.mp4")
    (kept,) = _kept(home)
    whole = kept.read_bytes()
    if damage == "folder":
        kept.unlink()
        kept.mkdir()
    elif damage == "flipped":
        kept.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
    else:
        kept.write_bytes(whole[:-30] if damage == "cut" else damage)
    looks.clear()
    assert np.array_equal(film, _rendered(_draft(RED), file, tmp_path / "again.mp4"))
    assert "segmenter" in looks


def test_nothing_is_kept_of_a_clip_that_takes_too_much(man, media_file, home, monkeypatch, tmp_path):
    monkeypatch.setattr(glimpses, "_MOST_OF_CLIP", 20_000)
    assert len(_rendered(_draft(RED), media_file(man), tmp_path / "red.mp4")) == 25
    assert not (home / "cache" / "mattes").exists()


def test_a_room_lets_go_what_was_not_used_for_longest(tmp_path):
    room = Room(tmp_path / "room", 250)
    for number, name in enumerate("abc"):
        with room.writing(name) as file:
            file.write(bytes(100))
        os.utime(tmp_path / "room" / name, (number, number))
    assert room.named("*") == ["b", "c"]
    assert room.find("b") is not None
    with room.writing("d") as file:
        file.write(bytes(100))
    assert room.named("*") == ["b", "d"]


def test_a_room_keeps_nothing_of_what_failed(tmp_path):
    room = Room(tmp_path / "room", 250)
    with room.writing("a") as file:
        file.write(b"old")

    def fail():
        with room.writing("a") as file:
            file.write(b"new")
            raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        fail()
    assert [path.name for path in (tmp_path / "room").iterdir()] == ["a"]
    assert Path(tmp_path / "room" / "a").read_bytes() == b"old"
    assert content_of(tmp_path / "room" / "a") == content_of(shutil.copyfile(tmp_path / "room" / "a", tmp_path / "b"))


_EDGES = st.lists(st.integers(0, STEPS), min_size=2, max_size=2, unique=True).map(sorted)


@given(st.tuples(_EDGES, _EDGES), st.tuples(st.integers(32, 2000), st.integers(32, 2000)))
def test_a_place_is_the_same_in_pictures_of_any_size_from_64_on(edges, half):
    (left, right), (top, bottom) = edges
    size = (half[0] * 2, half[1] * 2)
    place = (left, top, right, bottom)
    assert place_of(pixels(place, size), size) == place
