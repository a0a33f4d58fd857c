"""Clips whose truth is known: a person cut out of one clip moved across another, with a shadow, noise and changing light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

if TYPE_CHECKING:
    from cutouts import Cutout

FPS = 25
# Cut-outs come at 10 pictures a second.
_EVERY = 2.5


@dataclass(frozen=True)
class Act:
    """How somebody crosses a picture: height and the foot's place in parts of the picture's height, from where to where in parts
    of its width; how dark the shadow at the feet is and how much the light changes, 0 to 1; whether they stop on the way.
    """

    tall: float
    foot: float = 0.95
    start: float = -0.15
    stop: float = 1.15
    shadow: float = 0.0
    light: float = 0.02
    rests: bool = False

    def place(self, part: float) -> float:
        """Where the middle is, in parts of the width, when ``part`` of the time is over."""
        way = np.interp(part, (0, 0.4, 0.6, 1), (0, 0.5, 0.5, 1)) if self.rests else part
        return float(self.start + (self.stop - self.start) * way)


@dataclass
class Staged:
    """Pictures with the person, without (both BGR), where person or shadow is (0 to 1), and boxes (left, top, right, bottom)."""

    shown: list[np.ndarray] = field(default_factory=list)
    empty: list[np.ndarray] = field(default_factory=list)
    alpha: list[np.ndarray] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)


def staged(scene: Callable[[int], np.ndarray], count: int, cast: list[Cutout], act: Act, *, noise: float) -> Staged:
    """``count`` pictures of ``scene`` that ``cast`` crosses; noise (standard deviation in bytes) is the same with and without."""
    random = np.random.default_rng(5)
    result = Staged()
    for number in range(count):
        part = number / max(1, count - 1)
        bright = 1 + act.light * np.sin(2 * np.pi * part)
        plain = scene(number).astype(np.float32) * bright
        grain = random.normal(0, noise, plain.shape).astype(np.float32) if noise else 0
        figure = cast[back_and_forth(int(number / _EVERY), len(cast))]
        colours, alpha, box = _placed(figure, plain.shape[1::-1], act, part)
        shade = _shade(alpha.shape, box, act)
        mixed = plain * (1 - shade[..., None]) * (1 - alpha[..., None]) + colours * bright * alpha[..., None]
        result.shown.append(np.clip(mixed + grain, 0, 255).astype(np.uint8))
        result.empty.append(np.clip(plain + grain, 0, 255).astype(np.uint8))
        result.alpha.append(np.maximum(alpha, np.clip(shade * 4, 0, 1)))
        result.boxes.append(box)
    return result


def standing(picture: np.ndarray, size: tuple[int, int]) -> Callable[[int], np.ndarray]:
    """A picture before a camera that stands still."""
    fitted = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return lambda _number: fitted


def wandering(picture: np.ndarray, size: tuple[int, int], pace: float) -> Callable[[int], np.ndarray]:
    """A picture before a hand-held camera that pans, tilts, turns and zooms; ``pace`` 1 is a slow look around."""
    large = cv2.resize(picture, (size[0] * 8 // 5, size[1] * 8 // 5), interpolation=cv2.INTER_CUBIC)
    middle = (large.shape[1] / 2, large.shape[0] / 2)

    def at(number: int) -> np.ndarray:
        time = pace * number / FPS
        turn = cv2.getRotationMatrix2D(middle, 1.0 * np.sin(1.3 * time), 1 + 0.05 * np.sin(0.8 * time))
        turn[:, 2] += [
            size[0] / 2 - middle[0] + 0.2 * size[0] * np.sin(0.7 * time) + 1.5 * np.sin(11 * time),
            size[1] / 2 - middle[1] + 0.08 * size[1] * np.sin(0.5 * time) + 1.2 * np.cos(8 * time),
        ]
        return cv2.warpAffine(large, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)

    return at


def written(pictures: list[np.ndarray], path: Path, rate: int = FPS) -> None:
    """Pictures as an H.264 file without loss (but for the halved colour of yuv420p)."""
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=rate, options={"qp": "0", "preset": "ultrafast"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def in_half_colour(picture: np.ndarray) -> np.ndarray:
    """A picture as it is after yuv420p, the most that any result can reach."""
    return av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p").to_ndarray(format="bgr24")


def back_and_forth(number: int, count: int) -> int:
    """Which of ``count`` pictures is shown when they are played to the end, backwards, and so on."""
    place = number % (2 * count - 2) if count > 1 else 0
    return min(place, 2 * count - 2 - place)


def _placed(figure: Cutout, size: tuple[int, int], act: Act, part: float):
    """Colours and alpha of the figure in a picture of ``size``, and the box around it."""
    width, height = size
    scale = act.tall * height / figure.alpha.shape[0]
    left = act.place(part) * width - figure.alpha.shape[1] * scale / 2
    top = (act.foot - act.tall) * height
    move = np.array([[scale, 0, left], [0, scale, top]], np.float32)
    alpha = cv2.warpAffine(figure.alpha.astype(np.float32), move, size, flags=cv2.INTER_LINEAR)
    colours = cv2.warpAffine(figure.colours, move, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    rows, columns = np.flatnonzero(alpha.max(1) > 0.5), np.flatnonzero(alpha.max(0) > 0.5)
    if not len(rows) or not len(columns):
        return colours.astype(np.float32), alpha, (0.0, 0.0, 0.0, 0.0)
    box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
    return colours.astype(np.float32), alpha, box


def _shade(shape: tuple[int, int], box: tuple[float, float, float, float], act: Act) -> np.ndarray:
    """How dark the ground is at the feet."""
    shade = np.zeros(shape, np.float32)
    if act.shadow and box[2] > box[0]:
        wide, tall = box[2] - box[0], box[3] - box[1]
        at = (round((box[0] + box[2]) / 2 + 0.25 * wide), round(box[3] - 0.01 * tall))
        cv2.ellipse(shade, at, (max(1, round(0.75 * wide)), max(1, round(0.045 * tall))), 0, 0, 360, 1.0, -1)
        shade = cv2.GaussianBlur(shade, (0, 0), 0.02 * tall) * act.shadow
    return shade
