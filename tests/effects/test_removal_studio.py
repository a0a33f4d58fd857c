"""Removal through the studio: asked, answered, drafted, rendered, undone."""

import asyncio
import json
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest

from skillwire.errors import JobFailed
from skillwire.studio.accounts import Accounts
from skillwire.studio.draft import Draft, appended, from_json, to_json
from skillwire.studio.edit import Gone, apply
from skillwire.studio.effects.finding.targets import Mark, Removal
from skillwire.studio.effects.finding.targets import from_json as removal_from_json
from skillwire.studio.effects.vanish import analysis_of, search, targets_of
from skillwire.studio.media.probe import MediaInfo, probe
from skillwire.studio.outcome import Unsupported
from skillwire.studio.projects import Media, Projects
from skillwire.studio.removals import Removals
from skillwire.studio.render import MediaFile, copies_video, render
from skillwire.studio.store import open_store

REMOVE = {"op": "remove_object", "target": "…"}


@pytest.fixture(scope="module")
def cyclist(footage, tmp_path_factory):
    """A second of a cyclist who stands behind a parked car, as H.264."""
    path = tmp_path_factory.mktemp("cyclist") / "cyclist.mp4"
    with av.open(str(footage / "bikes.mp4")) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 640, 272, "yuv420p"
        for n, frame in enumerate(source.decode(video=0)):
            if 108 <= n < 136:
                frame.pict_type, frame.pts, frame.time_base = 0, n - 108, Fraction(1, 25)
                target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def found(cyclist, tmp_path_factory):
    """What "the cyclist" means there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKILLWIRE_HOME", str(tmp_path_factory.mktemp("home")))
        return search(cyclist, cyclist.name, "the cyclist", (0.0, 10.0))


def _drafted(removal):
    draft = appended(Draft(), "m", "cyclist.mp4", 1120, sound=False)
    return apply(draft, REMOVE, gone=Gone({"m": removal}, {})).draft


def _file(path):
    status = path.stat()
    return MediaFile(path, path.name, status.st_size, status.st_mtime_ns, "h264")


def _pictures(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24").astype(int) for frame in container.decode(video=0)]


def test_the_cyclist_is_found_and_taken_out(cyclist, found, tmp_path):
    assert found["tracks"]
    assert not found["candidates"]
    draft = _drafted(Removal(tuple(found["tracks"])))
    assert not copies_video(draft, lambda _: "h264")
    notes = render(draft, {"m": _file(cyclist)}, tmp_path / "out.mp4", "high", lambda _: None)
    before, after = _pictures(cyclist), _pictures(tmp_path / "out.mp4")
    assert len(after) == len(before) == 28
    again = search(tmp_path / "out.mp4", "out.mp4", "people", (0.0, 10.0))
    analysis = analysis_of(tmp_path / "out.mp4", "out.mp4")
    at = [track.centre for track in analysis.tracks if track.id in again["tracks"] and np.mean(track.scores) > 0.5]
    assert not [x for x, _ in at if 360 < x < 520]
    # The car before him, far from his box, is what it was but for the encoder.
    assert np.abs(after[14][60:260, 20:260] - before[14][60:260, 20:260]).mean() < 4
    assert any("made up" in note for note in notes)


def test_ambiguous_words_give_candidates_with_pictures(cyclist):
    several = search(cyclist, cyclist.name, "bicycle", (0.0, 10.0))
    for one in several["candidates"]:
        assert one["picture"].startswith("data:image/jpeg;base64,")
        assert all(0 <= edge <= 1 for edge in one["box"])
    assert bool(several["tracks"]) != bool(several["candidates"])
    assert search(cyclist, cyclist.name, "elephant", (0.0, 10.0))["absent"] == ["elephant"]
    strange = search(cyclist, cyclist.name, "the license plate and the zebra", (0.0, 10.0))
    assert strange["unknown"]
    assert strange["absent"] == ["zebra"]


def test_marks_mean_what_lies_under_them(cyclist, found):
    analysis = analysis_of(cyclist, cyclist.name)
    (track,) = [one for one in analysis.tracks if one.id == found["tracks"][0]]
    time, box = track.times[0], track.boxes[0]
    middle = [float((box[n] + box[n + 2]) / 2 / analysis.size[n]) for n in (0, 1)]
    clicked = targets_of(Removal(marks=(Mark(time, (*middle, *middle)),)), analysis)
    assert len(clicked) == 1
    drawn = Mark(time, tuple(float(np.clip(edge / analysis.size[n % 2], 0, 1)) for n, edge in enumerate(box)))
    assert targets_of(Removal(marks=(drawn,)), analysis)[0].group == track.group
    (corner,) = targets_of(Removal(marks=(Mark(time, (0.0, 0.9, 0.05, 1.0)),)), analysis)
    assert corner.group == "place"
    assert len(corner.times) > 1
    with pytest.raises(JobFailed, match="not in this clip"):
        targets_of(Removal((987654,)), analysis)


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {"tracks": "1"},
        {"tracks": [True]},
        {"marks": [{}]},
        {"marks": [{"at": -1, "click": [0.5, 0.5]}]},
        {"marks": [{"at": 0, "click": [0.5]}]},
        {"marks": [{"at": 0, "box": [0.5, 0.5, 0.4, 0.6]}]},
        {"marks": [{"at": 0, "box": [0, 0, 1, 2]}]},
        {"marks": [{"at": float("nan"), "box": [0, 0, 1, 1]}]},
    ],
)
def test_a_broken_removal_is_refused(broken):
    with pytest.raises(ValueError, match="removed"):
        removal_from_json(broken)


def test_a_removal_goes_through_json_trims_and_speed():
    removal = Removal((3, 7), (Mark(0.5, (0.1, 0.2, 0.3, 0.4)), Mark(1.0, (0.5, 0.5, 0.5, 0.5))))
    draft = _drafted(removal)
    assert from_json(json.loads(json.dumps(to_json(draft)))) == draft
    for operation in ({"op": "trim", "start": 0.2, "end": 0.8}, {"op": "speed", "factor": 2}):
        draft = apply(draft, operation).draft
    assert draft.video[0].removed == removal
    more = apply(draft, REMOVE, gone=Gone({"m": Removal((7, 9))}, {})).draft
    assert more.video[0].removed.tracks == (3, 7, 9)


class Room:
    """A session with a clip, and a worker that finds what the test says."""

    def __init__(self, home):
        store = open_store(home)
        accounts, self.projects = Accounts(store), Projects(store)
        token, _ = accounts.issue("client", 0.0)
        account = accounts.authenticate(f"Bearer {token}", 1.0)
        self.session = self.projects.create(account, name="p", language="en", now=1.0)
        info = MediaInfo("video", "mp4", 4000, 640, 272, 25.0, "h264")
        media = Media("m_1", "city.mp4", home / "city.mp4", 1, 1, info)
        self.projects.add_media(self.session, media, 1.0)
        self.projects.place(self.session.id, [media], 1.0)
        self.finding = {}
        self.asked = []
        self.removals = Removals(self.projects, SimpleNamespace(run=self._find))

    async def _find(self, task):
        self.asked.append(task)
        nothing = {"tracks": [], "candidates": [], "unknown": [], "absent": [], "margin": 1.0, "seen": 1.0}
        return nothing | self.finding

    def remove(self, **operation):
        draft = self.projects.draft(self.session.id)
        return asyncio.run(self.removals.fitting(self.session, draft, REMOVE | operation, "en"))


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path)


def candidate(track, x):
    return {"track": track, "label": "person", "at": 1.5, "box": [x, 0.2, x + 0.1, 0.9], "picture": "data:"}


def test_a_clear_choice_is_carried_out(room):
    room.finding = {"tracks": [5], "seen": 0.6}
    gone = room.remove(target="the dog")
    assert gone.removed == {"m_1": Removal((5,))}
    assert "40%" in gone.values["notes"]
    assert room.asked[0]["words"] == "the dog"
    assert room.asked[0]["span"] == [0.0, 4.0]


def test_the_user_picks_by_number(room):
    room.finding = {"candidates": [candidate(5, 0.1), candidate(8, 0.8)]}
    with pytest.raises(Unsupported) as error:
        room.remove(target="the person")
    assert error.value.sentence == "object_candidates"
    assert [one["number"] for one in error.value.details["candidates"]] == [1, 2]
    assert "on the right" in error.value.values["list"]
    assert room.removals.answered(room.session, "make it louder") is None
    for words, numbers in (("2", [2]), ("number 1", [1]), ("1 and 2", [1, 2]), ("第2个", [2]), ("#1, 2", [1, 2])):
        assert room.removals.answered(room.session, words).ops[0]["pick"] == numbers
    room.finding = {}
    with pytest.raises(Unsupported) as error:
        room.remove(pick=[7])
    assert error.value.sentence == "object_no_such_number"
    assert room.remove(pick=[2]).removed == {"m_1": Removal((8,))}
    assert room.removals.answered(room.session, "2") is None


@pytest.mark.parametrize(
    ("finding", "sentence"), [({"unknown": ["plate"]}, "object_unknown"), ({"absent": ["dog"]}, "object_not_seen")]
)
def test_nothing_is_changed_where_nothing_is_meant(finding, sentence, room):
    room.finding = finding
    with pytest.raises(Unsupported) as error:
        room.remove(target="it")
    assert error.value.sentence == sentence


def test_a_turned_clip_is_mended_upright(cyclist, tmp_path):
    turned = tmp_path / "turned.mov"
    with av.open(str(cyclist)) as source, av.open(str(turned), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_matrix((0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30))
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    mark = Removal(marks=(Mark(0.1, (0.2, 0.2, 0.6, 0.4)),))
    render(_drafted(mark), {"m": _file(turned)}, tmp_path / "out.mp4", "draft", lambda _: None)
    assert (probe(tmp_path / "out.mp4").width, probe(tmp_path / "out.mp4").height) == (272, 640)


def test_text_that_goes_is_told(room):
    said = [{"kind": "subtitle", "lines": 12, "says": ["Hello", "Who is there?", "It is me"]}]
    room.finding = {"texts": [3, 4], "found": said, "bared": 1.0}
    gone = room.remove(target="the subtitles")
    assert gone.removed == {"m_1": Removal(texts=(3, 4))}
    assert "12 lines" in gone.values["notes"]
    assert "“Who is there?”" in gone.values["notes"]
    assert "never leaves" not in gone.values["notes"]
    comes_and_goes = int(gone.values["sure"].rstrip("%"))
    room.finding = {"texts": [3], "found": [{"kind": "watermark", "lines": 1, "says": ["@me"]}], "bared": 0.0}
    stands = room.remove(target="the watermark")
    assert "never leaves" in stands.values["notes"]
    assert int(stands.values["sure"].rstrip("%")) < comes_and_goes < 100


def test_text_is_picked_by_number(room):
    told = {"label": "watermark “@me”", "at": 1.0, "box": [0.8, 0.0, 0.9, 0.1], "picture": "data:"}
    room.finding = {"candidates": [candidate(5, 0.1), told | {"texts": [7, 9], "marks": []}]}
    with pytest.raises(Unsupported) as error:
        room.remove(target="the text")
    assert "@me" in error.value.values["list"]
    assert "texts" not in error.value.details["candidates"][1]
    room.finding = {}
    assert room.remove(pick=[1, 2]).removed == {"m_1": Removal((5,), texts=(7, 9))}


def test_text_without_its_extra_is_said(room):
    room.finding = {"unreadable": ["the subtitles"]}
    with pytest.raises(Unsupported) as error:
        room.remove(target="the subtitles")
    assert error.value.sentence == "text_unreadable"
    room.finding = {"tracks": [5], "unreadable": ["the subtitles"]}
    assert "the subtitles" in room.remove(target="the dog and the subtitles").values["notes"]


def test_text_goes_through_json():
    removal = Removal((3,), texts=(7, 12))
    assert removal_from_json(json.loads(json.dumps(removal.to_json()))) == removal
    assert removal.and_also(Removal(texts=(12, 13))).texts == (7, 12, 13)
    with pytest.raises(ValueError, match="texts"):
        removal_from_json({"texts": ["7"]})
