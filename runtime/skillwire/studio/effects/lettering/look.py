"""The look through a clip for text: a few pictures a second are searched, on a thread beside the decoder's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.finding.shots import Cuts, first_after_cut
from skillwire.studio.effects.lettering.find import Seen, lines_in
from skillwire.studio.effects.lettering.follow import Follower
from skillwire.studio.effects.lettering.lines import Found
from skillwire.studio.effects.planes import Planes, planes_of, small_bgr
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Pictures a second that are searched, and their larger side.
_RATE, _SIDE = 2.5, 800
# A picture is searched again when a 48th of its sides by 27 changes by this much on average (bytes).
_CHANGE = 1.5
_AHEAD = 3

# Gives every frame from one time to another.
Between = Callable[[float, float], Iterator[tuple[float, "VideoFrame"]]]


def looked(frames: Iterator[tuple[float, VideoFrame]], between: Between = lambda _first, _last: iter(())) -> Found:
    """The text in upright yuv420p frames with their times (seconds), of which ``between`` gives those that were left out.

    Raises as ``networks.content``.
    """
    follower, cuts, searcher = Follower(), Cuts(), _Searcher()
    starts: list[float] = []
    time, step, due, size, fresh = 0.0, 0.04, -1.0, (2, 2), False
    with ThreadPoolExecutor(1) as worker:
        waiting: deque[Future[None]] = deque()
        for now, frame in frames:
            planes = planes_of(frame)
            size = planes.size
            begins = cuts.starts(planes.y)
            if begins:
                start = now
                if starts:
                    start = first_after_cut(((at, planes_of(one).y) for at, one in between(time, now)), now)
                starts.append(start)
            step, time, fresh = max(now - time, 1e-3), now, fresh or begins
            if not begins and now < due - step / 2:
                continue
            due = now + 1 / _RATE
            while len(waiting) >= _AHEAD:
                waiting.popleft().result()
            waiting.append(worker.submit(_searched, searcher, follower, now, frame, begins=fresh))
            fresh = False
        for one in waiting:
            one.result()
    end = time + step
    return Found(size, end, tuple(starts[1:]), tuple(follower.done(end)))


def _searched(searcher: _Searcher, follower: Follower, time: float, frame: VideoFrame, *, begins: bool) -> None:
    planes = planes_of(frame)
    follower.step(time, planes, searcher.found(planes), begins=begins)


class _Searcher:
    """Searches pictures in order; one that looks like the one before is not searched again."""

    def __init__(self) -> None:
        self._face: Any = None
        self._found: list[Seen] = []

    def found(self, planes: Planes) -> list[Seen]:
        """The lines in a picture, in its own pixels."""
        cv2 = opencv()
        face = cv2.resize(planes.y, (48, 27), interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._face is None or float(np.abs(face - self._face).max()) > _CHANGE:
            self._face = face
            picture = small_bgr(planes, _SIDE)
            scale = planes.size[0] / picture.shape[1]
            self._found = [Seen(seen.box * np.float32(scale), *seen[1:]) for seen in lines_in(picture)]
        return self._found
