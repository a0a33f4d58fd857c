"""Removal on files: a clip's analysis, what words or marks mean in it, and its frames without what was chosen."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.errors import JobFailed
from skillwire.folders import cache_dir
from skillwire.studio.effects.ahead import ahead
from skillwire.studio.effects.analysis import Analysis, content_key, kept
from skillwire.studio.effects.boxes import area, clipped, iou, padded, whole
from skillwire.studio.effects.camera import moved
from skillwire.studio.effects.look import analysed
from skillwire.studio.effects.painted import shape_of
from skillwire.studio.effects.pick import chosen
from skillwire.studio.effects.remove import Remover, Timed
from skillwire.studio.effects.samples import Samples
from skillwire.studio.effects.sparse import Sparse
from skillwire.studio.effects.targets import Mark, Removal
from skillwire.studio.effects.tracks import Track
from skillwire.studio.effects.upright import seconds_of, upright
from skillwire.studio.effects.wish import wish_of
from skillwire.studio.media.read import Source, frames, open_video, seek

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_AND = re.compile(
    r"\s+(?:and|und|y|et|e|plus|as well as)\s+(?:the\s+|der\s+|die\s+|das\s+|los?\s+|las?\s+|les?\s+|os?\s+)?|[,;、，；]|以及|还有|和|と"
)
# A box drawn by hand means a thing that was followed when it lies on it so well.
_SAME = 0.4
# Times further apart than this are reached by a jump, nearer ones by reading on, in seconds.
_JUMP = 12.0
_THUMB = 240
# A part that is made up is told of from this share of all that was replaced.
_TOLD = 0.01
_AHEAD = 4
# A place marked by hand is there all the time; so far apart are its boxes, in seconds.
_EVERY = 0.5


def analysis_of(path: Path, name: str) -> Analysis:
    """The clip's analysis, made once. Raises ``BadInput`` or ``JobFailed`` when it cannot be read."""

    def make() -> Analysis:
        sparse, samples = Sparse(path, name), samples_of(path)
        return analysed(sparse.frames(), samples.keep, samples.settle, sparse.between)

    return kept(path, cache_dir() / "analyses", make)


def samples_of(path: Path) -> Samples:
    """Where the pictures for the plates of a clip are kept."""
    return Samples(cache_dir() / "plates", content_key(path))


def vanished(
    removal: Removal,
    source: Source,
    path: Path,
    shown: Iterator[VideoFrame],
    in_file: Callable[[float], float],
    span: tuple[float, float],
    remark: Callable[[str], None],
) -> Generator[VideoFrame, None, None]:
    """Frames of the timeline, upright, without what is removed; made ahead in a thread of their own.

    ``source``: what they come from, of the file at ``path``. ``in_file`` gives the time in the file (seconds) of a time on the timeline;
    ``span``: the seconds of the file in use. ``remark`` is told at the end when pixels had to be invented.
    """
    analysis = analysis_of(path, source.name)
    remover = Remover(analysis, targets_of(removal, analysis))
    remover.prepare(lambda times: near(path, source.name, times), span, samples_of(path).of)

    def mended() -> Iterator[VideoFrame]:
        timed = ((in_file(seconds_of(frame)), frame) for frame in upright(source, shown))
        yield from (frame for _, frame in remover.mended(timed))
        if remover.tally.share >= _TOLD:
            remark(
                f"about {remover.tally.share:.0%} of what was taken out of {source.name} hides what no picture of it shows; "
                "that part is made up"
            )

    return ahead(mended(), _AHEAD)


def near(path: Path, name: str, times: list[float]) -> Iterator[Timed]:
    """Upright frames at or just after each of the times (in order), a frame once."""
    wanted = iter(sorted(times))
    goal = next(wanted, None)
    at = 0.0
    while goal is not None:
        with closing(open_video(path, name)) as source:
            if goal - at > _JUMP:
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


def targets_of(removal: Removal, analysis: Analysis) -> list[Track]:
    """The tracks that are meant. Raises ``JobFailed`` for a click on nothing known, or a track that is not there."""
    known = {track.id: track for track in analysis.tracks}
    missing = [number for number in removal.tracks if number not in known]
    if missing:
        raise JobFailed("the timeline names a thing that is not in this clip", fix="say again what is to be removed")
    found = [known[number] for number in removal.tracks]
    for number, mark in enumerate(removal.marks):
        track = _marked(mark, analysis, -1 - number)
        if all(track.id != other.id for other in found):
            found.append(track)
    return found


def _marked(mark: Mark, analysis: Analysis, number: int) -> Track:
    """The thing a mark means: the smallest known one around a click, the one a box lies on, else the place itself."""
    size = analysis.size
    box = np.asarray(mark.box, np.float32) * np.asarray([*size, *size], np.float32)
    there = [(track, at) for track in analysis.tracks if (at := track.at(mark.at, 0.2)) is not None]
    if mark.is_click:
        around = [
            (float(area(at)), track) for track, at in there if (at[:2] <= box[:2]).all() and (at[2:] >= box[2:]).all()
        ]
        if not around:
            raise JobFailed("no known thing is at the place that was clicked", fix="draw a box around it instead")
        return min(around, key=lambda one: one[0])[1]
    if there:
        alike = iou(box, np.stack([at for _, at in there]))
        if alike.max() >= _SAME:
            return there[int(alike.argmax())][0]
    track = _riding(box, mark.at, analysis, number)
    track.shape = shape_of(mark.shape) if mark.shape else None
    return track


def _riding(box: Any, at: float, analysis: Analysis, number: int) -> Track:
    """A place in the scene as a track: it moves as the camera moves."""
    shot = analysis.shots[analysis.shot_at(at)]
    track = Track(number, "place", analysis.shot_at(at), label="place")
    if not shot.path:
        track.times = list(np.arange(shot.start, shot.end, _EVERY))
        track.boxes = [box] * len(track.times)
    else:
        places = np.asarray([time for time, _ in shot.path])
        home = np.linalg.inv(shot.path[int(np.abs(places - at).argmin())][1])
        corners = np.asarray([[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]], np.float64)
        for time, matrix in shot.path:
            x, y = np.sort(moved(corners, matrix @ home), axis=0).T
            track.times.append(time)
            track.boxes.append(np.asarray([x[:2].mean(), y[:2].mean(), x[2:].mean(), y[2:].mean()], np.float32))
    track.scores = [1.0] * len(track.times)
    return track


def search(path: Path, name: str, words: str, span: tuple[float, float]) -> dict[str, Any]:
    """What of a clip words mean, as JSON values.

    ``tracks``: ids of what is meant for certain; ``candidates``: ``{"track", "label", "at", "box", "picture"}`` among which the user
    must choose; ``unknown``: words for things the detector has no class for; ``absent``: known things that are not seen;
    ``seen``: which part of what stands behind the targets another picture shows, 0 to 1; ``margin``: how clear the choice was.
    """
    analysis = analysis_of(path, name)
    tracks: list[Track] = []
    candidates: list[Track] = []
    unknown, absent = [], []
    margin = 1.0
    whole_wish = wish_of(words)
    parts = (
        [words] if whole_wish.group and not _AND.search(words) else [one for one in _AND.split(words) if one.strip()]
    )
    for part in parts:
        wish = wish_of(part)
        if not wish.group:
            unknown.append(part.strip())
            continue
        choice = chosen(wish, analysis, span)
        margin = min(margin, choice.margin)
        tracks += choice.tracks
        candidates += choice.candidates
        if not choice.tracks and not choice.candidates:
            absent.append(part.strip())
    return {
        "tracks": list(dict.fromkeys(track.id for track in tracks)),
        "candidates": pictured(path, name, candidates, analysis),
        "unknown": unknown,
        "absent": absent,
        "margin": round(margin, 3),
        "seen": round(seen_behind(analysis, tracks or candidates[:1]), 3),
    }


def known(path: Path, name: str, removal: Removal) -> dict[str, Any]:
    """What ``search`` tells, of things already chosen."""
    analysis = analysis_of(path, name)
    return {"seen": round(seen_behind(analysis, targets_of(removal, analysis)), 3), "margin": 1.0}


def seen_behind(analysis: Analysis, targets: list[Track]) -> float:
    """Which part of the places behind the targets shows at some time of their shot, told from the boxes alone."""
    shares = []
    for target in targets:
        shot = analysis.shots[target.shot]
        same = [track for track in targets if track.shot == target.shot]
        path = dict(shot.path)
        times = [time for time, _ in shot.path] or list(np.linspace(shot.start, shot.end, 60, endpoint=False))
        middle = len(target.times) // 2
        box = padded(target.boxes[middle], 0.05)
        x, y = np.meshgrid(np.linspace(box[0], box[2], 12), np.linspace(box[1], box[3], 12))
        points = np.stack([x.ravel(), y.ravel()], 1).astype(np.float64)
        points = points[((points >= 0) & (points < np.asarray(analysis.size))).all(1)]
        if not len(points):
            continue
        here = path[times[int(np.abs(np.asarray(times) - target.times[middle]).argmin())]] if path else np.eye(3)
        shown = np.zeros(len(points), bool)
        for time in times:
            there = moved(points, path[time] @ np.linalg.inv(here)) if path else points
            free = ((there >= 0) & (there < np.asarray(analysis.size))).all(1)
            for track in same:
                at = track.at(time, 0.3)
                if at is not None:
                    at = padded(at, 0.1)
                    free &= ~((there >= at[:2]) & (there <= at[2:])).all(1)
            shown |= free
        shares.append(float(shown.mean()))
    return float(np.mean(shares)) if shares else 1.0


def pictured(path: Path, name: str, tracks: list[Track], analysis: Analysis) -> list[dict[str, Any]]:
    """Candidates with a small JPEG each, at the moment they were seen best."""
    moments = {
        track.id: int(np.argmax(np.asarray(track.scores) * np.sqrt(area(np.stack(track.boxes))))) for track in tracks
    }
    shown: dict[float, Any] = {}
    for at, frame in near(path, name, [track.times[moments[track.id]] for track in tracks]):
        shown[at] = frame.to_ndarray(format="bgr24")
    result = []
    for track in tracks:
        moment = moments[track.id]
        box, time = track.boxes[moment], track.times[moment]
        at = min(shown, key=lambda one: abs(one - time))
        result.append(
            {
                "track": track.id,
                "label": track.label,
                "at": round(time, 2),
                "box": [round(float(edge) / analysis.size[n % 2], 4) for n, edge in enumerate(box)],
                "picture": _thumbnail(shown[at], box),
            }
        )
    return result


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
