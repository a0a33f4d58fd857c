"""Titles: laid out once, drawn once, then laid over the frames of their time, on the planes of yuv420p."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from skillwire.studio.draft import Title
from skillwire.studio.media.fonts import Faces, clusters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

# Text stays inside 90 % of the width and of the height: the safe title area of SMPTE ST 2046-1.
_MARGIN = 0.05
# Letter sizes as parts of the short side: the wish, and the smallest that is tried before text is cut.
_SIZE, _LEAST_SIZE = 0.08, 0.035
_LEAST_PIXELS = 8
_LINE_HEIGHT = 1.25
# What titles of one place may fill of the height when there are some in one place only, and when there are elsewhere, too.
_PART = {"top": 0.4, "center": 0.8, "bottom": 0.4}
_CROWDED_PART = 0.28
# The outline's width as part of the letter size.
_OUTLINE = 0.09
# Luma of white and black in limited range; both have neutral chroma (ITU-R BT.601, BT.709).
_WHITE, _BLACK, _NEUTRAL = 235, 16, 128
_OPAQUE = 255
# No line begins with one of these.
_CLOSING = set("，。、；：！？）」』】》〉…‥ー・～,.;:!?)]}%’”")
_WIDE = re.compile(
    "[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U0001f000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A title as lines of one letter size; ``top`` is where its first line begins, in pixels."""

    lines: tuple[str, ...]
    faces: Faces
    top: int

    @property
    def line_height(self) -> int:
        """Pixels from line to line."""
        return round(self.faces.size * _LINE_HEIGHT)


def laid_out(titles: Sequence[Title], size: tuple[int, int]) -> list[Block]:
    """Lines, letter size and place of every title on a picture of ``size``; those shown together do not overlap."""
    height = size[1]
    blocks: list[Block] = []
    for number, title in enumerate(titles):
        together = [other for other in titles if _together(other, title)]
        neighbours = sum(other.position == title.position for other in together)
        part = _PART[title.position] if neighbours == len(together) else _CROWDED_PART
        lines, faces = _fitted(title.text, size, part / max(1, neighbours))
        tall = round(faces.size * _LINE_HEIGHT) * len(lines)
        taken = sum(
            block.line_height * len(block.lines)
            for other, block in zip(titles[:number], blocks, strict=True)
            if other.position == title.position and _together(other, title)
        )
        margin = round(height * _MARGIN)
        tops = {"top": margin + taken, "center": (height - tall) // 2 + taken, "bottom": height - margin - tall - taken}
        blocks.append(Block(lines, faces, max(0, min(tops[title.position], height - tall))))
    return blocks


class TitleOverlay:
    """Lays titles over frames of ``size`` whose times are on the timeline."""

    def __init__(self, titles: Sequence[Title], size: tuple[int, int]) -> None:
        self._size = size
        self._titles = list(titles)
        self._blocks = laid_out(titles, size)
        self._patches: dict[int, _Patch] = {}

    @property
    def missing(self) -> list[str]:
        """Characters that no font could draw."""
        return sorted(set().union(*(block.faces.missing for block in self._blocks)))

    def over(self, frames: Iterator[Any]) -> Iterator[Any]:
        """The frames (yuv420p or yuva420p), with the titles of their time. A frame that is changed is copied first: decoders still read theirs."""
        for frame in frames:
            time = frame.pts * frame.time_base * 1000
            shown = [n for n, title in enumerate(self._titles) if title.start <= time < title.start + title.duration]
            for gone in self._patches.keys() - set(shown):
                del self._patches[gone]
            if shown:
                frame.make_writable()
            for number in shown:
                if number not in self._patches:
                    self._patches[number] = _Patch(_drawn(self._blocks[number], self._size))
                self._patches[number].blend(frame)
            yield frame


class _Patch:
    """A drawn title, ready to be blended: per plane its place, what stays of the picture (0–256) and what is added."""

    def __init__(self, drawing: tuple[Image, Image]) -> None:
        import numpy as np  # noqa: PLC0415 - slow import

        fill, cover = drawing
        self._planes: list[tuple[slice, slice, NDArray[np.uint16], NDArray[np.uint16]]] = []
        box = cover.getbbox()
        if box is None:
            return
        left, top = box[0] // 2 * 2, box[1] // 2 * 2
        area = (left, top, min(cover.width, -(-box[2] // 2) * 2), min(cover.height, -(-box[3] // 2) * 2))
        white = np.asarray(fill.crop(area), np.float32) / 255
        alpha = np.asarray(cover.crop(area), np.float32) / 255
        luma = white * _WHITE + (alpha - white) * _BLACK
        rows, columns = alpha.shape
        quarter = alpha.reshape(rows // 2, 2, columns // 2, 2).mean((1, 3))
        self._add(top, left, alpha, luma)
        for _ in range(2):
            self._add(top // 2, left // 2, quarter, quarter * _NEUTRAL)
        # Of a frame that can be seen through: a title cannot. Its outline is black, as is what is transparent, so its edges stay clean.
        self._add(top, left, alpha, alpha * _OPAQUE)

    def _add(self, top: int, left: int, alpha: NDArray[np.floating[Any]], colour: NDArray[np.floating[Any]]) -> None:
        import numpy as np  # noqa: PLC0415 - slow import

        rows, columns = slice(top, top + alpha.shape[0]), slice(left, left + alpha.shape[1])
        stays = (256 - np.rint(alpha * 256)).astype(np.uint16)
        added = np.rint(colour * 256).astype(np.uint16) + np.uint16(128)
        self._planes.append((rows, columns, stays, added))

    def blend(self, frame: Any) -> None:
        """Lays the title over a frame that may be written to."""
        import numpy as np  # noqa: PLC0415 - slow import

        for plane, (rows, columns, stays, added) in zip(frame.planes, self._planes, strict=False):
            picture = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[rows, columns]
            picture[:] = (picture * stays + added) >> 8


def _drawn(block: Block, size: tuple[int, int]) -> tuple[Image, Image]:
    """How much of each pixel the letters fill, and how much letters and outline cover, 0–255."""
    from PIL import Image, ImageChops, ImageDraw  # noqa: PLC0415 - slow import

    fill, edge = Image.new("L", size), Image.new("L", size)
    outline = max(1, round(block.faces.size * _OUTLINE))
    for number, line in enumerate(block.lines):
        runs = block.faces.runs(line)
        x = (size[0] - sum(font.getlength(part) for font, part in runs)) / 2
        # A common baseline: fonts differ in how far they reach above it.
        y = block.top + number * block.line_height + block.faces.size
        for font, part in runs:
            ImageDraw.Draw(edge).text((x, y), part, 255, font, anchor="ls", stroke_width=outline)
            ImageDraw.Draw(fill).text((x, y), part, 255, font, anchor="ls")
            x += font.getlength(part)
    return fill, ImageChops.lighter(fill, edge)


def _fitted(text: str, size: tuple[int, int], part: float) -> tuple[tuple[str, ...], Faces]:
    """Lines and the largest letters with which they fit; text that never fits is cut off with an ellipsis."""
    wide, tall = size[0] * (1 - 2 * _MARGIN), size[1] * part
    least = max(_LEAST_PIXELS, round(min(size) * _LEAST_SIZE))
    letters = max(least, round(min(size) * _SIZE))
    while True:
        faces = Faces(letters, text)
        lines = _wrapped(text, faces, wide)
        room = max(1, int(tall / (letters * _LINE_HEIGHT)))
        if len(lines) <= room:
            return tuple(lines), faces
        if letters == least:
            return (*lines[: room - 1], lines[room - 1].rstrip() + "…"), faces
        letters = max(least, int(letters * 0.85))


def _wrapped(text: str, faces: Faces, wide: float) -> list[str]:
    """Lines no wider than ``wide``, about equally long within a paragraph."""
    lines: list[str] = []
    for paragraph in "".join(char for char in text if char.isprintable() or char in "\n\u200d").splitlines() or [""]:
        pieces = [(piece, faces.length(piece)) for piece in _pieces(paragraph, faces, wide)]
        best = _greedy(pieces, wide)
        low, high = 0.0, wide
        while len(best) > 1 and high - low > faces.size / 2:
            middle = (low + high) / 2
            narrower = _greedy(pieces, middle)
            if len(narrower) == len(best):
                best, high = narrower, middle
            else:
                low = middle
        lines += best
    return lines


def _greedy(pieces: Sequence[tuple[str, float]], wide: float) -> list[str]:
    lines, line, reach = [], "", 0.0
    for piece, length in pieces:
        if line.strip() and reach + length > wide and not piece.isspace():
            lines.append(line.strip())
            line, reach = "", 0.0
        line, reach = line + piece, reach + length
    return [*lines, line.strip()]


def _pieces(text: str, faces: Faces, wide: float) -> list[str]:
    """What a line may be broken between: words, blanks, single wide characters; words too long for a line, letter by letter."""
    pieces: list[str] = []
    parts = list(clusters(text))
    for before, part in pairwise(["", *parts]):
        joined = bool(before) and (
            part in _CLOSING
            or (before.isspace() == part.isspace() and not _WIDE.match(part) and not _WIDE.match(before))
        )
        if joined:
            pieces[-1] += part
        else:
            pieces.append(part)
    return [
        small
        for piece in pieces
        for small in ([piece] if piece.isspace() or faces.length(piece) <= wide else list(clusters(piece)))
    ]


def _together(one: Title, other: Title) -> bool:
    return one.start < other.start + other.duration and other.start < one.start + one.duration
