"""Where people are in a video, looked up every half second, so that each is segmented at the network's full resolution."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.backdrop.glimpses import STEPS, Glimpse, pixels, place_of
from skillwire.studio.effects.backdrop.matte import Matte, coarse, refined
from skillwire.studio.effects.backdrop.segmenter import Segmenter
from skillwire.studio.effects.backdrop.sightings import Sightings
from skillwire.studio.effects.finding.detector import Detector
from skillwire.studio.effects.planes import Plane, Planes, Region, planes_of, rgb_matrix, shrunk
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Frames between two looks. They wait until the second look, so that who enters meanwhile is not missed: memory for as many.
STEP = 16
# Longer sides of the picture that people are looked for in.
_LOOK = 640
# The detector's score from which a box is taken for a person.
PERSON_SCORE = 0.45
# A region is this much larger than the box, in parts of its width and height, with edges on the grid of glimpses.
_PAD = (0.2, 0.12)
# A region is at most this many times as long as it is wide, so that the network sees people in their proportions.
_SLIMMEST = 2.0
# From this part of the picture on the whole picture is as good.
_WHOLE = 0.6
_MOST_REGIONS = 4
# Someone the detector lost for a moment stays while the last matte there still covers this part of the region.
_STILL_THERE = 0.03

Detect = Callable[[Plane], list[tuple[float, float, float, float]]]


def boxes_of(planes: Planes, detect: Detect, colorspace: int) -> list[Region]:
    """Boxes of people in a picture, in its pixels, best first."""
    picture = small_bgr(planes, colorspace)
    width, height = planes.size
    kx, ky = width / picture.shape[1], height / picture.shape[0]
    return [(round(a * kx), round(b * ky), round(c * kx), round(d * ky)) for a, b, c, d in detect(picture)]


def small_bgr(planes: Planes, colorspace: int) -> Plane:
    """A picture as the detector wants it: BGR bytes, its longer side at most 640 pixels."""
    cv2 = opencv()

    width, height = planes.size
    scale = min(1.0, _LOOK / max(width, height))
    small = (max(2, round(width * scale)), max(2, round(height * scale)))
    yuv = cv2.merge([shrunk(plane, small) for plane in planes.each()]).astype(np.float32)
    rgb = np.clip(cv2.transform(yuv, rgb_matrix(colorspace) * 255), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(rgb[:, :, ::-1])


def detector() -> Detect:
    """Finds people in BGR pictures with the package's object detector."""
    network = Detector()

    def detect(picture: Plane) -> list[tuple[float, float, float, float]]:
        found = network.whole(np.ascontiguousarray(picture), PERSON_SCORE)
        return [
            (float(a), float(b), float(c), float(d))
            for one in found
            if one.label == "person"
            for a, b, c, d in [one.box]
        ]

    return detect


def regions_of(boxes: list[Region], size: tuple[int, int]) -> list[Region]:
    """Regions that hold the boxes with room around, apart from each other, at most four."""
    regions: list[Region] = []
    for region in (_padded(box, size) for box in boxes if box[2] > box[0] and box[3] > box[1]):
        merged = region
        while near := next((other for other in regions if _better_together(merged, other)), None):
            regions.remove(near)
            merged = _union(merged, near)
        regions.append(merged)
    while len(regions) > _MOST_REGIONS:
        regions.sort(key=_area)
        smallest = regions.pop(0)
        nearest = min(regions, key=lambda other: _area(_union(smallest, other)))
        regions[regions.index(nearest)] = _union(smallest, nearest)
    whole = (0, 0, *size)
    return [whole] if sum(_area(region) for region in regions) > _WHOLE * _area(whole) else sorted(regions)


@dataclass(slots=True)
class _Watched:
    """A region, what was seen in it, and the part of it that the last matte covered."""

    region: Region
    sightings: Sightings
    covered: float = 0.0

    def mattes(self, pictures: Iterable[Planes]) -> Iterator[tuple[Plane, Matte | None]]:
        """What is seen in the region of each of the pictures that come next, and its matte."""
        small: deque[Planes] = deque()

        def parts() -> Iterator[Planes]:
            for planes in pictures:
                small.append(coarse(planes.crop(self.region)))
                yield small[-1]

        for cells in self.sightings.likely(parts()):
            matte = refined(cells, small.popleft())
            self.covered = matte.covered / _area(self.region) if matte else 0.0
            yield cells, matte.moved(*self.region[:2]) if matte else None


@dataclass(slots=True)
class PeopleMatter:
    """Mattes of the frames of one stream. Holds ``STEP`` frames at a time."""

    segmenter: Segmenter
    detect: Detect
    colorspace: int
    _watched: list[_Watched] = field(default_factory=list)

    def over(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[VideoFrame, Matte | None]]:
        """Each frame with its matte; ``None`` where nobody is. Frames: yuv420p, all of one size."""
        yield from ((frame, matte) for frame, _, matte in self.glimpsed(frames))

    def glimpsed(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[VideoFrame, list[Glimpse], Matte | None]]:
        """As ``over``, with what the network saw, which ``matte_of`` makes the same matte of."""
        following = next(frames, None)
        seen = self._look(following)
        while following is not None:
            waiting = [following, *islice(frames, STEP - 1)]
            following = next(frames, None)
            known, seen = seen, self._look(following)
            size = planes_of(waiting[0]).size
            self._watch(regions_of(known + seen, size), size)
            for frame, matted in zip(waiting, self._glimpsed([*map(planes_of, waiting)]), strict=True):
                yield frame, *matted

    def _look(self, frame: VideoFrame | None) -> list[Region]:
        return boxes_of(planes_of(frame), self.detect, self.colorspace) if frame is not None else []

    def _watch(self, regions: list[Region], size: tuple[int, int]) -> None:
        """Changes what is watched as little as needed: a region that still fits keeps its memory."""
        if not regions:
            lost = [one.region for one in self._watched if one.covered >= _STILL_THERE]
            regions = lost
        kept: list[_Watched] = []
        for region in regions:
            fits = next((one for one in self._watched if _fits(region, one.region) and one not in kept), None)
            kept.append(fits or _Watched(region, Sightings(self.segmenter)))
        if len({one.region for one in kept}) != len(kept) or sum(_area(one.region) for one in kept) > size[0] * size[1]:
            kept = [_Watched((0, 0, *size), Sightings(self.segmenter))]
        self._watched = kept

    def _glimpsed(self, pictures: list[Planes]) -> Iterator[tuple[list[Glimpse], Matte | None]]:
        """What is seen in each picture, and its matte."""
        places = [place_of(one.region, pictures[0].size) for one in self._watched]
        seen = [one.mattes(pictures) for one in self._watched]
        for _ in pictures:
            found = [next(mattes) for mattes in seen]
            glimpses = [Glimpse(place, cells) for place, (cells, _) in zip(places, found, strict=True)]
            yield glimpses, _together([matte for _, matte in found if matte])


def matte_of(glimpses: list[Glimpse], planes: Planes) -> Matte | None:
    """The matte of a picture in which that was seen."""
    mattes = []
    for one in glimpses:
        region = one.region(planes.size)
        matte = refined(one.likely, coarse(planes.crop(region)))
        if matte:
            mattes.append(matte.moved(*region[:2]))
    return _together(mattes)


def _together(mattes: list[Matte]) -> Matte | None:
    if len(mattes) < 2:
        return mattes[0] if mattes else None
    union = mattes[0].region
    for matte in mattes[1:]:
        union = _union(union, matte.region)
    whole = mattes[0].of(union)
    for matte in mattes[1:]:
        matte.onto(whole)
    return whole


def _padded(box: Region, size: tuple[int, int]) -> Region:
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    dx, dy = width * _PAD[0], height * _PAD[1]
    dx += max(0.0, (height + 2 * dy) / _SLIMMEST - width - 2 * dx) / 2
    dy += max(0.0, (width + 2 * dx) / _SLIMMEST - height - 2 * dy) / 2

    def snapped(low: float, high: float, side: int) -> tuple[int, int]:
        step = side / STEPS
        return int(max(0.0, low) // step), -int(-min(high, side) // step)

    left, right = snapped(x0 - dx, x1 + dx, size[0])
    top, bottom = snapped(y0 - dy, y1 + dy, size[1])
    return pixels((left, top, right, bottom), size)


def _fits(inner: Region, outer: Region) -> bool:
    """Whether what is in ``inner`` is still seen well in ``outer``."""
    inside = inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
    return inside and _area(outer) < 2 * _area(inner)


def _area(region: Region) -> int:
    return (region[2] - region[0]) * (region[3] - region[1])


def _union(a: Region, b: Region) -> Region:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _better_together(a: Region, b: Region) -> bool:
    """Two that overlap, or that cost no more as one."""
    apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    return not apart or _area(_union(a, b)) < 1.2 * (_area(a) + _area(b))
