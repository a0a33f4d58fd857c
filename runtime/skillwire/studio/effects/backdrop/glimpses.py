"""Where the network saw people in the frames of a clip, kept, so that a clip that is shown before another background is not looked through again.

Kept is what costs most and does not depend on the background, nor hardly on the size the clip is shown at: for each frame the places
people were looked for in, and how likely each of the network's cells there is a person. The matte is made of that and of the picture.

A file: for each frame its time (seconds of the clip's file) and the number of places; for each place its four edges, the packed cells'
length and the cells; at the end the number of frames and a checksum of all before it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, TypeVar

import numpy as np

from skillwire.folders import cache_dir
from skillwire.studio.effects.backdrop.segmenter import SIDE
from skillwire.studio.effects.models import digests
from skillwire.studio.effects.planes import Plane, Region
from skillwire.studio.effects.room import Room, content_of
from skillwire.studio.effects.upright import seconds_of

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_Rest = TypeVar("_Rest")

# Changes when what is kept, or how it is found, changes.
VERSION = 2
# Edges of places are told in so many parts of the picture's width and height.
STEPS = 16
# Bytes kept of one clip (half an hour of one person at 25 frames a second), and of all.
_MOST_OF_CLIP, _MOST = 200_000_000, 800_000_000
# Times are the same when they differ by less (seconds): they went through the clock of a timeline.
_SAME = 0.002
# Shorter stretches (ms), of which a poster is made, are not worth keeping.
_SHORTEST = 500
# Bytes read at a time.
_CHUNK = 1 << 20

_FRAME, _PLACE, _END = struct.Struct("<dB"), struct.Struct("<4BI"), struct.Struct("<4sII")
_MARK = b"seen"
# Instead of the short side of what was looked at, in the name of a file that serves pictures of any size.
_ANY = "any"


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A place of the picture (left, top, right, bottom in sixteenths) and how likely each cell of it is a person, bytes (256, 256)."""

    place: Region
    likely: Plane

    def region(self, size: tuple[int, int]) -> Region:
        """The place in the pixels of a picture."""
        return pixels(self.place, size)


def pixels(place: Region, size: tuple[int, int]) -> Region:
    """A place in the pixels of a picture: even edges, none outside."""
    low = [int(part * side / STEPS) // 2 * 2 for part, side in zip(place[:2], size, strict=True)]
    high = [min(side, -int(-part * side / STEPS // 2) * 2) for part, side in zip(place[2:], size, strict=True)]
    return low[0], low[1], high[0], high[1]


def place_of(region: Region, size: tuple[int, int]) -> Region:
    """The place whose ``pixels`` are a region's."""
    x0, y0, x1, y1 = (round(edge * STEPS / side) for edge, side in zip(region, (*size, *size), strict=True))
    return x0, y0, x1, y1


@dataclass(frozen=True, slots=True)
class Told:
    """Which stretch of which clip is shown how: what glimpses are kept for.

    ``shape``: all besides the file that tells what the pictures show (JSON values). ``span``: seconds of the file.
    ``in_file``: the time in the file (seconds) of a time on the timeline. ``every``: whether none of its frames is left out.
    """

    path: Path
    shape: Any
    span: tuple[float, float]
    in_file: Callable[[float], float]
    every: bool = True

    def time(self, frame: VideoFrame) -> float:
        """Where in the file a frame of the timeline is from, in seconds."""
        return self.in_file(seconds_of(frame))


class Glimpses:
    """What is kept of one stretch of a clip, shown at ``size``."""

    def __init__(self, told: Told, size: tuple[int, int]) -> None:
        self._told = told
        self._size = size
        self._room = Room(cache_dir() / "mattes", _MOST)
        facts = [VERSION, content_of(told.path), sorted(digests().items()), told.shape, f"{size[0] / size[1]:.2f}"]
        self._key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:40]

    def kept(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[VideoFrame, list[Glimpse]]] | None:
        """Frames of the stretch with what was seen in them, when all of that is kept undamaged."""
        first, last = (round(time * 1000) for time in self._told.span)
        for name in self._room.named(f"{self._key}.*"):
            _, side, start, end = name.split(".")
            enough = side == _ANY or int(side) >= min(self._size)
            if not enough or int(start) > first or int(end) < last:
                continue
            place = self._room.find(name)
            if place is not None and _whole(place):
                return self._with(frames, _read(place))
        return None

    def _with(
        self, frames: Iterator[VideoFrame], kept: Iterator[tuple[float, list[Glimpse]]]
    ) -> Iterator[tuple[VideoFrame, list[Glimpse]]]:
        """Each frame with the glimpses of the frame of the file that is on screen at its time."""
        now: list[Glimpse] = []
        following = next(kept, None)
        for frame in frames:
            while following is not None and following[0] <= self._told.time(frame) + _SAME:
                now, following = following[1], next(kept, None)
            yield frame, now

    def keeping(self, seen: Iterator[tuple[VideoFrame, list[Glimpse], _Rest]]) -> Iterator[tuple[VideoFrame, _Rest]]:
        """Passes frames and what goes with them on; what was glimpsed is kept once they have come to their end."""
        first, last = (round(time * 1000) for time in self._told.span)
        if not self._told.every or last - first < _SHORTEST:
            yield from ((frame, rest) for frame, _, rest in seen)
            return
        with TemporaryFile() as file:
            book = _Book(file)
            for frame, glimpses, rest in seen:
                book.add(self._told.time(frame), glimpses, self._size)
                yield frame, rest
            if book.closed():
                file.seek(0)
                side = _ANY if book.sharp else str(min(self._size))
                with suppress(OSError), self._room.writing(f"{self._key}.{side}.{first}.{last}") as kept:
                    shutil.copyfileobj(file, kept)


class _Book:
    """Writes glimpses; gives up for good where there is no room for them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._check = self._written = self._frames = 0
        self._open = True
        # Whether larger pictures would have shown the network no more.
        self.sharp = True

    def add(self, time: float, glimpses: list[Glimpse], size: tuple[int, int]) -> None:
        self._write(_FRAME.pack(time, len(glimpses)))
        self._frames += 1
        for one in glimpses:
            x0, y0, x1, y1 = one.region(size)
            self.sharp = self.sharp and min(x1 - x0, y1 - y0) >= SIDE
            cells = zlib.compress(one.likely.tobytes(), 1)
            self._write(_PLACE.pack(*one.place, len(cells)) + cells)

    def closed(self) -> bool:
        """Writes the end. Returns whether all of it was written."""
        self._write(_END.pack(_MARK, self._frames, self._check))
        return self._open and self._frames > 0

    def _write(self, content: bytes) -> None:
        self._written += len(content)
        if not self._open or self._written > _MOST_OF_CLIP:
            self._open = False
            return
        try:
            self._file.write(content)
        except OSError:
            self._open = False
        self._check = zlib.crc32(content, self._check)


def _whole(place: Path) -> bool:
    """Whether a file is as it was written."""
    with suppress(OSError, struct.error), place.open("rb") as file:
        left, check = place.stat().st_size - _END.size, 0
        while left > 0 and (part := file.read(min(left, _CHUNK))):
            left, check = left - len(part), zlib.crc32(part, check)
        mark, _, written = _END.unpack(file.read(_END.size))
        return bool(mark == _MARK and written == check)
    return False


def _read(place: Path) -> Iterator[tuple[float, list[Glimpse]]]:
    with place.open("rb") as file:
        file.seek(-_END.size, os.SEEK_END)
        _, frames, _ = _END.unpack(file.read(_END.size))
        file.seek(0)
        for _ in range(frames):
            time, count = _FRAME.unpack(file.read(_FRAME.size))
            found = []
            for _ in range(count):
                *edges, length = _PLACE.unpack(file.read(_PLACE.size))
                cells = np.frombuffer(zlib.decompress(file.read(length)), np.uint8).reshape(SIDE, SIDE)
                found.append(Glimpse((edges[0], edges[1], edges[2], edges[3]), cells))
            yield time, found
