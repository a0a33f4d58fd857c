import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillwire.errors import JobFailed
from skillwire.studio.effects import models
from skillwire.studio.effects.backdrop import people
from skillwire.studio.effects.backdrop.composite import Compositor, corrections, light_of
from skillwire.studio.effects.backdrop.guided import applied, coefficients
from skillwire.studio.effects.backdrop.matte import Matte, _occupied, coarse, refined
from skillwire.studio.effects.backdrop.people import PeopleMatter, regions_of
from skillwire.studio.effects.backdrop.segmenter import SIDE, Segmenter, thumbnail
from skillwire.studio.effects.backdrop.sightings import Sightings
from skillwire.studio.effects.planes import Planes, planes_from_rgb, planes_of, shrunk, yuv_of

BT601, BT709 = 5, 1


@pytest.fixture(scope="module")
def talking(footage):
    """The first 48 frames of a man talking in a car, the street moving behind him."""
    with av.open(str(footage / "carphone_pristine.mp4")) as container:
        return [frame for _, frame in zip(range(48), container.decode(video=0), strict=False)]


def test_a_network_that_is_not_the_published_one_is_refused(monkeypatch):
    models.weights.cache_clear()
    monkeypatch.setattr(models, "digests", lambda: {models.SELFIE: "0" * 64})
    with pytest.raises(JobFailed, match="damaged or was replaced"):
        models.weights(models.SELFIE)
    with pytest.raises(JobFailed, match="no such network"):
        models.weights("other.tflite")


@pytest.mark.parametrize("colorspace", [BT601, BT709])
@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (200, 30, 60), (12, 140, 250)])
def test_colours_agree_with_the_scaler_of_the_media_library(colorspace, rgb):
    picture = np.full((16, 16, 3), rgb, np.uint8)
    theirs = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=colorspace, dst_color_range=1
    )
    for ours, plane in zip(
        planes_from_rgb(picture, (16, 16), colorspace).each(), planes_of(theirs).each(), strict=True
    ):
        assert abs(int(ours[8 // 2, 4]) - int(plane[4, 4])) <= 1
    assert [abs(a - int(p[4, 4])) <= 1 for a, p in zip(yuv_of(rgb, colorspace), planes_of(theirs).each(), strict=True)]


def test_shrinking_keeps_the_mean_of_noise():
    plane = np.random.default_rng(1).integers(0, 256, (541, 963), np.uint8)
    small = shrunk(plane, (120, 67))
    assert small.shape == (67, 120)
    assert abs(float(small.mean()) - float(plane.mean())) < 2
    assert small.std() < plane.std() / 3


def test_the_filter_moves_a_blurred_edge_to_the_edge_of_the_picture():
    picture = np.full((96, 96), 0.2, np.float32)
    picture[:, 50:] = 0.8
    flat = np.full_like(picture, 0.5)
    blurred = np.clip((np.arange(96, dtype=np.float32) - 38) / 16, 0, 1) * np.ones((96, 1), np.float32)
    functions = coefficients([picture, flat, flat], blurred, 6, 1e-4)
    matte = sum(f * g for f, g in zip(functions[:3], (picture, flat, flat), strict=True)) + functions[3]
    rows = matte[48]
    assert rows[53] - rows[47] > 1.2 * (blurred[48, 53] - blurred[48, 47])
    assert np.abs(np.diff(rows)).argmax() in (49, 50)


@given(st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_the_filter_leaves_an_even_matte_even(level, seed):
    guide = list(np.random.default_rng(seed).random((3, 24, 32), np.float32))
    functions = coefficients(guide, np.full((24, 32), level, np.float32), 4, 1e-3)
    scaled = [*(f for f in functions[:3]), functions[3] * 255]
    result = applied([scaled[0], scaled[1], scaled[2], scaled[3]], [np.zeros((48, 64), np.uint8)] * 3)
    assert abs(int(result.min()) - 255 * level) <= 2
    assert abs(int(result.max()) - 255 * level) <= 2


def _whole(matte, size=(176, 144)):
    return matte.of((0, 0, *size))


def _next(sightings, planes):
    """The matte of one picture more."""
    return refined(next(sightings.likely([planes])), coarse(planes))


def test_the_matte_covers_the_man_and_not_the_car(talking):
    sightings = Sightings(Segmenter(BT601))
    for frame in talking[:8]:
        full = _whole(_next(sightings, planes_of(frame))).full
    assert full[60:90, 80:110].mean() > 250  # his face
    assert full[:30, :40].mean() < 5  # the window


def test_the_matte_flickers_less_than_the_network(talking):
    segmenter = Segmenter(BT601)
    sightings = Sightings(segmenter)
    mattes = [_whole(_next(sightings, planes_of(frame))).full.astype(np.float32) / 255 for frame in talking]
    raw = [cv2.resize(segmenter(thumbnail(planes_of(frame))), (176, 144)) for frame in talking]

    def restless(series):
        return np.mean([np.abs(a - 2 * b + c).mean() for a, b, c in zip(series, series[1:], series[2:], strict=False)])

    assert restless(mattes) < restless(raw)


def _pushed(planes, x):
    """The picture ``x`` pixels further right; its left edge is repeated where nothing comes after."""
    columns = [np.clip(np.arange(plane.shape[1]) - x * plane.shape[1] // 176, 0, None) for plane in planes.each()]
    return Planes(*(np.ascontiguousarray(plane[:, at]) for plane, at in zip(planes.each(), columns, strict=True)))


@pytest.mark.parametrize("way", [[0, 0, 0, 40, 0, 40], [8 * n for n in range(8)], [0, 0, 0, 1, 2, 4, 8, 16, 32, 48]])
def test_nothing_lags_behind_who_moves_quickly(talking, way):
    segmenter = Segmenter(BT601)
    pictures = [_pushed(planes_of(talking[0]), x) for x in way]
    likely = Sightings(segmenter).likely(pictures)
    for n, (planes, cells) in enumerate(zip(pictures, likely, strict=True)):
        full = _whole(refined(cells, coarse(planes))).full.astype(int)
        alone = _whole(_next(Sightings(segmenter), planes)).full.astype(int)
        assert np.abs(full - alone).mean() < 1.0, n
        # Where nobody is now, nothing is left of who was there.
        assert (full[alone == 0] < 40).mean() > 0.999, n


class _Counting(Segmenter):
    """The network, and how many pictures it saw."""

    seen = 0

    def __call__(self, thumb):
        self.seen += 1
        return super().__call__(thumb)


def _wall(planes):
    """The picture without anybody."""
    return Planes(*(np.full_like(plane, level) for plane, level in zip(planes.each(), (90, 128, 128), strict=True)))


def test_the_network_sees_few_pictures_while_nobody_moves(talking):
    network = _Counting(BT601)
    pictures = [planes_of(talking[0])] * 17
    cells = list(Sightings(network).likely(pictures))
    assert len(cells) == 17
    assert network.seen == 5
    assert all(np.array_equal(cells[0], one) for one in cells)


@pytest.mark.parametrize("present", ["1111100000", "0001111100", "1101101011", "1111101111"])
def test_who_shows_for_a_moment_is_seen_in_just_these_pictures(talking, present):
    here, gone = planes_of(talking[0]), _wall(planes_of(talking[0]))
    cells = list(Sightings(Segmenter(BT601)).likely(here if one == "1" else gone for one in present))
    middle = [int(one[140:180, 110:150].mean()) for one in cells]  # his chest
    assert ["1" if one > 200 else "0" if one < 50 else "?" for one in middle] == list(present)


_SIZES = st.tuples(st.integers(20, 960), st.integers(20, 540)).map(lambda size: (size[0] * 2, size[1] * 2))


@given(_SIZES, st.lists(st.tuples(*[st.floats(0, 1)] * 4), max_size=9))
def test_regions_hold_every_box_with_even_edges_apart_from_each_other(size, fractions):
    width, height = size
    boxes = [
        (
            round(min(a, c) * (width - 1)),
            round(min(b, d) * (height - 1)),
            round(max(a, c) * width),
            round(max(b, d) * height),
        )
        for a, b, c, d in fractions
    ]
    regions = regions_of(boxes, size)
    assert len(regions) <= 4
    for x0, y0, x1, y1 in regions:
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
        assert not any(edge % 2 for edge in (x0, y0, x1, y1))
    for box in (b for b in boxes if b[2] > b[0] and b[3] > b[1]):
        assert any(r[0] <= box[0] and r[1] <= box[1] and r[2] >= box[2] and r[3] >= box[3] for r in regions)


def _watching(boxes):
    """A detector that is told, look after look, what it sees."""
    looks = iter(boxes)
    return lambda _picture: next(looks)


def test_who_enters_between_two_looks_is_matted_from_the_frame_before(talking):
    face = (20.0, 10.0, 176.0, 144.0)
    matter = PeopleMatter(Segmenter(BT601), _watching([[], [face], [face]]), BT601)
    mattes = [matte for _, matte in matter.over(iter(talking))]
    assert len(mattes) == len(talking)
    assert all(matte is not None for matte in mattes)


def test_nobody_means_no_matte(talking):
    matter = PeopleMatter(Segmenter(BT601), lambda _picture: [], BT601)
    assert [matte for _, matte in matter.over(iter(talking))] == [None] * len(talking)


def test_whom_the_detector_loses_stays_while_still_seen(talking):
    face = (20.0, 10.0, 176.0, 144.0)
    matter = PeopleMatter(Segmenter(BT601), _watching([[face], [], [], []]), BT601)
    mattes = [matte for _, matte in matter.over(iter(talking))]
    assert mattes[-1] is not None
    assert _whole(mattes[-1]).full[60:90, 80:110].mean() > 200


def test_two_small_people_are_matted_in_regions_of_their_own(talking):
    planes = planes_of(talking[0])
    wide = []
    for plane, level in zip(planes.each(), (120, 128, 128), strict=True):
        height, width = plane.shape
        canvas = np.full((height * 2, width * 5), level, np.uint8)
        canvas[height:, :width] = plane
        canvas[height:, 4 * width :] = plane
        wide.append(canvas)
    frame = av.VideoFrame(880, 288, "yuv420p")
    for target, plane in zip(planes_of(frame).each(), wide, strict=True):
        target[:] = plane
    faces = [(30.0, 154.0, 170.0, 288.0), (734.0, 154.0, 874.0, 288.0)]
    seen = []

    def detect(picture):
        k = 880 / picture.shape[1]
        seen.append(picture.shape)
        return [tuple(edge / k for edge in face) for face in faces]

    matter = PeopleMatter(Segmenter(BT601), detect, BT601)
    _, matte = next(matter.over(iter([frame])))
    assert seen
    full = _whole(matte, (880, 288)).full
    assert full[204:234, 80:110].mean() > 240
    assert full[204:234, 784:814].mean() > 240
    assert not full[:, 300:580].any()


def _disk():
    """A red person of soft outline before a blue wall: picture, the true matte, and both colours' planes."""
    y, x = np.mgrid[:160, :160].astype(np.float32)
    alpha = np.clip((60 - np.hypot(x - 80, y - 80)) / 8 + 0.5, 0, 1)[..., None]
    red, blue, green = (np.array(c, np.float32) for c in ((200, 60, 50), (30, 60, 220), (40, 200, 60)))
    planes = [
        planes_from_rgb(np.rint(alpha * a + (1 - alpha) * b).astype(np.uint8), (160, 160), BT601)
        for a, b in ((red, blue), (red, green), (green, green))
    ]
    full = np.rint(alpha[..., 0] * 255).astype(np.uint8)
    return planes, Matte(full, shrunk(full, (80, 80)), (0, 0, 160, 160))


def _blank(size):
    width, height = size
    halves = [np.zeros((height // 2, width // 2), np.uint8) for _ in range(2)]
    return Planes(np.zeros((height, width), np.uint8), *halves)


def test_full_and_empty_mattes_leave_bytes_alone():
    rng = np.random.default_rng(3)
    one, two = (Planes(*(rng.integers(16, 235, s, np.uint8) for s in ((64, 96), (32, 48), (32, 48)))) for _ in range(2))
    for level, wanted in ((255, one), (0, two)):
        out = _blank((96, 64))
        matte = Matte(np.full((64, 96), level, np.uint8), np.full((32, 48), level, np.uint8), (0, 0, 96, 64))
        Compositor(clean=False)(one, matte, two, out)
        for got, want in zip(out.each(), wanted.each(), strict=True):
            assert np.array_equal(got, want)


def test_outside_the_region_is_background_alone():
    (picture, _, green), _ = _disk()
    out = _blank((160, 160))
    full, half = np.full((80, 80), 255, np.uint8), np.full((40, 40), 255, np.uint8)
    Compositor()(picture, Matte(full, half, (40, 40, 120, 120)), green, out)
    assert np.array_equal(out.y[:40], green.y[:40])
    assert np.array_equal(out.u[:, :20], green.u[:, :20])


def test_the_old_background_does_not_shine_through_the_edge(monkeypatch):
    (picture, truth, green), matte = _disk()
    monkeypatch.setattr("skillwire.studio.effects.backdrop.composite._WRAP", 0.0)
    errors = {}
    for clean in (False, True):
        out = _blank((160, 160))
        Compositor(clean=clean)(picture, matte, green, out)
        edge = (matte.half > 10) & (matte.half < 245)
        errors[clean] = np.abs(out.u[edge].astype(int) - truth.u[edge]).mean()
    assert errors[True] < errors[False] / 2


def test_a_brighter_background_shines_over_the_edge_only():
    (picture, _, _), matte = _disk()
    bright = Planes(np.full((160, 160), 235, np.uint8), *(np.full((80, 80), 128, np.uint8) for _ in range(2)))
    lit, plain = corrections(picture, matte.half, light_of(bright))[0], corrections(picture, matte.half, None)[0]
    gain = lit.astype(int) - plain.astype(int)
    covered = shrunk(matte.half, gain.shape[::-1])
    edge = (covered > 60) & (covered < 250)
    assert gain[edge].mean() > 3
    assert gain.min() >= -1
    middle = gain.shape[0] // 2
    assert abs(int(gain[middle, middle])) <= 1


def test_who_leaves_is_gone_from_the_matte(talking):
    def empty(like):
        frame = av.VideoFrame(like.width, like.height, "yuv420p")
        for plane, level in zip(planes_of(frame).each(), (90, 128, 128), strict=True):
            plane[:] = level
        return frame

    frames = [*talking[:16], *(empty(talking[0]) for _ in range(48))]
    face = (20.0, 10.0, 176.0, 144.0)
    matter = PeopleMatter(Segmenter(BT601), _watching([[face], [], [], []]), BT601)
    mattes = [matte for _, matte in matter.over(iter(frames))]
    assert all(matte is not None for matte in mattes[:16])
    assert mattes[40:] == [None] * 24


@given(st.integers(0, 2**32 - 1), st.sampled_from([(64, 48), (48, 64), (256, 144)]))
def test_the_part_that_is_worked_on_holds_everyone(seed, size):
    rng = np.random.default_rng(seed)
    mask = np.zeros(size[::-1], bool)
    spots = rng.integers(0, size, (rng.integers(1, 4), 2))
    mask[spots[:, 1], spots[:, 0]] = True
    x0, y0, x1, y1 = _occupied(mask)
    assert mask[y0:y1, x0:x1].sum() == mask.sum()
    assert (x0 % 16, y0 % 16) == (0, 0)
    assert _occupied(np.zeros_like(mask)) is None


def test_regions_keep_their_memory_while_they_fit():
    assert people._fits((10, 10, 50, 50), (0, 0, 56, 56))
    assert not people._fits((10, 10, 60, 50), (0, 0, 56, 56))
    assert not people._fits((10, 10, 20, 20), (0, 0, 56, 56))
    assert SIDE == 256
