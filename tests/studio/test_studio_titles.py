"""Titles: which fonts draw them, where and when they show, and that nothing else changes."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillwire.studio.draft import MAX_TITLES, Draft, Title, appended, from_json, to_json
from skillwire.studio.edit import apply
from skillwire.studio.media.fonts import Faces, clusters
from skillwire.studio.media.titles import TitleOverlay, laid_out
from skillwire.studio.outcome import Unsupported

ONE = appended(Draft(), "a", "a.mp4", 4000, sound=True)


@pytest.mark.parametrize(
    ("operation", "title"),
    [
        ({"text": "Hi"}, Title("Hi", 0, 4000, "center")),
        ({"text": "Hi", "start": 1, "end": 3, "position": "top"}, Title("Hi", 1000, 2000, "top")),
        ({"text": "  Hi ", "start": -1, "end": None, "position": "bottom"}, Title("Hi", 3000, 1000, "bottom")),
    ],
)
def test_title_on_the_timeline(operation, title):
    draft = apply(ONE, {"op": "add_text"} | operation).draft
    assert draft.titles == (title,)
    assert from_json(to_json(draft)) == draft
    assert to_json(draft)["t"][-1]["tt"] == 7


def test_too_much_text_is_told():
    draft = ONE
    for operation in ({"text": " "}, {"text": "x" * 2001}, {"text": "x", "start": 9, "end": 10}):
        with pytest.raises(Unsupported):
            apply(draft, {"op": "add_text"} | operation)
    for _ in range(MAX_TITLES):
        draft = apply(draft, {"op": "add_text", "text": "x"}).draft
    with pytest.raises(Unsupported):
        apply(draft, {"op": "add_text", "text": "x"})


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ab", ["a", "b"]),
        ("e\u0301a", ["e\u0301", "a"]),
        ("👨‍👩‍👧!", ["👨‍👩‍👧", "!"]),
        ("🇩🇪🇫🇷🇯", ["🇩🇪", "🇫🇷", "🇯"]),
        ("👍🏽 ❤️", ["👍🏽", " ", "❤️"]),
        ("", []),
    ],
)
def test_what_stays_together(text, pieces):
    assert list(clusters(text)) == pieces


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("Straße ñ Ωж", ["Noto Sans"]),
        ("新手教程，导出", ["Noto Sans CJK SC"]),
        ("日本語です", ["Noto Sans CJK JP"]),
        ("한국어", ["Noto Sans CJK KR"]),
        ("Go 🚀 go", ["Noto Sans", "Noto Emoji", "Noto Sans"]),
        ("مرحبا", ["Noto Sans Arabic"]),
        ("नमस्ते", ["Noto Sans Devanagari"]),
    ],
)
def test_fonts_cover_the_text(text, families):
    faces = Faces(40, text)
    runs = faces.runs(text)
    assert [font.getname()[0] for font, _ in runs] == families
    assert "".join(part for _, part in runs) == text
    assert not faces.missing


def test_what_no_font_has_is_told():
    faces = Faces(40, "a𓀀b")
    assert [part for _, part in faces.runs("a𓀀b")] == ["ab"]
    assert faces.missing == {"𓀀"}


@settings(max_examples=40, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("abc de,.\n新手，。🚀👩‍ \u0301ع"), max_size=120),
    st.sampled_from([(64, 64), (320, 180), (180, 320), (1920, 1080)]),
    st.sampled_from(["top", "center", "bottom"]),
)
def test_any_text_fits(text, size, position):
    (block,) = laid_out([Title(text, 0, 1000, position)], size)
    assert block.top >= 0
    assert block.top + block.line_height * len(block.lines) <= size[1]
    for line in block.lines[:-1]:
        assert block.faces.length(line) <= size[0] * 0.9 + 1


def flat(size, count, value=90):
    for number in range(count):
        frame = av.VideoFrame(*size, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = number, Fraction(1, 10)
        yield frame


PLACES = {"top": (0.03, 0.3), "center": (0.35, 0.65), "bottom": (0.7, 0.97)}


@pytest.mark.parametrize("position", PLACES)
@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
def test_drawn_in_its_place_and_time(position, size):
    frames = list(flat(size, 10))
    overlay = TitleOverlay([Title("Hello", 300, 300, position)], size)
    after = [frame.to_ndarray(format="yuv420p") for frame in overlay.over(iter(frames))]
    changed = [number for number, picture in enumerate(after) if (picture != 90).any()]
    assert changed == [3, 4, 5]
    luma, chroma = after[4][: size[1]], after[4][size[1] :]
    rows, columns = np.nonzero(luma != 90)
    low, high = PLACES[position]
    assert low * size[1] <= rows.min() < rows.max() <= high * size[1]
    assert size[0] * 0.05 <= columns.min() < columns.max() <= size[0] * 0.95
    assert abs((columns.min() + columns.max()) / 2 - size[0] / 2) < 4
    assert (luma.min(), luma.max()) == (16, 235)
    assert chroma.max() == 128


def test_titles_shown_together_do_not_overlap():
    blocks = laid_out([Title(f"Line {n} here", 0, 1000, place) for n in range(2) for place in PLACES], (640, 360))
    spans = sorted((block.top, block.top + block.line_height * len(block.lines)) for block in blocks)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


@pytest.mark.parametrize("name", ["base.mp4", "vp9odd.webm", "hevc10.mp4", "full.mkv", "vfr.mp4"])
def test_only_its_part_of_the_film_changes(name, clip, look, rendered, tmp_path):
    plain, titled = tmp_path / "plain.mp4", tmp_path / "titled.mp4"
    trim = {"op": "trim", "start": 0, "end": 1.6}
    rendered(clip(name), plain, trim, quality="high")
    rendered(
        clip(name), titled, trim, {"op": "add_text", "text": "Hi", "start": 0.8, "position": "top"}, quality="high"
    )
    before, after = look.decode(plain, "gray"), look.decode(titled, "gray")
    assert before.times == after.times
    for time, a, b in zip(before.times, before.pictures, after.pictures, strict=True):
        assert look.psnr(a[90:], b[90:]) > 33
        assert (look.psnr(a[:50], b[:50]) < 29) == (time > 0.79)


def test_upright_on_a_turned_clip(clip, look, rendered, tmp_path):
    target = tmp_path / "out.mp4"
    rendered(clip("turned90.mov"), target, {"op": "add_text", "text": "Hi", "position": "top"})
    after = look.decode(target, "gray")
    assert (after.rotation, after.stream.size) == (0, (180, 320))
    assert (after.pictures[10][10:45, 60:120] > 225).sum() > 50


def test_over_the_api(client, clip, look, tmp_path):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    told = client.told(session, "add the text 'Hello' at the bottom")
    assert "Hello" in told
    target = client.export(session, tmp_path / "out.mp4", draft=client.draft(session))
    assert (look.decode(target, "gray").pictures[10][140:175] > 225).sum() > 50
