"""How long renders still take: from what each has done so far, and before that from what earlier ones took on this machine."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds of work for a second of film, until renders have shown better: copied packets, and 1080p encoded on two cores.
_COPIED, _ENCODED = 0.01, 0.7
# How much the latest render counts.
_WEIGHT = 0.4
# What a render takes at least, in seconds.
_LEAST = 0.5


class Pace:
    """What renders that copy packets and renders that encode have taken."""

    def __init__(self) -> None:
        self._rates = {True: _COPIED, False: _ENCODED}

    def begin(self, length: int, *, copied: bool) -> Estimate:
        """The estimate for a render of ``length`` ms."""
        return Estimate(self, length, copied, max(_LEAST, self._rates[copied] * length / 1000))

    def took(self, seconds: float, length: int, *, copied: bool) -> None:
        """A render of ``length`` ms took that many seconds."""
        self._rates[copied] += _WEIGHT * (seconds * 1000 / max(1, length) - self._rates[copied])


@dataclass(slots=True)
class Estimate:
    """One render's: ``expected`` seconds in all, corrected by what it tells. Times are epoch seconds."""

    _pace: Pace
    _length: int
    _copied: bool
    expected: float
    _first: tuple[float, float] | None = None

    def left(self, fraction: float, now: float) -> float:
        """Seconds left when that fraction is done. The work counts from the first word of it: before, it waited for its turn."""
        first, at = self._first = self._first or (now, fraction)
        if fraction <= at or now <= first:
            return max(_LEAST, self.expected * (1 - fraction))
        return (now - first) / (fraction - at) * (1 - fraction)

    def ended(self, now: float) -> None:
        """The render is done: the next one is estimated by it."""
        if self._first is not None:
            first, at = self._first
            self._pace.took((now - first) / max(0.05, 1 - at), self._length, copied=self._copied)
