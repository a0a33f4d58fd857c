"""Removal of text against staged truth: from words to frames by the studio's own way, and each picture filled alone (Telea)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import footage
import numpy as np
from measures import Motion, decibels, likeness, squared
from staging import in_half_colour, wandering

from skillwire.studio.draft import Clip, Draft
from skillwire.studio.effects.finding.targets import Removal, from_json
from skillwire.studio.effects.lettering.find import lines_in
from skillwire.studio.effects.upright import seconds_of
from skillwire.studio.effects.vanish import search, vanished
from skillwire.studio.media.read import frames, open_video
from skillwire.studio.render import MediaFile, render

sys.path.append(str(footage.ROOT / "tests"))
from support.lettered import Lettering, filmed, lettered

# Telea and the measures are taken of every so many pictures.
_SAMPLED = 6
_TELEA_RADIUS, _TELEA_GROWN = 5, 3
# The larger side of pictures that are searched for text left over; what lies on the truth by this much counts.
_SIDE, _ON_IT = 960, 0.08
_SHEET_WIDTH = 320
_SECONDS, _QUALITY = 6, "high"


@dataclass(frozen=True)
class Case:
    """A clip with text on it, and the words that ask for its removal."""

    name: str
    pictures: Callable[[], list[np.ndarray]]
    rate: int
    lines: tuple[Lettering, ...]
    words: str


@dataclass(frozen=True)
class Row:
    """Results of one way: PSNR (dB) and SSIM where text was, warping error there (root mean square, bytes), share of pictures with text left."""

    psnr: float
    ssim: float
    flicker: float
    left: float


@dataclass(frozen=True)
class Outcome:
    """A case's results; ``found``: in which share of pictures text is found before; milliseconds of processor time a frame."""

    case: Case
    ours: Row
    telea: Row
    true_flicker: float
    found: float
    each: float
    sheet: np.ndarray


def _subtitles(tall: float, low: float = 0.88, *texts: str) -> tuple[Lettering, ...]:
    said = texts or ("So this is where it begins", "and nobody told me about it", "Well, now you know!")
    times = ((0.3, 1.5), (1.5, 2.4), (2.6, 3.4))
    made = [Lettering(text, (0.5, low), tall, *when) for text, when in zip(said, times, strict=True)]
    return (*made[:2], Lettering(said[2], (0.5, low), tall, *times[2], fade=0.2))


def cases(square: Path | None) -> list[Case]:
    """All cases that there is footage for."""

    def bunny() -> list[np.ndarray]:
        return list(footage.pictures(footage.rabbit(), 0, 90))

    def street() -> list[np.ndarray]:
        return list(footage.pictures(footage.street(), 0, 100))

    def pan() -> list[np.ndarray]:
        scene = wandering(next(footage.pictures(footage.street(), 215, 1)), (640, 360), 1.0)
        return [scene(number) for number in range(100)]

    found = [
        Case("subtitles, moving meadow", bunny, 25, _subtitles(0.07, 0.9), "the subtitles"),
        Case("subtitles, street with cuts", street, 25, _subtitles(0.085), "the subtitles"),
        Case("subtitles, hand-held pan", pan, 25, _subtitles(0.075), "the subtitles"),
        Case(
            "字幕, hand-held pan",
            pan,
            25,
            _subtitles(0.075, 0.88, "你去哪里？", "我们一起走吧", "好的，没问题"),
            "字幕",
        ),
        Case(
            "watermark of 45 %, hand-held pan",
            pan,
            25,
            (Lettering("SAMPLE", (0.84, 0.1), 0.08, opacity=0.45, outline=0),),
            "the watermark in the corner",
        ),
        Case(
            "watermark of 50 %, street with cuts",
            street,
            25,
            (Lettering("@cityrides", (0.15, 0.1), 0.08, opacity=0.5, outline=0),),
            "the watermark",
        ),
        Case(
            "opaque mark, meadow and sky",
            bunny,
            25,
            (Lettering("MyChannel", (0.86, 0.1), 0.06, colour=(255, 220, 0), outline=0.05),),
            "the channel logo",
        ),
        Case(
            "date stamp, street with cuts",
            street,
            25,
            (Lettering("2024-05-17 12:31", (0.2, 0.93), 0.06, colour=(255, 160, 0), outline=0),),
            "the date stamp",
        ),
    ]
    if square is not None:
        walkers = _subtitles(0.06)
        found.append(
            Case(
                "subtitles, standing camera",
                lambda: list(footage.pictures(square, 0, 40)),
                10,
                walkers,
                "get rid of the text at the bottom",
            )
        )
    return found


def measured(case: Case, folder: Path) -> Outcome:
    """Stages a case, takes the text out in both ways, and measures."""
    stage = lettered(case.pictures(), case.rate, case.lines)
    path = folder / "lettered.mp4"
    filmed(stage.shown, path, case.rate)
    start = time.process_time()
    ours = _removed(case, path, len(stage.shown))
    each = (time.process_time() - start) / len(stage.shown) * 1e3
    path.unlink()
    places = [n for n in range(0, len(ours) - 1, _SAMPLED) if min(stage.holes[n].sum(), stage.holes[n + 1].sum()) > 50]
    both = [n for place in places for n in (place, place + 1)]
    empty = {n: in_half_colour(stage.empty[n]) for n in both}
    shown = {n: in_half_colour(stage.shown[n]) for n in both}
    telea = {n: _telea(shown[n], stage.holes[n]) for n in both}
    motions = {n: Motion(empty[n], empty[n + 1]) for n in places}

    def row(result) -> Row:
        holes = stage.holes
        warped = [motions[n].warping_error(result[n], result[n + 1], holes[n] | holes[n + 1]) for n in places]
        return Row(
            decibels(np.mean([squared(result[n], empty[n], holes[n]) for n in places])),
            float(np.mean([likeness(result[n], empty[n], holes[n]) for n in places])),
            float(np.sqrt(np.mean(warped))),
            float(np.mean([_has_text(result[n], holes[n]) for n in places])),
        )

    middle = places[len(places) // 3]
    window = _shown_part(stage.holes[middle])
    crops = [one[window] for one in (shown[middle], ours[middle], telea[middle], empty[middle])]
    sheet = np.vstack([np.hstack(crops[:2]), np.hstack(crops[2:])])
    found = float(np.mean([_has_text(shown[n], stage.holes[n]) for n in places]))
    return Outcome(case, row(ours), row(telea), row(empty).flicker, found, each, sheet)


def cost(folder: Path) -> tuple[float, float]:
    """Processor time of removing subtitles at 1080p, in plain transcodes by the same encoder: looked at anew, and looked at before.

    The street scaled up with noise: no native footage of that size comes inside a package.
    """
    random = np.random.default_rng(7)
    noise = [random.normal(0, 4, (1080, 1920, 3)).astype(np.int8) for _ in range(5)]
    pictures = list(footage.pictures(footage.street(), 0, 25 * _SECONDS))
    large = [
        cv2.add(cv2.resize(one, (1920, 1080), interpolation=cv2.INTER_CUBIC), noise[n % 5], dtype=cv2.CV_8U)
        for n, one in enumerate(pictures)
    ]
    lines = [
        Lettering(text, tall=0.06, start=2 * n + 0.3, stop=2 * n + 2.0)
        for n, text in enumerate(("Where did you leave it?", "Behind the yellow taxi.", "Then let us go and look."))
    ]
    path = folder / "large.mp4"
    filmed(lettered(large, 25, lines).shown, path, 25, crf="20", preset="veryfast")
    status = path.stat()
    media = {"m": MediaFile(path, path.name, status.st_size, status.st_mtime_ns, "mpeg4")}  # not to be copied

    def took(removed: Removal | None) -> float:
        draft = Draft(video=(Clip("m", path.name, 0, _SECONDS * 1000, removed=removed),))
        start = time.process_time()
        render(draft, media, folder / "out.mp4", _QUALITY, lambda _: None)
        return time.process_time() - start

    start = time.process_time()
    found = search(path, path.name, "the subtitles", (0.0, _SECONDS))
    look = time.process_time() - start
    plain = min(took(None) for _ in range(2))
    without = min(took(from_json({"texts": found["texts"]})) for _ in range(2))
    return (look + without) / plain, without / plain


def _removed(case: Case, path: Path, count: int) -> Sequence[np.ndarray]:
    """The studio's way: words, look, lines, fill."""
    span = (0.0, count / case.rate)
    found = search(path, path.name, case.words, span)
    removal = from_json({"texts": found["texts"], "marks": found["marks"]})
    with closing(open_video(path, path.name)) as source:
        stages = vanished(removal, source, path, frames(source), lambda at: at, span, lambda _remark: None)
        done = {round(seconds_of(frame) * case.rate): frame.to_ndarray(format="bgr24") for frame in stages}
    return [done[n] for n in range(count)]


def _telea(picture, hole):
    """Each picture alone, given the true mask."""
    window = _around(hole)
    mask = cv2.dilate(hole[window].astype(np.uint8) * 255, np.ones((_TELEA_GROWN,) * 2, np.uint8))
    result = picture.copy()
    result[window] = cv2.inpaint(np.ascontiguousarray(picture[window]), mask, _TELEA_RADIUS, cv2.INPAINT_TELEA)
    return result


def _around(hole) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    return slice(max(0, rows[0] - 16), rows[-1] + 16), slice(max(0, columns[0] - 16), columns[-1] + 16)


def _shown_part(hole) -> tuple[slice, slice]:
    """What the sheet shows of a picture: where text is, wide enough to tell where that is."""
    rows, columns = _around(hole)
    lacking = max(0, _SHEET_WIDTH - (columns.stop - columns.start))
    left = min(max(0, columns.start - lacking // 2), max(0, hole.shape[1] - _SHEET_WIDTH))
    right = max(columns.stop, left + _SHEET_WIDTH)
    return rows, slice(min(left, columns.start), min(right, hole.shape[1]))


def _has_text(picture, hole) -> bool:
    """Whether text is still detected where it was."""
    scale = min(1.0, _SIDE / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for line in lines_in(small):
        x0, y0, x1, y1 = (max(0, round(float(edge) / scale)) for edge in line.box)
        if hole[y0:y1, x0:x1].size and hole[y0:y1, x0:x1].mean() > _ON_IT:
            return True
    return False
