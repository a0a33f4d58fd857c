"""Text found in a clip and taken out of it: subtitles, a half-transparent watermark, what stays, and what is said."""

import subprocess
import sys

import av
import numpy as np
import pytest

from skillwire.errors import JobFailed
from skillwire.studio.draft import Draft, appended
from skillwire.studio.edit import Gone, apply
from skillwire.studio.effects import vanish
from skillwire.studio.effects.finding.targets import Removal
from skillwire.studio.effects.lettering import networks
from skillwire.studio.effects.lettering.find import lines_in
from skillwire.studio.effects.lettering.lines import kept
from skillwire.studio.effects.lettering.search import found_in, lines_of
from skillwire.studio.effects.lettering.spell import spelled
from skillwire.studio.effects.lettering.strokes import correlation, strokes_of
from skillwire.studio.effects.planes import Planes
from skillwire.studio.effects.vanish import search
from skillwire.studio.media.read import frames, open_video
from skillwire.studio.render import MediaFile, render
from support.lettered import Lettering, filmed, lettered

pytest.importorskip("onnxruntime")
RATE, COUNT = 25, 62
LINES = (
    Lettering("Where are you going?", (0.5, 0.87), 0.09, 0.2, 1.1),
    Lettering("去很远的地方", (0.5, 0.87), 0.1, 1.3, 2.2),
    Lettering("@cityrides", (0.16, 0.1), 0.09, opacity=0.5, outline=0),
)


@pytest.fixture(scope="module")
def stage(footage):
    """Two and a half seconds of a street with a cut, lettered."""
    with av.open(str(footage / "bikes.mp4")) as source:
        pictures = [
            frame.to_ndarray(format="bgr24") for frame, _ in zip(source.decode(video=0), range(COUNT), strict=False)
        ]
    return lettered(pictures, RATE, LINES)


@pytest.fixture(scope="module")
def clip(stage, tmp_path_factory):
    return filmed(stage.shown, tmp_path_factory.mktemp("lettered") / "street.mp4", RATE)


@pytest.fixture(scope="module")
def looked_at(clip, tmp_path_factory):
    """A home in which the clip was looked through once for all tests here."""
    home = tmp_path_factory.mktemp("texts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKILLWIRE_HOME", str(home))
        found_in(clip, clip.name)
    return home


@pytest.fixture(autouse=True)
def _at_home(looked_at, monkeypatch):
    monkeypatch.setenv("SKILLWIRE_HOME", str(looked_at))


def decoded(clip, form="yuv420p"):
    with av.open(str(clip)) as container:
        return [frame.to_ndarray(format=form) for frame in container.decode(video=0)]


def without(clip, removal, remark=lambda _: None):
    """The clip's pictures after a removal, before encoding."""
    source = open_video(clip, clip.name)
    shown = vanish.vanished(removal, source, clip, frames(source), lambda at: at, (0.0, 9.0), remark)
    try:
        return [frame.to_ndarray(format="yuv420p") for frame in shown]
    finally:
        source.close()


def says(clip, found):
    return {line.text for line in lines_of(found_in(clip, clip.name), found["texts"])}


def squared(one, other, where):
    return float(((one[where].astype(float) - other[where]) ** 2).mean())


@pytest.mark.parametrize(
    ("words", "texts", "absent"),
    [
        ("the subtitles", {"Where are you going?", "去很远的地方"}, []),
        ("字幕", {"Where are you going?", "去很远的地方"}, []),
        ("the watermark in the corner", {"@cityrides"}, []),
        ('the words "where are you"', {"Where are you going?"}, []),
        ("the date stamp", set(), ["the date stamp"]),
        ("the subtitles and the elephant", {"Where are you going?", "去很远的地方"}, ["elephant"]),
        ("the watermark on the right", set(), ["the watermark on the right"]),
    ],
)
def test_words_find_lines(words, texts, absent, clip):
    found = search(clip, clip.name, words, (0.0, 9.0))
    assert {text.replace(" ", "") for text in says(clip, found)} == {text.replace(" ", "") for text in texts}
    assert found["absent"] == absent
    assert not found["candidates"]


def test_several_kinds_are_asked_about(clip):
    found = search(clip, clip.name, "the text", (0.0, 9.0))
    assert not found["texts"]
    assert {one["label"].split()[0] for one in found["candidates"]} == {"subtitle", "watermark"}
    for one in found["candidates"]:
        assert one["picture"].startswith("data:image/jpeg;base64,")
        assert one["texts"]


def test_subtitles_go_and_nothing_else_changes(stage, clip):
    found = search(clip, clip.name, "the subtitles", (0.0, 9.0))
    before, after = decoded(clip), without(clip, Removal(texts=tuple(found["texts"])))
    height, width = stage.shown[0].shape[:2]
    assert len(after) == len(before) == COUNT
    low = int(0.72 * height)
    for one, other in zip(before, after, strict=True):
        assert (one[:low] == other[:low]).all()
    shown, gained = [n for n in range(COUNT) if stage.holes[n][low:].any()], []
    for n in shown[::5]:
        hole = stage.holes[n].copy()
        hole[:low] = False
        truth = av.VideoFrame.from_ndarray(stage.empty[n], format="bgr24").reformat(format="yuv420p").to_ndarray()
        gained.append(
            squared(before[n][:height], truth[:height], hole) / squared(after[n][:height], truth[:height], hole)
        )
        picture = av.VideoFrame.from_ndarray(after[n], format="yuv420p").to_ndarray(format="bgr24")
        assert not [line for line in lines_in(picture) if line.box[1] > low and line.box[2] - line.box[0] > 0.2 * width]
    assert min(gained) > 8
    assert np.median(gained) > 20


def test_light_comes_back_through_a_watermark(stage, clip):
    found = search(clip, clip.name, "the watermark", (0.0, 9.0))
    after = without(clip, Removal(texts=tuple(found["texts"])))
    height, width = stage.shown[0].shape[:2]
    half = height // 2
    errors = []
    for n in range(0, COUNT, 6):
        hole = stage.holes[n].copy()
        hole[half:] = False
        truth = av.VideoFrame.from_ndarray(stage.empty[n], format="bgr24").reformat(format="yuv420p").to_ndarray()
        errors.append(squared(after[n][:height], truth[:height], hole))
        picture = av.VideoFrame.from_ndarray(after[n], format="yuv420p").to_ndarray(format="bgr24")
        corner = (line for line in lines_in(picture) if line.box[3] < half and line.box[2] < width / 2)
        assert not [line for line in corner if line.box[2] - line.box[0] > 0.1 * width]
    assert np.mean(errors) < 255**2 / 10 ** (28 / 10)  # 28 dB


def test_a_draft_with_text_removed_renders_and_is_told(clip, tmp_path):
    found = search(clip, clip.name, "the subtitles and the watermark", (0.0, 9.0))
    assert {one["kind"]: one["lines"] for one in found["found"]} == {"subtitle": 2, "watermark": 1}
    draft = appended(Draft(), "m", clip.name, COUNT * 1000 // RATE, sound=False)
    draft = apply(draft, {"op": "remove_object"}, gone=Gone({"m": Removal(texts=tuple(found["texts"]))}, {})).draft
    status = clip.stat()
    media = {"m": MediaFile(clip, clip.name, status.st_size, status.st_mtime_ns, "h264")}
    render(draft, media, tmp_path / "out.mp4", "high", lambda _: None)
    (first, *_) = decoded(tmp_path / "out.mp4", "bgr24")[15:16]
    left = [line for line in lines_in(first) if line.box[2] - line.box[0] > 0.15 * first.shape[1]]
    assert not [line for line in left if line.box[1] > 0.72 * first.shape[0] or line.box[3] < 0.25 * first.shape[0]]


def test_an_unknown_line_is_refused(clip):
    with pytest.raises(JobFailed, match="not in this clip"):
        lines_of(found_in(clip, clip.name), [987654])


def test_what_was_found_is_kept(clip, tmp_path):
    found = found_in(clip, clip.name)
    assert kept(clip, tmp_path, lambda: found) is found
    (file,) = tmp_path.glob("*.npz")

    def never():
        raise AssertionError("looked for again")

    again = kept(clip, tmp_path, never)
    assert [line.text for line in again.lines] == [line.text for line in found.lines]
    assert again.lines[0].region == found.lines[0].region
    assert (again.lines[0].strokes == found.lines[0].strokes).all()
    assert [line.glass is None for line in again.lines] == [line.glass is None for line in found.lines]
    file.write_bytes(b"damaged")
    assert kept(clip, tmp_path, lambda: found) is found


def test_without_the_extra_it_says_so(clip, monkeypatch):
    monkeypatch.setattr(vanish, "available", lambda: False)
    found = search(clip, clip.name, "the subtitles", (0.0, 9.0))
    assert found["unreadable"] == ["the subtitles"]
    assert not found["texts"]
    monkeypatch.setattr(networks, "available", lambda: False)
    networks.content.cache_clear()
    with pytest.raises(JobFailed, match=r"skillwire\[text\]"):
        networks.content(networks.DETECTION)


def test_replaced_networks_are_refused(monkeypatch):
    networks.content.cache_clear()
    monkeypatch.setitem(networks._DIGESTS, networks.RECOGNITION, "0" * 64)
    with pytest.raises(JobFailed, match="damaged"):
        networks.content(networks.RECOGNITION)


def test_nothing_is_fetched():
    """With every socket closed, text is found and read."""
    code = (
        "import socket\n"
        "def closed(*_a, **_k): raise AssertionError('a socket was opened')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = closed\n"
        "import cv2, numpy as np\n"
        "picture = np.zeros((96, 480, 3), np.uint8)\n"
        "cv2.putText(picture, 'HELLO', (20, 65), cv2.FONT_HERSHEY_SIMPLEX, 1.8, (255, 255, 255), 4)\n"
        "from skillwire.studio.effects.lettering.find import lines_in\n"
        "from skillwire.studio.effects.lettering.spell import spelled\n"
        "assert len(lines_in(picture)) == 1\n"
        "print(spelled(picture)[0])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "HELLO"


@pytest.mark.parametrize("shape", [(48, 320), (8, 8), (200, 30), (1, 1)])
def test_empty_pictures_hold_no_text(shape):
    assert lines_in(np.full((*shape, 3), 90, np.uint8)) == []
    text, sure = spelled(np.full((*shape, 3), 90, np.uint8))
    assert isinstance(text, str)
    assert 0 <= sure <= 1


def test_strokes_are_told_from_what_is_around():
    luma = np.tile(np.linspace(60, 120, 200).astype(np.uint8), (60, 1))
    luma[20:40, 50:54] = luma[20:40, 90:94] = luma[28:32, 50:94] = 235
    grey = np.full((30, 100), 128, np.uint8)
    box = np.asarray([46, 16, 98, 44], np.float32)
    mask = strokes_of([Planes(luma, grey, grey)], box, 24.0, [])
    assert mask[20:40, 50:54].all()
    assert mask[28:32, 50:94].all()
    assert not mask[:, 110:].any()
    assert np.count_nonzero(mask) < 3 * (2 * 20 * 4 + 4 * 36)
    assert correlation(luma, luma) > 0.99
    assert correlation(luma[:1], luma[:1]) == 0
