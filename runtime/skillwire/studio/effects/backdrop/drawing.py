"""Brushes for scenes: pictures are float32 arrays (height, width, 3), RGB from 0 to 1, places are parts of width and height."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillwire.studio.effects.vision import opencv

Picture = NDArray[np.float32]
Mask = NDArray[np.float32]
Size = tuple[int, int]
Point = tuple[float, float]


def rgb(code: str) -> NDArray[np.float32]:
    """``ffcc00`` as three numbers from 0 to 1."""
    return np.asarray([int(code[n : n + 2], 16) / 255 for n in (0, 2, 4)], np.float32)


def sky(size: Size, *stops: tuple[float, str]) -> Picture:
    """Colours from top to bottom: (part of the height, colour)."""
    rows = np.linspace(0, 1, size[1], dtype=np.float32)
    places = [place for place, _ in stops]
    colours = np.stack([rgb(code) for _, code in stops])
    column = np.stack([np.interp(rows, places, colours[:, n]) for n in range(3)], 1)
    return np.ascontiguousarray(np.broadcast_to(column[:, None], (size[1], size[0], 3))).astype(np.float32)


def clouds(size: Size, seed: int, *, cell: Point = (0.35, 0.35), octaves: int = 5) -> Mask:
    """Fractal noise from 0 to 1. ``cell``: the largest swell, in parts of the longer side."""
    cv2 = opencv()
    rng = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0]), np.float32)
    for octave in range(octaves):
        span = max(size) * 0.5**octave
        grid = [max(2, round(side / max(1.0, span * part)) + 1) for side, part in zip(size, cell, strict=True)]
        layer = rng.random((grid[1], grid[0]), np.float32)
        total += cv2.resize(layer, size, interpolation=cv2.INTER_CUBIC) * 0.5**octave
    low, high = np.percentile(total, (1, 99))
    clear: Mask = np.clip((total - low) / max(1e-6, high - low), 0, 1)
    return clear


def paint(picture: Picture, mask: Mask, colour: str | Picture, strength: float = 1.0) -> None:
    """Lays a colour, or another picture, where the mask is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return
    # Most shapes are small: nothing is reckoned where there is none of them.
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    laid = rgb(colour) if isinstance(colour, str) else colour[part]
    picture[part] += (mask[part] * strength)[..., None] * (laid - picture[part])


def shape(size: Size, points: Sequence[Point], blur: float = 0.0) -> Mask:
    """The inside of a polygon, its outline as soft as ``blur`` parts of the width."""
    cv2 = opencv()
    mask = np.zeros((size[1], size[0]), np.float32)
    corners = np.asarray([(x * size[0] * 16, y * size[1] * 16) for x, y in points])
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    return soft(mask, blur)


def box(size: Size, left: float, top: float, right: float, bottom: float, blur: float = 0.0) -> Mask:
    """The inside of a rectangle."""
    return shape(size, [(left, top), (right, top), (right, bottom), (left, bottom)], blur)


def slab(
    picture: Picture, place: tuple[float, float, float, float], colour: NDArray[Any], strength: float = 1.0
) -> None:
    """Fills a rectangle (left, top, right, bottom) with hard edges: cheap where there are hundreds."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = (max(0, round(part * side)) for part, side in zip(place, (width, height) * 2, strict=True))
    part = picture[y0:y1, x0:x1]
    part += (colour - part) * strength


def glow(size: Size, centre: Point, reach: float) -> Mask:
    """A round light that fades out, its reach in parts of the longer side."""
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    away = ((x - centre[0] * size[0]) ** 2 + (y - centre[1] * size[1]) ** 2) / (reach * max(size)) ** 2
    light: Mask = np.exp(-away * 2)
    return light


def disc(size: Size, centre: Point, radius: float, blur: float = 0.002) -> Mask:
    """A disc, its radius in parts of the longer side."""
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    away = np.hypot(x - centre[0] * size[0], y - centre[1] * size[1]) / max(size)
    inside: Mask = np.clip((radius - away) / max(blur, 1e-4) + 0.5, 0, 1)
    return inside


def ridge(size: Size, base: float, height: float, seed: int, cell: float = 0.3) -> Mask:
    """All below a rugged line that runs ``height`` above and below ``base``."""
    line = clouds((size[0], 2), seed, cell=(cell, 1.0), octaves=6)[0]
    tops = (base + height * (0.5 - line) * 2) * size[1]
    inside: Mask = np.clip(np.arange(size[1], dtype=np.float32)[:, None] - tops[None] + 0.5, 0, 1)
    return inside


def soft(array: NDArray[np.float32], blur: float) -> NDArray[np.float32]:
    """Blurred by so many parts of the longer side."""
    sigma = blur * max(array.shape[:2])
    if sigma < 0.3:
        return array
    smooth: NDArray[np.float32] = opencv().GaussianBlur(array, (0, 0), sigma)
    return smooth


def band(size: Size, top: float, bottom: float) -> Mask:
    """A full-width band with a ramp from 0 at its top to 1 at its bottom, 0 outside."""
    rows = (np.arange(size[1], dtype=np.float32) / size[1] - top) / (bottom - top)
    ramp = np.where((rows >= 0) & (rows <= 1), rows, 0).astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(ramp[:, None], (size[1], size[0])))
