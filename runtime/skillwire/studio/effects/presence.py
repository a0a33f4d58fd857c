"""Whether anybody is in a clip, from a few of its frames."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from skillwire.studio.effects.people import boxes_of, detector
from skillwire.studio.effects.planes import matrix_of, upright_planes
from skillwire.studio.media.probe import probe
from skillwire.studio.media.read import frames, open_video, seek

# Frames that are looked at, spread evenly; who shows in none of them is hardly there.
_LOOKS = 16


def has_people(path: Path, name: str) -> bool:
    """Whether a person is seen in any of sixteen frames of the clip. Raises ``BadInput`` or ``JobFailed`` when it cannot be read."""
    length = probe(path).duration / 1000
    detect = detector()
    # From the middle outwards: titles and black frames are at the ends.
    places = sorted(((n + 0.5) / _LOOKS for n in range(_LOOKS)), key=lambda part: abs(part - 0.5))
    for part in places:
        with closing(open_video(path, name)) as source:
            seek(source, part * length)
            frame = next(iter(frames(source)), None)
            if frame is None:
                continue
            if boxes_of(upright_planes(frame), detect, matrix_of(frame)):
                return True
    return False
