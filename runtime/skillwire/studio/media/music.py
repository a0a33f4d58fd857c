"""Background music made here, note by note: royalty-free, the same for the same mood, and it loops without a seam.

``moods.json`` holds, for each mood, the words it is asked for with, the length of a bar in ms, and the music: chords in semitones
above ``root`` (a MIDI note), one a bar; levels of the layers; and on which of a bar's eight steps each layer plays.
"""

from __future__ import annotations

import json
import math
import re
import wave
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillwire.studio.media.sound import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_MOOD = "calm"
# The chords are gone through this often, with another melody each time.
_ROUNDS = 4
_STEPS = 8
# Peaks reach this part of full scale.
_PEAK = 0.7


def mood_for(query: str) -> tuple[str, bool]:
    """The mood whose words the query has most of, of equals the one named last ("dark techno" is techno), and whether it has any."""
    said = query.casefold()
    best, most = DEFAULT_MOOD, (0, -1)
    for mood, facts in _moods().items():
        # Words of languages without blanks are looked for anywhere.
        found = [
            re.search(rf"(?<!\w){re.escape(word)}(?!\w)" if word.isascii() else re.escape(word), said)
            for word in facts["words"]
        ]
        places = [match.start() for match in found if match]
        if places and (len(places), max(places)) > most:
            best, most = mood, (len(places), max(places))
    return best, most[0] > 0


def compose(mood: str, target: Path) -> int:
    """Writes the bed of a mood to ``target`` as 16-bit stereo WAV; returns its length in ms. Raises ``OSError``."""
    import numpy as np  # noqa: PLC0415 - slow import

    music = _Bed(_moods()[mood], seed=sum(mood.encode()))
    samples = music.played()
    with wave.open(str(target), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.rint(samples.T * 32767).astype("<i2").tobytes())
    return int(samples.shape[1]) * 1000 // RATE


@cache
def _moods() -> dict[str, dict[str, Any]]:
    data: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("moods.json").read_bytes())
    return data


class _Bed:
    """A loop being put together; what sounds beyond its end sounds at its beginning."""

    def __init__(self, facts: dict[str, Any], seed: int) -> None:
        import numpy as np  # noqa: PLC0415 - slow import

        self._facts = facts
        self._chords: list[list[int]] = facts["chords"]
        self._bar = facts["bar_ms"] * RATE // 1000
        self._step = self._bar / _STEPS
        self._bars = len(self._chords) * _ROUNDS
        self._mix = np.zeros((2, self._bar * self._bars), np.float64)
        self._random = np.random.default_rng(seed)
        self._made: dict[tuple[Any, ...], NDArray[np.float64]] = {}

    def played(self) -> NDArray[np.float64]:
        """All of it, float64 of shape (2, n)."""
        import numpy as np  # noqa: PLC0415 - slow import

        for bar in range(self._bars):
            chord = [self._facts["root"] + note for note in self._chords[bar % len(self._chords)]]
            start = bar * self._bar
            for number, note in enumerate(chord):
                self._add(
                    start, self._sound(self._pad, note), self._facts["pad"] / len(chord), pan=(number % 2) * 0.5 - 0.25
                )
            for step in self._facts["bass_steps"]:
                self._add(
                    start + step * self._step, self._sound(self._pluck, chord[0] - 24, 3, 0.5), self._facts["bass"]
                )
            for step in self._facts["pluck_steps"]:
                note = int(self._random.choice(chord)) + 12
                self._add(
                    start + step * self._step,
                    self._sound(self._pluck, note, self._facts["bright"], 0.9),
                    self._facts["pluck"] * self._random.uniform(0.35, 0.5),
                    pan=self._random.uniform(-0.5, 0.5),
                )
            self._drums(start)
        mix = np.tanh(self._mix / np.abs(self._mix).max() * 1.2)
        mix *= _PEAK / np.abs(mix).max()
        return np.asarray(mix)

    def _sound(self, make: Callable[..., NDArray[np.float64]], *arguments: Any) -> NDArray[np.float64]:
        key = (make.__name__, *arguments)
        if key not in self._made:
            self._made[key] = make(*arguments)
        return self._made[key]

    def _drums(self, start: int) -> None:
        level = self._facts.get("drums", 0)
        for name, sound, part in (("kick", self._kick, 1.0), ("snare", self._snare, 0.6), ("hat", self._hat, 0.2)):
            for step in self._facts.get(f"{name}_steps", ()):
                self._add(
                    start + step * self._step, self._sound(sound), level * part, pan=0.2 if name == "hat" else 0.0
                )

    def _add(self, at: float, sound: NDArray[np.float64], level: float, pan: float = 0.0) -> None:
        total = self._mix.shape[1]
        begin, sound = round(at) % total, sound[:total]
        head = min(sound.size, total - begin)
        for channel, side in enumerate((math.sqrt(0.5 * (1 - pan)), math.sqrt(0.5 * (1 + pan)))):
            self._mix[channel, begin : begin + head] += level * side * sound[:head]
            self._mix[channel, : sound.size - head] += level * side * sound[head:]

    def _pad(self, note: int) -> NDArray[np.float64]:
        """A slow, slightly detuned tone over one bar that fades into the next one."""
        import numpy as np  # noqa: PLC0415 - slow import

        fade = self._bar // 4
        time = np.arange(self._bar + fade) / RATE
        out = np.zeros(time.size)
        for cents in (-6, 0, 7):
            pitch = _hertz(note + cents / 100)
            phase = self._random.uniform(0, 2 * np.pi)
            for harmonic in range(1, self._facts["bright"] + 1):
                out += np.sin(2 * np.pi * pitch * harmonic * time + phase * harmonic) / harmonic**2
        ramp = np.sin(np.linspace(0, np.pi / 2, fade)) ** 2
        out[:fade] *= ramp
        out[-fade:] *= ramp[::-1]
        return np.asarray(out / 3)

    def _pluck(self, note: int, bright: int, seconds: float) -> NDArray[np.float64]:
        """A struck tone; high harmonics die away first."""
        import numpy as np  # noqa: PLC0415 - slow import

        time = np.arange(round(RATE * seconds)) / RATE
        pitch = _hertz(note)
        out = np.zeros(time.size)
        for harmonic in range(1, bright + 1):
            out += np.sin(2 * np.pi * pitch * harmonic * time) * np.exp(-time * (3 + 2.5 * harmonic)) / harmonic**1.3
        return _edged(out)

    def _kick(self) -> NDArray[np.float64]:
        import numpy as np  # noqa: PLC0415 - slow import

        time = np.arange(RATE // 4) / RATE
        return _edged(np.sin(2 * np.pi * (50 * time + 4 * (1 - np.exp(-time * 40)))) * np.exp(-time * 14))

    def _snare(self) -> NDArray[np.float64]:
        import numpy as np  # noqa: PLC0415 - slow import

        time = np.arange(RATE // 5) / RATE
        noise = self._random.standard_normal(time.size) * 0.4
        return _edged((noise + np.sin(2 * np.pi * 190 * time)) * np.exp(-time * 22))

    def _hat(self) -> NDArray[np.float64]:
        import numpy as np  # noqa: PLC0415 - slow import

        time = np.arange(RATE // 16) / RATE
        # The difference of neighbouring samples leaves the treble of the noise.
        noise = np.diff(self._random.standard_normal(time.size + 1))
        return _edged(noise * np.exp(-time * 70))


def _edged(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sound with its first and last 3 ms faded, so that nothing clicks."""
    import numpy as np  # noqa: PLC0415 - slow import

    ramp = np.linspace(0, 1, RATE * 3 // 1000)
    sound[: ramp.size] *= ramp
    sound[-ramp.size :] *= ramp[::-1]
    return sound


def _hertz(note: float) -> float:
    """MIDI note → Hz, A4 (69) = 440."""
    return float(440 * 2 ** ((note - 69) / 12))
