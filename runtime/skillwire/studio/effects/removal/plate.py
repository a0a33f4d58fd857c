"""The empty scene before a camera that stands still: the median over time, each thing's boxes left out of the pictures it is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, padded, whole
from skillwire.studio.effects.inpaint import invented
from skillwire.studio.effects.planes import Plane, Planes, Region, copied
from skillwire.studio.effects.removal.silhouette import outline_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skillwire.studio.effects.finding.tracks import Track

# Pictures a plate is made from. More cost memory (3 MB each at 1080p) and find little more.
SAMPLES = 32
# Rows are worked on in bands, so that what is sorted stays in the processor's cache.
_BAND = 64
# Room around a box that is left out of a plate, in sides of the box and pixels.
_PAD, _PAD_LEAST = 0.15, 8.0
# Pictures in which the outline of what never leaves its place is looked for.
_OUTLINED = 6
_MASKED = 255
# While a plate is made nothing else can be done, so it takes two processors.
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Plate:
    """A scene without its targets. ``unseen``: half-size mask, 255 where no picture showed the scene and it was invented."""

    planes: Planes
    unseen: Plane

    @property
    def invented(self) -> bool:
        """Whether any of it was invented."""
        return bool(self.unseen.any())


class PlateBuilder:
    """Collects pictures (``add``) and makes the plate of a region of them (``build``)."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._samples: list[Planes] = []
        self._holes: list[list[Region]] = []
        self._targets: list[list[tuple[Track, Boxes]]] = []

    def add(self, planes: Planes, targets: Sequence[tuple[Track, Boxes]]) -> None:
        """A picture of the shot, and the targets with their boxes in it. The region is copied, the rest not kept."""
        self._add(copied(planes, self._region), targets)

    def add_all(self, loads: Sequence[Callable[[], Planes]], targets: Sequence[Sequence[tuple[Track, Boxes]]]) -> None:
        """Several pictures, loaded on as many threads as help, each with the targets in it."""
        with ThreadPoolExecutor(_THREADS) as pool:
            parts = pool.map(lambda load: copied(load(), self._region), loads)
            for part, here in zip(parts, targets, strict=True):
                self._add(part, here)

    def _add(self, part: Planes, targets: Sequence[tuple[Track, Boxes]]) -> None:
        x0, y0, x1, y1 = self._region
        self._samples.append(part)
        corner = np.asarray([x0, y0, x0, y0], np.float32)
        here = [(track, box - corner) for track, box in targets]
        holes = [whole(padded(box, _PAD, _PAD_LEAST), (x1 - x0, y1 - y0)) for _, box in here]
        self._targets.append(here)
        self._holes.append([hole for hole in holes if hole is not None])

    @property
    def count(self) -> int:
        """How many pictures were added."""
        return len(self._samples)

    def build(self) -> Plate:
        """The plate of everything added; what was never seen is filled in from what surrounds it."""
        x0, y0, x1, y1 = self._region
        half = ((y1 - y0) // 2, (x1 - x0) // 2)
        counts = np.full(half, len(self._samples), np.uint8)
        for holes in self._holes:
            masked = np.zeros(half, np.uint8)
            for left, top, right, bottom in holes:
                masked[top // 2 : bottom // 2, left // 2 : right // 2] = 1
            counts -= masked
        planes = Planes(*(self._median(n, counts) for n in range(3)))
        unseen = np.where(counts == 0, 255, 0).astype(np.uint8)
        if unseen.any():
            unseen = self._narrowed(unseen)
            planes = invented(planes, unseen)
        return Plate(planes, unseen)

    def _narrowed(self, unseen: Plane) -> Plane:
        """Of boxes that never leave a place only what is inside the things' outlines is unknown; around them the scene shows."""
        region = (0, 0, 2 * unseen.shape[1], 2 * unseen.shape[0])
        covered = np.zeros_like(unseen)
        for n in range(0, len(self._samples), max(1, len(self._samples) // _OUTLINED)):
            for (track, box), hole in zip(self._targets[n], self._holes[n], strict=False):
                left, top, right, bottom = hole
                window = (slice(top // 2, bottom // 2), slice(left // 2, right // 2))
                if not unseen[window].any():
                    continue
                shape = outline_of(self._samples[n], track, box, region)
                if shape is None:
                    covered[window] = 255
                else:
                    np.maximum(covered, shape, out=covered)
        return np.minimum(unseen, covered)

    def _median(self, number: int, counts: NDArray[np.uint8]) -> Plane:
        """The median of one plane's pictures, each pixel over the pictures in which it is no target's."""
        full = 2 if number == 0 else 1
        if full == 2:
            counts = counts.repeat(2, 0).repeat(2, 1)
        stack = [sample.each()[number] for sample in self._samples]
        result: Plane = np.empty(stack[0].shape, np.uint8)

        def work(top: int) -> None:
            rows = slice(top, top + _BAND)
            band = [plane[rows].copy() for plane in stack]
            for plane, holes in zip(band, self._holes, strict=True):
                for left, above, right, below in holes:
                    area = (
                        slice(max(0, above * full // 2 - top), max(0, below * full // 2 - top)),
                        slice(left * full // 2, right * full // 2),
                    )
                    plane[area] = _MASKED
            result[rows] = _middle(band, counts[rows])
            never = counts[rows] == 0
            if never.any():
                bare = [plane[rows].copy() for plane in stack]
                np.copyto(result[rows], _middle(bare, np.full_like(counts[rows], len(bare))), where=never)

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(work, range(0, result.shape[0], _BAND)))
        return result


def _middle(band: list[Plane], counts: NDArray[np.uint8]) -> Plane:
    """Sorts the pictures pixel by pixel (masked ones come last) and takes the middle of the ``counts`` first."""
    import cv2  # noqa: PLC0415 - slow import

    spare = np.empty_like(band[0])
    for low, high in _network(len(band)):
        cv2.min(band[low], band[high], spare)
        cv2.max(band[low], band[high], band[high])
        band[low], spare = spare, band[low]
    result = band[(len(band) - 1) // 2].copy()
    for count in np.unique(counts):
        if 0 < count < len(band):
            np.copyto(result, band[(int(count) - 1) // 2], where=counts == count)
    return result


@cache
def _network(size: int) -> tuple[tuple[int, int], ...]:
    """Comparators that sort ``size`` values: Batcher's merge exchange (Knuth, TAOCP 3, 5.2.2, algorithm M)."""
    return tuple(_comparators(size))


def _comparators(size: int) -> Iterator[tuple[int, int]]:
    if size < 2:
        return
    top = 1 << ((size - 1).bit_length() - 1)
    step = top
    while step > 0:
        reach, rest, apart = top, 0, step
        while True:
            yield from ((n, n + apart) for n in range(size - apart) if n & step == rest)
            if reach == step:
                break
            apart, reach, rest = reach - step, reach >> 1, step
        step >>= 1


def union(boxes: Sequence[Any], size: tuple[int, int]) -> Region | None:
    """The region around all boxes, on even pixels inside the picture; ``None`` when nothing of them is."""
    if not boxes:
        return None
    every = np.stack(boxes)
    return whole(np.concatenate([every[:, :2].min(0), every[:, 2:].max(0)]).astype(np.float32), size)
