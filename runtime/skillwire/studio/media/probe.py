"""What is in a media file, told without decoding more than its first frame."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.errors import BadInput

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Demuxers of pictures: one frame, no clock.
_STILL_FORMATS = ("image2", "_pipe", "gif", "webp")
# Sound said to go on for less than this (seconds) ends with the pictures: encoders fill up blocks, and AVI counts some too many.
_PADDING = Fraction(1, 4)
# Demuxers a file may be given to. Playlists and concat scripts are left out: they make the reader open other files.
_FORMATS = (
    "mov,mp4,m4a,matroska,webm,avi,mp3,wav,w64,aac,gif,gif_pipe,image2,png_pipe,apng,jpeg_pipe,webp_pipe,webp,webp_anim"
)


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A file's streams in short. ``kind``: ``video``, ``audio`` or ``image``; ``width``/``height`` in coded pixels.

    ``rotation`` in degrees counter-clockwise as the display matrix asks; ``duration`` in ms; ``fps`` is the average.
    """

    kind: str
    container: str
    duration: int
    width: int = 0
    height: int = 0
    fps: float = 0.0
    video_codec: str = ""
    audio_codec: str = ""
    rotation: int = 0

    @property
    def has_audio(self) -> bool:
        """Whether there is any sound."""
        return bool(self.audio_codec)

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MediaInfo:
        """The record from what ``to_json`` gave; unknown fields are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})


def probe(path: Path) -> MediaInfo:
    """Reads a file's headers and first frame.

    Raises ``BadInput`` with one sentence when the file is missing, no media, or holds neither pictures nor sound.
    """
    import av  # noqa: PLC0415 - slow import

    with open_media(path) as container:
        video = video_stream(container)
        audio = container.streams.best("audio")
        if video is None and audio is None:
            raise BadInput("the file holds neither pictures nor sound", where=path.name)
        names = container.format.name
        still = video is not None and audio is None and any(mark in names for mark in _STILL_FORMATS)
        common: dict[str, Any] = {
            "container": names.split(",")[0],
            "audio_codec": audio.codec_context.name if audio is not None else "",
        }
        if video is None:
            return MediaInfo(kind="audio", duration=_duration_ms(container), **common)
        rotation = 0
        try:
            frame = next(container.decode(video), None)
        except av.error.FFmpegError:
            frame = None
        if frame is None and not video.codec_context.width:
            raise BadInput("no picture in this file can be decoded", where=path.name)
        if frame is not None:
            rotation = frame.rotation
        return MediaInfo(
            kind="image" if still else "video",
            duration=_duration_ms(container),
            width=video.codec_context.width,
            height=video.codec_context.height,
            fps=round(float(video.average_rate or 0), 3),
            video_codec=video.codec_context.name,
            rotation=rotation,
            **common,
        )


def open_media(path: Path) -> InputContainer:
    """Opens a file for reading. Raises ``BadInput`` with one sentence when it is missing or no media."""
    import av  # noqa: PLC0415 - slow import

    try:
        return av.open(f"file:{path}", options={"protocol_whitelist": "file", "format_whitelist": _FORMATS})
    except FileNotFoundError:
        raise BadInput("the file is no longer there", where=path.name, fix="upload it again") from None
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise BadInput(
            "this is no media file that can be read, or it is cut off before its index",
            where=path.name,
            fix=f"check that it plays ({_reason(error)})",
        ) from error


def video_stream(container: InputContainer) -> VideoStream | None:
    """The stream with the pictures; cover art and thumbnails are none."""
    from av.stream import Disposition  # noqa: PLC0415 - slow import

    cover = Disposition.attached_pic | Disposition.timed_thumbnails
    moving = [stream for stream in container.streams.video if not stream.disposition & cover]
    if not moving:
        return None
    best = container.streams.best("video")
    return next((stream for stream in moving if best is not None and stream.index == best.index), moving[0])


def start_of(container: InputContainer) -> Fraction:
    """Where the clock of a file stands at its start, in seconds, never below zero: not all count from zero.

    A film starts with the first of its streams, for their distance to each other matters; a song with its first sample.
    """
    streams = (video_stream(container), container.streams.best("audio"))
    starts = [one.start_time * one.time_base for one in streams if one and one.start_time is not None and one.time_base]
    return max(Fraction(0), Fraction(min(starts, default=0)))


def _duration_ms(container: InputContainer) -> int:
    """How long the pictures play, or the sound where it goes on for longer."""
    start = start_of(container)
    ends: list[Fraction] = []
    for stream in (video_stream(container), container.streams.best("audio")):
        if stream is not None and stream.duration and stream.time_base:
            end = ((stream.start_time or 0) + stream.duration) * stream.time_base - start
            if not ends or end - ends[0] > _PADDING:
                ends.append(end)
        elif stream is not None and stream.type == "video":
            break
    if ends:
        return round(ends[-1] * 1000)
    if container.duration:  # in microseconds
        return max(0, round((Fraction(container.duration, 1_000_000) - start) * 1000))
    return round((_last_moment(container) - start) * 1000)


def _last_moment(container: InputContainer) -> Fraction:
    """Where the last picture ends, or the last sound, found by reading on to it: browsers record without stating a length."""
    import av  # noqa: PLC0415 - slow import

    ends: dict[int, Fraction] = {}
    with suppress(av.error.FFmpegError):
        for packet in container.demux():
            if packet.pts is not None and packet.time_base:
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                ends[packet.stream_index] = max(end, ends.get(packet.stream_index, Fraction(0)))
    return max(ends.values(), default=Fraction(0))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
