"""Which part of a picture a crop shows: where people are, else other things, else what stands out; moved as by a calm hand.

Looked up every few frames. Between the looks the place follows a quadratic B-spline, so that neither place nor speed jumps; a
cut starts anew. Frames wait until the look after the next is known: memory for about twenty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.backdrop.people import small_bgr
from skillwire.studio.effects.finding.detector import Detection, Detector
from skillwire.studio.effects.finding.shots import Cuts
from skillwire.studio.effects.planes import Planes, matrix_of, planes_of

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

# Frames between two looks.
STEP = 12
# Interest along the axis is told in so many bins.
BINS = 240
# The detector's score from which a thing counts, and how much one counts by what it is.
_LEAST_SCORE = 0.35
_PERSON, _ANIMAL, _OTHER = 1.0, 0.5, 0.2
_ANIMALS = frozenset(["bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"])
# Of a person's interest, this part lies in the upper share of the box, where the face is.
_FACE_PART, _FACE_SHARE = 0.6, 0.35
# Who was seen is expected to be there still for so many looks without a sighting.
_REMEMBERED = 6
# A subject stays chosen until another is so many times as interesting.
_LOYALTY = 1.25
# In parts of the window: what the subject may move without being followed, and how near counts as the same.
_SLACK, _NEAR = 0.08, 0.2
# Windows a second: the usual speed, and that of a chase, when the subject is so many windows off that it would leave the view.
_SPEED, _CHASE, _ESCAPING = 0.7, 2.5, 0.3
# Thumbnails that saliency is computed on, as Hou and Zhang propose.
_THUMB = 64

Look = Callable[[Planes, int], tuple["NDArray[np.float64]", bool]]


def places(
    frames: Iterator[VideoFrame], window: float, axis: int, look: Look | None = None
) -> Iterator[tuple[VideoFrame, float]]:
    """Each frame with where its crop begins, in pixels along ``axis`` (0: across, 1: down).

    ``frames``: upright yuv420p of one size. ``window``: the crop's length along the axis in pixels. ``look``: tells interest in
    ``BINS`` bins along the axis, and whether it is in a thing that was recognised.
    """
    look = look or looker(axis)
    waiting: deque[VideoFrame] = deque()
    cuts = Cuts()
    path: _Path | None = None
    seen = shown = 0  # frames of this shot that came, that left
    for frame in frames:
        planes = planes_of(frame)
        if cuts.starts(planes.y) or path is None:
            while waiting and path is not None:
                yield waiting.popleft(), path.at(shown / STEP)
                shown += 1
            path, seen, shown = _Path(planes.size[axis], window), 0, 0
        if seen % STEP == 0:
            path.steer(*look(planes, matrix_of(frame)), float((frame.pts or 0) * (frame.time_base or 0)))
        waiting.append(frame)
        seen += 1
        while path.knows(shown / STEP) and waiting:
            yield waiting.popleft(), path.at(shown / STEP)
            shown += 1
    while waiting and path is not None:
        yield waiting.popleft(), path.at(shown / STEP)
        shown += 1


class _Path:
    """Where the window begins, over the looks of one shot."""

    def __init__(self, length: int, window: float) -> None:
        self._room = max(0.0, length - window)
        self._window = window
        self._bin = length / BINS
        kernel = np.hanning(max(3, round(window / self._bin)) + 2)[1:-1]
        self._kernel = kernel / kernel.sum()
        self._points: list[float] = []
        self._wanted = self._room / 2
        self._unseen = 0
        self._recognised = False
        self._usual: NDArray[np.float64] | None = None
        self._time = 0.0

    def steer(self, interest: NDArray[np.float64], recognised: bool, time: float) -> None:
        """Takes in a look at ``time`` (seconds)."""
        if recognised:
            self._wanted, self._unseen, self._recognised = self._best(interest), 0, True
        else:
            self._unseen += 1
            # What merely stands out changes from look to look: its average is what to point at.
            self._usual = interest if self._usual is None else self._usual * 0.8 + interest * 0.2
            if not self._recognised or self._unseen > _REMEMBERED:
                self._wanted = self._best(self._usual)
        if not self._points:
            self._points.append(self._wanted)
        else:
            way = self._wanted - self._points[-1]
            slack = _SLACK if self._recognised else 2 * _SLACK
            speed = _CHASE if abs(way) > _ESCAPING * self._window else _SPEED
            most = speed * self._window * max(0.0, time - self._time)
            step = 0.0 if abs(way) < slack * self._window else min(max(way, -most), most)
            self._points.append(self._points[-1] + step)
        self._time = time

    def knows(self, look: float) -> bool:
        """Whether what comes next cannot change the place at that look any more."""
        return int(look + 0.5) + 1 < len(self._points)

    def at(self, look: float) -> float:
        """Where the window begins at a moment between looks."""
        near = int(look + 0.5)
        s = look + 0.5 - near
        last = len(self._points) - 1
        a, b, c = (self._points[min(max(n, 0), last)] for n in (near - 1, near, near + 1))
        return float((1 - s) ** 2 / 2 * a + (0.5 + s * (1 - s)) * b + s**2 / 2 * c)

    def _best(self, interest: NDArray[np.float64]) -> float:
        if len(self._kernel) >= BINS:
            return self._room / 2
        scores = np.convolve(interest, self._kernel, "valid")
        best = int(scores.argmax())
        if self._points:
            # Of equally good places the nearest.
            here = round(self._wanted / self._room * (len(scores) - 1)) if self._room else 0
            reach = max(1, round(_NEAR * len(self._kernel)))
            low = max(0, here - reach)
            near = low + int(scores[low : here + reach + 1].argmax())
            if scores[best] < _LOYALTY * scores[near]:
                best = near
        return self._room * best / max(1, len(scores) - 1)


def looker(axis: int) -> Look:
    """The package's detector, and spectral residuals where it recognises nothing."""
    network = Detector()

    def look(planes: Planes, colorspace: int) -> tuple[NDArray[np.float64], bool]:
        picture = small_bgr(planes, colorspace)
        found = [one for one in network.whole(picture) if one.score >= _LEAST_SCORE]
        if found:
            return interest_in(found, (picture.shape[1], picture.shape[0]), axis), True
        return salient(planes.y, axis), False

    return look


def interest_in(found: list[Detection], size: tuple[int, int], axis: int) -> NDArray[np.float64]:
    """Interest along the axis from things found in a picture of ``size``; larger, surer and more alive ones count more."""
    interest = np.zeros(BINS)
    scale = BINS / size[axis]
    for one in found:
        low, high = float(one.box[axis]) * scale, float(one.box[axis + 2]) * scale
        share = float((one.box[2] - one.box[0]) * (one.box[3] - one.box[1])) / (size[0] * size[1])
        kind = _PERSON if one.label == "person" else _ANIMAL if one.label in _ANIMALS else _OTHER
        weight = kind * one.score * share**0.75
        if axis == 1 and one.label == "person":
            face = low + (high - low) * _FACE_SHARE
            _spread(interest, low, face, weight * _FACE_PART)
            _spread(interest, face, high, weight * (1 - _FACE_PART))
        else:
            _spread(interest, low, high, weight)
    return interest


def _spread(interest: NDArray[np.float64], low: float, high: float, weight: float) -> None:
    first, last = max(0, int(low)), min(BINS, int(high) + 1)
    if last > first:
        interest[first:last] += weight / (last - first)


def salient(luma: NDArray[np.uint8], axis: int) -> NDArray[np.float64]:
    """Interest along the axis from what stands out of the picture's usual spectrum (Hou and Zhang, 2007)."""
    import cv2  # noqa: PLC0415 - slow import

    thumb = cv2.resize(luma, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA).astype(np.float64)
    spectrum = np.fft.fft2(thumb)
    size = np.log(np.abs(spectrum) + 1e-9)
    residual = size - cv2.blur(size, (3, 3))
    unusual = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    smooth: NDArray[Any] = cv2.GaussianBlur(unusual, (0, 0), 3)
    along = smooth.sum(axis=axis)
    along = np.clip(along - np.median(along), 0, None)
    bins = np.interp(np.linspace(0, _THUMB - 1, BINS), np.arange(_THUMB), along)
    return bins / bins.sum() if bins.sum() else np.full(BINS, 1 / BINS)
