"""Objects in a picture: EfficientDet-Lite0 (Tan et al., 2020), its anchors, decoding, suppression, and tiles for what is small.

The network answers 19206 anchors, each with 90 scores (COCO's numbering, gaps included) and a box relative to the anchor.
Anchors as the architecture defines them: levels 3 to 7, three scales of an octave, three aspect ratios, anchor scale 3.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.boxes import Boxes, area, clipped, covered, iou
from skillwire.studio.effects.models import interpreter

if TYPE_CHECKING:
    from numpy.typing import NDArray

NETWORK = "object_detector.tflite"
SIDE = 320
_LEVELS = range(3, 8)
_SCALES = (2.0**0, 2.0 ** (1 / 3), 2.0 ** (2 / 3))
_RATIOS = (1.0, 2.0, 0.5)
_ANCHOR_SCALE = 3.0
# The grey that the input's zero point stands for.
_GREY = 127
# Below this a box is noise more often than a thing; what starts a track must score higher.
MIN_SCORE = 0.2
_SAME = 0.5
# A box of which this much lies in another of its kind is a part of it: half a person at a tile's edge.
_PART = 0.75
# Not so one that is this much smaller and seen this clearly: somebody far away shows within the box of somebody near.
_MUCH_SMALLER, _CLEARLY = 0.1, 0.4
_MOST = 200
# A box this near to the edge of the region looked at, in parts of its longer side, is cut off by it.
_CUT = 0.02


@dataclass(frozen=True, slots=True)
class Detection:
    """A thing found. ``box`` in pixels of the picture, ``label`` one of COCO's names, ``group`` what it may be taken for."""

    box: Boxes
    score: float
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class Labels:
    """COCO's names by the network's numbering, and for each the group of classes that are often confused."""

    names: tuple[str | None, ...]
    groups: dict[str, str]


@cache
def labels() -> Labels:
    """The classes, from the data file."""
    data = json.loads(files(__package__).joinpath("labels.json").read_text("utf-8"))
    groups = {name: name for name in data["classes"] if name}
    for group, members in data["groups"].items():
        groups.update(dict.fromkeys(members, group))
    return Labels(tuple(data["classes"]), groups)


class Detector:
    """The network on one thread. Pictures are BGR or RGB uint8 of any size; the answer is in their pixels."""

    def __init__(self) -> None:
        self._network = interpreter(NETWORK)
        self._input = self._network.get_input_details()[0]["index"]
        outputs = {detail["shape"][-1]: detail["index"] for detail in self._network.get_output_details()}
        self._boxes = outputs.pop(4)
        (self._scores,) = outputs.values()
        self._anchors = anchors()
        self._field = np.empty((1, SIDE, SIDE, 3), np.uint8)

    def whole(self, picture: NDArray[np.uint8], least: float = MIN_SCORE) -> list[Detection]:
        """Detections in a BGR picture seen at once."""
        return suppressed(self._raw(picture, (0, 0, picture.shape[1], picture.shape[0]), least))

    def inside(
        self, picture: NDArray[np.uint8], regions: Sequence[tuple[int, int, int, int]], least: float = MIN_SCORE
    ) -> list[Detection]:
        """Detections in some regions of a BGR picture, each seen at the network's full resolution.

        What a region's edge cuts off, inside the picture, is left out: half a thing has the wrong box.
        """
        height, width = picture.shape[:2]
        found = []
        for region in regions:
            inner = [
                edge if edge in (0, side) else None for edge, side in zip(region, (width, height) * 2, strict=True)
            ]
            cut = _CUT * max(region[2] - region[0], region[3] - region[1])
            found += [
                one
                for one in self._raw(picture, region, least)
                if not any(
                    free is None and abs(float(edge) - border) < cut
                    for free, edge, border in zip(inner, one.box, region, strict=True)
                )
            ]
        return suppressed(found)

    def _raw(self, picture: NDArray[np.uint8], region: tuple[int, int, int, int], least: float) -> list[Detection]:
        import cv2  # noqa: PLC0415 - slow import

        x0, y0, x1, y1 = region
        scale = SIDE / max(x1 - x0, y1 - y0)
        small = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
        shrunk = cv2.resize(
            picture[y0:y1, x0:x1], small, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        )
        self._field[0, : small[1], : small[0]] = shrunk[:, :, ::-1]
        self._field[0, small[1] :] = _GREY
        self._field[0, : small[1], small[0] :] = _GREY
        self._network.set_tensor(self._input, self._field)
        self._network.invoke()
        scores = self._network.get_tensor(self._scores)[0]
        # Hardly any of the 1.7 million scores passes: sorting those out first is much faster than a maximum over all.
        passing = np.flatnonzero(scores.ravel() >= least)
        picked = np.unique(passing // scores.shape[1])
        best = scores[picked].max(axis=1)
        if len(picked) > _MOST:
            strongest = np.argsort(-best)[:_MOST]
            picked, best = picked[strongest], best[strongest]
        coded = self._network.get_tensor(self._boxes)[0][picked]
        corner = np.asarray([x0, y0, x0, y0], np.float32)
        found = decoded(coded, self._anchors[picked]) / scale + corner
        known = labels()
        result = []
        for place, score, box in zip(picked, best, found, strict=True):
            name = known.names[int(scores[place].argmax())]
            kept = clipped(box - corner, (x1 - x0, y1 - y0)) + corner
            if name and area(kept) > 0:
                result.append(Detection(kept, float(score), name, known.groups[name]))
        return result


@cache
def anchors() -> NDArray[np.float32]:
    """All anchors as (centre y, centre x, height, width) in pixels of the input, shape (19206, 4)."""
    levels = []
    for level in _LEVELS:
        # Cells share the input evenly: the coarsest level has three a side, of a third of it each rather than 128 pixels.
        cells = -(-SIDE // 2**level)
        stride = SIDE / cells
        centres = (np.arange(cells) + 0.5) * stride
        y, x = np.meshgrid(centres, centres, indexing="ij")
        shapes = [
            (_ANCHOR_SCALE * stride * scale / ratio**0.5, _ANCHOR_SCALE * stride * scale * ratio**0.5)
            for scale in _SCALES
            for ratio in _RATIOS
        ]
        per_shape = [np.stack([y, x, np.full_like(y, h), np.full_like(x, w)], -1) for h, w in shapes]
        levels.append(np.stack(per_shape, axis=2).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)


def decoded(coded: NDArray[Any], at: NDArray[Any]) -> Boxes:
    """Boxes from the network's (ty, tx, th, tw) at their anchors, both of shape (n, 4)."""
    centre = coded[:, :2] * at[:, 2:] + at[:, :2]
    half = np.exp(np.minimum(coded[:, 2:], 8.0)) * at[:, 2:] / 2
    low, high = centre - half, centre + half
    return np.stack([low[:, 1], low[:, 0], high[:, 1], high[:, 0]], axis=1).astype(np.float32)


def suppressed(found: list[Detection]) -> list[Detection]:
    """The best of all that overlap within a group, best first; a lower-scored part of a kept one goes too."""
    kept: dict[str, list[Detection]] = {}
    result = []
    for one in sorted(found, key=lambda one: -one.score):
        rivals = kept.setdefault(one.group, [])
        if rivals:
            boxes = np.stack([rival.box for rival in rivals])
            least = _MUCH_SMALLER if one.score >= _CLEARLY else 0.0
            part = (area(one.box) < area(boxes)) & (area(one.box) > least * area(boxes))
            if iou(one.box, boxes).max() > _SAME or (covered(one.box, boxes) * part).max() > _PART:
                continue
        rivals.append(one)
        result.append(one)
    return result


def tiles(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Four overlapping tiles of a picture; each covers six tenths of both sides."""
    w, h = round(width * 0.6), round(height * 0.6)
    return [(x, y, x + w, y + h) for y in (0, height - h) for x in (0, width - w)]
