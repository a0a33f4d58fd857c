"""Several clips in one session, each with instructions of its own: what is said, and what becomes of the timeline."""

from __future__ import annotations

import pytest

from skillwire.studio.addressed import Part, parts, read_for_clips
from skillwire.studio.draft import ORIGINAL, AudioTrack, Clip, Draft, Title, appended
from skillwire.studio.edit import apply
from skillwire.studio.outcome import Unsupported
from skillwire.studio.understand.planners import understand_with

NAMES = ["intro.mp4", "talk.mov", "outro 2.mp4"]
MUTE, FASTER = {"op": "remove_audio"}, {"op": "speed", "factor": 2}

SAID = [
    ("mute the second clip", [MUTE | {"clip": 2}]),
    ("remove the sound from the second clip", [MUTE | {"clip": 2}]),
    ("make the first clip twice as fast", [FASTER | {"clip": 1}]),
    ("make the last video twice as fast", [FASTER | {"clip": 3}]),
    ("mute clip 3", [MUTE | {"clip": 3}]),
    ("mute talk.mov", [MUTE | {"clip": 2}]),
    ("mute outro 2.mp4", [MUTE | {"clip": 3}]),
    ("mute the first and the third clip", [MUTE | {"clip": 1}, MUTE | {"clip": 3}]),
    ("mute the first clip and make the second clip twice as fast", [MUTE | {"clip": 1}, FASTER | {"clip": 2}]),
    ("trim the third clip to the first 2 seconds", [{"op": "trim", "start": 0, "end": 2, "clip": 3}]),
    ("make it 9:16 and mute the second clip", [{"op": "aspect", "ratio": "9:16"}, MUTE | {"clip": 2}]),
    ("把第二个视频静音", [MUTE | {"clip": 2}]),
    ("把第一个和第三个片段静音", [MUTE | {"clip": 1}, MUTE | {"clip": 3}]),
    ("schalte das zweite Video stumm", [MUTE | {"clip": 2}]),
    ("coupe le son de la première vidéo", [MUTE | {"clip": 1}]),
    ("quita el sonido del segundo vídeo", [MUTE | {"clip": 2}]),
    ("mute it", [MUTE]),
    ("mute the sixth clip", [MUTE | {"clip": 6}]),
    ("make the video 2 times faster", [FASTER]),
]


@pytest.mark.parametrize(("text", "ops"), SAID)
def test_what_is_said_of_a_clip(text, ops):
    found = read_for_clips(text, NAMES, understand_with)
    assert list(found.ops) == ops


def test_words_to_be_shown_name_no_clip():
    text = 'add the text "the first clip" at the top'
    assert read_for_clips(text, NAMES, understand_with) == understand_with(text)


def test_of_a_single_clip_the_number_is_left_out():
    assert list(read_for_clips("make the first clip twice as fast", ["a.mp4"], understand_with).ops) == [FASTER]


def test_a_name_used_twice_means_both():
    assert parts("mute a.mp4", ["a.mp4", "b.mp4", "A.mp4".lower()]) == [Part("mute the clip", (1, 3))]


@pytest.fixture
def draft():
    """Three clips of 4 s, the second silent; music under all, a title at the end."""
    made = Draft()
    for name, sound in (("a", True), ("b", False), ("c", True)):
        made = appended(made, name, f"{name}.mp4", 4000, sound=sound)
    music = AudioTrack("BGM", (Clip("song", "song.mp3", 0, 12_000),))
    return Draft(made.video, (*made.audio, music), (Title("End", 9000, 2000),))


def _spans(draft):
    return {
        "video": [(clip.media, clip.start, clip.end) for clip in draft.video],
        **{track.label: [(clip.media, clip.start, clip.end) for clip in track.clips] for track in draft.audio},
        "titles": [(title.start, title.duration) for title in draft.titles],
    }


def test_muting_one_leaves_the_others(draft):
    found = _spans(apply(draft, MUTE | {"clip": 1}).draft)
    assert found[ORIGINAL] == [("c", 8000, 12_000)]
    assert found["video"] == _spans(draft)["video"]
    assert found["BGM"] == [("song", 0, 12_000)]


def test_part_of_a_clip_is_muted_by_its_own_time(draft):
    muted = apply(draft, MUTE | {"start": 1, "end": 2, "clip": 3}).draft
    assert [clip.muted for clip in muted.audio[0].clips] == [(), ((1000, 2000),)]


def test_a_shorter_clip_draws_the_rest_up(draft):
    found = _spans(apply(draft, FASTER | {"clip": 1}).draft)
    assert found == {
        "video": [("a", 0, 2000), ("b", 2000, 6000), ("c", 6000, 10_000)],
        ORIGINAL: [("a", 0, 2000), ("c", 6000, 10_000)],
        "BGM": [("song", 0, 10_000)],
        "titles": [(7000, 2000)],
    }


def test_a_longer_clip_pushes_the_rest_on(draft):
    found = _spans(apply(draft, {"op": "speed", "factor": 0.5, "clip": 2}).draft)
    assert found["video"] == [("a", 0, 4000), ("b", 4000, 12_000), ("c", 12_000, 16_000)]
    assert found[ORIGINAL] == [("a", 0, 4000), ("c", 12_000, 16_000)]


def test_trimming_the_last_clip(draft):
    trimmed = apply(draft, {"op": "trim", "start": 1, "end": 3, "clip": 3}).draft
    assert _spans(trimmed)["video"][-1] == ("c", 8000, 10_000)
    assert (trimmed.video[-1].source_in, trimmed.video[-1].source_out) == (1000, 3000)
    assert _spans(trimmed)[ORIGINAL] == [("a", 0, 4000), ("c", 8000, 10_000)]


def test_a_clip_that_is_not_there_is_told(draft):
    with pytest.raises(Unsupported) as told:
        apply(draft, MUTE | {"clip": 4})
    assert (told.value.sentence, told.value.values["count"]) == ("no_such_clip", 3)


def test_over_the_api(client, clip, look, tmp_path):
    """Upload two, treat each in its own way, refine, take back, export: what was said of one is heard in that one only."""
    session = client.open_session()
    client.upload(session, clip("base.mp4"), clip("h264.mov"))
    assert client.told(session, "remove the sound from the second clip").startswith("Clip 2: ")
    assert client.told(session, "make the first clip twice as fast").startswith("Clip 1: ")
    film = look.decode(client.export(session, tmp_path / "out.mp4"))
    assert film.times[-1] + 0.04 == pytest.approx(3, abs=0.1)
    samples = look.samples(tmp_path / "out.mp4")
    loud = [abs(samples[:, round(a * 48_000) : round(b * 48_000)]).max() for a, b in ((0.1, 0.9), (1.1, 2.9))]
    assert loud[0] > 0.01
    assert loud[1] < 0.001
    client.say(session, "undo")
    film = look.decode(client.export(session, tmp_path / "again.mp4"))
    assert film.times[-1] + 0.04 == pytest.approx(4, abs=0.1)
