"""Pictures as clips, sound files as tracks."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from skillwire.errors import BadInput
from skillwire.studio.draft import Draft, appended, with_sound
from skillwire.studio.media.stills import developed

RED, BLUE = (200, 30, 30), (30, 30, 200)


def halves(size=(96, 64), mode="RGB"):
    """Left red, right blue."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    return picture.quantize(8) if mode == "P" else picture.convert(mode)


def turned(path):
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter
    halves().save(path, quality=95, exif=exif)


def see_through(path):
    picture = halves(mode="RGBA")
    picture.putalpha(Image.new("L", picture.size, 0))
    picture.save(path)


def animated(path, milliseconds=200, count=5):
    colours = [RED, BLUE]
    frames = [Image.new("RGB", (64, 64), colours[n % 2]) for n in range(count)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0, lossless=True)


# File → how it is made, its size as a clip, its length in seconds, the colours of its left and right quarter in the first frame.
PICTURES = {
    "plain.png": (lambda path: halves().save(path), (96, 64), 5, (RED, BLUE)),
    "odd.png": (lambda path: halves((97, 65)).save(path), (96, 64), 5, (RED, BLUE)),
    "grey.png": (lambda path: Image.new("I;16", (64, 64), 65535).save(path), (64, 64), 5, None),
    "palette.png": (lambda path: halves(mode="P").save(path), (96, 64), 5, (RED, BLUE)),
    "photo.jpg": (lambda path: halves().save(path, quality=95), (96, 64), 5, (RED, BLUE)),
    "cmyk.jpeg": (lambda path: halves(mode="CMYK").save(path, quality=95), (96, 64), 5, None),
    "turned.jpg": (turned, (64, 96), 5, None),
    "large.jpg": (lambda path: halves((3000, 2000)).save(path), (1620, 1080), 5, (RED, BLUE)),
    "see-through.png": (see_through, (96, 64), 5, ((255, 255, 255), (255, 255, 255))),
    "still.gif": (lambda path: halves().save(path), (96, 64), 5, (RED, BLUE)),
    "animated.gif": (animated, (64, 64), 5, (RED, RED)),
    "long.gif": (lambda path: animated(path, 700, 10), (64, 64), 7, (RED, RED)),
    "still.webp": (lambda path: halves().save(path, lossless=True), (96, 64), 5, (RED, BLUE)),
    "animated.webp": (animated, (64, 64), 5, (RED, RED)),
    "renamed.png": (lambda path: halves().save(path, format="JPEG", quality=95), (96, 64), 5, (RED, BLUE)),
    "dot.png": (lambda path: Image.new("RGB", (1, 1), RED).save(path), (2, 2), 5, None),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture_becomes_a_clip(name, tmp_path, look):
    make, size, seconds, colours = PICTURES[name]
    make(tmp_path / name)
    developed(tmp_path / name, tmp_path / "clip.mp4")
    film = look.decode(tmp_path / "clip.mp4", "rgb24")
    assert film.stream.size == size
    assert film.times == pytest.approx([n / 25 for n in range(seconds * 25)], abs=0.0011)
    if colours:
        row = film.pictures[0][size[1] // 2]
        assert np.abs(row[size[0] // 4].astype(int) - colours[0]).max() < 14
        assert np.abs(row[size[0] * 3 // 4].astype(int) - colours[1]).max() < 14


@pytest.mark.parametrize("name", ["animated.gif", "animated.webp"])
def test_animation_moves_and_starts_again(name, tmp_path, look):
    PICTURES[name][0](tmp_path / name)
    developed(tmp_path / name, tmp_path / "clip.mp4")
    film = look.decode(tmp_path / "clip.mp4", "rgb24")
    red = [picture[32, 32, 0] > 100 for picture in film.pictures]
    # Five frames of 0.2 s, the first and the last red: one second, again and again.
    assert red == [n % 25 // 5 % 2 == 0 for n in range(125)]


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_no_picture_is_told(data, tmp_path):
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(BadInput):
        developed(tmp_path / "a.png", tmp_path / "clip.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_too_large_picture_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("skillwire.studio.media.stills._MAX_PIXELS", 5000)
    halves().save(tmp_path / "a.png")
    with pytest.raises(BadInput):
        developed(tmp_path / "a.png", tmp_path / "clip.mp4")


def test_cut_off_picture_is_told(tmp_path):
    halves((400, 400)).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadInput):
        developed(tmp_path / "a.png", tmp_path / "clip.mp4")


def test_sounds_have_tracks_of_their_own_and_do_not_move_the_pictures():
    draft = with_sound(with_sound(Draft(), "s", "song.mp3", 9000), "v", "voice.wav", 3000)
    draft = appended(draft, "a", "a.mp4", 4000, sound=True)
    assert draft.duration == 4000
    assert [clip.start for clip in draft.video] == [0]
    assert [track.label for track in draft.audio] == ["Original sound", "song.mp3", "voice.wav"]


def test_pictures_and_sounds_over_the_api(client, clip, look, tmp_path):
    halves((200, 100)).save(tmp_path / "red and blue.png")
    session = client.open_session()
    answer = client.upload(session, clip("base.mp4"), tmp_path / "red and blue.png", clip("sound.mp3"))
    files = answer["data"]["files"]
    assert [(file["name"], file["kind"], file["duration"]) for file in files][1] == ("red and blue.png", "image", 5000)
    draft = client.draft(session)
    assert [(track["tt"], track["m"].get("label")) for track in draft["t"]] == [
        (0, None),
        (1, "Original sound"),
        (1, "sound.mp3"),
    ]
    assert draft["d"] == 7000
    film = look.decode(client.export(session, tmp_path / "out.mp4", draft=draft), "rgb24")
    assert film.stream.size == (320, 180)
    assert len(film.pictures) == 175
    assert np.abs(film.pictures[100][90, 80].astype(int) - RED).max() < 20


@pytest.mark.parametrize("name", ["sound.wav", "sound.m4a", "sound.aac", "sound.mp3"])
def test_every_sound_format_plays_under_a_clip(name, clip, ffmpeg, client, look, tmp_path):
    song = tmp_path / name
    ffmpeg("-i", clip("base.mp4"), "-vn", song)
    session = client.open_session()
    assert client.upload(session, clip("silent.mp4"), song)["code"] == 0
    sound = look.samples(client.export(session, tmp_path / "out.mp4"))
    film = look.samples(clip("base.mp4"))[0, 9600:80_000]
    # A bare AAC stream does not say how much of its start is the encoder's run-in: within two frames and a half of it.
    likeness = [np.corrcoef(sound[0, 9600 + lag : 80_000 + lag], film)[0, 1] for lag in range(-64, 2600, 32)]
    assert max(likeness) > 0.9


def test_two_sounds_are_heard_together(client, clip, ffmpeg, look, tmp_path):
    for name, pitch in (("low.wav", 300), ("high.wav", 900)):
        ffmpeg("-f", "lavfi", "-i", f"sine=frequency={pitch}:duration=2", tmp_path / name)
    session = client.open_session()
    client.upload(session, clip("silent.mp4"), tmp_path / "low.wav", tmp_path / "high.wav")
    sound = look.samples(client.export(session, tmp_path / "out.mp4"))[0, 24_000:72_000]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size)))
    loudest = {int(place) for place in np.argsort(spectrum)[-2:]}
    assert loudest == {300, 900}
