"""The look through a clip: every frame for cuts, some for motion, fewer for things; on two threads beside the decoder's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import iou, shared
from skillwire.studio.effects.camera import Matrix, View, motion
from skillwire.studio.effects.finding.analysis import Analysis, Shot
from skillwire.studio.effects.finding.detector import Detection, Detector, suppressed, tiles
from skillwire.studio.effects.finding.shots import Cuts, first_after_cut
from skillwire.studio.effects.finding.tracks import Seen, Track, Tracker, sharpness
from skillwire.studio.effects.planes import Planes, planes_of, small_bgr
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skillwire.studio.effects.upright import Timed

# Pictures a second that motion is measured on, and that are searched for things.
_RATE, _SEARCH_RATE = 6.0, 2.5
# The larger side of the pictures that things are looked for in.
_SIDE = 960
# A camera stands still when nothing of the background moves more than this: in pixels of the full picture, and of the one measured.
_STILL_PX = 1.0
_STILL_MEASURED_PX = 0.35
# Of pictures in which it moves, so many, and so large a share, tell that it does not stand still.
_MOVED, _MOVED_SHARE = 6, 0.5
# A tile of a still shot is looked at again when the mean of a 32nd of it changes by this much (of 255), or after so many seconds.
_TILE_CHANGE = 5.0
_TILE_EVERY = 2.0
# Tiles searched in one picture, after the shot's first: before a camera that moves; before one that stands still; there, too, where
# something was lost. A tile of a still shot in which nothing was found that the whole picture lacks can wait for so many seconds.
_MOVING_TILES, _STILL_TILES, _LOST_TILES = 2, 1, 2
_TILE_WAITS = 1.5
_FACE = 32
# What overlaps so well with something else is the same.
_SEEN = 0.4
_AHEAD = 4

# Told of pictures of a shot: shot, time, planes; and of its end.
Keep = Callable[[int, float, Planes], None]
Settle = Callable[[int], None]
# Gives every frame from one time to another.
Between = Callable[[float, float], Iterator["Timed"]]


def analysed(
    frames: Iterator[Timed],
    keep: Keep = lambda _shot, _time, _planes: None,
    settle: Settle = lambda _shot: None,
    between: Between = lambda _first, _last: iter(()),
) -> Analysis:
    """Looks through upright yuv420p frames with their times (seconds). Memory is bounded by a few small pictures.

    Frames may be left out of ``frames``: where two of them have a cut between them, ``between`` gives all from the one to the other.

    ``keep`` is given every picture that is searched, ``settle`` is told when its shot has ended.
    """
    look = _Look(Detector(), settle)
    with ThreadPoolExecutor(1) as worker:
        waiting: deque[Future[None]] = deque()
        cuts = Cuts()
        next_sample, next_search, shot = -1.0, -1.0, -1
        time, step, size = 0.0, 0.04, (2, 2)
        for now, frame in frames:
            planes = planes_of(frame)
            size = planes.size
            begins = cuts.starts(planes.y)
            start = now
            if begins and shot >= 0:
                start = first_after_cut(((at, planes_of(one).y) for at, one in between(time, now)), now)
            step, time = max(now - time, 1e-3), now
            searched = begins or now > next_search - step / 2
            if not searched and now < next_sample - step / 2:
                continue
            next_sample, shot = now + 1 / _RATE, shot + begins
            next_search = now + 1 / _SEARCH_RATE if searched else next_search
            picture = small_bgr(planes, _SIDE) if searched else None
            seen = None if picture is None else Seen(now, picture, size[0] / picture.shape[1], sharpness(picture))
            while len(waiting) >= _AHEAD:
                waiting.popleft().result()
            waiting.append(worker.submit(look.at, now, View(planes.y), seen, begins=start if begins else None))
            if searched:
                keep(shot, now, planes)
        for one in waiting:
            one.result()
    return look.done(time + step, size)


class _Look:
    """The work on sampled pictures, in order."""

    def __init__(self, detector: Detector, settle: Settle) -> None:
        self._detector = detector
        self._settle = settle
        self._tracker: Tracker | None = None
        self._tiles = _Tiles(detector)
        self._tracks: list[Track] = []
        self._starts: list[float] = []
        self._still: list[bool] = []
        self._paths: list[tuple[tuple[float, Matrix], ...]] = []
        self._path: list[tuple[float, Matrix]] = []
        self._shifts: list[float] = []
        self._limit = _STILL_PX
        self._reference: View | None = None
        self._before: View | None = None
        self._searched: Matrix = np.eye(3)
        self._still_now = False

    def at(self, time: float, view: View, seen: Seen | None, *, begins: float | None) -> None:
        """Takes a picture in, ``seen`` where it is searched; ``begins``: when the shot began that it is the first of."""
        if begins is not None or self._tracker is None:
            self._close()
            self._starts.append(time if begins is None else begins)
            self._tracker = Tracker(len(self._starts) - 1, self._detector, 1000 * len(self._starts))
            self._reference = self._before = None
            self._still_now = False
        # While a camera stands still it is enough to see now and then that it does.
        resting = self._still_now and seen is None and not self._moves()
        camera, self._still_now = (np.eye(3), True) if resting else self._camera(view, self._tracker.boxes())
        self._path.append((time, camera @ self._path[-1][1] if self._path else camera))
        self._tracker.drift(time, view.grey, view.scale)
        if seen is not None:
            lost = [box / seen.scale for box in self._tracker.lost()]
            found = self._tiles.found(time, seen.picture, lost, still=self._still_now)
            here = self._path[-1][1]
            step = here @ np.linalg.inv(self._searched)
            self._searched = here
            self._tracker.step(seen, found, step)
        if self._reference is None:
            view.without = self._tracker.boxes()
            self._reference = view
        self._before = view

    def done(self, end: float, size: tuple[int, int]) -> Analysis:
        self._close()
        ends = [*self._starts[1:], end]
        shots = tuple(Shot(*facts) for facts in zip(self._starts, ends, self._still, self._paths, strict=True))
        return Analysis(size, shots, tuple(self._tracks))

    def _camera(self, view: View, movers: list[NDArray[np.float32]]) -> tuple[Matrix, bool]:
        """How the camera moved since the picture before, and whether it is where the shot began."""
        view.without = movers
        if self._before is None or self._reference is None:
            return np.eye(3), False
        self._limit = max(_STILL_PX, _STILL_MEASURED_PX / view.scale)
        if not self._moves():
            home = motion(self._reference, view)
            self._shifts.append(home.shift if home.trust > 0.3 else 1e6)
            if home.trust > 0.3 and home.shift < self._limit:
                return np.eye(3), True
        else:
            self._shifts.append(1e6)
        step = motion(self._before, view)
        return step.matrix if step.trust > 0.3 else np.eye(3), False

    def _moves(self) -> bool:
        moved = sum(shift >= self._limit for shift in self._shifts)
        return moved >= max(_MOVED, _MOVED_SHARE * len(self._shifts))

    def _close(self) -> None:
        if self._tracker is None:
            return
        self._tracks += self._tracker.done()
        # One picture in twenty may be misjudged: a bus before the lens, a flash.
        self._still.append(not self._shifts or float(np.quantile(self._shifts, 0.95)) < self._limit)
        self._settle(len(self._still) - 1)
        self._paths.append(() if self._still[-1] else tuple(self._path))
        self._shifts, self._path, self._searched = [], [], np.eye(3)
        self._tiles = _Tiles(self._detector)


@dataclass(frozen=True, slots=True)
class _Tile:
    """What a tile looked like, what was found in it, and whether the whole picture lacked any of that."""

    time: float
    face: NDArray[Any]
    found: list[Detection]
    adds: bool


class _Tiles:
    """Looks at the whole picture each time, and in turn at tiles of it, first at those where something was lost."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._known: dict[int, _Tile] = {}
        self._whole: list[Detection] = []
        self._whole_at = 0.0

    def found(
        self, time: float, picture: NDArray[np.uint8], lost: list[NDArray[np.float32]], *, still: bool
    ) -> list[Detection]:
        every = tiles(picture.shape[1], picture.shape[0])
        faces = [_face(picture[y0:y1, x0:x1, 1]) for x0, y0, x1, y1 in every]
        same = {n for n, face in enumerate(faces) if still and self._is_as_it_was(n, time, face)}
        if len(same) < len(every) or time - self._whole_at >= _TILE_EVERY:
            self._whole, self._whole_at = self._detector.whole(picture), time
        sought = [
            sum(float(shared(box, np.asarray(tile, np.float32))) > 0 for box in lost) if n not in same else 0
            for n, tile in enumerate(every)
        ]
        fresh = self._due(time, [n for n in range(len(every)) if n not in same], sought, still=still)
        for n in fresh:
            seen = self._detector.inside(picture, [every[n]])
            self._known[n] = _Tile(time, faces[n], seen, adds=self._adds(seen))
        return suppressed([*self._whole, *(one for n in (*sorted(same), *fresh) for one in self._known[n].found)])

    def _is_as_it_was(self, number: int, time: float, face: NDArray[Any]) -> bool:
        known = self._known.get(number)
        recent = known is not None and time - known.time < _TILE_EVERY
        return recent and float(np.abs(face - self._known[number].face).max()) < _TILE_CHANGE

    def _due(self, time: float, changed: list[int], sought: list[int], *, still: bool) -> list[int]:
        """Which of the tiles that changed are looked at now; ``sought``: how many lost things may be in each."""
        if not self._known:
            return changed
        ages = {n: time - self._known[n].time for n in changed}
        due = [n for n in changed if not still or sought[n] or self._known[n].adds or ages[n] >= _TILE_WAITS]
        at_once = _MOVING_TILES if not still else _LOST_TILES if any(sought) else _STILL_TILES
        return sorted(due, key=lambda n: (-ages[n] * (1 + sought[n]), -n))[:at_once]

    def _adds(self, seen: list[Detection]) -> bool:
        """Whether the whole picture lacked any of this."""
        whole = np.stack([one.box for one in self._whole]) if self._whole else np.zeros((0, 4), np.float32)
        return any(not len(whole) or float(iou(one.box, whole).max()) < _SEEN for one in seen)


def _face(green: NDArray[np.uint8]) -> NDArray[Any]:
    small: NDArray[Any] = opencv().resize(green, (_FACE, _FACE), interpolation=opencv().INTER_AREA)
    return small.astype(np.float32)
