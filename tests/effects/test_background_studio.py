"""Backgrounds through the studio: said, drafted, rendered, undone."""

import asyncio
import json
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from skillwire.studio.accounts import Accounts
from skillwire.studio.backgrounds import Backgrounds
from skillwire.studio.draft import Draft, appended, from_json, to_json
from skillwire.studio.edit import Behind, apply
from skillwire.studio.effects.backdrop.choices import Background
from skillwire.studio.effects.backdrop.presence import has_people
from skillwire.studio.effects.planes import planes_of
from skillwire.studio.media.probe import MediaInfo
from skillwire.studio.media.stills import developed
from skillwire.studio.outcome import Unsupported
from skillwire.studio.projects import Media, Projects
from skillwire.studio.render import MediaFile, copies_video, poster, render
from skillwire.studio.store import open_store

REPLACE = {"op": "replace_background", "with": "…"}


def _file(path):
    status = path.stat()
    return MediaFile(path, path.name, status.st_size, status.st_mtime_ns, "h264")


def _draft(background):
    draft = appended(Draft(), "m", "man.mp4", 1000, sound=False)
    return apply(draft, REPLACE, behind=Behind(background, "", frozenset({"m"}))).draft if background else draft


def _rendered(draft, media, target):
    render(draft, media, target, "high", lambda _: None)
    with av.open(str(target)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_people_are_seen_where_they_are(man, footage):
    assert has_people(man, man.name)
    assert not has_people(footage / "bigbuckbunny.mp4", "bigbuckbunny.mp4")


def test_a_background_goes_through_json_and_is_never_copied_as_it_is():
    plain, drawn = _draft(None), _draft(Background("scene", "beach"))
    assert from_json(json.loads(json.dumps(to_json(drawn)))) == drawn
    assert copies_video(plain, lambda _: "h264")
    assert not copies_video(drawn, lambda _: "h264")
    broken = to_json(drawn)
    broken["t"][0]["sg"][0]["m"]["background"]["value"] = "nowhere"
    with pytest.raises(ValueError, match=r"t\[0\]\.sg\[0\]\.m\.background"):
        from_json(broken)


def test_trims_and_speed_keep_the_background():
    draft = _draft(Background("blur", "light"))
    for operation in ({"op": "trim", "start": 0.2, "end": 0.8}, {"op": "speed", "factor": 2}):
        draft = apply(draft, operation).draft
    assert draft.video[0].background == Background("blur", "light")


def test_a_colour_is_rendered_behind_the_man(man, tmp_path):
    pictures = _rendered(_draft(Background("colour", "#ff0000")), {"m": _file(man)}, tmp_path / "out.mp4")
    assert len(pictures) == 25
    for picture in pictures:
        assert (np.abs(picture[4:20, 4:30].astype(int) - (254, 0, 0)).mean(axis=(0, 1)) < 12).all()
        assert picture[60:90, 80:110].std() > 10  # a face, not a wall


def test_a_picture_is_rendered_behind_the_man_and_a_poster_shows_it(man, tmp_path):
    Image.new("RGB", (300, 300), (0, 0, 255)).save(tmp_path / "wall.png")
    developed(tmp_path / "wall.png", tmp_path / "wall.mp4")
    draft = _draft(Background("media", "p"))
    assert draft.media == {"m", "p"}
    media = {"m": _file(man), "p": _file(tmp_path / "wall.mp4")}
    for picture in _rendered(draft, media, tmp_path / "out.mp4"):
        assert picture[4:20, 4:30, 2].mean() > 220
        assert picture[4:20, 4:30, 0].mean() < 40
    poster(draft, media, tmp_path / "poster.jpg", 500)
    with Image.open(tmp_path / "poster.jpg") as shown:
        assert shown.getpixel((8, 8))[2] > 200


def test_a_video_plays_behind_the_man_and_begins_again(man, tmp_path):
    with av.open(str(tmp_path / "lights.mp4"), "w") as target:
        stream = target.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for n in range(16):
            colour = (255, 0, 0) if n < 8 else (0, 0, 255)
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), colour, np.uint8), format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, 25)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    media = {"m": _file(man), "p": _file(tmp_path / "lights.mp4")}
    pictures = _rendered(_draft(Background("media", "p")), media, tmp_path / "out.mp4")
    shown = ["red" if picture[4:20, 4:30, 0].mean() > 128 else "blue" for picture in pictures]
    assert shown == ["red"] * 8 + ["blue"] * 8 + ["red"] * 8 + ["blue"]


def test_turned_clips_get_an_upright_background(man, tmp_path):
    draft = apply(_draft(Background("scene", "sky")), {"op": "rotate", "degrees": 90}).draft
    pictures = _rendered(draft, {"m": _file(man)}, tmp_path / "out.mp4")
    assert pictures[0].shape == (176, 144, 3)


def test_a_broken_background_video_fails_the_render_and_leaves_nothing(man, tmp_path):
    (tmp_path / "wall.mp4").write_bytes(b"no film")
    media = {"m": _file(man), "p": _file(tmp_path / "wall.mp4")}
    with pytest.raises(Exception, match="no media file"):
        render(_draft(Background("media", "p")), media, tmp_path / "out.mp4", "draft", lambda _: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wall.mp4"]


def test_the_clip_of_the_background_leaves_the_timeline():
    draft = appended(appended(_draft(None), "p", "wall.png", 5000, sound=True), "n", "next.mp4", 2000, sound=True)
    behind = Behind(Background("media", "p"), "wall.png", frozenset({"m"}))
    edit = apply(draft, REPLACE, behind=behind)
    assert [(clip.media, clip.start, clip.background) for clip in edit.draft.video] == [
        ("m", 0, behind.background),
        ("n", 1000, None),
    ]
    assert [(clip.media, clip.start) for track in edit.draft.audio for clip in track.clips] == [("n", 1000)]
    assert (edit.sentence, edit.values["name"]) == ("background_file", "wall.png")


@pytest.fixture
def session(tmp_path):
    """A session with a clip, a picture and a folder of own backgrounds; ``choose`` says what words lead to."""
    store = open_store(tmp_path / "home")
    accounts, projects = Accounts(store), Projects(store)
    token, _ = accounts.issue("client", 0.0)
    one = projects.create(accounts.authenticate(f"Bearer {token}", 1.0), name="p", language="en", now=1.0)
    for key, name, kind in (("m_1", "talk.mp4", "video"), ("m_2", "wall.png", "image")):
        info = MediaInfo(kind=kind, container="mov", duration=1000, width=64, height=64)
        projects.add_media(one, Media(key, name, Path(name), 1, 1, info), 1.0)
    projects.place(one.id, [projects.media(one.id)["m_1"]], 1.0)
    (tmp_path / "backgrounds").mkdir()
    (tmp_path / "backgrounds" / "My den.jpg").touch()
    looked = []

    async def look(task):
        looked.append(task["name"])
        return {"found": room.found}

    async def take_in(_session, path):
        return SimpleNamespace(id="m_9", name=path.name)

    backgrounds = Backgrounds(projects, SimpleNamespace(run=look), tmp_path / "backgrounds", take_in)

    def choose(words):
        operation = {"op": "replace_background", "with": words}
        return asyncio.run(backgrounds.fitting(one, projects.draft(one.id), operation, "en"))

    room = SimpleNamespace(choose=choose, found=True, looked=looked)
    yield room
    store.close()


def test_words_lead_to_scenes_uploads_and_own_files(session):
    people = frozenset({"m_1"})
    assert session.choose("a beach") == Behind(Background("scene", "beach"), "", people)
    assert session.choose("the wall") == Behind(Background("media", "m_2"), "wall.png", people)
    assert session.choose("my picture") == Behind(Background("media", "m_2"), "wall.png", people)
    assert session.choose("my den") == Behind(Background("media", "m_9"), "My den.jpg", people)
    assert session.looked == ["talk.mp4"]  # once


def test_unknown_words_are_answered_with_what_there_is(session):
    with pytest.raises(Unsupported) as caught:
        session.choose("a herd of zebras")
    assert caught.value.sentence == "no_such_background"
    assert "beach" in caught.value.values["scenes"]
    assert "My den.jpg" in caught.value.values["own"]


def test_nobody_in_the_clip_changes_nothing(session):
    session.found = False
    with pytest.raises(Unsupported) as caught:
        session.choose("a beach")
    assert caught.value.sentence == "nobody_seen"


def test_planes_of_a_rendered_frame_are_limited_range(man, tmp_path):
    render(_draft(Background("colour", "#ffffff")), {"m": _file(man)}, tmp_path / "out.mp4", "high", lambda _: None)
    with av.open(str(tmp_path / "out.mp4")) as container:
        frame = next(container.decode(video=0))
    assert abs(int(planes_of(frame).y[4:20, 4:20].mean()) - 235) <= 2
