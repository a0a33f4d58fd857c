import json
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.errors import JobFailed
from skillwire.studio.effects.ahead import ahead
from skillwire.studio.effects.backdrop import background
from skillwire.studio.effects.backdrop.choices import Background, choose, from_json, own_backgrounds, scenes
from skillwire.studio.effects.backdrop.matte import Matte
from skillwire.studio.effects.backdrop.replace import behind_of, cut_out, replaced
from skillwire.studio.effects.backdrop.scenes import SCENES, drawn
from skillwire.studio.effects.planes import Planes, empty_frame, planes_of, yuv_of

BT601 = 5
SIZE = (176, 144)

WORDS = [
    ("a clean office setting", "scene", "office"),
    ("海边", "scene", "beach"),
    ("办公室", "scene", "office"),
    ("una playa tropical", "scene", "beach"),
    ("einen Wald", "scene", "forest"),
    ("un coucher de soleil", "scene", "sunset"),
    ("教室", "scene", "classroom"),
    ("praia", "scene", "beach"),
    ("the living room of a friend", "scene", "living_room"),
    ("green", "colour", "#00b140"),
    ("green forest", "scene", "forest"),
    ("a plain white wall", "colour", "#ffffff"),
    ("dark blue", "colour", "#0a2463"),
    ("白色", "colour", "#ffffff"),
    ("einen weißen Hintergrund", "colour", "#ffffff"),
    ("fond noir", "colour", "#000000"),
    ("un fondo rojo", "colour", "#e02020"),
    ("ピンク", "colour", "#ff69b4"),
    ("amarelo", "colour", "#ffd60a"),
    ("#F80", "colour", "#ff8800"),
    ("#12ab9f please", "colour", "#12ab9f"),
    ("blur", "blur", "medium"),
    ("slightly blurred", "blur", "light"),
    ("stark unscharf", "blur", "strong"),
    ("轻微虚化", "blur", "light"),
    ("flou", "blur", "medium"),
    ("transparent", "transparent", ""),
    ("透明", "transparent", ""),
    ("ohne Hintergrund", "transparent", ""),
    ("professional", "scene", "studio"),
    ("上海", None, None),
    ("海", "scene", "beach"),
    ("zebra", None, None),
    ("a red sports car", None, None),
    ("火星基地", None, None),
    ("", None, None),
    ("#12", None, None),
]


@pytest.mark.parametrize(("words", "kind", "value"), WORDS)
def test_words_name_a_background(words, kind, value):
    chosen = choose(words, {}, [])
    assert (chosen and chosen.kind, chosen and chosen.value) == (kind, value)


def test_files_are_named_by_their_names(tmp_path):
    for name in ("Grandma's garden.jpg", "loop.mp4", "notes.txt"):
        (tmp_path / name).touch()
    folder = own_backgrounds(tmp_path)
    assert [path.name for path in folder] == ["Grandma's garden.jpg", "loop.mp4"]
    uploads = {"m_1": "beach party.png", "m_2": "wall.jpg"}
    assert choose("beach party", uploads, folder) == Background("media", "m_1")
    assert choose("the wall.jpg I sent", uploads, folder) == Background("media", "m_2")
    assert choose("my picture", uploads, folder) == Background("media", "m_2")
    assert choose("my picture", {}, folder) is None
    assert choose("the beach", uploads, folder) == Background("scene", "beach")
    assert choose("grandma's garden", uploads, folder) == Background("file", str(folder[0]))
    assert own_backgrounds(tmp_path / "missing") == []


@given(st.text(max_size=200))
def test_any_words_are_read_to_something_that_is_there_or_nothing(words):
    chosen = choose(words, {"m_1": "a.png"}, [])
    assert chosen is None or from_json(json.loads(json.dumps(chosen.to_json()))) == chosen


@pytest.mark.parametrize(
    "data",
    [
        *(None, [], {}, {"kind": "hologram"}, {"kind": "blur", "value": "much"}, {"kind": "scene", "value": "x"}),
        *({"kind": "colour", "value": "red"}, {"kind": "media", "value": 3}, {"kind": "file", "value": "x" * 2000}),
    ],
)
def test_what_is_no_background_is_refused(data):
    with pytest.raises(ValueError, match="background"):
        from_json(data)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_every_scene_is_drawn_at_any_size_the_same_each_time(name):
    assert name in scenes()
    picture, again = (drawn(name, (320, 180), 1) for _ in range(2))
    assert [plane.shape for plane in picture.each()] == [(180, 320), (90, 160), (90, 160)]
    assert all(np.array_equal(*pair) for pair in zip(picture.each(), again.each(), strict=True))
    assert picture.y.std() > 8  # not one colour
    assert drawn(name, (90, 160), 1).y.shape == (160, 90)


def test_every_scene_that_can_be_named_can_be_drawn():
    assert set(scenes()) == set(SCENES)


def _flat(levels, size=SIZE):
    width, height = size
    shapes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    return Planes(*(np.full(shape, level, np.uint8) for shape, level in zip(shapes, levels, strict=True)))


def _frames(count, size=SIZE, step=40):
    """Frames that grow brighter, one every ``step`` ms."""
    made = []
    for n in range(count):
        frame = av.VideoFrame(*size, "yuv420p")
        for plane, level in zip(planes_of(frame).each(), (20 + 10 * n, 128, 128), strict=True):
            plane[:] = level
        frame.pts, frame.time_base, frame.duration = n * step, Fraction(1, 1000), step
        made.append(frame)
    return made


def test_a_dark_shot_darkens_the_scene_and_a_bright_one_does_not_burn_it_out():
    still = _flat((140, 120, 130))
    assert background.in_the_light_of(_flat((40, 128, 128)), still).y[0, 0] < 125
    assert 140 < background.in_the_light_of(_flat((230, 128, 128)), still).y[0, 0] <= 165
    assert abs(int(background.in_the_light_of(_flat((140, 90, 190)), still).u[0, 0]) - 120) <= 3


def test_blur_keeps_the_person_out_of_it():
    planes = _flat((60, 128, 128))
    planes.y[40:100, 60:120] = 230
    matte = np.zeros((144, 176), np.uint8)
    matte[36:104, 56:124] = 255
    half = np.ascontiguousarray(matte[::2, ::2])
    kept = background.blurred(planes, Matte(matte, half, (0, 0, *SIZE)), 0.05)
    spilt = background.blurred(planes, None, 0.05)
    assert abs(int(kept.y[70, 50]) - 60) <= 3
    assert spilt.y[70, 58] > 100


def test_more_blur_leaves_less_detail():
    rng = np.random.default_rng(5)
    planes = Planes(*(rng.integers(16, 235, s, np.uint8) for s in ((144, 176), (72, 88), (72, 88))))
    spread = [background.blurred(planes, None, part).y.std() for part in background._BLUR.values()]
    assert spread == sorted(spread, reverse=True)


def test_a_background_video_plays_in_its_own_time_and_begins_again():
    opened = []

    def open_again():
        opened.append(1)
        return iter(_frames(5))

    behind = background.video(open_again, (88, 72))
    shown = [int(behind(frame, _flat((0, 0, 0)), None).y[0, 0]) for frame in _frames(24, step=20)]
    assert shown == [20, 20, 30, 30, 40, 40, 50, 50, 60, 60] * 2 + [20, 20, 30, 30]
    assert len(opened) == 3


def test_an_empty_background_video_fails_instead_of_looping_for_ever():
    behind = background.video(lambda: iter([]), SIZE)
    with pytest.raises(JobFailed, match="shows nothing"):
        behind(_frames(1)[0], _flat((0, 0, 0)), None)


def test_pictures_cover_the_frame_without_being_stretched():
    circle = np.zeros((400, 1000, 3), np.uint8)
    y, x = np.mgrid[:400, :1000]
    circle[np.hypot(x - 500, y - 200) < 150] = 255
    covered = background.covering(circle, SIZE)
    assert covered.shape == (144, 176, 3)
    wide, high = (covered[72] > 128).all(1).sum(), (covered[:, 88] > 128).all(1).sum()
    assert abs(int(wide) - int(high)) <= 2


@pytest.fixture(scope="module")
def talking(footage):
    with av.open(str(footage / "carphone_pristine.mp4")) as container:
        return [frame for _, frame in zip(range(20), container.decode(video=0), strict=False)]


def _everywhere(_picture):
    return [(20.0, 10.0, 176.0, 144.0)]


def _no_file(_chosen):
    raise AssertionError("no file was chosen")


def test_a_colour_stands_behind_the_man_and_times_stay(talking):
    behind = behind_of(Background("colour", "#00b140"), SIZE, BT601, _no_file)
    results = list(replaced(iter(talking), behind, detect=_everywhere))
    assert [frame.pts for frame in results] == [frame.pts for frame in talking]
    got = planes_of(results[-1])
    green = yuv_of((0, 177, 64), BT601)
    assert [abs(int(plane[4, 4]) - level) <= 1 for plane, level in zip(got.each(), green, strict=True)] == [True] * 3
    original = planes_of(talking[-1])
    assert np.abs(got.y[60:90, 80:110].astype(int) - original.y[60:90, 80:110]).mean() < 3


def test_nobody_leaves_the_background_alone(talking):
    behind = behind_of(Background("colour", "#000000"), SIZE, BT601, _no_file)
    for frame in replaced(iter(talking), behind, detect=lambda _: []):
        assert (planes_of(frame).y == 16).all()


def test_a_cut_out_is_clear_where_nobody_is(talking):
    for frame in cut_out(iter(talking), detect=_everywhere):
        assert frame.format.name == "yuva420p"
        alpha = np.frombuffer(frame.planes[3], np.uint8).reshape(-1, frame.planes[3].line_size)[:144, :176]
    assert alpha[60:90, 80:110].mean() > 250
    assert alpha[:20, :30].mean() < 5


def test_frames_are_made_ahead_in_order_and_errors_come_in_their_place():
    def numbers():
        yield from range(5)
        raise JobFailed("broken")

    made = ahead(numbers(), 2)
    assert [next(made) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(JobFailed, match="broken"):
        next(made)


def test_stopping_early_closes_what_is_read():
    closed = []

    def numbers():
        try:
            yield from range(10**9)
        finally:
            closed.append(True)

    reader = ahead(numbers(), 2)
    assert next(reader) == 0
    reader.close()
    assert closed == [True]


def test_an_empty_frame_carries_time_and_tags():
    like = _frames(1)[0]
    like.colorspace = 1
    frame = empty_frame((8, 8), like)
    assert (frame.pts, frame.time_base, frame.colorspace) == (like.pts, like.time_base, 1)
