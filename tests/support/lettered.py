"""Clips whose truth is known: subtitles, watermarks and stamps drawn over footage, opaque or half-transparent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw

from skillwire.studio.media.fonts import Faces


@dataclass(frozen=True)
class Lettering:
    """A line of text: where its middle is (parts of the picture), height in parts of the picture's, seconds it shows.

    ``outline`` in parts of its height; ``opacity`` 0 to 1; ``fade`` seconds to come and to go.
    """

    text: str
    place: tuple[float, float] = (0.5, 0.9)
    tall: float = 0.07
    start: float = 0.0
    stop: float = 1e9
    colour: tuple[int, int, int] = (255, 255, 255)
    outline: float = 0.08
    opacity: float = 1.0
    fade: float = 0.0

    def strength(self, time: float) -> float:
        """How opaque it is at a time."""
        if not self.start <= time < self.stop:
            return 0.0
        if not self.fade:
            return self.opacity
        return self.opacity * min(1.0, (time - self.start) / self.fade, (self.stop - time) / self.fade)


@dataclass
class Lettered:
    """Pictures with the text and without (both BGR), and where text is (bool)."""

    shown: list[np.ndarray]
    empty: list[np.ndarray]
    holes: list[np.ndarray]


def lettered(pictures: Sequence[np.ndarray], rate: float, lines: Sequence[Lettering]) -> Lettered:
    """Draws the lines over pictures."""
    shown, holes = [], []
    height, width = pictures[0].shape[:2]
    drawn = [_drawn(line, (width, height)) for line in lines]
    for number, picture in enumerate(pictures):
        mixed = picture.astype(np.float32)
        hole = np.zeros((height, width), bool)
        for line, (colours, alpha) in zip(lines, drawn, strict=True):
            strength = line.strength(number / rate)
            if strength <= 0:
                continue
            weight = (alpha * strength)[..., None]
            mixed = mixed * (1 - weight) + colours * weight
            hole |= alpha * strength > 0.02
        shown.append(np.rint(mixed).astype(np.uint8))
        holes.append(hole)
    return Lettered(shown, list(pictures), holes)


def filmed(pictures: Sequence[np.ndarray], path: Path, rate: int, **options: str) -> Path:
    """Writes BGR pictures as H.264, without loss but for the halved colour unless ``options`` of the encoder say otherwise."""
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=rate, options={"preset": "ultrafast", **(options or {"qp": "0"})})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


def _drawn(line: Lettering, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Colours (BGR) and alpha of a line."""
    tall = line.tall * size[1]
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    runs = Faces(max(8, round(tall)), line.text).runs(line.text)
    x, y = line.place[0] * size[0] - sum(font.getlength(text) for font, text in runs) / 2, line.place[1] * size[1]
    edge = {"stroke_width": round(line.outline * tall), "stroke_fill": (0, 0, 0, 255)} if line.outline else {}
    for font, text in runs:
        ImageDraw.Draw(picture).text((x, y), text, (*line.colour, 255), font, "lm", **edge)
        x += font.getlength(text)
    pixels = np.asarray(picture).astype(np.float32)
    return pixels[..., 2::-1], pixels[..., 3] / 255
