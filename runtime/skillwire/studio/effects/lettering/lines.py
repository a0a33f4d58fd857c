"""What the look for text tells: lines, when and where they show, their strokes, and the picture beside them in time. Kept by content hash."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from skillwire.studio.effects.finding.analysis import content_key
from skillwire.studio.effects.planes import Plane, Planes, Region

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Changes when what is kept, or how it is found, changes.
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Glass:
    """How a half-transparent line changes what is behind it, per luma pixel of its region: seen = ``gain`` × scene + ``veil``.

    One pair for each plane, float32; the colour planes' at half size.
    """

    gain: tuple[NDArray[np.float32], ...]
    veil: tuple[NDArray[np.float32], ...]


@dataclass(slots=True)
class Line:
    """One line of text that keeps its place on the screen, or, if it ``moves``, one of the scene.

    Times in seconds: it was seen at ``times`` and may show as early as ``since`` and as late as ``until``, where it was
    looked for and not seen. ``box`` in pixels of the upright picture, ``angle`` in degrees. ``cuts``: how many it outlasts; ``stands``: whether it shows all the time.
    ``region``: its surroundings, of which ``strokes`` is a mask (255), ``look`` the luma when it was seen best (at ``best``), and ``clean``
    pictures without it: times and planes.
    """

    id: int
    box: NDArray[np.float32]
    times: list[float]
    since: float
    until: float
    best: float
    score: float
    angle: float
    moves: bool
    cuts: int
    stands: bool
    region: Region
    strokes: Plane
    look: Plane
    text: str = ""
    sure: float = 0.0
    clean: list[tuple[float, Planes]] = field(default_factory=list)
    glass: Glass | None = None

    @property
    def first(self) -> float:
        """When it was first seen."""
        return self.times[0]

    @property
    def last(self) -> float:
        """When it was last seen."""
        return self.times[-1]


@dataclass(frozen=True, slots=True)
class Found:
    """All lines of a clip; ``size`` of the upright picture, ``end`` and ``cuts``: when it is over and where shots begin, in seconds."""

    size: tuple[int, int]
    end: float
    cuts: tuple[float, ...]
    lines: tuple[Line, ...]


def kept(path: Path, folder: Path, make: Callable[[], Found]) -> Found:
    """What was found in the file, from ``folder`` when it was looked for before; what is damaged is made anew."""
    place = folder / f"{content_key(path)}.t{_VERSION}.npz"
    try:
        with place.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _unpacked(arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        found = make()
    folder.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as target:
        np.savez_compressed(target, **_packed(found))
    part.replace(place)
    return found


_FACTS = (
    *("id", "times", "since", "until", "best", "score", "angle"),
    *("moves", "cuts", "stands", "region", "text", "sure"),
)


def _packed(found: Found) -> dict[str, Any]:
    facts: dict[str, Any] = {"size": found.size, "end": found.end, "cuts": found.cuts}
    facts["lines"] = [{name: getattr(line, name) for name in _FACTS} for line in found.lines]
    arrays: dict[str, Any] = {}
    for n, line in enumerate(found.lines):
        facts["lines"][n] |= {"clean": [time for time, _ in line.clean], "glass": line.glass is not None}
        arrays |= {f"{n}box": line.box, f"{n}strokes": line.strokes, f"{n}look": line.look}
        for k, (_, planes) in enumerate(line.clean):
            arrays |= {f"{n}clean{k}{name}": plane for name, plane in zip("yuv", planes.each(), strict=True)}
        if line.glass is not None:
            for k, name in enumerate("yuv"):
                arrays |= {f"{n}gain{name}": line.glass.gain[k], f"{n}veil{name}": line.glass.veil[k]}
    return {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays}


def _unpacked(arrays: Any) -> Found:
    facts = json.loads(arrays["facts"].tobytes())
    lines = []
    for n, told in enumerate(facts["lines"]):
        times, glassy = told.pop("clean"), told.pop("glass")
        told["region"] = tuple(told["region"])
        clean = [(time, Planes(*(arrays[f"{n}clean{k}{name}"] for name in "yuv"))) for k, time in enumerate(times)]
        glass = (
            Glass(tuple(arrays[f"{n}gain{name}"] for name in "yuv"), tuple(arrays[f"{n}veil{name}"] for name in "yuv"))
            if glassy
            else None
        )
        planes = {name: arrays[f"{n}{name}"] for name in ("box", "strokes", "look")}
        lines.append(Line(**told, **planes, clean=clean, glass=glass))
    return Found((*facts["size"],), facts["end"], (*facts["cuts"],), tuple(lines))
