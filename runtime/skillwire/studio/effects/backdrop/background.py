"""What stands behind the people, frame by frame: a colour, a drawn scene, a video or picture, or their own room out of focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.errors import JobFailed
from skillwire.studio.effects.backdrop.matte import Matte
from skillwire.studio.effects.backdrop.scenes import drawn
from skillwire.studio.effects.planes import Planes, shrunk, upright_planes, yuv_of
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

# Planes behind a frame, given the frame, its planes and its matte.
Behind = Callable[["VideoFrame", Planes, Matte | None], Planes]

# Standard deviation of the blur, in parts of the short side.
_BLUR = {"light": 0.012, "medium": 0.025, "strong": 0.055}
# Blurring is done at this short side, or less where a standard deviation of so many pixels allows it.
_SMALL, _SOFT = 180, 2.5
_TINY = 1 / 255
# A check's side in parts of the short side, and the lumas of light and dark checks.
_CHECK, _CHECKS = 0.03, (214, 177)
# How far a drawn scene follows the light of the shot: exposure by this power of the ratio within bounds, colour cast by this part.
_FOLLOW, _DARKEST, _BRIGHTEST, _CAST = 0.35, 0.75, 1.2, 0.12


def colour(code: str, size: tuple[int, int], colorspace: int) -> Behind:
    """A wall of one colour, ``#rrggbb``."""
    red, green, blue = (int(code[n : n + 2], 16) for n in (1, 3, 5))
    width, height = size
    shapes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    levels = yuv_of((red, green, blue), colorspace)
    wall = Planes(*(np.full(shape, level, np.uint8) for shape, level in zip(shapes, levels, strict=True)))
    return lambda _frame, _planes, _matte: wall


def scene(name: str, size: tuple[int, int], colorspace: int) -> Behind:
    """A drawn scene, its light fitted to that of the first frame. It is drawn in a thread, while people are looked for."""
    pencil = ThreadPoolExecutor(1)
    still = pencil.submit(drawn, name, size, colorspace)
    pencil.shutdown(wait=False)
    fitted: list[Planes] = []

    def behind(_frame: VideoFrame, planes: Planes, _matte: Matte | None) -> Planes:
        if not fitted:
            fitted.append(in_the_light_of(planes, still.result()))
        return fitted[0]

    return behind


def checks(size: tuple[int, int]) -> Behind:
    """The grey checkerboard that stands for "transparent" where a file cannot be."""
    width, height = size
    side = max(2, round(_CHECK * min(size) / 2) * 2)
    y, x = np.mgrid[:height, :width] // side
    luma = np.where((x + y) % 2, *_CHECKS).astype(np.uint8)
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    board = Planes(luma, grey, grey)
    return lambda _frame, _planes, _matte: board


def blur(level: str) -> Behind:
    """The frame itself, blurred without what the people show, so that nobody glows."""
    part = _BLUR[level]

    def behind(_frame: VideoFrame, planes: Planes, matte: Matte | None) -> Planes:
        return blurred(planes, matte, part)

    return behind


def video(frames: Callable[[], Iterator[VideoFrame]], size: tuple[int, int]) -> Behind:
    """A video that starts with the first frame and begins again at its end. ``frames`` opens it anew."""
    playing = _Loop(frames, size)

    def behind(frame: VideoFrame, _planes: Planes, _matte: Matte | None) -> Planes:
        return playing.at(Fraction(frame.pts or 0) * (frame.time_base or Fraction(1)))

    return behind


def blurred(planes: Planes, matte: Matte | None, part: float) -> Planes:
    """Planes blurred with a Gaussian of ``part`` of the short side, weighted by what is not matted."""
    cv2 = opencv()
    width, height = planes.size
    scale = min(1.0, min(_SMALL, _SOFT / part) / min(width, height))
    small = (max(2, round(width * scale)), max(2, round(height * scale)))
    sigma = max(0.6, part * min(small))
    weight = None
    if matte is not None:
        gone = matte.of((0, 0, width, height)).half
        weight = 1 - shrunk(gone, small).astype(np.float32) / 255 + _TINY
    total = None if weight is None else cv2.GaussianBlur(weight, (0, 0), sigma)

    def smooth(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        seen = shrunk(plane, small)
        if weight is None:
            even = cv2.GaussianBlur(seen, (0, 0), sigma)
        else:
            even = cv2.GaussianBlur(seen * weight, (0, 0), sigma) / total
            even = np.rint(even).astype(np.uint8)
        large: NDArray[np.uint8] = cv2.resize(even, plane.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return large

    return Planes(*map(smooth, planes.each()))


def in_the_light_of(shot: Planes, still: Planes) -> Planes:
    """A drawn scene exposed as the shot is, with a part of its colour cast, so that the person belongs there."""
    cv2 = opencv()
    bright, dark = (max(1.0, cv2.mean(planes.y)[0] - 16) for planes in (shot, still))
    gain = min(max((bright / dark) ** _FOLLOW, _DARKEST), _BRIGHTEST)
    y = np.clip((still.y.astype(np.float32) - 16) * gain + 16, 16, 235)
    casts = [(cv2.mean(plane)[0] - 128) * _CAST for plane in (shot.u, shot.v)]
    chroma = [
        np.clip(plane.astype(np.float32) + min(max(cast, -3.0), 3.0), 16, 240)
        for plane, cast in zip((still.u, still.v), casts, strict=True)
    ]
    return Planes(*(np.rint(plane).astype(np.uint8) for plane in (y, *chroma)))


def covering(array: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture of any size made as large as needed to fill ``size``; what hangs over on two sides is cut off."""
    cv2 = opencv()
    height, width = array.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    wide, high = min(width, round(size[0] / scale)), min(height, round(size[1] / scale))
    left, top = (width - wide) // 2, (height - high) // 2
    cut = array[top : top + max(1, high), left : left + max(1, wide)]
    if cut.shape[1::-1] == size:
        return cut
    result: NDArray[np.uint8] = cv2.resize(
        np.ascontiguousarray(cut), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    return result


class _Loop:
    """A video's planes by time."""

    def __init__(self, frames: Callable[[], Iterator[VideoFrame]], size: tuple[int, int]) -> None:
        self._open, self._size = frames, size
        self._frames = frames()
        self._start: Fraction | None = None  # on the clip's clock, where this round began
        self._origin = Fraction(0)
        self._now: Planes | None = None
        self._next: VideoFrame | None = None
        self._last = Fraction(0)

    def at(self, time: Fraction) -> Planes:
        """What shows at ``time``, which never goes back."""
        if self._start is None:
            self._start = time
        rounds = 0
        while True:
            if self._next is None:
                self._next = next(self._frames, None)
                if self._next is None:
                    rounds += 1
                    if rounds > 1:
                        raise JobFailed("the background video shows nothing", fix="use another one")
                    self._frames, self._start = self._open(), max(time, self._start + self._last - self._origin)
                    self._now = self._now if self._last > self._origin else None
                    self._last = Fraction(0)
                    continue
                if self._last == 0:
                    self._origin = _time(self._next)
            due = _time(self._next) - self._origin + self._start
            if due > time and self._now is not None:
                return self._now
            self._now = self._fitted(self._next)
            self._last = _time(self._next) + Fraction(self._next.duration or 0) * (self._next.time_base or 0)
            self._next = None

    def _fitted(self, frame: VideoFrame) -> Planes:
        width, height = self._size
        sizes = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
        planes = upright_planes(frame).each()
        return Planes(*(covering(plane, size) for plane, size in zip(planes, sizes, strict=True)))


def _time(frame: Any) -> Fraction:
    return Fraction(frame.pts or 0) * (frame.time_base or Fraction(0))
