"""Operations on the draft, and their renders: lengths, times, silence, pitch, shape."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.studio.draft import AudioTrack, Canvas, Clip, Draft, Title, appended, from_json, to_json
from skillwire.studio.edit import Song, apply
from skillwire.studio.outcome import Unsupported
from skillwire.studio.timeline import cut

TWO = appended(appended(Draft(), "a", "a.mp4", 4000, sound=True), "b", "b.mp4", 6000, sound=True)

# Operations → what the draft is then: length in ms, (media, start, in, out, speed) of its video clips.
DRAFTS = [
    ([{"op": "trim", "start": 1, "end": 5}], 4000, [("a", 0, 1000, None, 1), ("b", 3000, 0, 1000, 1)]),
    ([{"op": "trim", "start": -3, "end": None}], 3000, [("b", 0, 3000, None, 1)]),
    ([{"op": "trim", "start": 0, "end": -7}], 3000, [("a", 0, 0, 3000, 1)]),
    ([{"op": "trim", "start": 2, "end": 99}], 8000, [("a", 0, 2000, None, 1), ("b", 2000, 0, None, 1)]),
    ([{"op": "speed", "factor": 2}], 5000, [("a", 0, 0, None, 2), ("b", 2000, 0, None, 2)]),
    (
        [{"op": "speed", "factor": 2}, {"op": "trim", "start": 1, "end": 3}],
        2000,
        [("a", 0, 2000, None, 2), ("b", 1000, 0, 2000, 2)],
    ),
    (
        [{"op": "trim", "start": 3, "end": 5}, {"op": "speed", "factor": 0.5}],
        4000,
        [("a", 0, 3000, None, 0.5), ("b", 2000, 0, 1000, 0.5)],
    ),
]


@pytest.mark.parametrize(("operations", "length", "clips"), DRAFTS)
def test_draft_after(operations, length, clips):
    draft = TWO
    for operation in operations:
        draft = apply(draft, operation).draft
    assert draft.duration == length
    assert [(c.media, c.start, c.source_in, c.source_out, c.speed) for c in draft.video] == clips
    assert [c.start for c in draft.audio[0].clips] == [c.start for c in draft.video]


def test_muted_ranges_follow_the_cut():
    draft = apply(TWO, {"op": "remove_audio", "start": 3, "end": 5}).draft
    assert [clip.muted for clip in draft.audio[0].clips] == [((3000, 4000),), ((0, 1000),)]
    draft = apply(draft, {"op": "remove_audio", "start": 4.5, "end": 6}).draft
    assert draft.audio[0].clips[1].muted == ((0, 2000),)
    draft = apply(draft, {"op": "trim", "start": 3.5, "end": 5.5}).draft
    assert [clip.muted for clip in draft.audio[0].clips] == [((0, 500),), ((0, 1500),)]
    draft = apply(draft, {"op": "speed", "factor": 0.5}).draft
    assert [clip.muted for clip in draft.audio[0].clips] == [((0, 1000),), ((0, 3000),)]


@pytest.mark.parametrize(
    ("operation", "sentence"),
    [
        ({"op": "trim", "start": 12, "end": 20}, "empty_range"),
        ({"op": "trim", "start": 5, "end": 5}, "empty_range"),
        ({"op": "speed", "factor": 0}, "out_of_bounds"),
        ({"op": "speed", "factor": 1000}, "out_of_bounds"),
        ({"op": "volume", "factor": 11}, "out_of_bounds"),
        ({"op": "resolution", "height": 2}, "out_of_bounds"),
        ({"op": "aspect", "ratio": "wide"}, "cannot_yet"),
        ({"op": "replace_background", "with": "beach"}, "cannot_yet"),
        ({"op": "rotate", "degrees": 45}, "quarter_turns"),
        ({"op": "never heard of"}, "cannot_yet"),
    ],
)
def test_what_cannot_be_done(operation, sentence):
    with pytest.raises(Unsupported) as caught:
        apply(TWO, operation)
    assert caught.value.sentence == sentence


def test_nothing_to_do_changes_nothing():
    silent = apply(TWO, {"op": "remove_audio"}).draft
    assert silent.audio == ()
    for operation in ({"op": "remove_audio"}, {"op": "volume", "factor": 2}, {"op": "trim", "start": 0, "end": None}):
        assert apply(silent, operation).draft == silent


_MS = st.integers(0, 86_400_000)
_CLIPS = st.builds(
    Clip,
    media=st.text(max_size=20),
    name=st.text(max_size=20),
    start=_MS,
    duration=_MS,
    source_in=st.integers(0, 1000),
    source_out=st.none() | st.integers(1001, 86_400_000),
    speed=st.floats(0.1, 16),
)
_SOUNDS = st.builds(
    Clip, media=st.text(max_size=20), name=st.text(max_size=20), start=_MS, duration=_MS, volume=st.floats(0, 10)
)
_DRAFTS = st.builds(
    Draft,
    video=st.lists(_CLIPS, max_size=3).map(tuple),
    audio=st.lists(
        st.builds(
            AudioTrack,
            label=st.text(min_size=1, max_size=9),
            clips=st.lists(_SOUNDS, min_size=1, max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    titles=st.lists(
        st.builds(
            Title, text=st.text(max_size=30), start=_MS, duration=_MS, position=st.sampled_from(["top", "center"])
        ),
        max_size=2,
    ).map(tuple),
    canvas=st.builds(
        Canvas,
        ratio=st.none() | st.tuples(st.integers(1, 100), st.integers(1, 100)),
        height=st.none() | st.integers(16, 4320),
        turn=st.sampled_from([0, 90, 180, 270]),
    ),
)


@given(_DRAFTS)
def test_json_reads_back(draft):
    assert from_json(to_json(draft)) == draft


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["t", "tt", "sg", "d", "m", "start", "in", "out", "muted", "media", "canvas", "ratio"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_any_json_is_a_draft_or_a_value_error(data):
    with suppress(ValueError):
        assert from_json({"t": data} if isinstance(data, list) else data) is not None


@given(st.integers(0, 9000), st.integers(1, 9000), st.floats(0.1, 8))
def test_cut_keeps_within_the_clip(start, length, speed):
    clip = Clip("a", "a", 1000, 5000, source_in=500, speed=speed, muted=((100, 4000),))
    piece = cut(clip, start, start + length)
    if piece is None:
        assert start >= 6000 or start + length <= 1000
        return
    assert piece.start >= 0
    assert piece.end <= length
    assert all(0 <= a < b <= piece.duration for a, b in piece.muted)
    assert piece.source_out is None or piece.source_in <= piece.source_out


# Operations on a 2 s clip of 25 fps → length of the render in seconds.
LENGTHS = [
    ([{"op": "trim", "start": 0.5, "end": 1.7}], 1.2),
    ([{"op": "trim", "start": -0.8, "end": None}], 0.8),
    ([{"op": "speed", "factor": 2}], 1.0),
    ([{"op": "speed", "factor": 0.5}], 4.0),
    ([{"op": "speed", "factor": 1.75}, {"op": "trim", "start": 0.2, "end": 0.8}], 0.6),
]


@pytest.mark.parametrize("name", ["base.mp4", "vfr.mp4", "vp8.webm", "h264.avi"])
@pytest.mark.parametrize(("operations", "seconds"), LENGTHS)
def test_length_of_pictures_and_sound(name, operations, seconds, clip, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    rendered(clip(name), target, *operations)
    after = look.decode(target, "gray")
    assert after.kinds == ["audio", "video"]
    frame = 0.12 if name == "vfr.mp4" else 0.04
    assert after.times[0] == pytest.approx(0, abs=0.001)
    assert after.times[-1] == pytest.approx(seconds, abs=frame * 2.1 + 0.001)
    assert after.times == sorted(set(after.times))
    assert look.samples(target).shape[1] / 48000 == pytest.approx(seconds, abs=0.03)


def test_trim_shows_the_right_pictures(clip, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    rendered(clip("base.mp4"), target, {"op": "trim", "start": 0.8, "end": 1.6}, quality="high")
    film, after = look.decode(clip("base.mp4"), "gray"), look.decode(target, "gray")
    assert len(after.pictures) == 20
    assert min(look.psnr(a, b) for a, b in zip(film.pictures[20:40], after.pictures, strict=True)) > 34
    before, sound = look.samples(clip("base.mp4"))[0, 38400:76800], look.samples(target)[0, :38400]
    assert np.corrcoef(before, sound)[0, 1] > 0.98


def test_several_clips_follow_each_other(clip, look, rendered, tmp_path):
    """Clips of other sizes are fitted into the first one's; one without sound is silent there."""
    target = tmp_path / "out.mp4"
    rendered([clip("base.mp4"), clip("silent.mp4"), clip("vp9odd.webm")], target)
    film, after = look.decode(clip("base.mp4"), "gray"), look.decode(target, "gray")
    assert after.stream.size == (320, 180)
    assert len(after.pictures) == 150
    assert after.times[50] == pytest.approx(2.0, abs=0.001)
    assert look.psnr(film.pictures[10], after.pictures[60]) > 28
    sound = look.samples(target)
    assert np.abs(sound[:, 100_000:190_000]).max() < 0.001
    assert np.abs(sound[:, 10_000:90_000]).max() > 0.01
    assert np.abs(sound[:, 200_000:280_000]).max() > 0.01


def test_muting_a_range_copies_the_pictures(clip, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    rendered(clip("base.mp4"), target, {"op": "remove_audio", "start": 0.5, "end": 1})
    assert look.packets(target) == look.packets(clip("base.mp4"))
    before, after = look.samples(clip("base.mp4")), look.samples(target)
    assert np.abs(after[:, 25_100:46_900]).max() < 0.001
    assert np.corrcoef(before[0, 50_000:90_000], after[0, 50_000:90_000])[0, 1] > 0.98


def test_volume(clip, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    rendered(clip("base.mp4"), target, {"op": "volume", "factor": 0.5})
    before, after = look.samples(clip("base.mp4")), look.samples(target)
    assert np.sqrt((after**2).mean() / (before**2).mean()) == pytest.approx(0.5, abs=0.02)


def test_aspect_fits_the_picture_between_blurred_bars(clip, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    rendered(clip("base.mp4"), target, {"op": "aspect", "ratio": "9:16"})
    after = look.decode(target, "gray")
    assert after.stream.size == (180, 320)
    middle, bar = after.pictures[20][110:210], after.pictures[20][5:105]
    assert np.abs(np.diff(middle.astype(int), axis=1)).mean() > 2 * np.abs(np.diff(bar.astype(int), axis=1)).mean()
    assert bar.mean() > 20


@pytest.mark.parametrize("name", ["base.mp4", "turned90.mov", "sar.webm"])
@pytest.mark.parametrize("degrees", [90, 180, -90, 450])
def test_rotate(name, degrees, clip, look, rendered, tmp_path):
    plain, turned = tmp_path / "plain.mp4", tmp_path / "turned.mp4"
    upright = {"op": "aspect", "ratio": "9:16" if name == "turned90.mov" else "4:3" if name == "sar.webm" else "16:9"}
    rendered(clip(name), plain, *([] if name == "sar.webm" else [upright]), {"op": "resolution", "height": 180})
    rendered(clip(name), turned, {"op": "rotate", "degrees": degrees}, {"op": "resolution", "height": 180})
    before, after = look.decode(plain, "gray"), look.decode(turned, "gray")
    assert after.rotation == 0
    expected = np.rot90(before.pictures[20], -degrees // 90)
    assert expected.shape == after.pictures[20].shape
    assert look.psnr(expected, after.pictures[20]) > 27


def test_speed_keeps_the_pitch(tmp_path, ffmpeg, rendered, look):
    source, target = tmp_path / "tone.mp4", tmp_path / "out.mp4"
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=size=64x64:rate=25:duration=3", "-f", "lavfi"),
        *("-i", "sine=frequency=440:duration=3", "-c:v", "libx264", "-c:a", "aac", source),
    )
    for factor in (0.4, 2):
        rendered(source, target, {"op": "speed", "factor": factor})
        tone = look.samples(target)[0, 9600:57600]
        spectrum = np.abs(np.fft.rfft(tone * np.hanning(tone.size)))
        assert spectrum.argmax() * 48000 / tone.size == pytest.approx(440, abs=8)


SONGS = [Song("m1", "rain.mp3", 4000), Song("m2", "Summer Beat.wav", 30_000), Song("m3", "click.wav", 20)]


def test_music_is_laid_under_all_of_the_pictures():
    draft = apply(TWO, {"op": "add_music", "query": "rain"}, SONGS).draft
    assert [track.label for track in draft.audio] == ["Original sound", "BGM"]
    assert [(c.start, c.duration, c.source_out, c.volume) for c in draft.audio[1].clips] == [
        (0, 4000, None, 0.35),
        (4000, 4000, None, 0.35),
        (8000, 2000, 2000, 0.35),
    ]
    draft = apply(draft, {"op": "add_music", "query": "summer beat", "volume": 0.8}, SONGS).draft
    assert [(c.media, c.start, c.source_out, c.volume) for c in draft.audio[1].clips] == [("m2", 0, 10_000, 0.8)]
    faster = apply(draft, {"op": "speed", "factor": 2}).draft
    assert [(c.speed, c.duration) for c in faster.audio[1].clips] == [(1, 5000)]
    alone = apply(apply(TWO, {"op": "remove_audio"}).draft, {"op": "add_music", "query": "jazz"}, SONGS).draft
    assert [(c.media, c.volume) for c in alone.audio[0].clips] == [("m2", 1)]


def test_without_music_nothing_is_pretended():
    with pytest.raises(Unsupported) as caught:
        apply(TWO, {"op": "add_music", "query": "jazz"}, SONGS[2:])
    assert caught.value.sentence == "no_music"
