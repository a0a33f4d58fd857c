"""Places pointed at through the API, as parts of a message."""

import base64

import cv2
import numpy as np
import pytest


def painted():
    mask = np.zeros((90, 160), np.uint8)
    mask[30:60, 40:80] = 255
    return base64.b64encode(cv2.imencode(".png", mask)[1].tobytes()).decode()


@pytest.fixture
def session(client, clip):
    session = client.open_session()
    client.upload(session, clip("silent.mp4"))
    return session


def marks(client, session):
    (segment,) = client.draft(session)["t"][0]["sg"]
    return segment["m"].get("removed", {}).get("marks", [])


@pytest.mark.parametrize(
    ("mark", "box"),
    [
        ({"at": 0.5, "box": [0.1, 0.2, 0.3, 0.5]}, [0.1, 0.2, 0.3, 0.5]),
        ({"at": 0.5, "mask": painted()}, [0.25, 1 / 3, 0.5, 2 / 3]),
    ],
)
def test_a_place_that_is_marked_goes_into_the_draft_and_out_of_the_film(
    client, session, clip, tmp_path, look, mark, box
):
    events = client.say(session, "remove this", {"mark": mark})
    assert events[0]["content"]["parts"][0]["functionCall"]["name"] == "remove_object"
    (kept,) = marks(client, session)
    assert kept["box"] == pytest.approx(box, abs=1e-3)
    assert bool(kept.get("shape")) == ("mask" in mark)
    made = look.decode(client.export(session, tmp_path / "out.mp4"), "gray").pictures
    before = look.decode(clip("silent.mp4"), "gray").pictures
    assert len(made) == len(before)
    height, width = before[0].shape
    x0, y0, x1, y1 = (round(edge * side) for edge, side in zip(box, (width, height) * 2, strict=True))
    apart = np.abs(made[10].astype(int) - before[10])
    assert apart[y0 + 6 : y1 - 6, x0 + 6 : x1 - 6].mean() > 2 * apart[:, width * 2 // 3 :].mean()


def test_a_click_on_nothing_known_is_told_and_changes_nothing(client, session):
    told = client.told(session, "remove click 0.999 0.001 at 0.2")
    assert "clicked" in told
    again = client.say(session, "remove this", {"mark": {"at": 0.2, "click": [0.999, 0.001]}})
    assert "clicked" in again[-1]["content"]["parts"][0]["text"]
    assert marks(client, session) == []


@pytest.mark.parametrize(
    "mark", [{"at": 0.5}, {"at": 0.5, "box": [0.5, 0.5, 0.1, 0.9]}, {"at": -1, "click": [0.5, 0.5]}]
)
def test_a_mark_that_cannot_be_read_is_refused(client, session, mark):
    answer = client.say(session, "remove this", {"mark": mark})
    assert answer["code"] != 0
    assert "mark" in answer["message"]
    assert marks(client, session) == []


def test_a_mask_that_is_no_picture_is_told(client, session):
    events = client.say(session, "remove this", {"mark": {"at": 0.5, "mask": base64.b64encode(b"text").decode()}})
    assert "mask" in events[-1]["content"]["parts"][0]["text"]
    assert marks(client, session) == []
