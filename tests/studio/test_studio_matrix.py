"""Every operation on every kind of input: streams, length, sound and picture together, and what is seen."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from skillwire.studio.draft import Draft, appended, with_sound
from skillwire.studio.edit import Song, apply
from skillwire.studio.media.music import compose
from skillwire.studio.media.probe import probe
from skillwire.studio.render import MediaFile, render
from skillwire.studio.worker import run

VIDEOS = [
    *(
        "base.mp4",
        "silent.mp4",
        "h264.mov",
        "h264.mkv",
        "h264.avi",
        "vfr.mp4",
        "tagged.mp4",
        "surround.mkv",
        "vp8.webm",
    ),
    *("vp9odd.webm", "mpeg4.avi", "hevc10.mp4", "full.mkv", "sar.webm", "turned90.mov", "edited.mp4", "delayed.mkv"),
    *("covered.mp4", "tail.mkv", "voices.mkv"),
]
PICTURES = ["picture.png", "picture.jpg", "picture.gif", "picture.webp"]
ANIMATIONS = ["moving.gif", "moving.webp"]
SOUNDS = ["sound.mp3", "sound.wav", "sound.m4a", "sound.aac"]

# Name → operations, how fast the film plays then, and where in the film it begins, in seconds.
OPERATIONS = {
    "as it is": ([], 1, 0),
    "mute": ([{"op": "remove_audio"}], 1, 0),
    "mute part": ([{"op": "remove_audio", "start": 1.4}], 1, 0),
    "trim": ([{"op": "trim", "start": 0.3, "end": 1.7}], 1, 0.3),
    "trim from the end": ([{"op": "trim", "start": -2, "end": None}], 1, None),
    "faster": ([{"op": "speed", "factor": 2}], 2, 0),
    "slower": ([{"op": "speed", "factor": 0.75}], 0.75, 0),
    "quieter": ([{"op": "volume", "factor": 0.5}], 1, 0),
    "portrait": ([{"op": "aspect", "ratio": "9:16"}], 1, 0),
    "portrait, cropped": ([{"op": "aspect", "ratio": "9:16", "mode": "crop"}], 1, 0),
    "smaller": ([{"op": "resolution", "height": 90}], 1, 0),
    "turned": ([{"op": "rotate", "degrees": 90}], 1, 0),
    "title": ([{"op": "add_text", "text": "Hi 你好", "position": "bottom", "end": 1}], 1, 0),
    "music": ([{"op": "add_music", "query": "calm", "volume": 0.05}], 1, 0),
    "joined": ("twice", 1, 0),
    "all at once": (
        [
            {"op": "trim", "start": 0.3, "end": 1.7},
            {"op": "speed", "factor": 2},
            {"op": "aspect", "ratio": "1:1"},
            {"op": "add_text", "text": "Hi", "position": "top"},
        ],
        2,
        0.3,
    ),
}


@pytest.fixture(scope="session")
def bed(tmp_path_factory):
    path = tmp_path_factory.mktemp("bed") / "calm.wav"
    return SimpleNamespace(path=path, duration=compose("calm", path))


@pytest.fixture(scope="session")
def taken(flash, tmp_path_factory):
    """A function: an input as the studio takes it in, its draft and its files."""
    folder = tmp_path_factory.mktemp("taken")
    known = {}

    def take(name):
        if name not in known:
            path = flash(name)
            if name in [*PICTURES, *ANIMATIONS]:
                copy = folder / name
                copy.write_bytes(path.read_bytes())
                answer = run({"task": "take_in", "path": str(copy)}, None)
                path = type(path)(answer["done"]["path"])
            known[name] = (path, probe(path))
        return known[name]

    return take


def drafted(name, taken, *, twice=False):
    path, info = taken(name)
    if name in SOUNDS:
        film, film_info = taken("silent.mp4")
        draft = with_sound(appended(Draft(), "film", "film", film_info.duration, sound=False), "m", name, info.duration)
        files = {"film": (film, film_info), "m": (path, info)}
    else:
        draft = appended(Draft(), "m", name, info.duration, sound=info.has_audio)
        files = {"m": (path, info)}
    if twice:
        draft = appended(
            draft,
            "m" if name not in SOUNDS else "film",
            name,
            draft.duration,
            sound=draft.audio != () and name not in SOUNDS,
        )
    return draft, files


def onset_of_sound(samples, least=0.1):
    loud = np.flatnonzero(np.abs(samples[0]) > least)
    return loud[0] / 48_000 if loud.size else None


def onset_of_flash(film):
    height, width = film.pictures[0].shape
    for time, picture in zip(film.times, film.pictures, strict=True):
        if picture[height * 2 // 5 : height * 3 // 5, width * 2 // 5 : width * 3 // 5].mean() > 180:
            return time
    return None


@pytest.fixture(scope="session")
def original(taken, look):
    """A function: when the flash and the tone begin in an input as it came, and its frames' distance at most."""
    known = {}

    def of(name):
        if name not in known:
            film = look.decode(taken("silent.mp4" if name in SOUNDS else name)[0], "gray")
            info = taken(name)[1]
            sound = onset_of_sound(look.samples(taken(name)[0])) if info.has_audio else None
            step = max(np.diff(film.times), default=0.04)
            known[name] = SimpleNamespace(flash=onset_of_flash(film), sound=sound, step=step, film=film)
        return known[name]

    return of


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", [*VIDEOS, *PICTURES, *ANIMATIONS, *SOUNDS])
def test_every_operation_on_every_input(name, operation, taken, original, bed, look, tmp_path):
    operations, speed, start = OPERATIONS[operation]
    draft, files = drafted(name, taken, twice=operations == "twice")
    files |= {"bed": (bed.path, SimpleNamespace(video_codec=""))}
    whole = draft.duration / 1000
    for one in [] if operations == "twice" else operations:
        draft = apply(draft, one, [Song("bed", "calm", bed.duration)]).draft
    media = {
        key: MediaFile(path, path.name, path.stat().st_size, path.stat().st_mtime_ns, info.video_codec)
        for key, (path, info) in files.items()
        if key in draft.media
    }
    target = tmp_path / "out.mp4"
    notes = render(draft, media, target, "draft", lambda _: None)

    film, before = look.decode(target, "gray"), original(name)
    assert film.kinds == (["audio", "video"] if draft.audio else ["video"])
    assert (film.stream.codec, film.stream.pix_fmt) == ("h264", "yuv420p")
    data = target.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert film.times == sorted(set(film.times))
    if name == "tail.mkv":
        assert 0 < film.times[-1] < draft.duration / 1000
        return
    assert notes == []
    expected, frame = draft.duration / 1000, max(before.step / speed, 0.04) + 0.002
    # A frame is shown until the next one; what a container states of a stream's end may lie one frame off.
    assert film.times[-1] < expected + frame
    assert film.times[-1] + 2 * frame > expected
    if draft.audio and name != "delayed.mkv":  # whose sound ends before its pictures do
        assert look.samples(target).shape[1] / 48_000 == pytest.approx(expected, abs=max(frame, 0.065))
    if name in PICTURES:
        return

    begin = start if start is not None else max(0.0, whole - 2)
    # Where the cut falls into a flash or a tone, it begins with it.
    flash, expected = onset_of_flash(film), max(0.0, (before.flash - begin) / speed)
    assert flash == pytest.approx(expected, abs=frame)
    sound = onset_of_sound(look.samples(target), 0.15 if operation == "music" else 0.05) if draft.audio else None
    if sound is not None and before.sound is not None:
        # Picture and sound are as far from each other as they were, within one frame; a song keeps its tempo.
        apart = max(0.0, (before.sound - begin) / (1 if name in SOUNDS else speed)) - expected
        assert sound - flash == pytest.approx(apart, abs=frame)
    if operation in ("as it is", "mute", "quieter", "music", "trim") and film.stream.size == before.film.stream.size:
        moments = zip(film.times, film.pictures, strict=True)
        for time, picture in list(moments)[2:-2:7]:
            place = int(np.argmin(np.abs(np.array(before.film.times) - (time + begin))))
            near = before.film.pictures[max(0, place - 1) : place + 2]
            assert max(look.psnr(picture, one) for one in near) > 24
