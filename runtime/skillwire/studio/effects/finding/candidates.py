"""What the user may choose from: moments of a clip at which a thing shows, as small pictures."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from skillwire.studio.effects.boxes import Boxes, clipped, padded, whole
from skillwire.studio.effects.upright import seconds_of, upright
from skillwire.studio.media.read import frames, open_video, seek

if TYPE_CHECKING:
    from skillwire.studio.effects.upright import Timed

# Times further apart than this are reached by a jump, nearer ones by reading on, in seconds; in a file just opened a jump costs less.
_JUMP, _FIRST_JUMP = 12.0, 2.0
_THUMB = 240


class Candidate(NamedTuple):
    """A thing at the moment (seconds) it is seen best. ``meant``: what of the clip goes if it is chosen, as of a ``Removal``."""

    meant: Mapping[str, Any]
    label: str
    time: float
    box: Boxes


def near(path: Path, name: str, times: list[float]) -> Iterator[Timed]:
    """Upright frames at or just after each of the times (in order), a frame once."""
    wanted = iter(sorted(times))
    goal = next(wanted, None)
    at = 0.0
    while goal is not None:
        with closing(open_video(path, name)) as source:
            if goal - at > _FIRST_JUMP:
                seek(source, goal)
            for frame in upright(source, frames(source)):
                at = seconds_of(frame)
                if at < goal - 1e-6:
                    continue
                yield at, frame
                while goal is not None and goal <= at + 1e-6:
                    goal = next(wanted, None)
                if goal is None or goal - at > _JUMP:
                    break
            else:
                return


def pictured(path: Path, name: str, candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Candidates as JSON values, with a small JPEG each; boxes are in parts of the picture."""
    shown: dict[float, Any] = {}
    for at, frame in near(path, name, [one.time for one in candidates]):
        shown[at] = frame.to_ndarray(format="bgr24")
    result = []
    for one in candidates:
        picture = shown[min(shown, key=partial(_apart, one.time))]
        size = picture.shape[1::-1]
        box = [round(float(edge) / size[n % 2], 4) for n, edge in enumerate(one.box)]
        result.append(
            {
                **one.meant,
                "label": one.label,
                "at": round(one.time, 2),
                "box": box,
                "picture": _thumbnail(picture, one.box),
            }
        )
    return result


def _apart(one: float, other: float) -> float:
    return abs(one - other)


def _thumbnail(picture: Any, box: Any) -> str:
    """A ``data:`` URL of the box and what is around it, the box drawn."""
    import cv2  # noqa: PLC0415 - slow import

    size = picture.shape[1::-1]
    region = whole(clipped(padded(box, 0.4, 24), size), size, 1) or (0, 0, *size)
    x0, y0, x1, y1 = (round(float(edge)) for edge in box)
    drawn = cv2.rectangle(picture.copy(), (x0, y0), (x1, y1), (0, 210, 255), 2)[
        region[1] : region[3], region[0] : region[2]
    ]
    scale = _THUMB / max(drawn.shape[:2])
    if scale < 1:
        drawn = cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return "data:image/jpeg;base64," + base64.b64encode(coded.tobytes()).decode()
