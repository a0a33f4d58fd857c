"""Frames as what they hold: three planes of bytes, the two of colour at half the size (yuv420p). Never turned into RGB whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

Plane = NDArray[np.uint8]
FloatPlane = NDArray[np.floating[Any]]
# Left, top, right, bottom in pixels of the luma plane, all even.
Region = tuple[int, int, int, int]

# ITU-T H.273, codes of matrices: BT.709, unspecified, BT.601.
_BT709, _UNSPECIFIED, _BT601 = 1, 2, 5
_LIMITED_RANGE, _FULL_RANGE = 1, 2
# Untagged pictures of this height and more are shown with BT.709 by players, smaller ones with BT.601.
_HD = 720


@dataclass(frozen=True, slots=True)
class Planes:
    """Luma (height, width) and both colour planes (height/2, width/2), limited range (16 to 235, 16 to 240)."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.y.shape[1], self.y.shape[0]

    def each(self) -> tuple[Plane, Plane, Plane]:
        """The three planes."""
        return self.y, self.u, self.v

    def crop(self, region: Region) -> Planes:
        """Views of a part."""
        x0, y0, x1, y1 = region
        half = (slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2))
        return Planes(self.y[y0:y1, x0:x1], self.u[half], self.v[half])


def copied(planes: Planes, region: Region) -> Planes:
    """A copy of a part that may reach beyond the picture, where its last pixels are repeated."""
    cv2 = opencv()
    width, height = planes.size
    x0, y0, x1, y1 = region
    inside = (max(0, x0), max(0, y0), min(width, x1), min(height, y1))
    room = (inside[1] - y0, y1 - inside[3], inside[0] - x0, x1 - inside[2])
    parts = enumerate(planes.crop(inside).each())
    made = (
        cv2.copyMakeBorder(part, *(side if n == 0 else side // 2 for side in room), cv2.BORDER_REPLICATE)
        for n, part in parts
    )
    return Planes(*(np.asarray(part, np.uint8) for part in made))


def planes_of(frame: VideoFrame) -> Planes:
    """Views of the planes of a yuv420p frame with even sides. The frame must stay alive and should not be written to."""
    return Planes(*(_view(frame.planes[n]) for n in range(3)))


def upright_planes(frame: VideoFrame) -> Planes:
    """The planes of a frame of any format and any size, turned as its display matrix asks."""
    even = (max(2, frame.width // 2 * 2), max(2, frame.height // 2 * 2))
    turns = round(frame.rotation / 90)
    if (frame.width, frame.height, frame.format.name) != (*even, "yuv420p") or frame.color_range == _FULL_RANGE:
        frame = frame.reformat(*even, format="yuv420p", dst_color_range=_LIMITED_RANGE)
    planes = (np.array(np.rot90(plane, turns)) for plane in planes_of(frame).each())
    return Planes(*planes)


def matrix_of(frame: VideoFrame) -> int:
    """The matrix a frame's colours are shown with: BT.709 or BT.601, as codes of H.273."""
    if frame.colorspace == _UNSPECIFIED:
        return _BT709 if min(frame.width, frame.height) >= _HD else _BT601
    return _BT709 if frame.colorspace == _BT709 else _BT601


def alpha_of(frame: VideoFrame) -> Plane:
    """A view of the fourth plane of a yuva420p frame: 0 where nothing shows, 255 where all does."""
    return _view(frame.planes[3])


def empty_frame(size: tuple[int, int], like: VideoFrame | None = None, form: str = "yuv420p") -> VideoFrame:
    """A frame to be written to, with the time and colour tags of ``like``."""
    from av.video.frame import VideoFrame  # noqa: PLC0415 - slow import

    frame = VideoFrame(*size, form)
    if like is not None:
        frame.pts, frame.duration = like.pts, like.duration
        if like.time_base is not None:
            frame.time_base = like.time_base
        frame.colorspace, frame.color_range = like.colorspace, like.color_range
        frame.color_primaries, frame.color_trc = like.color_primaries, like.color_trc
    return frame


def shrunk(plane: Plane, size: tuple[int, int]) -> Plane:
    """A plane made smaller without aliasing: halved by averages while that is possible, the rest by interpolation."""
    cv2 = opencv()

    width, height = size
    while plane.shape[1] >= 2 * width and plane.shape[0] >= 2 * height:
        even = plane[: plane.shape[0] // 2 * 2, : plane.shape[1] // 2 * 2]
        plane = cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA)
    if plane.shape[::-1] != (width, height):
        plane = cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
    return plane


def small_bgr(planes: Planes, side: int) -> Plane:
    """The picture as BGR, its larger side ``side`` at most. Which matrix its colours are of makes no difference to a detector."""
    cv2 = opencv()
    scale = min(1.0, side / max(planes.size))
    width, height = (max(4, round(edge * scale / 4) * 4) for edge in planes.size)
    parts = [
        shrunk(planes.y, (width, height)),
        *(shrunk(plane, (width // 2, height // 2)) for plane in (planes.u, planes.v)),
    ]
    packed = np.concatenate([part.ravel() for part in parts]).reshape(height * 3 // 2, width)
    return np.asarray(cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_I420), np.uint8)


def rgb_matrix(colorspace: int) -> FloatPlane:
    """The 3×4 matrix from limited-range (Y, U, V, 1) in bytes to (R, G, B) from 0 to 1, by ITU-T H.273."""
    kr, kb = (0.2126, 0.0722) if colorspace == _BT709 else (0.299, 0.114)
    kg = 1 - kr - kb
    luma, chroma = 1 / 219, 1 / 112
    rows = [
        [luma, 0.0, (1 - kr) * chroma],
        [luma, -kb * (1 - kb) / kg * chroma, -kr * (1 - kr) / kg * chroma],
        [luma, (1 - kb) * chroma, 0.0],
    ]
    return np.asarray([[*row, -16 * row[0] - 128 * (row[1] + row[2])] for row in rows], np.float32)


def yuv_matrix(colorspace: int) -> FloatPlane:
    """The 3×4 matrix from (R, G, B, 1), from 0 to 1, to limited-range (Y, U, V) in bytes, by ITU-T H.273."""
    matrix = rgb_matrix(colorspace).astype(np.float64)
    inverse = np.linalg.inv(matrix[:, :3])
    return np.hstack([inverse, -(inverse @ matrix[:, 3:])])


def yuv_of(rgb: tuple[int, int, int], colorspace: int) -> tuple[int, int, int]:
    """A colour of bytes (R, G, B) as limited-range (Y, U, V)."""
    matrix = rgb_matrix(colorspace)
    wanted = np.asarray(rgb, np.float64) / 255 - matrix[:, 3]
    y, u, v = np.linalg.solve(matrix[:, :3].astype(np.float64), wanted)
    return round(min(max(y, 16), 235)), round(min(max(u, 16), 240)), round(min(max(v, 16), 240))


def planes_from_rgb(picture: Any, size: tuple[int, int], colorspace: int) -> Planes:
    """An RGB picture (height, width, 3), bytes, of the frame's size, as planes."""
    cv2 = opencv()

    forward = (yuv_matrix(colorspace) / (255, 255, 255, 1)).astype(np.float32)
    yuv = np.clip(np.rint(cv2.transform(picture.astype(np.float32), forward)), 16, (235, 240, 240)).astype(np.uint8)
    y, u, v = cv2.split(yuv)
    half = (size[0] // 2, size[1] // 2)
    return Planes(y, *(cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (u, v)))


def _view(plane: Any) -> Plane:
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
