"""Pictures of shots before a camera that stands still, kept from the look through a clip so that no plate needs a second one.

As JPEG planes at a quality whose error the median over them takes out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from skillwire.studio.effects.planes import Plane, Planes
from skillwire.studio.effects.room import Room
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Twice this many are held at most before every second one is let go, so that a shot of any length is covered evenly.
_LEAST = 24
_QUALITY = 95
# What is kept of one clip, and of all, in bytes.
_MOST_OF_CLIP, _MOST = 256_000_000, 1_000_000_000

_Coded = tuple["NDArray[np.uint8]", "NDArray[np.uint8]", "NDArray[np.uint8]"]


@dataclass(slots=True)
class _Held:
    every: int = 1
    offered: int = 0
    pictures: list[tuple[float, _Coded]] = field(default_factory=list)


class Samples:
    """Pictures of one clip's shots in ``folder`` under ``key``. ``keep`` and ``settle`` collect them, ``of`` gives them back."""

    def __init__(self, folder: Path, key: str) -> None:
        self._room = Room(folder, _MOST)
        self._key = key
        self._held: dict[int, _Held] = {}
        self._written = 0

    def keep(self, shot: int, time: float, planes: Planes) -> None:
        """Keeps a picture of a shot, as long as it is one of those that cover the shot evenly."""
        held = self._held.setdefault(shot, _Held())
        held.offered += 1
        if (held.offered - 1) % held.every:
            return
        y, u, v = (_coded(plane) for plane in planes.each())
        held.pictures.append((time, (y, u, v)))
        if len(held.pictures) == 2 * _LEAST:
            del held.pictures[1::2]
            held.every *= 2

    def settle(self, shot: int, still: bool) -> None:
        """Writes a shot's pictures when its camera stood still, else forgets them."""
        held = self._held.pop(shot, None)
        if held is None or not still or not held.pictures:
            return
        size = sum(part.size for _, coded in held.pictures for part in coded)
        if self._written + size > _MOST_OF_CLIP:
            return
        self._written += size
        arrays: dict[str, Any] = {"times": np.asarray([time for time, _ in held.pictures])}
        for n, (_, coded) in enumerate(held.pictures):
            arrays |= {f"{n}{name}": part for name, part in zip("yuv", coded, strict=True)}
        with suppress(OSError), self._room.writing(self._name(shot)) as file:
            np.savez(file, **arrays)

    def of(self, shot: int) -> Iterator[tuple[float, Planes]]:
        """The pictures of a shot with their times (seconds); none when they were not kept or are damaged."""
        cv2 = opencv()
        place = self._room.find(self._name(shot))
        try:
            if place is None:
                return
            with place.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                for n, time in enumerate(arrays["times"]):
                    planes = [cv2.imdecode(arrays[f"{n}{name}"], cv2.IMREAD_GRAYSCALE) for name in "yuv"]
                    if any(plane is None for plane in planes):
                        return
                    yield float(time), Planes(*planes)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return

    def _name(self, shot: int) -> str:
        return f"{self._key}.{shot}.npz"


def _coded(plane: Plane) -> NDArray[np.uint8]:
    cv2 = opencv()
    _, coded = cv2.imencode(".jpg", plane, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return np.asarray(coded, np.uint8).ravel()
