"""The order of clips: what is said about it, what becomes of the timeline, and what is seen and heard then."""

from __future__ import annotations

import numpy as np
import pytest

from skillwire.studio.addressed import read_for_clips
from skillwire.studio.draft import ORIGINAL, AudioTrack, Clip, Draft, Title, appended, from_json, to_json
from skillwire.studio.edit import apply
from skillwire.studio.outcome import Unsupported
from skillwire.studio.understand.order import Part, split
from skillwire.studio.understand.planners import understand_with
from skillwire.studio.understand.read import understand
from skillwire.studio.understand.schema import fault

SWAP, REVERSE = {"op": "swap_clips"}, {"op": "reverse_clips"}


def swap(first, second):
    return {"op": "swap_clips", "first": first, "second": second}


def move(number, **to):
    return {"op": "move_clip", "number": number, **to}


def remove(*numbers):
    return {"op": "remove_clips", "numbers": list(numbers)}


def order(*numbers):
    return {"op": "order_clips", "order": list(numbers)}


SAID = [
    ("swap the clips", [SWAP]),
    ("Please swap the two clips.", [SWAP]),
    ("could you swap the first and the second clip?", [swap(1, 2)]),
    ("swap clip 1 and clip 3", [swap(1, 3)]),
    ("switch the second video with the last", [swap(2, -1)]),
    ("put the second clip first", [move(2, to=1)]),
    ("put clip #2 at the beginning", [move(2, to=1)]),
    ("make the last clip the first one", [move(-1, to=1)]),
    ("start with the last clip", [move(-1, to=1)]),
    ("move clip 3 to the start", [move(3, to=1)]),
    ("move the first clip to the end", [move(1, to=-1)]),
    ("the second clip should come first", [move(2, to=1)]),
    ("move clip 3 to position 2", [move(3, to=2)]),
    ("put clip 3 before clip 1", [move(3, before=1)]),
    ("move the first clip after the second", [move(1, after=2)]),
    ("reverse the order", [REVERSE]),
    ("reverse the order of the clips", [REVERSE]),
    ("put the clips in the order 3, 1, 2", [order(3, 1, 2)]),
    ("clip 2 first, then clip 1, then clip 3", [order(2, 1, 3)]),
    ("delete the second clip", [remove(2)]),
    ("remove clip 2 and 3", [remove(2, 3)]),
    ("take clip 2 out", [remove(2)]),
    ("get rid of the last clip", [remove(-1)]),
    ("keep only the second clip", [{"op": "remove_clips", "except": [2]}]),
    ("交换两个片段", [SWAP]),
    ("把两个视频换一下顺序", [SWAP]),
    ("交换第一个和第三个片段", [swap(1, 3)]),
    ("把第二段放到最前面", [move(2, to=1)]),
    ("把第一个视频移到最后", [move(1, to=-1)]),
    ("把第三段放到第一段前面", [move(3, before=1)]),
    ("把片段顺序反过来", [REVERSE]),
    ("删掉第二个片段", [remove(2)]),
    ("只保留第二个片段", [{"op": "remove_clips", "except": [2]}]),
    ("vertausche die beiden Clips", [SWAP]),
    ("stelle den zweiten Clip an den Anfang", [move(2, to=1)]),
    ("kehre die Reihenfolge um", [REVERSE]),
    ("intercambia los clips", [SWAP]),
    ("pon el segundo clip al principio", [move(2, to=1)]),
    ("supprime le deuxième clip", [remove(2)]),
    ("mets la deuxième vidéo au début", [move(2, to=1)]),
    ("troque os clipes", [SWAP]),
    ("remova o segundo vídeo", [remove(2)]),
    ("クリップを入れ替えて", [SWAP]),
    ("2番目のクリップを最初に移動して", [move(2, to=1)]),
    ("swap the clips and export it", [SWAP]),
    ("delete the second clip and make it 9:16", [remove(2), {"op": "aspect", "ratio": "9:16"}]),
    ("mute it, then swap the clips", [{"op": "remove_audio"}, SWAP]),
]


@pytest.mark.parametrize(("text", "ops"), SAID)
def test_what_is_said_about_order(text, ops):
    reading = understand(text)
    assert list(reading.ops) == ops
    assert (reading.unread, reading.reply) == ((), "")
    assert fault(ops) == ""


@pytest.mark.parametrize(
    "text",
    [
        "reverse the video",
        "play the clip backwards",
        "swap it",
        "put the title first",
        "delete the last part",
        "remove the second person",
        "remove the second clip's logo",
        "倒放",
        "删掉第二个人",
    ],
)
def test_what_is_not_about_order(text):
    assert not {op["op"] for op in understand(text).ops} & {"swap_clips", "move_clip", "reverse_clips", "remove_clips"}


def test_words_to_be_shown_order_nothing():
    ops = understand('add the text "swap the clips" at the top').ops
    assert [(op["op"], op.get("text")) for op in ops] == [("add_text", "swap the clips")]


def test_reverse_playback_is_said_not_to_be_understood():
    assert understand("reverse the video").unread == ("reverse the video",)


@pytest.mark.parametrize("text", ["clip 1, " * 800, "and " * 1500, "第一个片段和" * 900, "swap " * 1500, "(" * 5000])
def test_long_rows_of_such_words_are_not_looked_through(text):
    assert split(text) == [Part(text, ())]


NAMES = ["intro.mp4", "my talk.mov", "outro.mp4"]


@pytest.mark.parametrize(
    ("text", "ops"),
    [
        ("put my talk.mov first", [move(2, to=1)]),
        ("delete outro.mp4", [remove(3)]),
        ("put outro.mp4 before my talk.mov", [move(3, before=2)]),
        # A name means its clip wherever that is by then, a number the clip that stands there by then.
        ("put outro.mp4 first and mute intro.mp4", [move(3, to=1), {"op": "remove_audio", "clip": 2}]),
        ("put outro.mp4 first and mute the first clip", [move(3, to=1), {"op": "remove_audio", "clip": 1}]),
        ("delete intro.mp4 and delete outro.mp4", [remove(1), remove(2)]),
    ],
)
def test_clips_are_called_by_their_names(text, ops):
    assert list(read_for_clips(text, NAMES, understand_with).ops) == ops


@pytest.fixture
def draft():
    """Clips of 4, 2 and 3 s, the second silent; music under all, a title over the second, one over the last two."""
    made = Draft()
    for name, length, sound in (("a", 4000, True), ("b", 2000, False), ("c", 3000, True)):
        made = appended(made, name, f"{name}.mp4", length, sound=sound)
    music = AudioTrack("BGM", (Clip("song", "song.mp3", 0, 9000),))
    return Draft(made.video, (*made.audio, music), (Title("B", 4500, 1000), Title("End", 5000, 4000)))


def spans(draft):
    return {
        "video": "".join(f"{clip.media}{clip.start}-{clip.end} " for clip in draft.video),
        **{track.label: "".join(f"{c.media}{c.start}-{c.end} " for c in track.clips) for track in draft.audio},
        "titles": [(title.text, title.start, title.duration) for title in draft.titles],
    }


BOTH_TITLES = [("B", 4500, 1000), ("End", 5000, 4000)]


@pytest.mark.parametrize(
    ("operation", "video", "sound", "titles"),
    [
        (swap(1, 3), "c0-3000 b3000-5000 a5000-9000 ", "c0-3000 a5000-9000 ", [("B", 3500, 1000), BOTH_TITLES[1]]),
        (move(2, to=1), "b0-2000 a2000-6000 c6000-9000 ", "a2000-6000 c6000-9000 ", [("B", 500, 1000), BOTH_TITLES[1]]),
        (
            move(1, to=-1),
            "b0-2000 c2000-5000 a5000-9000 ",
            "c2000-5000 a5000-9000 ",
            [("B", 500, 1000), BOTH_TITLES[1]],
        ),
        (
            move(3, before=2),
            "a0-4000 c4000-7000 b7000-9000 ",
            "a0-4000 c4000-7000 ",
            [("B", 7500, 1000), BOTH_TITLES[1]],
        ),
        (
            move(1, after=2),
            "b0-2000 a2000-6000 c6000-9000 ",
            "a2000-6000 c6000-9000 ",
            [("B", 500, 1000), BOTH_TITLES[1]],
        ),
        (REVERSE, "c0-3000 b3000-5000 a5000-9000 ", "c0-3000 a5000-9000 ", [("B", 3500, 1000), BOTH_TITLES[1]]),
        (order(3, 1), "c0-3000 a3000-7000 b7000-9000 ", "c0-3000 a3000-7000 ", [("B", 7500, 1000), BOTH_TITLES[1]]),
    ],
)
def test_clips_move_with_their_sound_and_titles(operation, video, sound, titles, draft):
    assert fault([operation]) == ""
    after = apply(draft, operation).draft
    assert spans(after) == {"video": video, ORIGINAL: sound, "BGM": "song0-9000 ", "titles": titles}
    assert from_json(to_json(after)) == after


@pytest.mark.parametrize(
    ("operation", "video", "music", "titles"),
    [
        (remove(2), "a0-4000 c4000-7000 ", "song0-7000 ", [("End", 5000, 2000)]),
        (remove(-1), "a0-4000 b4000-6000 ", "song0-6000 ", [("B", 4500, 1000), ("End", 5000, 1000)]),
        (remove(1, 3), "b0-2000 ", "song0-2000 ", [("B", 500, 1000)]),
        ({"op": "remove_clips", "except": [2]}, "b0-2000 ", "song0-2000 ", [("B", 500, 1000)]),
    ],
)
def test_removed_clips_take_what_is_theirs_with_them(operation, video, music, titles, draft):
    assert fault([operation]) == ""
    found = spans(apply(draft, operation).draft)
    assert (found["video"], found["BGM"], found["titles"]) == (video, music, titles)


@pytest.mark.parametrize(
    ("operation", "sentence"),
    [
        (SWAP, "which_clips"),
        (swap(1, 4), "no_such_clip"),
        (move(4, to=1), "no_such_clip"),
        (move(-4, to=1), "no_such_clip"),
        (move(1, to=7), "no_such_clip"),
        (remove(1, 2, 3), "no_clip_left"),
        (remove(5), "no_such_clip"),
        (order(2, 9), "no_such_clip"),
    ],
)
def test_what_cannot_be_is_told(operation, sentence, draft):
    with pytest.raises(Unsupported) as told:
        apply(draft, operation)
    assert told.value.sentence == sentence


def test_a_single_clip_has_none_to_change_places_with():
    with pytest.raises(Unsupported) as told:
        apply(appended(Draft(), "a", "a.mp4", 1000, sound=False), SWAP)
    assert (told.value.sentence, told.value.values["count"]) == ("no_such_clip", 1)


@pytest.mark.parametrize(
    "operation", [move(1, to=1), move(2, before=2), order(1, 2), {"op": "remove_clips", "except": [1, 2, 3]}]
)
def test_an_order_that_is_already_so_changes_nothing(operation, draft):
    edit = apply(draft, operation)
    assert (edit.draft, edit.sentence) == (draft, "same_order")


def test_mutes_cuts_and_speeds_go_with_their_clip(draft):
    for operation in (
        {"op": "remove_audio", "start": 1, "end": 2, "clip": 1},
        {"op": "speed", "factor": 2, "clip": 3},
        move(3, to=1),
    ):
        draft = apply(draft, operation).draft
    assert spans(draft)["video"] == "c0-1500 a1500-5500 b5500-7500 "
    first, second = draft.audio[0].clips
    assert (first.media, first.speed, first.muted) == ("c", 2, ())
    assert (second.media, second.start, second.muted) == ("a", 1500, ((1000, 2000),))


def colour(film, time):
    picture = film.pictures[int(np.searchsorted(film.times, time, side="right")) - 1]
    return "red" if picture[..., 0].mean() > picture[..., 2].mean() else "blue"


def test_over_the_api(client, ffmpeg, look, tmp_path):
    """A red and a blue clip with different tones: what is seen and heard follows every change of order and its undoing."""
    for name, tone in (("red", 400), ("blue", 1200)):
        ffmpeg(
            *("-f", "lavfi", "-i", f"color={name}:size=160x120:rate=25:duration=1"),
            *(
                "-f",
                "lavfi",
                "-i",
                f"sine=frequency={tone}:duration=1",
                "-pix_fmt",
                "yuv420p",
                tmp_path / f"{name}.mp4",
            ),
        )
    session = client.open_session()
    client.upload(session, tmp_path / "red.mp4", tmp_path / "blue.mp4")
    exports = iter(range(10))

    def seen_and_heard():
        path = client.export(session, tmp_path / f"{next(exports)}.mp4")
        film, sound = look.decode(path, "rgb24"), look.samples(path)[0]
        found = []
        for begin in range(round(film.times[-1] + 0.04)):
            heard = sound[begin * 48_000 + 12_000 : begin * 48_000 + 36_000]
            tone = int(np.argmax(np.abs(np.fft.rfft(heard * np.hanning(heard.size))))) * 2
            found.append((colour(film, begin + 0.5), tone))
        return found

    red, blue = ("red", 400), ("blue", 1200)
    assert seen_and_heard() == [red, blue]
    assert client.told(session, "swap the clips") == "The clips play in this order now: 1. blue.mp4, 2. red.mp4."
    assert seen_and_heard() == [blue, red]
    assert client.told(session, "put red.mp4 first").endswith("1. red.mp4, 2. blue.mp4.")
    assert client.told(session, "delete the second clip").startswith(
        "Took blue.mp4 out of the film, which is 1 s long now"
    )
    assert seen_and_heard() == [red]
    assert client.told(session, "delete the first clip").startswith("Not done")
    for _ in range(3):
        client.say(session, "undo")
    assert seen_and_heard() == [red, blue]
