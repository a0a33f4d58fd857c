"""The sound of a timeline: clips placed, cut, sped up with their pitch kept, made louder or silent, and mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from skillwire.studio.media.read import Source, frames, seek

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What is mixed, and encoded, at: 48 kHz stereo. AAC takes frames of 1024 samples.
RATE = 48_000
CHANNELS = 2
BLOCK = 1024
# Decoding starts this much (seconds) before a cut, so that codecs with overlapping frames have settled by then.
_PREROLL = 0.2
# What one atempo filter may do.
_TEMPO_RANGE = (0.5, 100.0)


@dataclass(frozen=True, slots=True)
class Sound:
    """A clip on an audio track. Times in seconds; ``start`` and ``length`` on the timeline, ``muted`` relative to ``start``.

    ``open`` opens the file when its turn comes.
    """

    open: Callable[[], Source]
    start: Fraction
    length: Fraction
    source_in: Fraction
    source_out: Fraction | None
    speed: Fraction
    volume: float
    muted: tuple[tuple[Fraction, Fraction], ...]


def mixed(tracks: Sequence[Sequence[Sound]], length: Fraction) -> Iterator[NDArray[np.float32]]:
    """Blocks of the mix, each float32 of shape (2, 1024) but the last, in order, ``length`` seconds in all.

    Clips of one track follow each other; tracks sound together. Peaks beyond full scale are clipped.
    """
    import numpy as np  # noqa: PLC0415 - slow import

    total = round(length * RATE)
    readers = [_Reader(_track(track)) for track in tracks]
    for begin in range(0, total, BLOCK):
        count = min(BLOCK, total - begin)
        block = np.zeros((CHANNELS, count), np.float32)
        for reader in readers:
            block += reader.take(count)
        yield np.clip(block, -1.0, 1.0)


class _Reader:
    """Samples of a track in pieces of any asked size, silence after its end."""

    def __init__(self, pieces: Iterator[NDArray[np.float32]]) -> None:
        self._pieces = pieces
        self._left: NDArray[np.float32] | None = None

    def take(self, count: int) -> NDArray[np.float32]:
        import numpy as np  # noqa: PLC0415 - slow import

        out = np.zeros((CHANNELS, count), np.float32)
        filled = 0
        while filled < count:
            if self._left is None or self._left.shape[1] == 0:
                self._left = next(self._pieces, None)
                if self._left is None:
                    break
            part = self._left[:, : count - filled]
            out[:, filled : filled + part.shape[1]] = part
            filled += part.shape[1]
            self._left = self._left[:, part.shape[1] :]
        return out


def _track(sounds: Sequence[Sound]) -> Iterator[NDArray[np.float32]]:
    cursor = 0
    for sound in sorted(sounds, key=lambda sound: sound.start):
        start = round(sound.start * RATE)
        if start > cursor:
            yield from _silence(start - cursor)
            cursor = start
        want = round((sound.start + sound.length) * RATE) - cursor
        for piece in _exactly(_levelled(_at_speed(_linear(sound), sound.speed), sound), want):
            yield piece
            cursor += piece.shape[1]


def _linear(sound: Sound) -> Iterator[NDArray[np.float32]]:
    """The source's samples from ``source_in`` on at its own speed; gaps in its timestamps become silence."""
    source = sound.open()
    begin = sound.source_in
    if begin > 0:
        seek(source, max(0.0, float(begin) - _PREROLL))
    stop = None if sound.source_out is None else round((sound.source_out - sound.source_in) * RATE)
    cursor = 0
    for samples, time in _resampled(source):
        place = round((time - begin) * RATE)
        # Rounding of timestamps is not a gap: within 20 ms the samples simply go on.
        if abs(place - cursor) < RATE // 50 and cursor:
            place = cursor
        if place > cursor:
            yield from _silence((place if stop is None else min(place, stop)) - cursor)
            cursor = place
        part = samples[:, max(0, cursor - place) :]
        if stop is not None:
            part = part[:, : max(0, stop - cursor)]
        if part.shape[1]:
            yield part
            cursor += part.shape[1]
        if stop is not None and cursor >= stop:
            source.close()
            return


def _resampled(source: Source) -> Iterator[tuple[NDArray[np.float32], Fraction]]:
    """Stereo samples at ``RATE`` with the time of the first of each piece."""
    from av.audio.resampler import AudioResampler  # noqa: PLC0415 - slow import

    resampler: Any = None
    shape: tuple[Any, ...] | None = None
    for frame in frames(source):
        if shape != (frame.sample_rate, frame.format.name, frame.layout.name):
            shape = (frame.sample_rate, frame.format.name, frame.layout.name)
            resampler = AudioResampler("fltp", "stereo", RATE)
        time = frame.pts * frame.time_base
        done = 0
        for resampled in resampler.resample(frame):
            yield resampled.to_ndarray(), time + Fraction(done, RATE)
            done += resampled.samples


def _at_speed(pieces: Iterator[NDArray[np.float32]], speed: Fraction) -> Iterator[NDArray[np.float32]]:
    if speed == 1:
        yield from pieces
        return
    import av  # noqa: PLC0415 - slow import
    from av.audio.frame import AudioFrame  # noqa: PLC0415 - slow import

    graph: Any = av.filter.Graph()
    node = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo", time_base=Fraction(1, RATE))
    for factor in _tempo_steps(float(speed)):
        following = graph.add("atempo", f"{factor:.9f}")
        node.link_to(following)
        node = following
    planar = graph.add("aformat", "sample_fmts=fltp")  # atempo itself works on packed samples
    node.link_to(planar)
    planar.link_to(graph.add("abuffersink"))
    graph.configure()

    def pull() -> Iterator[NDArray[np.float32]]:
        while True:
            try:
                yield graph.pull().to_ndarray()
            except (av.error.BlockingIOError, av.error.EOFError):
                return

    pts = 0
    for piece in pieces:
        frame = AudioFrame.from_ndarray(piece.copy(), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, pts, Fraction(1, RATE)
        pts += piece.shape[1]
        graph.push(frame)
        yield from pull()
    graph.push(None)
    yield from pull()


def _tempo_steps(speed: float) -> list[float]:
    """Factors within an atempo filter's range whose product is ``speed``."""
    steps = []
    while speed < _TEMPO_RANGE[0]:
        steps.append(_TEMPO_RANGE[0])
        speed /= _TEMPO_RANGE[0]
    return [*steps, min(speed, _TEMPO_RANGE[1])]


def _levelled(pieces: Iterator[NDArray[np.float32]], sound: Sound) -> Iterator[NDArray[np.float32]]:
    """Volume and muted ranges applied."""
    import numpy as np  # noqa: PLC0415 - slow import

    ranges = [(round(a * RATE), round(b * RATE)) for a, b in sound.muted]
    cursor = 0
    for piece in pieces:
        out = piece * np.float32(sound.volume)
        for begin, end in ranges:
            out[:, max(0, begin - cursor) : max(0, end - cursor)] = 0
        cursor += piece.shape[1]
        yield out


def _exactly(pieces: Iterator[NDArray[np.float32]], count: int) -> Iterator[NDArray[np.float32]]:
    """The first ``count`` samples, filled up with silence."""
    for piece in pieces:
        if count <= 0:
            return
        part = piece[:, :count]
        count -= part.shape[1]
        yield part
    yield from _silence(count)


def _silence(count: int) -> Iterator[NDArray[np.float32]]:
    """``count`` samples of silence, a second at a time."""
    import numpy as np  # noqa: PLC0415 - slow import

    while count > 0:
        yield np.zeros((CHANNELS, min(count, RATE)), np.float32)
        count -= RATE
