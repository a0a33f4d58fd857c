"""What the workshop does: reads melodies written as note names, changes them, and plays them as a music box would."""

import asyncio
import math
import re
import wave
from array import array
from collections.abc import AsyncIterator
from functools import cache
from io import BytesIO
from typing import Any

RATE, RING, BEAT = 22_050, 1.2, 0.35  # samples a second, seconds a tine sounds, seconds of a beat
MOST_NOTES = 2_000
PINS_A_COIN = 20
NOTE = re.compile(r"(?:([A-G])([#b]?)([2-7])|-)(?::(\d{1,2}))?")
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

Line = list[tuple[int | None, int]]  # MIDI number (None is a rest) and beats of each note


class Refused(Exception):
    """A request that the workshop turns down; ``code`` is one of those in the skill's table."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def read(text: str) -> list[Line]:
    """Lines of notes such as ``E5 D#5 C5:2 -``."""
    lines: list[Line] = []
    for row in filter(str.strip, text.splitlines()):
        found = [NOTE.fullmatch(word) for word in row.split()]
        if not all(found):
            raise Refused(51, f"not a line of notes: {row[:40]}")
        lines.append([(_number(match), int(match[4] or 1)) for match in found if match])
    if not lines:
        raise Refused(51, "there is no note in it")
    return lines


def _number(match: re.Match[str]) -> int | None:
    if match[1] is None:
        return None
    return 12 * (int(match[3]) + 1) + STEPS[match[1]] + {"#": 1, "b": -1, "": 0}[match[2]]


class Drum:
    """A melody and what was asked of it so far."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.tempo, self.shift, self.times = 1.0, 0, 1

    def add(self, lines: list[Line]) -> None:
        if sum(map(len, self.lines + lines)) > MOST_NOTES:
            raise Refused(52, f"a drum takes {MOST_NOTES} notes")
        self.lines += lines

    @property
    def notes(self) -> Line:
        return [(None if n is None else n + self.shift, beats) for line in self.lines for n, beats in line] * self.times

    @property
    def pins(self) -> int:
        return sum(number is not None for number, _ in self.notes)

    @property
    def price(self) -> int:
        return math.ceil(self.pins / PINS_A_COIN)

    def draft(self) -> dict[str, Any]:
        bars = [
            {
                "ms": round(sum(beats for _, beats in line) * BEAT * 1000 / self.tempo),
                "info": {"name": self._spell(line)},
            }
            for line in self.lines * self.times
        ]
        return {"rows": [{"kind": 3, "bars": bars}] if bars else []}

    def _spell(self, line: Line) -> str:
        numbers = [None if n is None else n + self.shift for n, _ in line]
        return " ".join("-" if n is None else f"{NAMES[n % 12]}{n // 12 - 1}" for n in numbers)

    def change(self, words: str) -> str:
        """Do what the words ask; returns the answer, empty when the drum itself shows what changed."""
        said, before = words.lower(), self.draft()
        if not self.lines:
            return "The bench is empty. Hand in a melody first."
        backwards = bool(re.search(r"backward|reverse|rückwärts", said))
        if backwards:
            self.lines = [line[::-1] for line in self.lines[::-1]]
        pace = 1.25 if re.search(r"faster|schneller", said) else 0.8 if re.search(r"slower|langsamer", said) else 1
        self.tempo = min(max(self.tempo * pace, 0.25), 4)
        octave = (
            12 if re.search(r"higher|höher|\bup\b", said) else -12 if re.search(r"lower|tiefer|\bdown\b", said) else 0
        )
        self.shift = min(max(self.shift + octave, -24), 24)
        times = re.search(r"\b([2-9]) ?(?:times|mal|x)\b", said)
        self.times = int(times[1]) if times else 2 if re.search(r"twice|zweimal", said) else self.times
        if self.draft() == before:
            return "This workshop changes tempo, octave and repeats, and plays backwards. Turn the crank to hear it."
        return "" if backwards else f"The drum takes {self.pins} pins now. Turn the crank to hear it."

    async def play(self) -> AsyncIterator[float | bytes]:
        """Fractions done, then the recording as a WAV file; others get their turn after every note."""
        notes, tempo = self.notes, self.tempo
        sound = array("f", bytes(4 * int(RATE * (sum(beats for _, beats in notes) * BEAT / tempo + RING) + 1)))
        at = 0.0
        for done, (number, beats) in enumerate(notes, 1):
            for place, value in enumerate(_tine(number) if number is not None else (), int(at * RATE)):
                sound[place] += value
            at += beats * BEAT / tempo
            yield done / len(notes)
            await asyncio.sleep(0)
        loudest = max(map(abs, sound)) or 1
        file = BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(array("h", (int(value / loudest * 32_000) for value in sound)).tobytes())
        yield file.getvalue()


@cache
def _tine(number: int) -> tuple[float, ...]:
    pitch = math.tau * 440 * 2 ** ((number - 69) / 12)
    seconds = (sample / RATE for sample in range(int(RATE * RING)))
    return tuple(math.exp(-3.5 * t) * (math.sin(pitch * t) + 0.4 * math.sin(3.01 * pitch * t)) for t in seconds)
