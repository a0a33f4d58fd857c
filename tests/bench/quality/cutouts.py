"""People cut out of clips: the talker by the colour of his wall, a walker by what differs from the empty square."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import footage
import numpy as np

from skillwire.studio.effects.finding.detector import Detector

# Keys of the blue wall: how much bluer than red and green a pixel is, in parts of the wall's own blueness. Nobody is above the
# second, somebody wholly below the first. Skin is the opposite of blue, so half a pixel of it still counts 0.3, half a pixel of
# grey 0.5: "tight" is the likeliest. "narrow" is that key, steeper. The matte's
# curve was chosen by "medium".
KEYS = {"tight": (0.2, 0.6), "narrow": (0.25, 0.55), "medium": (0.15, 0.85), "wide": (0.4, 0.8)}
# Pixels this far from the wall are the man's own, whatever their colour.
_EDGE = 5
# Difference from the empty square (of 255) below which nobody is, and above which somebody is.
_NOBODY, _SOMEBODY = 24.0, 56.0
# Pictures looked at, pictures of a walk, and how far it leads, in pixels.
_SEEN, _WALKED, _TRAVEL = 500, 20, 50


@dataclass(frozen=True)
class Cutout:
    """One picture of a person: colours (BGR, freed from the old background where half covered) and alpha, 0 to 1."""

    colours: np.ndarray
    alpha: np.ndarray


def keyed(picture, key: str = "tight"):
    """The alpha of a picture of the talker."""
    solid, clear = KEYS[key]
    blue, green, red = cv2.split(picture.astype(np.float32))
    bluer = blue - np.maximum(green, red)
    part = bluer / np.median(bluer[:40])
    alpha = 1 - np.clip((part - solid) / (clear - solid), 0, 1)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((part <= (solid + clear) / 2).astype(np.uint8))
    man = labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])  # not the camera at the left edge
    alpha[cv2.dilate(man.astype(np.uint8), np.ones((2 * _EDGE + 1,) * 2)) == 0] = 0
    alpha[cv2.distanceTransform((alpha > 0.1).astype(np.uint8), cv2.DIST_L2, 5) > _EDGE] = 1
    return alpha


def talking(path: Path, start: int, count: int) -> list[Cutout]:
    """The talker, picture by picture."""
    cut = []
    for picture in footage.pictures(path, start, count):
        alpha = keyed(picture)
        wall = np.median(picture[:40].reshape(-1, 3), axis=0).astype(np.float32)
        whole = np.maximum(alpha, 0.05)[..., None]
        own = (picture.astype(np.float32) - (1 - alpha[..., None]) * wall) / whole
        cut.append(Cutout(np.clip(own, 0, 255).astype(np.uint8), alpha))
    return cut


def walking(path: Path) -> list[Cutout]:
    """Somebody who crosses the square with nobody near, found by the detector, cut out by what differs from the empty square."""
    seen = list(footage.pictures(path, 0, _SEEN))
    empty = np.median(np.stack(seen[::8]), axis=0).astype(np.uint8)
    runs = [_cut(run, seen, empty) for run in _followed(seen)]
    # Whoever stands beside, unseen by the detector, would be cut out as well: of all walks the cleanest.
    return min(runs, key=lambda run: run[1])[0]


def _cut(run, seen, empty) -> tuple[list[Cutout], float]:
    """The cut-outs of a walk, all of one size, and how much else was around, 0 to 1."""
    size = np.max([(box[2] - box[0], box[3] - box[1]) for _, box in run], axis=0) * (1.5, 1.15)
    width, height = (int(side) for side in size)
    cut, around = [], 0.0
    for number, box in run:
        left, top = round((box[0] + box[2] - width) / 2), round(box[3] + 0.04 * height - height)
        left, top = max(0, min(left, empty.shape[1] - width)), max(0, min(top, empty.shape[0] - height))
        part = np.s_[top : top + height, left : left + width]
        picture, behind = seen[number][part], empty[part]
        apart = cv2.GaussianBlur(np.abs(picture.astype(np.float32) - behind).max(axis=2), (0, 0), 1.0)
        alpha = np.clip((apart - _NOBODY) / (_SOMEBODY - _NOBODY), 0, 1)
        alpha = cv2.morphologyEx(alpha, cv2.MORPH_CLOSE, np.ones((7, 5), np.uint8))
        around += float(np.hstack([alpha[:, :5], alpha[:, -5:]]).mean()) / len(run)
        _, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.5).astype(np.uint8))
        if len(stats) > 1:
            body = (labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])).astype(np.uint8)
            alpha *= cv2.dilate(body, np.ones((5, 5), np.uint8))
        cut.append(Cutout(picture, alpha))
    return cut, around


def _followed(seen) -> list[list[tuple[int, np.ndarray]]]:
    """Walks of ``_WALKED`` pictures: numbers and boxes."""
    detector = Detector()
    runs: list[list[tuple[int, np.ndarray]]] = []
    for number, picture in enumerate(seen):
        for one in detector.whole(picture, 0.5):
            box = np.asarray(one.box, float)
            if one.label != "person" or box[0] < 30 or box[2] > picture.shape[1] - 30:
                continue
            near = (run for run in runs if 0 < number - run[-1][0] <= 2 and np.abs(run[-1][1] - box).max() < 16)
            run = next(near, None)
            if run is None:
                runs.append([(number, box)])
            else:
                run.append((number, box))
    walks = [run[n : n + _WALKED] for run in runs for n in range(0, len(run) - _WALKED + 1, 4)]
    return [walk for walk in walks if abs(walk[-1][1][0] - walk[0][1][0]) > _TRAVEL]
