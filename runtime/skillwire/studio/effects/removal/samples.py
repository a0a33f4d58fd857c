"""Pictures of shots, kept from the look through a clip: for plates, and to show what is behind a thing long before or after.

As JPEG planes at a quality whose error the median over them takes out again.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Kept:
    """One picture of a shot, coded, and its time (seconds)."""

    time: float
    coded: _Coded

    def planes(self) -> Planes:
        """The picture."""
        cv2 = opencv()
        return Planes(*(np.asarray(cv2.imdecode(part, cv2.IMREAD_GRAYSCALE), np.uint8) for part in self.coded))

    def small(self, shrink: int) -> Plane:
        """Luma at half or a quarter of its size (``shrink`` 2 or 4), quicker than at all of it (1)."""
        cv2 = opencv()
        forms = {1: cv2.IMREAD_GRAYSCALE, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4}
        return np.asarray(cv2.imdecode(self.coded[0], forms[shrink]), np.uint8)


@dataclass(slots=True)
class _Held:
    every: int = 1
    offered: int = 0
    pictures: list[Kept] = field(default_factory=list)


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
        held.pictures.append(Kept(time, (y, u, v)))
        if len(held.pictures) == 2 * _LEAST:
            del held.pictures[1::2]
            held.every *= 2

    def settle(self, shot: int) -> None:
        """Writes a shot's pictures at its end."""
        held = self._held.pop(shot, None)
        if held is None or not held.pictures:
            return
        size = sum(part.size for one in held.pictures for part in one.coded)
        if self._written + size > _MOST_OF_CLIP:
            return
        self._written += size
        arrays: dict[str, Any] = {"times": np.asarray([one.time for one in held.pictures])}
        for n, one in enumerate(held.pictures):
            arrays |= {f"{n}{name}": part for name, part in zip("yuv", one.coded, strict=True)}
        with suppress(OSError), self._room.writing(self._name(shot)) as file:
            np.savez(file, **arrays)

    def of(self, shot: int) -> list[Kept]:
        """The pictures of a shot; none when they were not kept or are damaged."""
        place = self._room.find(self._name(shot))
        if place is None:
            return []
        try:
            with place.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                times = [float(time) for time in arrays["times"]]
                return [Kept(time, (arrays[f"{n}y"], arrays[f"{n}u"], arrays[f"{n}v"])) for n, time in enumerate(times)]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return []

    def _name(self, shot: int) -> str:
        return f"{self._key}.{shot}.npz"


def _coded(plane: Plane) -> NDArray[np.uint8]:
    cv2 = opencv()
    _, coded = cv2.imencode(".jpg", plane, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return np.asarray(coded, np.uint8).ravel()
