"""Backgrounds that the package draws itself, out of focus as behind a person: the same picture for the same size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skillwire.studio.effects.backdrop.drawing import (
    Picture,
    Size,
    box,
    clouds,
    disc,
    glow,
    paint,
    rgb,
    ridge,
    shape,
    sky,
    slab,
    soft,
)
from skillwire.studio.effects.backdrop.rooms import classroom, library, living_room, office
from skillwire.studio.effects.planes import Planes, yuv_matrix
from skillwire.studio.effects.vision import opencv

# Drawn at this longer side and enlarged: they are out of focus anyway.
_DRAWN = 960


def beach(size: Size) -> Picture:
    """Sea and sand at noon."""
    picture = sky(size, (0, "5aa6dc"), (0.45, "cfe8f5"), (1, "cfe8f5"))
    paint(picture, np.clip(clouds(size, 3, cell=(0.5, 0.16)) * 2.4 - 1.3, 0, 1), "ffffff", 0.75)
    sea = sky(size, (0.45, "2f86a8"), (0.6, "3aa7b8"), (0.72, "8fd6cf"), (1, "8fd6cf"))
    streaks = clouds(size, 5, cell=(0.25, 0.012), octaves=4)
    sea += ((streaks - 0.5) * 0.16)[..., None]
    paint(picture, box(size, 0, 0.46, 1, 1, 0.001), sea)
    sand = sky(size, (0.68, "b99d74"), (0.78, "e2cda2"), (1, "d8bf90"))
    sand += ((clouds(size, 9, cell=(0.06, 0.03), octaves=5) - 0.5) * 0.1)[..., None]
    shore = ridge(size, 0.71, 0.025, 11, 0.5)
    foam = np.clip(ridge(size, 0.695, 0.02, 12, 0.4) - ridge(size, 0.715, 0.025, 11, 0.5), 0, 1)
    paint(picture, shore, sand)
    paint(picture, soft(foam, 0.003), "ffffff", 0.8)
    paint(picture, glow(size, (0.85, 0.05), 0.5), "fff6dc", 0.5)
    return soft(picture, 0.0025)


def sunset(size: Size) -> Picture:
    """The sun going down over water."""
    picture = sky(size, (0, "34356b"), (0.3, "9c4f7c"), (0.5, "ef8354"), (0.6, "ffd07a"), (1, "ffd07a"))
    paint(picture, np.clip(clouds(size, 21, cell=(0.6, 0.07)) * 2 - 1, 0, 1), "7b3f63", 0.55)
    paint(picture, glow(size, (0.68, 0.55), 0.38), "ffe2a0", 0.8)
    paint(picture, disc(size, (0.68, 0.55), 0.04, 0.004), "fff6d8")
    water = sky(size, (0.6, "e79a5c"), (0.75, "8a5470"), (1, "2c2a50"))
    streaks = clouds(size, 23, cell=(0.2, 0.01), octaves=4)
    path = np.exp(-(((np.linspace(0, 1, size[0], dtype=np.float32) - 0.68) / 0.1) ** 2))[None]
    paint(water, np.clip(streaks * 2.2 - 1, 0, 1) * path, "ffe4ae", 0.9)
    water -= ((1 - streaks) * 0.06)[..., None]
    paint(picture, box(size, 0, 0.6, 1, 1, 0.001), water)
    hills = ridge(size, 0.585, 0.02, 24, 0.5) - box(size, 0, 0.602, 1, 1)
    paint(picture, np.clip(hills, 0, 1), "4a2f55")
    return soft(picture, 0.003)


def forest(size: Size) -> Picture:
    """Tall trees in morning haze."""
    picture = sky(size, (0, "b9d3a0"), (0.5, "dfe9c0"), (0.8, "8fa765"), (1, "55703c"))
    rng = np.random.default_rng(31)
    haze = ("a9bf90", "7f9a68", "566f42", "33482b")
    for depth, bark in enumerate(haze):
        width = 0.008 + 0.011 * depth
        for _ in range(13 - 2 * depth):
            x, lean = rng.random(), (rng.random() - 0.5) * 0.03
            foot = 0.72 + 0.07 * depth
            outline = [
                (x - width / 2, foot),
                (x + lean - width / 3, 0),
                (x + lean + width / 3, 0),
                (x + width / 2, foot),
            ]
            paint(picture, shape(size, outline, 0.004 - 0.0007 * depth), bark, 0.9)
        leaves = clouds(size, 40 + depth, cell=(0.12 + 0.05 * depth, 0.12 + 0.05 * depth), octaves=5)
        crown = np.linspace(1.15 - 0.1 * depth, -0.35, size[1], dtype=np.float32)[:, None]
        paint(picture, soft(np.clip((leaves + crown - 1.05) * 5, 0, 1), 0.004), haze[min(3, depth + 1)], 0.6)
    ground = ridge(size, 0.84, 0.03, 37, 0.4)
    floor = sky(size, (0.8, "7c8f4c"), (1, "3c4a27"))
    floor += ((clouds(size, 38, cell=(0.05, 0.02)) - 0.5) * 0.2)[..., None]
    paint(picture, ground, floor)
    paint(picture, glow(size, (0.35, 0.1), 0.55), "fffbd6", 0.55)
    return soft(picture, 0.005)


def city(size: Size) -> Picture:
    """A skyline at dusk, windows lit."""
    picture = sky(size, (0, "16213f"), (0.45, "4b4f7d"), (0.75, "d98f72"), (1, "d98f72"))
    rng = np.random.default_rng(51)
    for depth, (wall, light) in enumerate((("5a5877", 0.35), ("37385a", 0.6), ("191c33", 0.95))):
        x = -0.03
        while x < 1:
            wide = 0.04 + rng.random() * 0.06
            top = 0.3 + 0.1 * depth + rng.random() * 0.25
            paint(picture, box(size, x, top, x + wide, 1, 0.0008), wall)
            columns, rows = max(2, int(wide / 0.013)), int((1 - top) / 0.03)
            for column in range(columns):
                for row in range(rows):
                    if rng.random() < 0.36:
                        left, upper = x + (column + 0.25) * wide / columns, top + (row + 0.3) * 0.03
                        slab(picture, (left, upper, left + wide / columns * 0.5, upper + 0.014), rgb("ffd890"), light)
            x += wide + rng.random() * 0.012
    return soft(picture, 0.0035)


def space(size: Size) -> Picture:
    """Stars, a nebula, the edge of a planet."""
    picture = sky(size, (0, "05060f"), (1, "0a0d1f"))
    for seed, colour in ((61, "5a2c8c"), (62, "1d5c91"), (63, "a33c6a")):
        paint(picture, np.clip(clouds(size, seed, cell=(0.5, 0.5), octaves=6) * 1.8 - 0.95, 0, 1) ** 1.5, colour, 0.75)
    rng = np.random.default_rng(64)
    stars = np.zeros((size[1], size[0]), np.float32)
    count = size[0] * size[1] // 700
    stars[rng.integers(0, size[1], count), rng.integers(0, size[0], count)] = rng.random(count).astype(np.float32) ** 3
    paint(picture, np.clip(stars + soft(stars, 0.0012) * 3, 0, 1), "ffffff")
    centre, radius = (0.9, 1.15), 0.42
    paint(picture, np.clip(disc(size, centre, radius + 0.03, 0.06) - disc(size, centre, radius), 0, 1), "6fb7ff", 0.7)
    surface = sky(size, (0.4, "4f86b8"), (1, "0d1c33"))
    surface += ((clouds(size, 66, cell=(0.3, 0.08), octaves=6) - 0.5) * 0.4)[..., None]
    paint(picture, disc(size, centre, radius), surface)
    return picture


def mountains(size: Size) -> Picture:
    """Ranges behind each other, snow on the far ones."""
    picture = sky(size, (0, "4f8fcc"), (0.55, "d5e6f2"), (1, "d5e6f2"))
    paint(picture, np.clip(clouds(size, 71, cell=(0.5, 0.14)) * 2.2 - 1.2, 0, 1), "ffffff", 0.7)
    ranges = ((0.36, 0.16, "aebfd3"), (0.47, 0.1, "7e97b0"), (0.58, 0.07, "55745f"), (0.7, 0.05, "3c5a38"))
    for n, (base, height, colour) in enumerate(ranges):
        rock = np.ones((size[1], size[0], 3), np.float32) * rgb(colour)
        rock += ((clouds(size, 72 + n, cell=(0.08, 0.12)) - 0.5) * 0.16)[..., None]
        mask = ridge(size, base, height, 76 + n, 0.35)
        if n < 2:
            cap = mask * np.clip(1 - (np.linspace(0, 1, size[1], dtype=np.float32)[:, None] - base + 0.08) / 0.12, 0, 1)
            paint(rock, np.clip(cap * (clouds(size, 79 + n, cell=(0.06, 0.15)) * 2 - 0.3), 0, 1), "f4f8fb")
        paint(picture, mask, rock)
    meadow = sky(size, (0.75, "6d9147"), (1, "8caf56"))
    meadow += ((clouds(size, 85, cell=(0.04, 0.015)) - 0.5) * 0.12)[..., None]
    paint(picture, ridge(size, 0.8, 0.025, 86, 0.6), meadow)
    return soft(picture, 0.003)


def meadow(size: Size) -> Picture:
    """A park: grass, trees, a blue sky."""
    picture = sky(size, (0, "62aee6"), (0.55, "dcf0fa"), (1, "dcf0fa"))
    paint(picture, np.clip(clouds(size, 91, cell=(0.45, 0.2)) * 2.2 - 1.1, 0, 1), "ffffff", 0.8)
    for n, (base, colour) in enumerate(((0.5, "7ea36a"), (0.56, "5b8749"), (0.61, "3f6b35"))):
        crowns = np.ones((size[1], size[0], 3), np.float32) * rgb(colour)
        crowns += ((clouds(size, 92 + n, cell=(0.05, 0.05)) - 0.5) * 0.25)[..., None]
        paint(picture, soft(ridge(size, base, 0.06, 95 + n, 0.1), 0.002), crowns)
    grass = sky(size, (0.62, "6f9d42"), (0.75, "8abb4e"), (1, "5d8f37"))
    grass += ((clouds(size, 99, cell=(0.05, 0.012)) - 0.5) * 0.16)[..., None]
    paint(picture, ridge(size, 0.67, 0.01, 98, 0.6), grass)
    paint(picture, glow(size, (0.15, 0.0), 0.5), "fff9da", 0.5)
    return soft(picture, 0.005)


def clear_sky(size: Size) -> Picture:
    """Nothing but sky and clouds."""
    picture = sky(size, (0, "3f8bd8"), (1, "cfe7f8"))
    paint(picture, np.clip(clouds(size, 101, cell=(0.5, 0.25), octaves=6) * 2.2 - 1, 0, 1), "ffffff", 0.9)
    return soft(picture, 0.002)


def studio(size: Size) -> Picture:
    """A photographer's backdrop, brighter in its middle."""
    picture = sky(size, (0, "3d434c"), (1, "262a30"))
    paint(picture, glow(size, (0.5, 0.42), 0.48), "a3acb8", 0.85)
    picture += ((clouds(size, 111, cell=(0.3, 0.3), octaves=3) - 0.5) * 0.05)[..., None]
    return picture


SCENES: dict[str, Callable[[Size], Picture]] = {
    "office": office,
    "beach": beach,
    "forest": forest,
    "city": city,
    "studio": studio,
    "space": space,
    "classroom": classroom,
    "sunset": sunset,
    "mountains": mountains,
    "library": library,
    "living_room": living_room,
    "meadow": meadow,
    "sky": clear_sky,
}


def drawn(name: str, size: Size, colorspace: int) -> Planes:
    """The scene as planes of an even ``size``. ``name``: a key of ``SCENES``; ``colorspace``: the matrix, as H.273 numbers it."""
    cv2 = opencv()
    scale = min(1.0, _DRAWN / max(size))
    picture = SCENES[name]((max(2, round(size[0] * scale)), max(2, round(size[1] * scale))))
    yuv = cv2.transform(np.clip(picture, 0, 1), yuv_matrix(colorspace).astype(np.float32))
    luma, *colours = cv2.split(yuv)
    large = cv2.resize(luma, size, interpolation=cv2.INTER_CUBIC)
    # Half a step of noise keeps soft gradients from showing steps.
    large += np.random.default_rng(0).random(large.shape, np.float32) - 0.5
    half = (size[0] // 2, size[1] // 2)
    # As bytes they are rounded and kept from going over.
    colours = [cv2.resize(plane, half, interpolation=cv2.INTER_AREA).clip(16, 240) for plane in colours]
    return Planes(*(cv2.add(plane, 0, dtype=cv2.CV_8U) for plane in (large.clip(16, 235), *colours)))
