"""The outline of a thing in its box: DeepLab v3 (Chen et al., 2017), for where no other picture shows what stands behind it.

Of who stands large before others it is the matte as for backgrounds: finer, and without those behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.studio.effects.backdrop.matte import coarse, refined
from skillwire.studio.effects.backdrop.segmenter import Segmenter
from skillwire.studio.effects.backdrop.sightings import Sightings
from skillwire.studio.effects.boxes import Boxes, area, padded, whole
from skillwire.studio.effects.models import interpreter
from skillwire.studio.effects.planes import Plane, Planes, Region, rgb_matrix
from skillwire.studio.effects.removal.cutout import free_of, stretched
from skillwire.studio.effects.removal.parting import own_part
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from skillwire.studio.effects.finding.tracks import Track

NETWORK = "deeplab_v3.tflite"
SIDE = 257
# The network's numbering is that of PASCAL VOC; each of our groups with its classes there. Those without have no outline.
_CLASSES = {
    "airplane": (1,),
    "bird": (3,),
    "boat": (4,),
    "cat": (8,),
    "cow": (10,),
    "cycle": (2, 14),
    "dining table": (11,),
    "dog": (12,),
    "glass": (5,),
    "horse": (13,),
    "person": (15,),
    "potted plant": (16,),
    "screen": (20,),
    "seat": (9, 18),
    "sheep": (17,),
    "train": (19,),
    "vehicle": (6, 7),
}
# What is called the thing by a probability of this much; less of the box than that is no outline of it.
_LIKELY = 0.3
_LEAST_SHARE = 0.1
# The network for portraits leaves out who stands behind: of those who are so many times smaller. It sees so much room around the box.
_LARGER, _BESIDE = 2.5, 0.12
# From this byte of its matte on a pixel may be somebody's; it tells of them as far beyond their box, in its sides.
_HINT, _SPREAD = 40, 0.12
# That network is one, whichever threads ask for portraits.
_SITTING = Lock()
# Room around the box that the network sees, and how far the outline is widened, in sides of the box.
_AROUND, _WIDER = 0.2, 0.14
# Several threads ask for outlines; the network is one.
_ONE_AT_A_TIME = Lock()


def outline_of(planes: Planes, track: Track, box: Boxes, region: Region) -> Plane | None:
    """The outline of a track's thing, as ``outline``; of a place painted by hand that is what was painted, a little wider."""
    if track.shape is None:
        told = outline(planes, box, track.group, region)
        return _sketch(planes, box, region) if told is None and track.group == "person" else told
    size = ((region[2] - region[0]) // 2, (region[3] - region[1]) // 2)
    shape = stretched(track.shape, box, region[:2], size)
    return np.asarray(opencv().dilate(shape, np.ones((5, 5), np.uint8)), np.uint8)


def outline(planes: Planes, box: Boxes, group: str, region: Region, wider: float = _WIDER) -> Plane | None:
    """255 at the half-size pixels of ``region`` that belong to the thing in ``box``; ``None`` when its outline cannot be told.

    ``wider``: how far it is widened, in parts of the box's width.
    """
    import cv2  # noqa: PLC0415 - slow import

    wanted = _CLASSES.get(group)
    seen = whole(padded(box, _AROUND, 8), planes.size)
    if wanted is None or seen is None:
        return None
    crop = planes.crop(seen)
    stacked = np.dstack([cv2.resize(plane, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for plane in crop.each()])
    rgb = cv2.transform(stacked.astype(np.float32), rgb_matrix(0))
    likely = _probabilities(np.asarray(rgb * 2 - 1, np.float32))[:, :, list(wanted)].sum(axis=2)
    width, height = (seen[2] - seen[0]) // 2, (seen[3] - seen[1]) // 2
    fine = cv2.resize(likely.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    mask = np.where(fine > _LIKELY, 255, 0).astype(np.uint8)
    inside = whole(box, planes.size)
    if inside is None or np.count_nonzero(mask) < _LEAST_SHARE * (inside[2] - inside[0]) * (inside[3] - inside[1]) / 4:
        return None
    return _moved_to(_widened(mask, box, wider), seen, region)


def _widened(mask: Plane, box: Boxes, wider: float) -> Plane:
    """A half-size mask widened by a part of a box's width; on a smaller picture: networks do not see finer, and wide kernels take long."""
    cv2 = opencv()
    height, width = mask.shape
    shrink = max(1.0, width / SIDE)
    small = cv2.resize(mask, (round(width / shrink), round(height / shrink)), interpolation=cv2.INTER_AREA)
    reach = round(max(3, wider * float(box[2] - box[0]) / 2) / shrink)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    wide = cv2.resize(cv2.dilate(small, kernel), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.threshold(wide, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _sketch(planes: Planes, box: Boxes, region: Region) -> Plane | None:
    """The outline of a person who is small or half hidden, as of portraits: that network sees them where the other sees none."""
    cv2 = opencv()
    seen = whole(padded(box, _AROUND, 8), planes.size)
    half = None if seen is None else _matte(planes, seen)
    if seen is None or half is None:
        return None
    near = cv2.bitwise_not(free_of([padded(box, _SPREAD)], seen))
    mask = cv2.bitwise_and(cv2.threshold(half, _HINT, 255, cv2.THRESH_BINARY)[1], near)
    if 4 * np.count_nonzero(mask) < _LEAST_SHARE * float(area(box)):
        return None
    return _moved_to(_widened(np.asarray(mask, np.uint8), box, _WIDER), seen, region)


def _matte(planes: Planes, seen: Region) -> Plane | None:
    """The matte of a part of a picture, half size; ``None`` when nobody shows."""
    part = coarse(planes.crop(seen))
    with _SITTING:
        cells = next(Sightings(_segmenter()).likely([part]))
    matte = refined(cells, part)
    return None if matte is None else matte.of((0, 0, seen[2] - seen[0], seen[3] - seen[1])).half


def portrait(
    planes: Planes,
    box: Boxes,
    region: Region,
    others: Sequence[Boxes],
    hidden: Sequence[Boxes] = (),
    *,
    behind: bool = False,
) -> Plane | None:
    """255 at the half-size pixels of ``region`` that belong to the person in ``box``, told from ``others`` who are much smaller.

    They stand behind, unless the person stands ``behind`` them. ``hidden``: boxes of those who may not show. ``None`` when they are not small enough, or when the outline cannot be told.
    """
    seen = whole(padded(box, _BESIDE, 8), planes.size)
    if seen is None or any(float(area(box)) < _LARGER * float(area(other)) for other in (*others, *hidden)):
        return None
    half = _matte(planes, seen)
    if half is None:
        return None
    corner = np.asarray([*seen[:2], *seen[:2]], np.float32)
    return _moved_to(
        own_part(half, planes.crop(seen), [other - corner for other in others], behind=behind), seen, region
    )


def _moved_to(mask: Plane, seen: Region, region: Region) -> Plane:
    """A half-size mask of one region as that of another, empty where they do not meet."""
    made = np.zeros(((region[3] - region[1]) // 2, (region[2] - region[0]) // 2), np.uint8)
    x0, y0 = max(seen[0], region[0]) // 2, max(seen[1], region[1]) // 2
    x1, y1 = min(seen[2], region[2]) // 2, min(seen[3], region[3]) // 2
    if x0 < x1 and y0 < y1:
        made[y0 - region[1] // 2 : y1 - region[1] // 2, x0 - region[0] // 2 : x1 - region[0] // 2] = mask[
            y0 - seen[1] // 2 : y1 - seen[1] // 2, x0 - seen[0] // 2 : x1 - seen[0] // 2
        ]
    return made


def _probabilities(picture: Any) -> Any:
    """The classes' probabilities, shape (257, 257, 21), of an RGB picture from -1 to 1."""
    with _ONE_AT_A_TIME:
        network = _network()
        network.set_tensor(network.get_input_details()[0]["index"], picture[None])
        network.invoke()
        scores = network.get_tensor(network.get_output_details()[0]["index"])[0]
    raised = np.exp(scores - scores.max(axis=2, keepdims=True))
    return raised / raised.sum(axis=2, keepdims=True)


@cache
def _segmenter() -> Segmenter:
    return Segmenter(0)


@cache
def _network() -> Any:
    return interpreter(NETWORK)
