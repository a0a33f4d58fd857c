"""Filter graphs that give every picture its size, shape and pixel format."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Output is up to 1080 pixels on the short side.
MAX_SHORT_SIDE = 1080
# Bars are blurred at this fraction of the size, which costs little and looks the same.
_BAR_SCALE = 8


# Filters that turn clockwise by degrees.
TURNS: dict[int, list[tuple[str, str]]] = {
    0: [],
    90: [("transpose", "clock")],
    180: [("hflip", ""), ("vflip", "")],
    270: [("transpose", "cclock")],
}


def fitted(width: int, height: int, short_side: int = MAX_SHORT_SIDE) -> tuple[int, int]:
    """The even size for a picture: as it is (odd sides lose a row), or scaled so that its short side fits."""
    short = min(width, height)
    if short <= short_side:
        return max(2, width // 2 * 2), max(2, height // 2 * 2)
    return scaled(width, height, short_side)


def scaled(width: int, height: int, short_side: int) -> tuple[int, int]:
    """The even size with that short side and the same proportions."""
    scale = Fraction(short_side, min(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def canvas_size(display: tuple[int, int], ratio: tuple[int, int] | None, height: int | None) -> tuple[int, int]:
    """The output size: proportions of ``ratio`` or of the picture, short side ``height`` or as the picture's, at most 1080."""
    short = min(height or min(display), MAX_SHORT_SIDE)
    return scaled(*(ratio or display), short // 2 * 2)


def display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    """The frame's 3×3 display matrix in the container's 16.16 and 2.30 fixed point, or ``None``."""
    from av.sidedata import sidedata  # noqa: PLC0415 - slow import

    # ``frame.side_data`` would tie the frame to itself: its picture would stay in memory until the collector of cycles comes by.
    container: Any = sidedata.SideDataContainer
    found: Any = container(frame).get("DISPLAYMATRIX")
    return None if found is None else struct.unpack("=9i", bytes(found)[:36])


def upright(matrix: tuple[int, ...] | None) -> list[tuple[str, str]]:
    """Filters that carry out a display matrix of quarter turns and mirrorings; other angles are left as they are.

    The matrix maps a point (x, y) to (ax + cy, bx + dy), y pointing down (ISO/IEC 14496-12, 6.2.2).
    """
    if matrix is None:
        return []
    a, b, c, d = (
        (value > 0) - (value < 0) if abs(value) > 1 << 15 else 0 for value in (matrix[i] for i in (0, 1, 3, 4))
    )
    turns = {
        (-1, 0, 0, -1): [("hflip", ""), ("vflip", "")],
        (-1, 0, 0, 1): [("hflip", "")],
        (1, 0, 0, -1): [("vflip", "")],
        (0, 1, -1, 0): [("transpose", "clock")],
        (0, -1, 1, 0): [("transpose", "cclock")],
        (0, 1, 1, 0): [("transpose", "cclock_flip")],
        (0, -1, -1, 0): [("transpose", "clock_flip")],
    }
    return turns.get((a, b, c, d), [])


def display_size(frame: VideoFrame, sample_aspect: Fraction | None, turn: int = 0) -> tuple[int, int]:
    """The size as shown: square pixels, turned upright, then by ``turn`` degrees."""
    width, height = round(frame.width * (sample_aspect or 1)), frame.height
    quarters = sum(name == "transpose" for name, _ in (*upright(display_matrix(frame)), *TURNS[turn]))
    return (height, width) if quarters % 2 else (width, height)


def is_full_range(frame: VideoFrame) -> bool:
    """Whether its samples use all of 0–255; what is written uses 16–235, as every player expects of yuv420p."""
    return frame.format.name.startswith("yuvj") or frame.color_range == 2


class Shaper:
    """Frames of any size and format → yuv420p of one size; the graph is built anew when the input changes."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self._key: tuple[Any, ...] | None = None
        self._graph: Any = None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The frame in its new shape, with the same time."""
        if self.passes(frame):
            return frame
        key = (frame.width, frame.height, frame.format.name, frame.color_range, frame.colorspace)
        if key != self._key:
            self._graph, self._key = self._build(frame), key
        pts, time_base = frame.pts, frame.time_base
        self._graph.vpush(frame)
        shaped: VideoFrame = self._graph.vpull()
        shaped.pts, shaped.time_base = pts, time_base
        return shaped

    def passes(self, frame: VideoFrame) -> bool:
        """Whether the frame is right as it is."""
        same = (frame.width, frame.height) == self.size and frame.format.name == "yuv420p"
        return same and not is_full_range(frame)

    def chain(self, graph: Any, node: Any, frame: VideoFrame) -> Any:
        """Links filters behind ``node`` and returns the last: odd sides are cropped, larger sizes scaled."""
        width, height = self.size
        if 0 <= frame.width - width <= 1 and 0 <= frame.height - height <= 1:
            return _then(graph, node, "crop", f"{width}:{height}:0:0:exact=1")
        return _then(graph, node, "scale", f"{width}:{height}:flags=bicubic")

    def _build(self, frame: VideoFrame) -> Any:
        from av.filter import Graph  # noqa: PLC0415 - slow import

        graph = Graph()
        node = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, 1000)
        )
        node = self.chain(graph, node, frame)
        in_range = "pc" if is_full_range(frame) else "tv"
        node = _then(graph, node, "scale", f"in_range={in_range}:out_range=tv")
        node = _then(graph, node, "format", "yuv420p")
        _then(graph, node, "buffersink", "")
        graph.configure()
        return graph


class CanvasShaper(Shaper):
    """Turns pictures upright, makes their pixels square and fits them into the canvas; bars are a blur of the picture."""

    def __init__(self, size: tuple[int, int], sample_aspect: Fraction | None, turn: int = 0) -> None:
        super().__init__(size)
        self._aspect = sample_aspect
        self._turn = turn

    def passes(self, frame: VideoFrame) -> bool:
        plain = not upright(display_matrix(frame)) and (self._aspect or 1) == 1 and not self._turn
        return plain and super().passes(frame)

    def chain(self, graph: Any, node: Any, frame: VideoFrame) -> Any:
        for name, arguments in (*upright(display_matrix(frame)), *TURNS[self._turn]):
            node = _then(graph, node, name, arguments)
        width, height = self.size
        shown_width, shown_height = display_size(frame, self._aspect, self._turn)
        scale = min(Fraction(width, shown_width), Fraction(height, shown_height))
        inner = (min(width, round(shown_width * scale / 2) * 2), min(height, round(shown_height * scale / 2) * 2))
        if inner == self.size:
            return _then(graph, node, "scale", f"{width}:{height}:flags=bicubic")
        split = _then(graph, node, "split", "2")
        small = (max(2, width // _BAR_SCALE), max(2, height // _BAR_SCALE))
        bars = graph.add("scale", f"{small[0]}:{small[1]}:force_original_aspect_ratio=increase:flags=area")
        split.link_to(bars, 0)
        bars = _then(graph, bars, "crop", f"{small[0]}:{small[1]}")
        bars = _then(graph, bars, "gblur", "sigma=4")
        bars = _then(graph, bars, "scale", f"{width}:{height}:flags=bilinear")
        inset = graph.add("scale", f"{inner[0]}:{inner[1]}:flags=bicubic")
        split.link_to(inset, 1)
        overlay = graph.add("overlay", "(W-w)/2:(H-h)/2")
        bars.link_to(overlay, 0, 0)
        inset.link_to(overlay, 0, 1)
        return overlay


def _then(graph: Any, node: Any, name: str, arguments: str) -> Any:
    following = graph.add(name, arguments) if arguments else graph.add(name)
    node.link_to(following)
    return following
