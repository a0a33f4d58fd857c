"""Pictures become clips when they are taken in: five seconds of a still, an animation as long as it runs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.errors import BadInput
from skillwire.studio.media.encode import Picture, Quality, encoded_video, video_stream
from skillwire.studio.media.shape import fitted
from skillwire.studio.media.write import film_output, mux

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".webp"}
SECONDS = 5
_RATE = 25
# A picture of more pixels than this is refused: 8 bytes of file can ask for gigabytes of memory.
_MAX_PIXELS = 120_000_000
# Animations are followed this far, in seconds.
_MAX_SECONDS = 600
# Browsers show frames that state 10 ms or less for 100 ms, so makers of animations rely on it.
_SHORTEST, _ASSUMED = 11, 100
# It is encoded again for the film, so close to the picture here; a still costs next to nothing.
_CLOSE = Quality(10, "veryfast")
_BT709, _LIMITED = 1, 1


def developed(path: Path, target: Path) -> None:
    """Writes a picture as a clip: upright, at most 1080 pixels on its short side, see-through parts white.

    An animation shorter than ``SECONDS`` is repeated. Raises ``BadInput`` when the file is no picture or too large, ``OutputFailed``.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - slow import

    Image.MAX_IMAGE_PIXELS = (
        None  # its own limit warns before it refuses; ours, below, comes before anything is decoded
    )
    try:
        with Image.open(path, formats=("JPEG", "PNG", "GIF", "WEBP")) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise BadInput(f"the picture has more than {_MAX_PIXELS // 1_000_000} million pixels", where=path.name)
            _write(picture, target)
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise BadInput("this is no picture that can be read", where=path.name, fix="check that it opens") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise BadInput("the picture is damaged or cut off", where=path.name, fix="check that it opens") from error


def _write(picture: Image, target: Path) -> None:
    frames = _frames(picture)
    first = next(frames)
    look = Picture((first.width, first.height), Fraction(1, 1000), Fraction(_RATE))

    def all_frames() -> Iterator[Any]:
        yield first
        yield from frames

    with film_output(target) as output:
        stream = video_stream(output, look, _CLOSE, first)
        mux(output, [encoded_video(stream, all_frames())], lambda _: None)


def _frames(picture: Image) -> Iterator[Any]:
    """Frames 25 a second (yuv420p, BT.709) with times in ms: the animation again and again, or the still."""
    from av.video.frame import VideoFrame  # noqa: PLC0415 - slow import

    maker: Any = VideoFrame
    starts = [0]
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        picture.load()  # WebP states a frame's time only then
        stated = int(picture.info.get("duration") or 0)
        starts.append(starts[-1] + (stated if stated >= _SHORTEST else _ASSUMED))
        if starts[-1] >= _MAX_SECONDS * 1000:
            break
    count = len(starts) - 1
    length = SECONDS * 1000 if count == 1 else max(SECONDS * 1000, starts[-1])
    shown, at = -1, -1
    for time in range(0, length, 1000 // _RATE):
        phase = time % starts[-1]
        at = next(n for n in range(count) if starts[n] <= phase < starts[n + 1]) if count > 1 else 0
        if at != shown:
            picture.seek(at)
            flat, shown = _flat(picture), at
            made = maker.from_image(flat).reformat(format="yuv420p", dst_colorspace=_BT709, dst_color_range=_LIMITED)
            made.colorspace, made.color_range = _BT709, _LIMITED
            made.color_primaries = made.color_trc = _BT709
            array = made.to_ndarray()
        frame: Any = maker.from_ndarray(array, format="yuv420p")
        frame.colorspace, frame.color_range = _BT709, _LIMITED
        frame.color_primaries = frame.color_trc = _BT709
        frame.pts, frame.duration, frame.time_base = time, 1000 // _RATE, Fraction(1, 1000)
        yield frame


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
