"""Reads media files back, to compare what came out with what went in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def packets(path: Path) -> list[tuple]:
    """(time, duration, key frame, payload) of every video packet; times in seconds, exact."""
    with av.open(str(path)) as media:
        return [
            (p.pts * p.time_base, (p.duration or 0) * p.time_base, p.is_keyframe, bytes(p))
            for p in media.demux(video=0)
            if p.size
        ]


def frame_digests(path: Path) -> list[tuple]:
    """(time, digest of the pixels) of every decoded frame."""
    with av.open(str(path)) as media:
        return [
            (frame.time, hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest()) for frame in media.decode(video=0)
        ]


def kinds(path: Path) -> list[str]:
    """Stream types in a file: ``["video", "audio"]``."""
    with av.open(str(path)) as media:
        return [stream.type for stream in media.streams]
