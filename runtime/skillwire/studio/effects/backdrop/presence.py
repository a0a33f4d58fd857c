"""Whether anybody is in a clip, from a few of its frames; kept by the clip's content."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

from skillwire.folders import cache_dir
from skillwire.studio.effects.backdrop.people import boxes_of, detector
from skillwire.studio.effects.planes import matrix_of, upright_planes
from skillwire.studio.effects.room import Room, content_of
from skillwire.studio.media.probe import probe
from skillwire.studio.media.read import frames, open_video, seek

# Frames that are looked at, spread evenly; who shows in none of them is hardly there.
_LOOKS = 16
# Changes when the answer, or how it is found, changes.
VERSION = 1
# Bytes kept of all clips; an answer is one.
_MOST = 10_000
_NO, _YES = b"0", b"1"


def has_people(path: Path, name: str) -> bool:
    """Whether a person is seen in any of sixteen frames of the clip. Raises ``BadInput`` or ``JobFailed`` when it cannot be read."""
    length = probe(path).duration / 1000
    room, kept = Room(cache_dir() / "people", _MOST), f"{content_of(path)}.v{VERSION}"
    with suppress(OSError):
        place = room.find(kept)
        answer = place.read_bytes() if place else b""
        if answer in {_NO, _YES}:
            return answer == _YES
    seen = _seen(path, name, length)
    with suppress(OSError), room.writing(kept) as file:
        file.write(_YES if seen else _NO)
    return seen


def _seen(path: Path, name: str, length: float) -> bool:
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
