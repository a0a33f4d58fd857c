"""Pictures as clips, sound files as tracks."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from skillwire.errors import BadInput
from skillwire.studio.draft import Draft, appended, with_sound
from skillwire.studio.media.probe import probe
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


def numbered(count, size=(64, 64)):
    """Pictures that differ from each other: a bar of that number."""
    pictures = [Image.new("RGB", size, BLUE) for _ in range(count)]
    for number, picture in enumerate(pictures):
        picture.paste(RED, (0, 0, (number + 1) * size[0] // (count + 1), size[1]))
    return pictures


def animated(path, lengths, size=(64, 64)):
    """``lengths``: how long each frame is shown, ms."""
    first, *others = numbered(len(lengths), size)
    first.save(path, save_all=True, append_images=others, duration=lengths, loop=0, lossless=True)


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
    "still.webp": (lambda path: halves().save(path, lossless=True), (96, 64), 5, (RED, BLUE)),
    "renamed.png": (lambda path: halves().save(path, format="JPEG", quality=95), (96, 64), 5, (RED, BLUE)),
    "dot.png": (lambda path: Image.new("RGB", (1, 1), RED).save(path), (2, 2), 5, None),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture_becomes_a_clip(name, tmp_path, look):
    make, size, seconds, colours = PICTURES[name]
    make(tmp_path / name)
    assert not developed(tmp_path / name, tmp_path / "clip.mp4")
    film = look.decode(tmp_path / "clip.mp4", "rgb24")
    assert film.stream.size == size
    assert film.times == pytest.approx([n / 25 for n in range(seconds * 25)], abs=0.0011)
    if colours:
        row = film.pictures[0][size[1] // 2]
        assert np.abs(row[size[0] // 4].astype(int) - colours[0]).max() < 14
        assert np.abs(row[size[0] * 3 // 4].astype(int) - colours[1]).max() < 14


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
@pytest.mark.parametrize(
    "lengths",
    [
        pytest.param([200] * 5, id="even"),
        pytest.param([40, 300, 20, 1000, 70, 500], id="uneven"),
        pytest.param([20] * 30, id="fifty a second"),
        pytest.param([700] * 10, id="slow"),
        pytest.param([100, 2500], id="two"),
    ],
)
def test_animation_keeps_its_frames_and_their_times(lengths, suffix, tmp_path, look):
    source, clip = tmp_path / f"moving{suffix}", tmp_path / "clip.mp4"
    animated(source, lengths)
    assert developed(source, clip)
    film = look.decode(clip, "rgb24")
    assert [round(time * 1000) for time in film.times] == [sum(lengths[:n]) for n in range(len(lengths))]
    assert probe(clip).duration == sum(lengths)
    for picture, expected in zip(film.pictures, numbered(len(lengths)), strict=True):
        assert look.psnr(picture, np.asarray(expected)) > 22


def test_frames_without_a_length_are_shown_as_browsers_show_them(tmp_path, look):
    animated(tmp_path / "a.gif", [0, 10, 50])
    developed(tmp_path / "a.gif", tmp_path / "clip.mp4")
    assert look.decode(tmp_path / "clip.mp4").times == pytest.approx([0, 0.1, 0.2], abs=0.0005)
    assert probe(tmp_path / "clip.mp4").duration == 250


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "gif named otherwise.mp4"])
def test_animation_is_a_clip_over_the_api(name, client, tmp_path, look):
    lengths = [100, 300, 600, 200]
    animated(tmp_path / "made.gif" if name.endswith("mp4") else tmp_path / name, lengths, (120, 80))
    if name.endswith("mp4"):
        (tmp_path / "made.gif").rename(tmp_path / name)
    session = client.open_session()
    file = client.upload(session, tmp_path / name)["data"]["files"][0]
    assert (file["kind"], file["duration"], file["width"], file["height"]) == ("video", 1200, 120, 80)
    whole = look.decode(client.export(session, tmp_path / "whole.mp4"))
    assert whole.times == pytest.approx([0, 0.1, 0.4, 1], abs=0.0005)
    assert client.told(session, "make it half as fast").startswith("Plays at 0.5×")
    slow = look.decode(client.export(session, tmp_path / "slow.mp4"))
    assert slow.times == pytest.approx([0, 0.2, 0.8, 2], abs=0.0005)
    assert probe(tmp_path / "slow.mp4").duration == 2400


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
