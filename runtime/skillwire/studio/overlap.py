"""Stages of a render that run at the same time: decoding and drawing in one thread, encoding in another, writing in a third.

Between them wait a few frames and packets, never more: memory stays the same however long the film is. FFmpeg's work is done
without Python's lock, so the stages truly overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

from skillwire.studio.effects.ahead import ahead

if TYPE_CHECKING:
    from av.packet import Packet

# Frames between drawing and encoding: 3 MB each at 1080p. Packets are small; a second of them evens out keyframes.
FRAMES = 4
PACKETS = 32


class Overlap:
    """The threads of one render. Closing it ends them all, from the last stage to the first, and waits until they have ended."""

    def __init__(self) -> None:
        self._stages: list[Generator[Any, None, None]] = []

    def encoded(
        self, frames: Iterator[Any], encode: Callable[[Iterator[Any]], Iterator[Packet[Any]]]
    ) -> Iterator[Packet[Any]]:
        """The packets that ``encode`` makes of ``frames``, both worked on ahead. An error of either is raised here."""
        drawn = self._ahead(frames, FRAMES)
        return self._ahead(encode(drawn), PACKETS)

    def close(self) -> None:
        """Ends the threads."""
        while self._stages:
            self._stages.pop().close()

    def _ahead(self, items: Iterator[Any], depth: int) -> Generator[Any, None, None]:
        self._stages.append(ahead(items, depth))
        return self._stages[-1]
