"""Pictures become clips when they are taken in: a still for five seconds, an animation with its own frames and times."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.errors import BadInput
from skillwire.studio.media.encode import Picture, Quality, encoded_video, video_stream
from skillwire.studio.media.shape import fitted
from skillwire.studio.media.write import film_output, mux

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray
    from PIL.Image import Image

SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".webp"}
SECONDS = 5
_RATE = 25
_MS = Fraction(1, 1000)
# A picture of more pixels than this is refused: 8 bytes of file can ask for gigabytes of memory.
_MAX_PIXELS = 120_000_000
# Animations are followed this far, in seconds.
_MAX_SECONDS = 600
# Browsers show frames that state 10 ms or less for 100 ms, so makers of animations rely on it.
_SHORTEST, _ASSUMED = 11, 100
# It is encoded again for the film, so close to the picture here; a still costs next to nothing.
_CLOSE = Quality(10, "veryfast")
_BT709, _LIMITED = 1, 1


def developed(path: Path, target: Path) -> bool:
    """Writes a picture as a clip: upright, at most 1080 pixels on its short side, see-through parts white.

    Returns whether it is animated: then the clip plays it once, each frame as long as the file says. Raises ``BadInput`` when
    the file is no picture or too large, ``OutputFailed``.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - slow import

    Image.MAX_IMAGE_PIXELS = (
        None  # its own limit warns before it refuses; ours, below, comes before anything is decoded
    )
    try:
        with Image.open(path, formats=("JPEG", "PNG", "GIF", "WEBP")) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise BadInput(f"the picture has more than {_MAX_PIXELS // 1_000_000} million pixels", where=path.name)
            return _write(picture, target)
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise BadInput("this is no picture that can be read", where=path.name, fix="check that it opens") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise BadInput("the picture is damaged or cut off", where=path.name, fix="check that it opens") from error


def _write(picture: Image, target: Path) -> bool:
    animated = bool(getattr(picture, "is_animated", False))
    frames = _animation(picture) if animated else _still(picture)
    first = next(frames)
    look = Picture((first.width, first.height), _MS, Fraction(_RATE))
    with film_output(target) as output:
        stream = video_stream(output, look, _CLOSE, first)
        mux(output, [encoded_video(stream, chain([first], frames))], lambda _: None)
    return animated


def _still(picture: Image) -> Iterator[VideoFrame]:
    """One picture for ``SECONDS``, ``_RATE`` times a second, which every player shows and every edit can cut."""
    samples = _samples(picture)
    step = 1000 // _RATE
    for time in range(0, SECONDS * 1000, step):
        yield _frame(samples, time, step)


def _animation(picture: Image) -> Iterator[VideoFrame]:
    """Each frame once, with the time and length that the file states."""
    time = 0
    for number in count():
        try:
            picture.seek(number)
        except EOFError:
            return
        picture.load()  # WebP states a frame's length only then
        stated = round(picture.info.get("duration") or 0)
        length = stated if stated >= _SHORTEST else _ASSUMED
        yield _frame(_samples(picture), time, length)
        time += length
        if time >= _MAX_SECONDS * 1000:
            return


def _samples(picture: Image) -> NDArray[np.uint8]:
    """The picture as yuv420p, BT.709, limited range."""
    from av.video.frame import VideoFrame  # noqa: PLC0415 - slow import

    maker: Any = VideoFrame
    shown = maker.from_image(_flat(picture)).reformat(format="yuv420p", dst_colorspace=_BT709, dst_color_range=_LIMITED)
    samples: NDArray[np.uint8] = shown.to_ndarray()
    return samples


def _frame(samples: NDArray[np.uint8], time: int, length: int) -> VideoFrame:
    from av.video.frame import VideoFrame  # noqa: PLC0415 - slow import

    frame: Any = VideoFrame.from_ndarray(samples, format="yuv420p")
    frame.colorspace, frame.color_range = _BT709, _LIMITED
    frame.color_primaries = frame.color_trc = _BT709
    frame.pts, frame.duration, frame.time_base = time, length, _MS
    made: VideoFrame = frame
    return made


def _flat(picture: Image) -> Image:
    from PIL import Image, ImageOps  # noqa: PLC0415 - slow import

    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    size = fitted(*upright.size)
    if size != upright.size:
        close = upright.width - size[0] <= 1 and upright.height - size[1] <= 1
        upright = upright.crop((0, 0, *size)) if close and min(upright.size) > 1 else upright.resize(size)
    paper = Image.new("RGBA", upright.size, "white")
    paper.alpha_composite(upright)
    return paper.convert("RGB")
